"""What a request adds to its lease: what follows from a claim, from an outcome, and from a worker that died."""

import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import Error
from django.db.models import F, QuerySet
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.jobs.lease import RELEASED, LeaseLost
from onboarding.lib import faults, log_context
from onboarding.lib.sealed import CannotOpen
from onboarding.notifications.rules import notifying
from onboarding.request import schedule
from onboarding.request.events import Event
from onboarding.request.lifecycle import WITHDRAWAL, State
from onboarding.request.models import OnboardingRequest

# A failure that nobody expected may pass by itself; after so many in a row a colleague decides.
MOST_UNEXPECTED = 3
PLATFORM, WORKER = Event.Actor.PLATFORM, Event.Actor.WORKER

logger = logging.getLogger(__name__)


# What a claim holds for beyond the call that it is for: our own work before and after it.
RESERVE = timedelta(seconds=20)
# So many of what is due are looked at to choose; from so many of one kind on, the platform's list serves them in pages.
LOOKED_AT, MANY = 100, 10
MOST_AT_ONCE = 200
KIND = ("state", "type", "manufacturer")


def lease_time() -> timedelta:
    """Return how long a claim holds: longer than what we ask of the platform can take, tokens and retries included."""
    return upstream.longest_call() + RESERVE


def let_settle(request: OnboardingRequest, now: datetime) -> None:
    """Wait until an unanswered attempt must have shown up at the platform, if it ever does; then we look."""
    request.settles_at = request.due_at = now + timedelta(seconds=settings.REALTO_SETTLE_SECONDS)


def bring_back() -> int:
    """Wait anew, from now on, where a wrong clock chose until when an attempt may show up. Returns for how many.

    A look before that moment would only put the next one off until then.
    """
    now = timezone.now()
    far, settles_at = now + OnboardingRequest.LONGEST_WAIT, now + timedelta(seconds=settings.REALTO_SETTLE_SECONDS)
    rows = OnboardingRequest.objects.filter(due_at__gt=far, settles_at__gt=far)
    return rows.update(settles_at=settles_at, due_at=settles_at)


def claim() -> str:
    """Lease what is due and is done together: mostly one request, or all of one kind that one list can serve.

    Those whose attempts had no answer come first. Returns the token, "" when nothing is due.
    """
    due = OnboardingRequest.due(timezone.now()).order_by("due_at")
    kinds = list(due.values_list(*KIND)[:LOOKED_AT])
    if not kinds:
        return ""
    kind = next((kind for kind in kinds if kind[0] == State.UNKNOWN), kinds[0])
    token = ""
    if kind[0] == State.UNKNOWN or (kind[0] == State.FOLLOWING and kinds.count(kind) >= MANY):
        alike = due.filter(**dict(zip(KIND, kind, strict=True)))
        token = OnboardingRequest.claim(alike, holds=lease_time(), limit=MOST_AT_ONCE)
    return token or OnboardingRequest.claim(due, holds=lease_time())  # somebody may be at all of them


def claimed(token: str) -> list[OnboardingRequest]:
    """Load what was claimed with a token; when one row cannot be, the others, and set that one aside.

    Not among them is whose worker died during the call: that is written down, and is all that is done about it now.
    """
    rows = OnboardingRequest.begin(token, holds=lease_time()).order_by("due_at")
    found = _loaded(rows)
    for row in found:
        if row.state == State.SENDING:
            with unless_taken_over(row):
                _note_abandoned(row)
    return [row for row in found if row.state != State.SENDING]


def _loaded(rows: QuerySet[OnboardingRequest]) -> list[OnboardingRequest]:
    try:
        return list(rows)
    except Error:
        raise
    except Exception:
        logger.exception("Some requests cannot be loaded.")
    found = []
    for key in list(rows.values_list("pk", flat=True)):
        with faults.contained("advance", partial(set_aside, key)):
            found.append(rows.get(pk=key))
    return found


def _note_abandoned(claimed: OnboardingRequest) -> None:
    """Conclude that whoever sent a request died during the call: nobody knows whether it arrived."""
    with claimed.held() as request:
        now = timezone.now()
        request.move_to(State.UNKNOWN, WORKER, "attempt-abandoned", now=now, attempt=request.attempt)
        let_settle(request, now)


def renew(claimed: Sequence[OnboardingRequest]) -> None:
    """Hold on for longer, ahead of another call or another page, unless the lease outlasts that as it is."""
    OnboardingRequest.renew(claimed, holds=lease_time(), unless_left=upstream.longest_call() + RESERVE / 2)


@contextmanager
def holding(claimed: OnboardingRequest, *, release: bool = True) -> Iterator[OnboardingRequest]:
    """Give the row, locked and fresh, in a transaction of its own, and save it at the end.

    If consent was taken back meanwhile, the request goes where that leads, now that it is known where it stands.
    Raises: LeaseLost when the claim is no longer ours; then nothing is written.
    """
    with claimed.held(release=release) as request, notifying(request):
        yield request
        if request.withdrawn_at:
            follow_withdrawal(request, timezone.now())


@contextmanager
def unless_taken_over(claimed: OnboardingRequest) -> Iterator[None]:
    """Let go of a request that another worker took over meanwhile; that one writes what becomes of it.

    What nobody expected to go wrong is this request's own trouble: others are not held up, and it does not spin.
    """
    with (
        log_context.about(claimed.spoken_support_code),
        faults.contained("advance", lambda problem: set_aside(claimed.pk, problem, lease=claimed.lease)),
    ):
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
    before = rows.values("trouble", "failures", "needs_staff", "due_at").first()
    if before is None:
        return
    trouble = type(problem).__name__[:64]
    failures = before["failures"] + 1 if before["trouble"] == trouble else 1
    reason = "unreadable" if isinstance(problem, CannotOpen) else "unexpected"
    for_staff = failures >= MOST_UNEXPECTED or reason == "unreadable"  # it does not pass by itself
    changes: dict[str, Any] = {"trouble": trouble, "failures": failures, "version": F("version") + 1}
    if for_staff:
        flag = before["needs_staff"] or reason
        changes |= {"due_at": None, "needs_staff": flag, "turn_since": now}
    elif before["due_at"]:
        wait = schedule.CALLS.after(failures, chance=random.random())  # noqa: S311  spreads load
        changes["due_at"] = now + wait
    is_ours = rows.update(**RELEASED | changes)
    if is_ours and for_staff and not before["needs_staff"]:
        detail = {"reason": reason}
        Event.objects.create(request_id=request_id, actor=WORKER, name="needs-staff", detail=detail)


def hand_to_staff(request: OnboardingRequest, reason: str, **said: Any) -> None:
    """Stop working on a request until a colleague decides; nothing is dropped. The caller saves.

    `said`: the call that made us, as it is kept.
    """
    request.needs_staff, request.due_at = reason, None
    request.version += 1
    Event.record(request, WORKER, "needs-staff", reason=reason, **said)
    logger.error("Request %s needs a colleague: %s", request.spoken_support_code, reason)


def follow_withdrawal(request: OnboardingRequest, now: datetime) -> None:
    """Move a request whose consent was taken back to where that leads, if it is known where it stands."""
    target = WITHDRAWAL.get(State(request.state))
    if target is None:
        return
    request.due_at = now
    if request.is_restored and request.state == State.REJECTED:  # it may have been corrected and sent since
        request.move_to(State.QUEUED, WORKER, "restored", now=now)
    if request.state == State.QUEUED and request.is_restored:
        return  # where it stands is found out first
    if request.needs_staff != "several":  # the others have to be let go too
        request.needs_staff = ""
    request.move_to(target, WORKER, target.value, now=now)
