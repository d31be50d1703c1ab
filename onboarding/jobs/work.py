"""What a worker hands out: rows that are due, leased as they are given to a thread, and what comes by the clock."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event

from django.db import Error, close_old_connections

from onboarding.lib import faults

from .crew import DEFAULT, Crew, Job

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.2


class Work:
    """A kind of work, looked for `every` so many seconds, and again at once while there is some.

    `do` is called with the token that `claim` returned; without a `claim` it is due each time, and called with nothing.
    """

    def __init__(
        self,
        name: str,
        do: Callable[..., object],
        *,
        claim: Callable[[], str] | None = None,
        every: float = LOOK_SECONDS,
        lane: str = DEFAULT,
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


def hand_out_until(stop: Event, works: Sequence[Work], crew: Crew) -> None:
    """Give the crew what is due, again and again, until told to stop."""
    turns = list(works)
    while not stop.is_set():
        close_old_connections()
        crew.freed.clear()
        crew.look_after()
        if not hand_out(turns, crew):
            crew.freed.wait(LOOK_SECONDS)


def hand_out(turns: list[Work], crew: Crew) -> bool:
    """Go through all kinds of work once, and put those behind that had their turn. Tells whether any had.

    Who finds no thread free is before those behind it the next time, so nobody else in its lane is served now.
    """
    was_given, full = False, set[str]()
    for work in list(turns):
        if work.lane in full or not crew.has_room(work.lane):
            full.add(work.lane)
        elif job := _taken(work):
            crew.give(work.name, job, work.lane)
            turns.remove(work)
            turns.append(work)
            was_given = True
    return was_given


def _taken(work: Work) -> Job | None:
    """Take from a kind of work; trouble with one, or with the database, does not end the others."""
    try:
        with faults.contained(work.name):
            return work.take()
    except Error:  # an InterfaceError is no DatabaseError
        logger.exception("The database is away; the worker goes on looking.")
    return None
