"""What a queued task does, and the sweep that queues whatever is due or was left behind."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.tasks import task
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.gateway.upstream import NotNow
from onboarding.lib import faults
from onboarding.platform_api.errors import PlatformError
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest

from . import offboarding, submission, tracking
from .lease import claim, claim_many, holding, set_aside, unless_taken_over

logger = logging.getLogger(__name__)

BATCH = 100
# What a task may take beside its calls: a busy database, many rows.
OWN_WORK = timedelta(minutes=2)
# From so many due requests of one kind on, the platform's list serves them in pages.
MANY = 10
MOST_AT_ONCE = 200


def longest_task() -> timedelta:
    """Return how long any task can take if all is well: a list and the calls around it, and our own work."""
    return upstream.longest_list() + 2 * upstream.longest_call() + OWN_WORK


def advance(request_id: int) -> None:
    """Do the next thing for one request, if it is due and nobody else is on it. Harmless to repeat."""
    claimed = None
    with faults.contained("advance", lambda problem: set_aside(request_id, problem)):
        claimed = claim(request_id)
    if claimed:
        with unless_taken_over(claimed):
            _advance(claimed)


def _advance(claimed: OnboardingRequest) -> None:
    try:
        _do_next(claimed)
    except NotNow as wait:
        postpone(claimed, wait)


def _do_next(claimed: OnboardingRequest) -> None:
    match claimed.state:
        case State.QUEUED:
            submission.send(claimed)
        case State.UNKNOWN:
            submission.look([claimed])
        case State.FOLLOWING:
            tracking.check(claimed)
        case State.WITHDRAWING:
            offboarding.let_go(claimed)


def look_for_many(type: str, manufacturer: str) -> None:
    """Look by one list for all due requests of one kind whose attempts had no answer."""
    claimed = claim_many(State.UNKNOWN, type=type, manufacturer=manufacturer, limit=MOST_AT_ONCE)
    with faults.contained("look_for_many", lambda problem: _set_all_aside(claimed, problem)):
        try:
            if claimed:
                submission.look(claimed)
        except NotNow as wait:
            for request in claimed:
                with unless_taken_over(request):
                    postpone(request, wait)


def _set_all_aside(claimed: Sequence[OnboardingRequest], problem: Exception) -> None:
    for request in claimed:
        set_aside(request.pk, problem, lease=request.lease)


def follow_many(type: str, manufacturer: str) -> None:
    """Check all due requests of one kind by the platform's list; what it leaves out is checked one by one."""
    claimed = claim_many(State.FOLLOWING, type=type, manufacturer=manufacturer, limit=MOST_AT_ONCE)
    if not claimed:
        return
    left = claimed
    with faults.contained("follow_many"), suppress(NotNow, PlatformError):
        left = tracking.check_many(claimed)
    for request in left:
        _give_back(request)
    with transaction.atomic():
        for request in left:
            advance_task.enqueue(request.pk)


def postpone(claimed: OnboardingRequest, wait: NotNow) -> None:
    """Put a request off while the platform is not to be called; its page says so if the platform is away."""
    with holding(claimed) as request:
        request.due_at = wait.until
        if wait.is_away and not request.trouble:
            request.trouble = "PlatformUnavailable"
            request.version += 1


def wake_due_requests() -> int:
    """Queue tasks for the requests that are due, those without an answer first. Returns how many are served."""
    with OnboardingRequest.wake(OnboardingRequest.due(timezone.now()).order_by("due_at"), limit=BATCH) as keys:
        _queue_by_kind(keys)
    return len(keys)


def _queue_by_kind(keys: Sequence[int]) -> None:
    woken = OnboardingRequest.objects.filter(pk__in=keys).order_by("due_at")
    due = list(woken.only("pk", "state", "type", "manufacturer"))
    due.sort(key=lambda row: row.state != State.UNKNOWN)
    alike = defaultdict[tuple[str, str, str], list[int]](list)
    for row in due:
        alike[row.state, row.type, row.manufacturer].append(row.pk)
    for kind, alike_keys in alike.items():
        _queue(*kind, alike_keys)


def _queue(state: str, type: str, manufacturer: str, keys: list[int]) -> None:
    if state == State.UNKNOWN:
        look_for_many_task.enqueue(type, manufacturer)
    elif state == State.FOLLOWING and len(keys) >= MANY:
        follow_many_task.enqueue(type, manufacturer)
    else:
        for key in keys:
            advance_task.enqueue(key)


def _give_back(claimed: OnboardingRequest) -> None:
    with unless_taken_over(claimed), holding(claimed):
        pass


@task
def advance_task(request_id: int) -> None:
    advance(request_id)


@task
def look_for_many_task(type: str, manufacturer: str) -> None:
    look_for_many(type, manufacturer)


@task
def follow_many_task(type: str, manufacturer: str) -> None:
    follow_many(type, manufacturer)
