"""`python manage.py worker`: does what is due.

The main thread claims rows that are due and gives each to a thread that is free. SIGTERM and SIGINT let running jobs
finish, at most `GRACE_SECONDS`; whatever is cut off then is due again when its lease is over. A thread that is lost is
replaced. After too many, or when the clock goes wrong, the process stops with exit code 1, for whatever supervises it
to start it anew.
"""

import logging
import signal
import sys
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from onboarding.catalogue import availability, refresh
from onboarding.delivery import dispatch
from onboarding.delivery import lease as requests
from onboarding.devices import lease as devices
from onboarding.devices import look, makers, renewal
from onboarding.devices.models import Device
from onboarding.gateway import upstream
from onboarding.intake import withdrawal
from onboarding.jobs.clock import Evenness
from onboarding.jobs.crew import Crew, succeeds
from onboarding.jobs.news import News
from onboarding.jobs.work import LOOK_SECONDS, Work, hand_out_until_told
from onboarding.lib import counts
from onboarding.limits.limit_storage import delete_ended
from onboarding.mail import outbox as mails
from onboarding.mail.models import Mail
from onboarding.privacy import erasure
from onboarding.push import outbox as pushes
from onboarding.push.models import PushSubscription
from onboarding.request.models import OnboardingRequest
from onboarding.retention import keeper
from onboarding.staff import sessions
from onboarding.support import bulk, campaign_work
from onboarding.support.bulk_models import BulkJob
from onboarding.support.campaign_models import Campaign
from onboarding.webhooks import outbox as webhooks
from onboarding.webhooks.models import WebhookDelivery

logger = logging.getLogger(__name__)

MAIL_SECONDS = PUSH_SECONDS = BULK_SECONDS = WEBHOOK_SECONDS = 0.5
DEVICE_SECONDS = 1.0
CATALOGUE_SECONDS, MEASURE_SECONDS, COUNTS_SECONDS = 4.0, 10.0, 15.0
EXPIRY_SECONDS, ERASE_SECONDS = 60.0, 10.0
KEEP_SECONDS, PRUNE_SECONDS, EVEN_SECONDS = 300.0, 3600.0, 600.0
GRACE_SECONDS = 9.0
# Whose rows wait for a moment.
WAITING = (OnboardingRequest, Device, Mail, PushSubscription, BulkJob, Campaign, WebhookDelivery)
# Each lane has threads of its own, so that no kind of work waits for another, however long that takes.
REQUESTS, MAILS, PUSHES, BULK, WEBHOOKS, CHORES = "requests", "mails", "pushes", "bulk", "webhooks", "chores"
DEVICES = "devices"


class Command(BaseCommand):
    help = "Does what is due until it is told to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            default=settings.WORKER_THREADS,
            help="requests at the same time; 0 queues tasks in the backend that TASKS names, for its own workers",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda _signum, _frame: stop.set())
        crew = Crew(stop, longest=lambda: dispatch.longest_task().total_seconds(), on_lost=upstream.note_lost_threads)
        try:
            start_threads(crew, options["threads"])
            hand_out_until_told(works(is_queueing=not options["threads"]), crew, News())
        finally:
            crew.finish(GRACE_SECONDS)
            succeeds("flush", counts.flush)
        logger.info("The worker stopped.")
        if crew.is_worn_out or crew.is_abandoned:
            sys.exit(1)


def start_threads(crew: Crew, count: int) -> None:
    """Start so many threads for requests, half as many for mails, and one for each other kind of work; 0: none."""
    if count < 0:
        raise CommandError("Set WORKER_THREADS, or --threads, to 0 or more.")
    lanes = [REQUESTS] * count + [MAILS] * (count // 2 or 1) + [PUSHES, BULK, WEBHOOKS, DEVICES, CHORES]
    for lane in lanes if count else ():
        crew.start(lane)
    logger.info("The worker runs with %s threads.", len(crew.runners))


def works(*, is_queueing: bool) -> list[Work]:
    """Return all that a worker does, and how often it looks. `is_queueing`: what is claimed is left to a queue."""
    return [
        *(
            Work(
                task.name,
                task.enqueue if is_queueing else task.call,
                claim=claim,
                next_due=rows.next_due,
                every=seconds,
                lane=lane,
            )
            for task, claim, rows, seconds, lane in (
                (dispatch.advance, requests.claim, OnboardingRequest, LOOK_SECONDS, REQUESTS),
                (mails.send_mail, mails.claim, Mail, MAIL_SECONDS, MAILS),
                (pushes.send_push, pushes.claim, PushSubscription, PUSH_SECONDS, PUSHES),
                (bulk.run_bulk, bulk.claim, BulkJob, BULK_SECONDS, BULK),
                (campaign_work.run_campaign, campaign_work.claim, Campaign, BULK_SECONDS, BULK),
                (webhooks.deliver, webhooks.claim, WebhookDelivery, WEBHOOK_SECONDS, WEBHOOKS),
                (look.look_at_devices, devices.claim, Device, DEVICE_SECONDS, DEVICES),
            )
        ),
        *(
            Work(duty.__name__, duty, every=seconds, lane=CHORES)
            for duty, seconds in (
                (counts.flush, COUNTS_SECONDS),
                (refresh.refresh_if_due, CATALOGUE_SECONDS),
                (availability.measure_if_due, MEASURE_SECONDS),
                (withdrawal.end_expired_consents, EXPIRY_SECONDS),
                (renewal.end_expired_mandates, EXPIRY_SECONDS),
                (renewal.remind_of_ends, EXPIRY_SECONDS),
                (makers.measure_makers, EXPIRY_SECONDS),
                (erasure.settle_erasures, ERASE_SECONDS),
                (delete_ended, EXPIRY_SECONDS),
                (forget_sessions, PRUNE_SECONDS),
                (BringBack(), EXPIRY_SECONDS),
                (keeper.keep, KEEP_SECONDS),
            )
        ),
    ]


class BringBack:
    """Lets nothing wait for a moment that a wrong clock chose, of a web process for instance.

    Not before our own has gone on evenly for a while. A machine may come up with an old time, and its database with it:
    what is planned for these days, a customer's next reminder for instance, would seem to be for a far future.
    """

    __name__ = "bring_back"

    def __init__(self) -> None:
        self.evenness = Evenness()

    def __call__(self) -> None:
        if self.evenness.seconds >= EVEN_SECONDS:
            bring_back()


def bring_back() -> None:
    """Make due what waits for a moment further away than any that is planned."""
    moved = upstream.bring_back() + requests.bring_back()
    moved += sum(rows.bring_back() for rows in WAITING)
    if moved:
        logger.warning("%s rows waited for longer than any does, as after a wrong clock. They are due now.", moved)


def forget_sessions() -> None:
    """Forget the sessions whose time is over, those of staff among them."""
    call_command("clearsessions", verbosity=0)
    sessions.forget_old()
