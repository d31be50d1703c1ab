"""What a queued task does, and the sweep that queues whatever is due or was left behind."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from onboarding import tasks
from onboarding.lifecycle import OPEN, State
from onboarding.models import OnboardingRequest

from . import following, submission
from .lease import LeaseLost, claim, is_free

logger = logging.getLogger(__name__)

# A task that was queued this long ago and did nothing is taken for lost.
LOST_AFTER = timedelta(seconds=30)
BATCH = 100


def advance(request_id: int) -> None:
    """Do the next thing for one request, if it is due and nobody else is on it. Harmless to repeat."""
    claimed = claim(request_id)
    if claimed is None:
        return
    do = {State.QUEUED: submission.send, State.UNKNOWN: submission.look, State.FOLLOWING: following.check}
    try:
        do[State(claimed.state)](claimed)
    except LeaseLost:
        logger.warning("Request %s was taken over by another worker.", claimed.spoken_support_code)


def wake_due_requests() -> int:
    """Queue a task for each request that is due, those without an answer first. Returns how many."""
    if not _due().exists():
        return 0
    with transaction.atomic():
        rows = _due().select_for_update(skip_locked=True).only("pk", "state", "next_check_at")[:BATCH]
        due = sorted(rows, key=lambda request: request.state != State.UNKNOWN)
        OnboardingRequest.objects.filter(pk__in=[request.pk for request in due]).update(woken_at=timezone.now())
        for request in due:
            tasks.advance.enqueue(request.pk)
    return len(due)


def _due() -> QuerySet[OnboardingRequest]:
    now = timezone.now()
    awake = Q(woken_at=None) | Q(woken_at__lt=now - LOST_AFTER)
    due = OnboardingRequest.objects.filter(awake, is_free(now), next_check_at__lte=now, state__in=OPEN)
    return due.order_by("next_check_at")
