"""Following what the platform does with a request, and taking its words into our row."""

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from onboarding import lifecycle, schedule
from onboarding.lifecycle import State
from onboarding.models import Event, OnboardingRequest, Transaction
from onboarding.platform_api import connection, resources
from onboarding.platform_api.errors import NotAuthorized, PlatformError

from .lease import WORKER, holding

logger = logging.getLogger(__name__)

# A status page that is being watched writes "seen" at most this often.
SEEN_INTERVAL = timedelta(seconds=10)


def check(claimed: OnboardingRequest) -> None:
    """Read one followed request from the platform and store what changed."""
    try:
        resource = connection.get_client().get_onboarding(id=claimed.platform_id)
    except PlatformError as error:
        with holding(claimed) as request:
            trouble(request, error)
    else:
        with holding(claimed) as request:
            absorb(request, resource, now=timezone.now())


def absorb(request: OnboardingRequest, resource: resources.OnboardingRequest, *, now: datetime) -> None:
    """Take the platform's state of a request into our row; states only move forward. The caller saves."""
    action = resource.action
    words = {
        "status": resource.status,
        "entity_id": resource.entity_id or request.entity_id,
        "action_type": action.type or "Action" if action else "",
        "redirect_link": action.redirect_link if action else "",
        "documentation_link": action.documentation_link if action else "",
        "errors": [{"code": error.code, "message": error.message} for error in resource.errors],
        "trouble": "",
    }
    changed = [name for name, value in words.items() if getattr(request, name) != value]
    for name, value in words.items():
        setattr(request, name, value)
    transactions_changed = _store_transactions(request, resource.transactions)
    if changed or transactions_changed:
        request.version += 1
    if transactions_changed or set(changed) - {"trouble"}:
        told = ", ".join(f"{item.type} {item.status}" for item in resource.transactions)
        Event.record(
            request,
            Event.Actor.PLATFORM,
            "progress",
            status=resource.status,
            transactions=told,
            action=request.action_type,
        )
    request.checked_at, request.failures = now, 0
    _conclude(request, now)


def _conclude(request: OnboardingRequest, now: datetime) -> None:
    state = lifecycle.outcome(request.status)
    if state != State.FOLLOWING:
        request.move_to(state, now=now)
        Event.record(
            request, Event.Actor.PLATFORM, state.value, codes=", ".join(error["code"] for error in request.errors)
        )
        return
    request.next_check_at = now + schedule.until_next_check(
        age=now - (request.sent_at or now),
        is_watched=schedule.is_watched(request.seen_at, now),
        chance=random.random(),  # noqa: S311  spreads load, guards nothing
    )


def _store_transactions(request: OnboardingRequest, reported: Sequence[resources.Transaction]) -> bool:
    known = {item.position: item for item in request.transactions.all()}
    changed = False
    for position, item in enumerate(reported):
        row = known.get(position)
        if (
            row
            and row.type == item.type
            and (row.status == item.status or lifecycle.is_step_back(row.status, item.status))
        ):
            continue
        Transaction.objects.update_or_create(
            request=request, position=position, defaults={"type": item.type, "status": item.status}
        )
        changed = True
    return changed


def trouble(request: OnboardingRequest, error: PlatformError) -> None:
    """Note a call that brought nothing usable, and wait before the next one. The caller saves."""
    name = type(error).__name__
    request.failures += 1
    if request.trouble != name:
        request.trouble = name
        request.version += 1
        Event.record(request, WORKER, "trouble", error=name, status=getattr(error, "status", None))
    if isinstance(error, NotAuthorized):
        logger.error("The platform does not accept our credentials; requests wait until that is put right.")
    request.next_check_at = timezone.now() + schedule.until_retry(
        failures=request.failures,
        chance=random.random(),  # noqa: S311
        retry_after=getattr(error, "retry_after", None),
    )


def saw_status(request: OnboardingRequest) -> None:
    """Note that somebody watches, at most every few seconds, so that workers look more often while they do."""
    now = timezone.now()
    if request.is_final or (request.seen_at and now - request.seen_at < SEEN_INTERVAL):
        return
    row = OnboardingRequest.objects.filter(pk=request.pk)
    if request.state == State.FOLLOWING and not schedule.is_watched(request.seen_at, now):
        row.filter(next_check_at__isnull=False).update(seen_at=now, next_check_at=now)
    else:
        row.update(seen_at=now)
