"""How often an open status page asks, as the page itself says: `hx-trigger` in its template, `PACES` in its script."""

import math
import re
from dataclasses import dataclass, field
from functools import cache

from tests.journeys.portal import ROOT

# The script lets a turn pass that comes this much too early, in milliseconds.
TOLERANCE = re.compile(r"now - lastPoll < pace\([^)]*\) - (\d+)")
PACES = re.compile(r"\[(\d+|Infinity), (\d+)\]")
TRIGGER = re.compile(r'hx-trigger="every (\d+)s, poll"')


@dataclass
class Poller:
    """One page: how many polls in a row brought nothing, which makes it slower."""

    unchanged: int = field(default=0)

    @property
    def wait(self) -> float:
        """Return the seconds from one poll to the next."""
        every, tolerance, paces = written()
        pace = next(pace for limit, pace in paces if self.unchanged < limit)
        return every * math.ceil((pace - tolerance) / 1000 / every)

    def note(self, *, is_news: bool) -> None:
        self.unchanged = 0 if is_news else self.unchanged + 1


def opened(seconds_ago: float) -> tuple[Poller, float]:
    """Return a page that was opened so long ago and saw nothing happen, and in how many seconds it asks next."""
    page, next_at = Poller(), 0.0
    while next_at < seconds_ago:
        next_at += page.wait
        page.note(is_news=False)
    return page, next_at - seconds_ago


@cache
def written() -> tuple[int, int, list[tuple[float, int]]]:
    """Read from the sources: seconds between turns, the tolerance, and (polls so far, milliseconds between polls)."""
    script = (ROOT / "static/js/portal.js").read_text()
    template = (ROOT / "templates/onboarding/status.html").read_text()
    [every], [tolerance] = TRIGGER.findall(template), TOLERANCE.findall(script)
    paces = [(float(limit.replace("Infinity", "inf")), int(pace)) for limit, pace in PACES.findall(script)]
    return int(every), int(tolerance), paces
