"""What a queued task does, and the sweep that queues whatever is due or was left behind."""

import logging
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from onboarding import tasks
from onboarding.lifecycle import OPEN, State
from onboarding.models import OnboardingRequest
from onboarding.platform_api.errors import PlatformError

from . import following, submission
from .lease import LeaseLost, claim, claim_followed, holding, is_free
from .upstream import NotNow

logger = logging.getLogger(__name__)

# A task that was queued this long ago and did nothing is taken for lost.
LOST_AFTER = timedelta(seconds=30)
BATCH = 100
# From so many due requests of one kind on, the platform's list serves them in pages.
MANY = 10
MOST_AT_ONCE = 200

Kind = tuple[str, str]  # type, manufacturer


def advance(request_id: int) -> None:
    """Do the next thing for one request, if it is due and nobody else is on it. Harmless to repeat."""
    claimed = claim(request_id)
    if claimed is None:
        return
    do = {State.QUEUED: submission.send, State.UNKNOWN: submission.look, State.FOLLOWING: following.check}
    try:
        do[State(claimed.state)](claimed)
    except NotNow as wait:
        postpone(claimed, wait)
    except LeaseLost:
        logger.warning("Request %s was taken over by another worker.", claimed.spoken_support_code)


def follow_many(type: str, manufacturer: str) -> None:
    """Check all due requests of one kind by the platform's list; what it leaves out is checked one by one."""
    claimed = claim_followed(type, manufacturer, limit=MOST_AT_ONCE)
    if not claimed:
        return
    try:
        left = following.check_many(claimed)
    except (NotNow, PlatformError):
        left = claimed
    for request in left:
        _give_back(request)
    with transaction.atomic():
        for request in left:
            tasks.advance.enqueue(request.pk)


def postpone(claimed: OnboardingRequest, wait: NotNow) -> None:
    """Put a request off while the platform is not to be called; its page says so if the platform is away."""
    with holding(claimed) as request:
        request.next_check_at = wait.until
        if wait.is_away and not request.trouble:
            request.trouble = "PlatformUnavailable"
            request.version += 1


def wake_due_requests() -> int:
    """Queue tasks for the requests that are due, those without an answer first. Returns how many are served."""
    if not _due().exists():
        return 0
    with transaction.atomic():
        rows = _due().select_for_update(skip_locked=True).only("pk", "state", "type", "manufacturer")[:BATCH]
        due = sorted(rows, key=lambda request: request.state != State.UNKNOWN)
        OnboardingRequest.objects.filter(pk__in=[request.pk for request in due]).update(woken_at=timezone.now())
        kinds = Counter((row.type, row.manufacturer) for row in due if row.state == State.FOLLOWING)
        many = {kind for kind, count in kinds.items() if count >= MANY}
        for request in due:
            if not _is_served_by_list(request, many):
                tasks.advance.enqueue(request.pk)
        for kind in sorted(many):
            tasks.follow_many.enqueue(*kind)
    return len(due)


def _is_served_by_list(request: OnboardingRequest, many: set[Kind]) -> bool:
    return request.state == State.FOLLOWING and (request.type, request.manufacturer) in many


def _give_back(claimed: OnboardingRequest) -> None:
    try:
        with holding(claimed):
            pass
    except LeaseLost:
        logger.info("Request %s was taken over by another worker.", claimed.spoken_support_code)


def _due() -> QuerySet[OnboardingRequest]:
    now = timezone.now()
    awake = Q(woken_at=None) | Q(woken_at__lt=now - LOST_AFTER)
    due = OnboardingRequest.objects.filter(awake, is_free(now), next_check_at__lte=now, state__in=OPEN)
    return due.order_by("next_check_at")
