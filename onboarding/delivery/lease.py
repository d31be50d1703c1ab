"""One worker at a time per request: a lease on the row, claimed and checked by the database.

A worker that was stopped for longer than its lease finds it gone when it comes back, and writes nothing.
"""

import logging
import random
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import Error, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.jobs.due import is_free
from onboarding.lib import faults
from onboarding.mail.outbox import tell
from onboarding.request import schedule
from onboarding.request.events import Event
from onboarding.request.lifecycle import OPEN, WITHDRAWAL, State
from onboarding.request.models import OnboardingRequest

# A failure that nobody expected may pass by itself; after so many in a row a colleague decides.
MOST_UNEXPECTED = 3
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
    claimed = _loaded(due.order_by("next_check_at").select_for_update(skip_locked=True), limit)
    expires_at = now + lease_time()
    _rows(claimed).update(lease=lease, lease_expires_at=expires_at)
    for request in claimed:
        request.lease, request.lease_expires_at = lease, expires_at
    return claimed


def _loaded(rows: QuerySet[OnboardingRequest], limit: int) -> list[OnboardingRequest]:
    """Load the first rows; if one of them cannot be, the others, and set that one aside."""
    try:
        return list(rows[:limit])
    except Error:
        raise
    except Exception:
        logger.exception("Some requests cannot be loaded.")
    found = []
    for key in list(rows.values_list("pk", flat=True)[:limit]):
        with faults.contained("advance", partial(set_aside, key)):
            found.append(rows.get(pk=key))
    return found


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
    """Let go of a request that another worker took over meanwhile; that one writes what becomes of it.

    What nobody expected to go wrong is this request's own trouble: others are not held up, and it does not spin.
    """
    with faults.contained("advance", lambda problem: set_aside(claimed.pk, problem, lease=claimed.lease)):
        try:
            yield
        except LeaseLost:
            logger.info("Request %s was taken over by another worker.", claimed.spoken_support_code)


def set_aside(request_id: int, problem: Exception, *, lease: str | None = None) -> None:
    """Let a request rest on which a worker failed unexpectedly; the third time in a row a colleague decides.

    Writes no more than it has to: the row itself may be what is broken. `lease`: only while this one holds it.
    """
    rows, now = OnboardingRequest.objects.filter(pk=request_id), timezone.now()
    if lease is not None:
        rows = rows.filter(lease=lease)
    before = rows.values("trouble", "failures", "needs_staff", "next_check_at").first()
    if before is None:
        return
    trouble = type(problem).__name__[:64]
    failures = before["failures"] + 1 if before["trouble"] == trouble else 1
    for_staff = failures >= MOST_UNEXPECTED
    changes: dict[str, Any] = {"trouble": trouble, "failures": failures, "version": F("version") + 1}
    if for_staff:
        flag = before["needs_staff"] or "unexpected"
        changes |= {"next_check_at": None, "needs_staff": flag, "turn_since": now}
    elif before["next_check_at"]:
        wait = schedule.until_retry(failures=failures, chance=random.random())  # noqa: S311  spreads load
        changes["next_check_at"] = now + wait
    is_ours = rows.update(**changes, lease="", lease_expires_at=None, woken_at=None)
    if is_ours and for_staff and not before["needs_staff"]:
        detail = {"reason": "unexpected"}
        Event.objects.create(request_id=request_id, actor=WORKER, name="needs-staff", detail=detail)


def hand_to_staff(request: OnboardingRequest, reason: str, **said: Any) -> None:
    """Stop working on a request until a colleague decides; nothing is dropped. The caller saves.

    `said`: the call that made us, as it is kept.
    """
    request.needs_staff, request.next_check_at = reason, None
    request.version += 1
    Event.record(request, WORKER, "needs-staff", reason=reason, **said)
    logger.error("Request %s needs a colleague: %s", request.spoken_support_code, reason)


def follow_withdrawal(request: OnboardingRequest, now: datetime) -> None:
    """Move a request whose consent was taken back to where that leads, if it is known where it stands."""
    target = WITHDRAWAL.get(State(request.state))
    if target is None:
        return
    request.next_check_at = now
    if request.needs_staff != "several":  # the others have to be let go too
        request.needs_staff = ""
    request.move_to(target, WORKER, target.value, now=now)
