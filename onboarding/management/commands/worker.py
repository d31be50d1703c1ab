"""`python manage.py worker`: runs queued tasks, and sweeps up what is due or was left behind.

Threads run the tasks that `django-tasks-db` keeps; the main thread sweeps. SIGTERM and SIGINT let running tasks
finish, at most `GRACE_SECONDS`; whatever is cut off then is found again by its row.
"""

import logging
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from onboarding import actions, faults

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 0.5
TASK_SECONDS = 0.4
MAIL_SECONDS = 5.0
BULK_SECONDS = 2.0
CATALOGUE_SECONDS = 10.0
EXPIRY_SECONDS = 60.0
PRUNE_SECONDS = 3600.0
# Served by one thread beside the others: at most one call to the receiver of webhooks at a time.
WEBHOOKS = "webhooks"
GRACE_SECONDS = 9.0
PAUSE_AFTER_TROUBLE = 1.0


class Command(BaseCommand):
    help = "Runs queued tasks and the sweep until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--threads", type=int, default=settings.WORKER_THREADS, help="tasks at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda _signum, _frame: stop.set())
        runners = [TaskRunner(stop) for _number in range(options["threads"])]
        if runners and settings.WEBHOOK_URL:
            runners.append(TaskRunner(stop, queue=WEBHOOKS))
        for runner in runners:
            runner.start()
        logger.info("The worker runs with %s threads.", len(runners))
        sweep_until(stop)
        deadline = time.monotonic() + GRACE_SECONDS
        for runner in runners:
            runner.finish(deadline)
        logger.info("The worker stopped.")


class TaskRunner(threading.Thread):
    """One thread that takes tasks from the queue; it outlives trouble with the database."""

    def __init__(self, stop: threading.Event, queue: str = "default") -> None:
        super().__init__(daemon=True)
        self.stop = stop
        self.worker = self._new_worker(queue)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self.worker.run()
            except Exception:  # a task that cannot even be read is no reason to lose a thread
                logger.exception("The queue could not be read; trying again.")
                close_old_connections()
                self.stop.wait(PAUSE_AFTER_TROUBLE)
        connection.close()

    def finish(self, deadline: float) -> None:
        self.worker.running = False
        self.join(max(0.0, deadline - time.monotonic()))

    @staticmethod
    def _new_worker(queue: str) -> Worker:
        return Worker(
            queue_names=[queue],
            interval=TASK_SECONDS,
            batch=False,
            backend_name="default",
            startup_delay=True,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )


def sweep_until(stop: threading.Event) -> None:
    """Queue what is due, again and again, until told to stop."""
    duties = [
        Duty(SWEEP_SECONDS, actions.wake_due_requests),
        Duty(MAIL_SECONDS, actions.wake_due_mails),
        Duty(SWEEP_SECONDS, actions.wake_due_deliveries),
        Duty(BULK_SECONDS, actions.wake_bulk_jobs),
        Duty(CATALOGUE_SECONDS, actions.wake_catalogue_refresh),
        Duty(CATALOGUE_SECONDS, actions.wake_measurement),
        Duty(EXPIRY_SECONDS, actions.end_expired_consents),
        Duty(PRUNE_SECONDS, prune),
        Duty(PRUNE_SECONDS, actions.prune_deliveries),
        Duty(PRUNE_SECONDS, faults.prune_faults),
    ]
    while not stop.is_set():
        close_old_connections()
        for duty in duties:
            duty.do_if_due()
        stop.wait(SWEEP_SECONDS)


def prune() -> None:
    """Forget tasks that are done, and browsers that did not come back in time."""
    call_command("prune_db_task_results", queue_name="*", min_age_days=1, verbosity=0)
    call_command("clearsessions", verbosity=0)


class Duty:
    """Something the sweep does every so many seconds; a failure is logged and tried again the next time."""

    def __init__(self, seconds: float, do: Callable[[], object]) -> None:
        self.seconds, self.do = seconds, do
        self.due_at = 0.0

    def do_if_due(self) -> None:
        now = time.monotonic()
        if now < self.due_at:
            return
        self.due_at = now + self.seconds
        name = getattr(self.do, "__name__", "sweep")
        try:
            with faults.contained(name):
                self.do()
        except DatabaseError:
            logger.exception("The database is away; the sweep goes on.")
