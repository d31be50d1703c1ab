"""One worker at a time per request: a lease on the row, claimed and checked by the database.

A worker that was stopped for longer than its lease finds it gone when it comes back, and writes nothing.
"""

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from onboarding.lifecycle import OPEN, WITHDRAWAL, State
from onboarding.models import Event, OnboardingRequest

from . import upstream
from .due import is_free
from .mails import tell

PLATFORM, WORKER = Event.Actor.PLATFORM, Event.Actor.WORKER

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker took over; the outcome at hand must not be written."""


# What a claim holds for beyond the call that it is for: our own work before and after it.
RESERVE = timedelta(seconds=20)


def lease_time() -> timedelta:
    """Return how long a claim holds: longer than what we ask of the platform can take, tokens and retries included."""
    return upstream.longest_call() + RESERVE


def let_settle(request: OnboardingRequest, now: datetime) -> None:
    """Wait until an unanswered attempt must have shown up at the platform, if it ever does; then we look."""
    request.settles_at = request.next_check_at = now + timedelta(seconds=settings.REALTO_SETTLE_SECONDS)


@transaction.atomic
def claim(request_id: int) -> OnboardingRequest | None:
    """Claim a request that is due, or return None when there is nothing to do or somebody else is on it."""
    now = timezone.now()
    due = OnboardingRequest.objects.filter(is_free(now), pk=request_id, state__in=OPEN, next_check_at__lte=now)
    request = due.select_for_update().first()
    if request is None:
        return None
    if request.state == State.SENDING:  # its worker died during the call: nobody knows whether it arrived
        request.move_to(State.UNKNOWN, WORKER, "attempt-abandoned", now=now, attempt=request.attempt)
        let_settle(request, now)
        request.lease, request.lease_expires_at, request.woken_at = "", None, None
        request.save()
        return None
    request.lease, request.lease_expires_at = secrets.token_hex(8), now + lease_time()
    request.save()
    return request


@transaction.atomic
def claim_many(state: State, *, type: str, manufacturer: str, limit: int) -> list[OnboardingRequest]:
    """Claim the requests of one kind in one state that are due, so that one list serves them all."""
    now, lease = timezone.now(), secrets.token_hex(8)
    due = OnboardingRequest.objects.filter(
        is_free(now), type=type, manufacturer=manufacturer, state=state, next_check_at__lte=now
    )
    claimed = list(due.order_by("next_check_at").select_for_update(skip_locked=True)[:limit])
    expires_at = now + lease_time()
    _rows(claimed).update(lease=lease, lease_expires_at=expires_at)
    for request in claimed:
        request.lease, request.lease_expires_at = lease, expires_at
    return claimed


def renew(claimed: Sequence[OnboardingRequest]) -> None:
    """Hold on for longer, ahead of another call or another page, unless the lease outlasts that as it is."""
    now, first = timezone.now(), claimed[0]
    if first.lease_expires_at and first.lease_expires_at - now > upstream.longest_call() + RESERVE / 2:
        return
    expires_at = now + lease_time()
    _rows(claimed).filter(lease=first.lease).update(lease_expires_at=expires_at)
    for request in claimed:
        request.lease_expires_at = expires_at


def _rows(requests: Sequence[OnboardingRequest]) -> QuerySet[OnboardingRequest]:
    return OnboardingRequest.objects.filter(pk__in=[request.pk for request in requests])


@contextmanager
def holding(claimed: OnboardingRequest, *, release: bool = True) -> Iterator[OnboardingRequest]:
    """Give the row, locked and fresh, in a transaction of its own, and save it at the end.

    If consent was taken back meanwhile, the request goes where that leads, now that it is known where it stands.
    Raises: LeaseLost when the claim is no longer ours; then nothing is written.
    """
    with transaction.atomic():
        request = OnboardingRequest.objects.select_for_update().get(pk=claimed.pk)
        if request.lease != claimed.lease:
            raise LeaseLost(f"request {claimed.pk}")
        before = {"state": request.state, "action_type": request.action_type}
        yield request
        if request.withdrawn_at:
            follow_withdrawal(request, timezone.now())
        tell(request, **before)
        if release:
            request.lease, request.lease_expires_at, request.woken_at = "", None, None
        request.save()


@contextmanager
def unless_taken_over(claimed: OnboardingRequest) -> Iterator[None]:
    """Let go of a request that another worker took over meanwhile; that one writes what becomes of it."""
    try:
        yield
    except LeaseLost:
        logger.info("Request %s was taken over by another worker.", claimed.spoken_support_code)


def hand_to_staff(request: OnboardingRequest, reason: str, **said: Any) -> None:
    """Stop working on a request until a colleague decides; nothing is dropped. The caller saves.

    `said`: the call that made us, as it is kept.
    """
    request.needs_staff, request.next_check_at = reason, None
    request.version += 1
    Event.record(request, WORKER, "needs-staff", reason=reason, **said)
    logger.error("Request %s needs a colleague: %s", request.spoken_support_code, reason)


@contextmanager
def alone(claimed: OnboardingRequest) -> Iterator[None]:
    """Let what goes wrong with one request be that request's alone: it goes to staff, once, and holds up no other.

    What may come right by itself is raised: a lost lease, a platform that is not to be called, a database in trouble.
    """
    try:
        yield
    except (LeaseLost, upstream.NotNow, OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("Request %s cannot be worked on.", claimed.spoken_support_code)
    else:
        return
    with holding(claimed) as request:
        hand_to_staff(request, "unreadable")


def follow_withdrawal(request: OnboardingRequest, now: datetime) -> None:
    """Move a request whose consent was taken back to where that leads, if it is known where it stands."""
    target = WITHDRAWAL.get(State(request.state))
    if target is None:
        return
    request.next_check_at = now
    if request.needs_staff != "several":  # the others have to be let go too
        request.needs_staff = ""
    request.move_to(target, WORKER, target.value, now=now)
