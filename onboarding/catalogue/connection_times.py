"""How fast and how surely a manufacturer connects devices. Pure: durations are in seconds, times are passed in.

How long a step usually takes is what three in four took at most, from when it was first seen under way: what somebody
had to do before it is theirs and does not count.

Slow is a manufacturer whose newest connections take, in the median, over three times as long as its usual ones. Those
that still wait for it and have waited longer than usual count among the newest: it may not finish any at all.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from statistics import median, quantiles
from typing import Any

# What happened within so many days tells how it is now, and what is usual.
NOW, USUALLY = timedelta(days=7), timedelta(days=30)
# The done rate is of the last so many.
MOST_ENDED = 50
# The newest this many tell how fast it is now; fewer than so many tell nothing.
NEWEST, FEWEST_NEWEST = 10, 5
# So many earlier ones tell what is usual.
FEWEST_USUAL = 20
TIMES_USUAL = 3
# So many of the newest tell how long each step takes; fewer than so many tell nothing.
NEWEST_STEPS, FEWEST_STEPS = 50, 10
# Nobody calls it slow below this.
NEVER_SLOW = 600.0  # seconds
# So many that ended tell by how far back they reach how many a month has; they may be only the newest of it.
ENOUGH_FOR_A_RATE = 100


@dataclass(frozen=True)
class Attempt:
    """One that was sent; `ended_at` None while the manufacturer is at work.

    `steps`: how many seconds each of the platform's steps took, where that is known.
    """

    sent_at: datetime
    ended_at: datetime | None = None
    is_connected: bool = False
    steps: Mapping[str, float] = field(default_factory=dict)

    def seconds(self, now: datetime) -> float:
        return ((self.ended_at or now) - self.sent_at).total_seconds()


@dataclass(frozen=True)
class Pace:
    """Of the last `ended` onboardings of one type and manufacturer, `connected` went well; durations are medians.

    `monthly`: about how many end in thirty days. `steps`: what three in four took at most for each of the platform's
    steps.
    """

    type: str
    manufacturer: str
    ended: int = 0
    connected: int = 0
    seconds: float | None = None
    usual_seconds: float | None = None
    last_connected_at: datetime | None = None
    is_slow: bool = False
    monthly: int = 0
    steps: Mapping[str, float] = field(default_factory=dict)

    @property
    def percentage(self) -> int:
        return round(100 * self.connected / self.ended) if self.ended else 0

    def as_json(self) -> dict[str, Any]:
        at = self.last_connected_at
        return asdict(self) | {"last_connected_at": at.isoformat() if at else None}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Pace":
        at = stored["last_connected_at"]
        return cls(**stored | {"last_connected_at": datetime.fromisoformat(at) if at else None})


def measure(type: str, manufacturer: str, attempts: Sequence[Attempt], *, now: datetime) -> Pace:
    """Say how a manufacturer is doing, from what was sent in the last thirty days."""
    newest_first = sorted(attempts, key=lambda attempt: attempt.ended_at or now, reverse=True)
    ended = [attempt for attempt in newest_first if attempt.ended_at and now - attempt.ended_at <= NOW][:MOST_ENDED]
    connected = [attempt for attempt in newest_first if attempt.is_connected]
    usual = _median(connected[NEWEST:], now) if len(connected) >= NEWEST + FEWEST_USUAL else None
    newest = _median(_newest(attempts, usual or 0.0, now), now)
    return Pace(
        type,
        manufacturer,
        ended=len(ended),
        connected=sum(attempt.is_connected for attempt in ended),
        seconds=newest,
        usual_seconds=usual,
        last_connected_at=connected[0].ended_at if connected else None,
        is_slow=bool(usual and newest and newest > max(TIMES_USUAL * usual, NEVER_SLOW)),
        monthly=_monthly([now - attempt.ended_at for attempt in attempts if attempt.ended_at]),
        steps=_steps(connected),
    )


def _monthly(ages: Sequence[timedelta]) -> int:
    """Say how many end in a month, from how long ago the newest of it ended."""
    if len(ages) < ENOUGH_FOR_A_RATE:
        return len(ages)
    return round(len(ages) * (USUALLY / max(max(ages), timedelta(minutes=1))))


def _steps(newest_first: Sequence[Attempt]) -> dict[str, float]:
    """Return what three in four took at most for each step of which enough are known."""
    durations = defaultdict[str, list[float]](list)
    for attempt in newest_first:
        for kind, seconds in attempt.steps.items():
            durations[kind].append(seconds)
    known = {kind: some[:NEWEST_STEPS] for kind, some in durations.items() if len(some) >= FEWEST_STEPS}
    return {kind: round(quantiles(some, n=4, method="inclusive")[2], 1) for kind, some in known.items()}


def _newest(attempts: Sequence[Attempt], usual: float, now: datetime) -> list[Attempt]:
    """Return the newest that tell how fast it is now; empty when they are too few."""

    def tells(attempt: Attempt) -> bool:
        is_late = attempt.ended_at is None and attempt.seconds(now) > usual
        return now - attempt.sent_at <= NOW and (attempt.is_connected or is_late)

    newest = sorted(filter(tells, attempts), key=lambda attempt: attempt.sent_at, reverse=True)[:NEWEST]
    return newest if len(newest) >= FEWEST_NEWEST else []


def _median(attempts: Sequence[Attempt], now: datetime) -> float | None:
    return median(attempt.seconds(now) for attempt in attempts) if attempts else None
