"""The threads of a worker: each takes tasks from the queue. One that is lost is noticed, replaced and told to staff."""

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from django.db import close_old_connections, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)

TASK_SECONDS = 0.4
PAUSE_AFTER_TROUBLE = 1.0
# A process with so many lost threads takes no more in their place, and stops: who started it may start it anew.
MOST_REPLACED = 20


class NotingWorker(Worker):
    """Knows since when it has been at its task."""

    busy_since: float | None = None
    task = ""

    def run_task(self, db_task_result: DBTaskResult[..., Any]) -> None:
        self.task, self.busy_since = db_task_result.task_path, time.monotonic()
        try:
            super().run_task(db_task_result)
        finally:
            self.busy_since = None


class TaskRunner(threading.Thread):
    """One thread that takes tasks from the queue; it outlives trouble with the database."""

    def __init__(self, stop: threading.Event, queue: str = "default") -> None:
        super().__init__(daemon=True, name=f"tasks-{queue}")
        self.stop, self.queue = stop, queue
        self.is_replaced = False
        self.worker = NotingWorker(
            queue_names=[queue],
            interval=TASK_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=True,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )

    @property
    def busy_seconds(self) -> float:
        """How long it has been at its task, 0 between tasks."""
        since = self.worker.busy_since
        return time.monotonic() - since if since is not None else 0.0

    def run(self) -> None:
        while self.worker.running and not self.stop.is_set():
            try:
                self.worker.run()
            except Exception:  # a task that cannot even be read is no reason to lose a thread
                logger.exception("The queue could not be read; trying again.")
                close_old_connections()
                self.stop.wait(PAUSE_AFTER_TROUBLE)
        connection.close()

    def retire(self) -> None:
        """Let it end after its task, should that ever be over."""
        self.is_replaced, self.worker.running = True, False

    def finish(self, deadline: float) -> None:
        self.worker.running = False
        self.join(max(0.0, deadline - time.monotonic()))


class Crew:
    """The threads of one process.

    `longest`: how many seconds a task can take if all is well. `on_lost`: told how many threads were lost.
    """

    def __init__(
        self, stop: threading.Event, *, longest: Callable[[], float], on_lost: Callable[[int], object]
    ) -> None:
        self.on_lost = on_lost
        self.stop, self.longest = stop, longest
        self.runners: list[TaskRunner] = []
        self.replaced = 0
        self.is_worn_out = False

    def start(self, queue: str = "default") -> TaskRunner:
        runner = TaskRunner(self.stop, queue)
        self.runners.append(runner)
        runner.start()
        return runner

    def look_after(self) -> int:
        """Replace the threads that died, or that are at one task for longer than any can take. Returns how many."""
        lost = list(self._lost())
        for runner in lost:
            logger.error("A thread of the worker is lost: %s", _where(runner))
            runner.retire()
            self.runners.remove(runner)
            if self.replaced < MOST_REPLACED:
                self.replaced += 1
                self.start(runner.queue)
            else:
                self.is_worn_out = True
        if self.is_worn_out:
            logger.error("Too many threads of the worker were lost: it stops, to be started anew.")
            self.stop.set()
        if lost:
            self.on_lost(len(lost))
        return len(lost)

    def finish(self, seconds: float) -> None:
        """Let running tasks finish, at most so many seconds together; a thread that is lost is not waited for."""
        deadline = time.monotonic() + seconds
        for runner in self.runners:
            runner.finish(deadline)

    def _lost(self) -> Iterator[TaskRunner]:
        longest = self.longest()
        for runner in self.runners:
            if not self.stop.is_set() and (not runner.is_alive() or runner.busy_seconds > longest):
                yield runner


def _where(runner: TaskRunner) -> str:
    """Say what a thread is at, down to the line: never with values, which may be a customer's."""
    if not runner.is_alive():
        return "it died."
    frame = sys._current_frames().get(runner.ident or 0)  # noqa: SLF001  documented, though it looks private
    stack = "".join(traceback.format_stack(frame)) if frame else ""
    return f"{runner.worker.task}, for {runner.busy_seconds:.0f} s.\n{stack}"
