"""One deed for many requests: stored by the desk as a row, done by workers.

Each request is done in one transaction with the row's own count, under the row's lock. So a task that is killed, or
runs twice, or at the same time as another, leaves nothing out and does nothing twice.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.tasks import task
from django.utils import timezone

from onboarding.lib import faults
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest

from . import operations
from .bulk_models import BulkJob

logger = logging.getLogger(__name__)

Action = BulkJob.Action
DEEDS: dict[str, Callable[..., bool]] = {
    Action.SEND_AGAIN: operations.try_again,
    Action.CHECK_NOW: operations.check_now,
    Action.RESEND_MAIL: operations.resend_mail,
    Action.MARK_HANDLED: operations.mark_handled,
    Action.ADD_NOTE: operations.add_note,
}
MOST_IN_BULK = 10_000
# One task does so many, so that others have their turn; the sweep wakes the next.
BATCH = 200
LOST_AFTER = timedelta(seconds=30)
PROGRESS = ("done", "skipped", "failed", "started_at", "finished_at", "woken_at")


@transaction.atomic
def start_bulk(action: str, keys: Sequence[int], *, by: str, page: str, detail: Mapping[str, str]) -> BulkJob:
    """Store what is to be done for the requests with these keys, and wake a worker; once for each `page` that asks.

    Raises: ValueError when they are more than `MOST_IN_BULK`.
    """
    if len(keys) > MOST_IN_BULK:
        raise ValueError(f"{len(keys)} requests are too many at once")
    told = {name: scrub(words, None) for name, words in detail.items()}
    now = timezone.now()
    asked = {"action": Action(action), "detail": told, "keys": list(keys), "total": len(keys), "woken_at": now}
    job, is_new = BulkJob.objects.get_or_create(key=page, by=by, defaults=asked)
    if is_new:
        run_bulk_task.enqueue(job.pk)
    return job


def wake_bulk_jobs() -> int:
    """Queue tasks for the jobs that are not done and that no worker is seen with. Returns how many."""
    idle = BulkJob.objects.filter(Q(woken_at=None) | Q(woken_at__lt=timezone.now() - LOST_AFTER), finished_at=None)
    if not idle.exists():
        return 0
    with transaction.atomic():
        keys = list(idle.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
        BulkJob.objects.filter(pk__in=keys).update(woken_at=timezone.now())
        for key in keys:
            run_bulk_task.enqueue(key)
    return len(keys)


def run_bulk(job_id: int) -> None:
    """Do the next requests of a job, at most a batch of them. Harmless to repeat."""
    keys: list[int] = BulkJob.objects.filter(pk=job_id).values_list("keys", flat=True).first() or []
    for _turn in range(BATCH):
        goes_on = False
        with faults.contained("run_bulk", lambda _problem: _give_up(job_id)):
            goes_on = _do_next(job_id, keys)
        if not goes_on:
            return
    BulkJob.objects.filter(pk=job_id, finished_at=None).update(woken_at=None)


def _give_up(job_id: int) -> None:
    """End a job whose row is broken: what is left of it counts as failed, so that staff see it."""
    left = F("total") - F("done") - F("skipped")
    job = BulkJob.objects.filter(pk=job_id, finished_at=None)
    job.update(failed=left, finished_at=timezone.now(), keys=[], detail={}, woken_at=None)


@transaction.atomic
def _do_next(job_id: int, keys: Sequence[int]) -> bool:
    """Do one request and count it. Returns False when the job is done."""
    job = BulkJob.objects.select_for_update().defer("keys").filter(pk=job_id).first()
    if job is None or job.is_finished:
        return False
    now = timezone.now()
    job.started_at, job.woken_at = job.started_at or now, now
    if job.position < len(keys):
        job.count(_outcome(job, keys[job.position]))
    if job.position >= len(keys):  # what was typed is on each timeline now, and goes with that
        job.finished_at, job.keys, job.detail = now, [], {}
    job.save(update_fields=PROGRESS if not job.is_finished else [*PROGRESS, "keys", "detail"])
    return not job.is_finished


def _outcome(job: BulkJob, key: int) -> str:
    """Do a job's deed for one request, and say what became of it. What it wrote before it failed is taken back.

    Raises: OperationalError when the database is at fault; then nothing is counted, and it is tried again.
    """
    try:
        with transaction.atomic():
            request = OnboardingRequest.objects.filter(pk=key).first()
            if request is None:
                return "skipped"
            return "done" if DEEDS[job.action](request, by=job.by, **job.detail) else "skipped"
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Bulk job %s failed for request %s.", job.pk, key)
        return "failed"


@task
def run_bulk_task(job_id: int) -> None:
    run_bulk(job_id)
