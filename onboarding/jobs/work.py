"""What a worker hands out: rows that are due, leased as they are given to a thread, and what comes by the clock."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from django.db import close_old_connections

from .crew import Crew, Job, succeeds

LOOK_SECONDS = 0.2
# Where something went wrong, nothing is looked for during so many seconds.
REST_SECONDS = 5.0


class Work:
    """A kind of work, looked for `every` so many seconds, and again at once while there is some.

    `do` is called with the token that `claim` returned; without a `claim` it is due each time, and called with nothing.
    `lane`: whose threads do it; kinds that share a lane take turns.
    """

    def __init__(
        self,
        name: str,
        do: Callable[..., object],
        *,
        lane: str,
        claim: Callable[[], str] | None = None,
        every: float = LOOK_SECONDS,
    ) -> None:
        self.name, self.do, self.claim, self.every, self.lane = name, do, claim, every, lane
        self.look_at = 0.0

    def take(self) -> Job | None:
        """Return something to do, claimed for whoever does it; None when there is nothing yet."""
        now = time.monotonic()
        if now < self.look_at:
            return None
        self.look_at = now + self.every
        if self.claim is None:
            return self.do
        token = self.claim()
        if not token:
            return None
        self.look_at = now
        return partial(self.do, token)

    def rest(self) -> None:
        self.look_at = time.monotonic() + REST_SECONDS


def hand_out_until_told(works: Sequence[Work], crew: Crew) -> None:
    """Give the crew what is due, again and again, until it is told to stop."""
    turns = list(works)
    while not crew.stop.is_set():
        close_old_connections()
        crew.freed.clear()
        succeeds("look_after", crew.look_after)
        if not hand_out(turns, crew):
            crew.freed.wait(LOOK_SECONDS)


def hand_out(turns: list[Work], crew: Crew) -> bool:
    """Go through all kinds of work once, and put those behind that had their turn. Tells whether any had.

    Who finds no thread free is before those behind it the next time, so nobody else in its lane is served now.
    """
    was_given, full = False, set[str]()
    for work in list(turns):
        if crew.stop.is_set():
            break
        if work.lane in full or not crew.has_room(work.lane):
            full.add(work.lane)
        elif _give(work, crew):
            turns.remove(work)
            turns.append(work)
            was_given = True
    return was_given


def _give(work: Work, crew: Crew) -> bool:
    """Give a thread what is due of one kind; trouble with it, or with the database, does not end the others."""
    found: list[Job] = []

    def look() -> None:
        if job := work.take():
            found.append(job)

    is_fine = succeeds(work.name, look) and all(crew.give(work.name, job, work.lane) for job in found)
    if not is_fine:
        work.rest()
    return is_fine and bool(found)
