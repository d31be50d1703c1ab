"""`python manage.py worker`: runs queued tasks, and sweeps up what is due or was left behind.

Threads run the tasks that `django-tasks-db` keeps; the main thread sweeps. SIGTERM and SIGINT let running tasks
finish, at most `GRACE_SECONDS`; whatever is cut off then is found again by its row. A thread that is lost is replaced;
after too many the process stops with exit code 1, for whatever supervises it to start it anew.
"""

import logging
import signal
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from onboarding.catalogue import availability, refresh
from onboarding.delivery import dispatch
from onboarding.gateway import upstream
from onboarding.intake import withdrawal
from onboarding.jobs.crew import Crew
from onboarding.lib import faults
from onboarding.limits import rate_limits
from onboarding.mail import outbox
from onboarding.portal import csp_report_counts
from onboarding.staff import sessions
from onboarding.support import bulk
from onboarding.webhooks.outbox import prune_deliveries, wake_due_deliveries

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 0.5
MAIL_SECONDS = 5.0
BULK_SECONDS = 2.0
CATALOGUE_SECONDS = 10.0
EXPIRY_SECONDS = 60.0
PRUNE_SECONDS = 3600.0
# Served by one thread beside the others: at most one call to the receiver of webhooks at a time.
WEBHOOKS = "webhooks"
GRACE_SECONDS = 9.0
CREW_SECONDS = 5.0


class Command(BaseCommand):
    help = "Runs queued tasks and the sweep until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--threads", type=int, default=settings.WORKER_THREADS, help="tasks at the same time")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda _signum, _frame: stop.set())
        crew = Crew(stop, longest=lambda: dispatch.longest_task().total_seconds(), on_lost=upstream.note_lost_threads)
        for _number in range(options["threads"]):
            crew.start()
        if options["threads"] and settings.WEBHOOK_URL:
            crew.start(WEBHOOKS)
        logger.info("The worker runs with %s threads.", len(crew.runners))
        sweep_until(stop, crew)
        crew.finish(GRACE_SECONDS)
        logger.info("The worker stopped.")
        if crew.is_worn_out:
            sys.exit(1)


def sweep_until(stop: threading.Event, crew: Crew) -> None:
    """Queue what is due, again and again, until told to stop."""
    duties = [
        Duty(SWEEP_SECONDS, dispatch.wake_due_requests),
        Duty(MAIL_SECONDS, outbox.wake_due_mails),
        Duty(SWEEP_SECONDS, wake_due_deliveries),
        Duty(BULK_SECONDS, bulk.wake_bulk_jobs),
        Duty(CATALOGUE_SECONDS, refresh.wake_catalogue_refresh),
        Duty(CATALOGUE_SECONDS, availability.wake_measurement),
        Duty(EXPIRY_SECONDS, withdrawal.end_expired_consents),
        Duty(PRUNE_SECONDS, prune),
        Duty(PRUNE_SECONDS, prune_deliveries),
        Duty(EXPIRY_SECONDS, rate_limits.clear_up),
        Duty(PRUNE_SECONDS, csp_report_counts.prune_reports),
        Duty(PRUNE_SECONDS, faults.prune_faults),
        Duty(CREW_SECONDS, crew.look_after),
    ]
    while not stop.is_set():
        close_old_connections()
        for duty in duties:
            duty.do_if_due()
        stop.wait(SWEEP_SECONDS)


def prune() -> None:
    """Forget tasks that are done, and sessions of staff whose time is over."""
    call_command("prune_db_task_results", queue_name="*", min_age_days=1, verbosity=0)
    call_command("clearsessions", verbosity=0)
    sessions.forget_old()


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
        except Error:  # an InterfaceError is no DatabaseError
            logger.exception("The database is away; the sweep goes on.")
