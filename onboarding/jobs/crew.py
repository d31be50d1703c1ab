"""The threads of a worker: each does what it is given. One that is lost is noticed, replaced and told to staff."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from queue import SimpleQueue

from django.db import Error, close_old_connections, connection

from onboarding.lib import faults, log_context

logger = logging.getLogger(__name__)

Job = Callable[[], object]
# A process with so many lost threads takes no more in their place, and stops: who started it may start it anew.
MOST_REPLACED = 20


class Runner(threading.Thread):
    """One thread, which does one job after the other and outlives their failures. `on_free` is told after each."""

    def __init__(self, lane: str, on_free: Callable[[], object]) -> None:
        super().__init__(daemon=True, name=f"runner-{lane}")
        self.lane, self.on_free = lane, on_free
        self.task = ""
        self.busy_since: float | None = None
        self.jobs = SimpleQueue[Job | None]()

    @property
    def is_free(self) -> bool:
        return self.busy_since is None and self.is_alive()

    @property
    def busy_seconds(self) -> float:
        """How long it has been at its job, 0 between jobs."""
        since = self.busy_since
        return time.monotonic() - since if since is not None else 0.0

    def give(self, name: str, job: Job) -> None:
        self.task, self.busy_since = name, time.monotonic()
        self.jobs.put(job)

    def retire(self) -> None:
        """Let it end after its job, should that ever be over."""
        self.jobs.put(None)

    def run(self) -> None:
        try:
            while job := self.jobs.get():
                close_old_connections()
                succeeds(self.task, job)
                close_old_connections()
                self.busy_since = None
                self.on_free()
        finally:
            connection.close()


def succeeds(name: str, job: Job) -> bool:
    """Do a job, and tell whether it went well. What goes wrong is logged and counted, and ends nothing else.

    The row that it was for is due again when its lease is over.
    """
    log_context.begin()
    try:
        with faults.contained(name):
            job()
            return True
    except Error:  # an InterfaceError is no DatabaseError
        logger.exception("The database was away during %s.", name)
    return False


class Crew:
    """The threads of one process, each in a lane. Without any, jobs are done at once by who gives them.

    `longest`: how many seconds a job can take if all is well. `on_lost`: told how many threads were lost.
    """

    def __init__(
        self, stop: threading.Event, *, longest: Callable[[], float], on_lost: Callable[[int], object]
    ) -> None:
        self.on_lost = on_lost
        self.stop, self.longest = stop, longest
        self.runners: list[Runner] = []
        self.freed = threading.Event()
        self.is_alone = True
        self.replaced = self.untold = 0
        self.is_worn_out = self.is_abandoned = False

    def start(self, lane: str) -> Runner:
        self.is_alone = False
        runner = Runner(lane, self.freed.set)
        self.runners.append(runner)
        runner.start()
        return runner

    def has_room(self, lane: str) -> bool:
        return self.is_alone or any(runner.is_free for runner in self._in(lane))

    def give(self, name: str, job: Job, lane: str) -> bool:
        """Give a job to a thread that is free. False when, without threads, it was done at once and went wrong.

        Raises: StopIteration when no thread of this lane is free.
        """
        if self.is_alone:
            return succeeds(name, job)
        next(runner for runner in self._in(lane) if runner.is_free).give(name, job)
        return True

    def look_after(self) -> int:
        """Replace the threads that died, or that are at one job for longer than any can take. Returns how many."""
        lost = list(self._lost())
        for runner in lost:
            logger.error("A thread of the worker is lost: %s", _where(runner))
            runner.retire()
            self.runners.remove(runner)
            if self.replaced < MOST_REPLACED:
                self.replaced += 1
                self.start(runner.lane)
            else:
                self.is_worn_out = True
        if self.is_worn_out:
            logger.error("Too many threads of the worker were lost: it stops, to be started anew.")
            self.stop.set()
        self.untold += len(lost)
        if self.untold:  # when that fails, the next time
            self.on_lost(self.untold)
            self.untold = 0
        return len(lost)

    def abandon(self) -> None:
        """Stop, and wait for no job: what they would write is worse than nothing."""
        self.is_abandoned = True
        self.stop.set()

    def finish(self, seconds: float) -> None:
        """Let running jobs finish, at most so many seconds together; a thread that is lost is not waited for."""
        deadline = time.monotonic() + (0 if self.is_abandoned else seconds)
        for runner in self.runners:
            runner.retire()
        for runner in self.runners:
            runner.join(max(0.0, deadline - time.monotonic()))

    def _in(self, lane: str) -> Iterator[Runner]:
        return (runner for runner in self.runners if runner.lane == lane)

    def _lost(self) -> Iterator[Runner]:
        longest = self.longest()
        for runner in self.runners:
            if not self.stop.is_set() and (not runner.is_alive() or runner.busy_seconds > longest):
                yield runner


def _where(runner: Runner) -> str:
    """Say what a thread is at, down to the line: never with values, which may be a customer's."""
    if not runner.is_alive():
        return "it died."
    frame = sys._current_frames().get(runner.ident or 0)  # noqa: SLF001  documented, though it looks private
    stack = "".join(traceback.format_stack(frame)) if frame else ""
    return f"{runner.task}, for {runner.busy_seconds:.0f} s.\n{stack}"
