"""What a worker hands out: rows that are due, leased as they are given to a thread, and what comes by the clock."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.utils import timezone

from . import heartbeat
from .clock import Clock
from .crew import Crew, Job, succeeds
from .news import News

LOOK_SECONDS = 0.2
# Where nothing is written and nothing becomes due, rows are looked for all the same after so many seconds.
PATIENCE_SECONDS = 10.0
# Where something went wrong, nothing is looked for during so many seconds.
REST_SECONDS = 5.0


class Work:
    """A kind of work, looked for `every` so many seconds, and again at once while there is some.

    `do` is called with the token that `claim` returned; without a `claim` it is due each time, and called with nothing.
    `lane`: whose threads do it; kinds that share a lane take turns. `next_due`: when the next row is due; until then
    nothing is looked for while there is no news.
    """

    def __init__(
        self,
        name: str,
        do: Callable[..., object],
        *,
        lane: str,
        claim: Callable[[], str] | None = None,
        next_due: Callable[[], datetime | None] | None = None,
        every: float = LOOK_SECONDS,
    ) -> None:
        self.name, self.do, self.claim, self.every, self.lane = name, do, claim, every, lane
        self.next_due = next_due
        self.look_at = self.waits_until = 0.0
        self.heard = -1

    def is_waiting(self, news: int) -> bool:
        """Tell whether it is not to be looked for yet: not so soon again, or nothing is written and nothing due."""
        now = time.monotonic()
        return now < self.look_at or (news == self.heard and now < self.waits_until)

    def take(self, news: int = 0) -> Job | None:
        """Return something to do, claimed for whoever does it; None when there is nothing yet.

        `news`: a count of what was written; while it stays the same, only the clock makes anything due.
        """
        if self.is_waiting(news):
            return None
        now = time.monotonic()
        self.look_at = now + self.every
        if self.claim is None:
            return self.do
        token = self.claim()
        if not token:
            self._wait(now, news)
            return None
        self.look_at = now
        return partial(self.do, token)

    def _wait(self, now: float, news: int) -> None:
        """Wait for news, or until the next row is due."""
        if self.next_due is not None:
            due_at = self.next_due()
            seconds = (due_at - timezone.now()).total_seconds() if due_at else PATIENCE_SECONDS
            self.heard, self.waits_until = news, now + min(seconds, PATIENCE_SECONDS)

    def rest(self) -> None:
        self.look_at = time.monotonic() + REST_SECONDS


def hand_out_until_told(works: Sequence[Work], crew: Crew, news: News) -> None:
    """Give the crew what is due, again and again, until it is told to stop.

    Nothing begins while our clock is wrong, or was not compared yet. When it goes wrong later, all jobs are abandoned
    where they are, as if the process was killed: what they wrote would be due, or over, at wrong moments.
    """
    turns, clock, heart = list(works), Clock(), Heart()
    has_begun = False
    while not crew.stop.is_set():
        crew.freed.clear()
        succeeds("look_after", crew.look_after)
        if not succeeds("news", partial(_look, news, clock, heart)):
            news.rest(REST_SECONDS)
        if not clock.is_right and has_begun:
            crew.abandon()
        has_begun |= bool(clock.is_right)
        if clock.is_right and hand_out(turns, crew, news.count):
            news.note()
        else:
            crew.freed.wait(LOOK_SECONDS)


class Heart:
    """Tells others now and then that this worker is alive, which is no news for itself."""

    def __init__(self) -> None:
        self.beats_at = 0.0

    def beat(self, news: News) -> None:
        if time.monotonic() >= self.beats_at and not news.is_resting:
            news.write_quietly(heartbeat.beat)
            self.beats_at = time.monotonic() + heartbeat.EVERY_SECONDS


def _look(news: News, clock: Clock, heart: Heart) -> None:
    """Look whether anything was written. One whose clock is wrong gives no sign of life: it does nothing."""
    news.look()
    if not news.is_resting:
        clock.look()
        if clock.is_right:
            heart.beat(news)


def hand_out(turns: list[Work], crew: Crew, news: int = 0) -> bool:
    """Go through all kinds of work once, and put those behind that had their turn. Tells whether rows were claimed.

    Who finds no thread free is before those behind it the next time, so nobody else in its lane is served now.
    """
    has_claimed, full = False, set[str]()
    for work in list(turns):
        if crew.stop.is_set():
            break
        if work.is_waiting(news):
            continue
        if work.lane in full or not crew.has_room(work.lane):
            full.add(work.lane)
        elif _give(work, crew, news):
            turns.remove(work)
            turns.append(work)
            has_claimed |= work.claim is not None
    return has_claimed


def _give(work: Work, crew: Crew, news: int) -> bool:
    """Give a thread what is due of one kind; trouble with it, or with the database, does not end the others."""
    found: list[Job] = []

    def look() -> None:
        if job := work.take(news):
            found.append(job)

    is_fine = succeeds(work.name, look) and all(crew.give(work.name, job, work.lane) for job in found)
    if not is_fine:
        work.rest()
    return is_fine and bool(found)
