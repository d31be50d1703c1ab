"""One operation for many requests: stored by the desk as a row, done by workers.

Each request is done in one transaction with the row's own count, under the row's lock, by who has its lease. So a task
that is killed, or runs twice, or at the same time as another, leaves nothing out and does nothing twice.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet
from django.tasks import task
from django.utils import timezone

from onboarding.jobs.lease import RELEASED, LeaseLost
from onboarding.lib import faults
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest

from . import invitation_rows, operations
from .bulk_models import BulkJob
from .invitation_file_models import InvitationRow

logger = logging.getLogger(__name__)

Action = BulkJob.Action
OPERATIONS: dict[str, Callable[..., bool]] = {
    Action.RESUME: operations.resume,
    Action.CHECK_NOW: operations.check_now,
    Action.RESEND_MAIL: operations.resend_mail,
    Action.MARK_HANDLED: operations.mark_handled,
    Action.ADD_NOTE: operations.add_note,
    Action.CHECK_ROWS: invitation_rows.check_row,
    Action.INVITE_ROWS: invitation_rows.invite_row,
}
MOST_IN_BULK = 10_000
# One task does so many, so that others have their turn.
BATCH = 200
LEASE = timedelta(seconds=30)  # from each request to the next


@transaction.atomic
def start_bulk(action: str, keys: Sequence[int], *, by: str, page: str, detail: Mapping[str, str]) -> BulkJob:
    """Store what is to be done for the requests with these keys; once for each `page` that asks.

    Raises: ValueError when they are more than `MOST_IN_BULK`.
    """
    if len(keys) > MOST_IN_BULK:
        raise ValueError(f"{len(keys)} requests are too many at once")
    told = {name: scrub(words, None) for name, words in detail.items()}
    now = timezone.now()
    asked = {"action": Action(action), "detail": told, "keys": list(keys), "total": len(keys), "due_at": now}
    job, _is_new = BulkJob.objects.get_or_create(key=page, by=by, defaults=asked)
    return job


def claim() -> str:
    """Lease the job that has been due for longest; return its token, "" when there is none."""
    return BulkJob.claim(BulkJob.due(timezone.now()).order_by("due_at", "pk"), holds=LEASE)


@task
def run_bulk(token: str) -> None:
    """Do the next requests of the job that was claimed with a token, at most a batch of them. Harmless to repeat."""
    ours = BulkJob.begin(token, holds=LEASE)
    with faults.contained("run_bulk", lambda _problem: _give_up(ours)), suppress(LeaseLost):
        if job := ours.first():
            _do_batch(job)


def _do_batch(job: BulkJob) -> None:
    for _turn in range(BATCH):
        _do_next(job)
        if job.is_finished:
            return
    job.write(due_at=timezone.now())


def _give_up(ours: QuerySet[BulkJob]) -> None:
    """End a job whose row is broken: what is left of it counts as failed, so that staff see it."""
    left = F("total") - F("done") - F("skipped")
    job = ours.filter(finished_at=None)
    job.update(failed=left, finished_at=timezone.now(), keys=[], detail={}, due_at=None, **RELEASED)


def _do_next(job: BulkJob) -> None:
    """Do one request and count it.

    Raises: LeaseLost when another worker has the job by now.
    """
    with job.held(release=False) as row:
        now = timezone.now()
        row.started_at, row.lease_expires_at = row.started_at or now, now + LEASE
        if row.position < len(job.keys):
            row.count(_outcome(row, job.keys[row.position]))
        if row.position >= len(job.keys):  # what was typed is on each timeline now, and goes with that
            row.finished_at, row.due_at, row.keys, row.detail = now, None, [], {}
            row.let_go()
    job.finished_at = row.finished_at


def _outcome(job: BulkJob, key: int) -> str:
    """Do a job's operation for one request or row, and say what became of it. What it wrote before it failed is undone.

    Raises: OperationalError when the database is at fault; then nothing is counted, and it is tried again.
    """
    try:
        with transaction.atomic():
            subject = _subjects(job).filter(pk=key).first()
            if subject is None:
                return "skipped"
            return "done" if OPERATIONS[job.action](subject, by=job.by, **job.detail) else "skipped"
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Bulk job %s failed for %s.", job.pk, key)
        if job.action in BulkJob.OF_ROWS:
            invitation_rows.fail_row(key)
        return "failed"


def _subjects(job: BulkJob) -> QuerySet[Any]:
    """Return what the keys of a job are of. A row of a file is locked: an erasure waits for its request."""
    if job.action in BulkJob.OF_ROWS:
        return InvitationRow.objects.select_related("file").select_for_update(of=("self",))
    return OnboardingRequest.objects.all()
