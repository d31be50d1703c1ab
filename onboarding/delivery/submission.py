"""Bringing a consented request to the platform: write ahead, call, write the outcome.

The call never runs inside a database transaction. An answer that never came is not a "no": the request goes to
UNKNOWN, and we look for it at the platform before it may be sent again.
"""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from onboarding.catalogue import refresh
from onboarding.gateway import upstream
from onboarding.jobs.lease import LeaseLost
from onboarding.platform_api import resources
from onboarding.platform_api.errors import (
    Conflict,
    InvalidAnswers,
    NotAuthorized,
    NotFound,
    PlatformError,
    PlatformUnavailable,
)
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from onboarding.request.masking import scrub_words
from onboarding.request.models import OnboardingRequest
from onboarding.request.tally_models import AnswerTally
from onboarding.request.tenancy import for_whom

from .call_log import call_detail
from .lease import (
    PLATFORM,
    WORKER,
    follow_withdrawal,
    hand_to_staff,
    holding,
    lease_time,
    let_settle,
)
from .tally import tally
from .tracking import absorb, take_ids, trouble

logger = logging.getLogger(__name__)

CHOICES = frozenset({"type", "manufacturer"})

# Where an answer leads that comes after its lease was lost.
LATE = {
    State.UNKNOWN: State.FOLLOWING,
    State.QUEUED: State.FOLLOWING,
    State.WITHDRAWN: State.WITHDRAWING,
    State.CANCELED: State.FOLLOWING,  # staff closed it, because it could not be found
}


def return_url(request: OnboardingRequest) -> str:
    """Return where the manufacturer sends the browser back to; it carries the unguessable reference."""
    return f"{settings.PUBLIC_URL}{reverse('onboarding:return', args=[request.reference])}"


def send(claimed: OnboardingRequest) -> None:
    """Send a queued request: once, with the attempt committed before the call leaves."""
    if claimed.is_restored:
        _look_first(claimed)
        return
    try:
        with upstream.platform() as client:
            client.authenticate()  # before the attempt begins, so that only the call itself can be ambiguous
            request = _begin_attempt(claimed)
            accepted = client.create_onboarding(**_what_is_sent(request))
    except PlatformError as error:
        _settle(claimed, error)
    else:
        keep(claimed, accepted)


def _look_first(claimed: OnboardingRequest) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        request.move_to(State.UNKNOWN, WORKER, "restored", now=now)
        request.due_at, request.settles_at = now, None


def _what_is_sent(request: OnboardingRequest) -> dict[str, Any]:
    answers = {name: value for name, value in request.attributes.items() if value}
    kind = {"type": request.type, "manufacturer": request.manufacturer}
    return {**kind, "attributes": answers, "return_url": return_url(request), **for_whom(request)}


def keep(claimed: OnboardingRequest, accepted: resources.OnboardingRequest) -> None:
    """Store that the platform accepted a request, even when its lease was lost meanwhile."""
    try:
        adopt(claimed, accepted, "accepted")
    except LeaseLost:
        _take_in_late(claimed, accepted)


@transaction.atomic
def _take_in_late(claimed: OnboardingRequest, accepted: resources.OnboardingRequest) -> None:
    """Keep an answer that came after the lease was lost: the platform has the request, whatever was concluded since."""
    row, now = OnboardingRequest.objects.select_for_update().get(pk=claimed.pk), timezone.now()
    if row.platform_id == accepted.id:
        return
    logger.error("Request %s was accepted late, as %s.", row.spoken_support_code, accepted.id)
    if row.platform_id or row.state not in LATE or is_anothers(accepted.id, row):
        row.needs_staff, row.version = "several", row.version + 1
        Event.record(row, PLATFORM, "accepted-late", platform_id=accepted.id, **call_detail(accepted.trace, row))
    else:
        row.platform_id, row.sent_at = accepted.id, now
        take_ids(row, accepted)
        row.let_go()
        row.due_at, row.settles_at = now, None
        row.move_to(LATE[State(row.state)], PLATFORM, "accepted-late", now=now, **call_detail(accepted.trace, row))
        if row.withdrawn_at:
            follow_withdrawal(row, now)
    row.save()


def _begin_attempt(claimed: OnboardingRequest) -> OnboardingRequest:
    with holding(claimed, release=False) as request:
        _what_is_sent(request)  # what cannot be opened says so now, when nothing is under way yet
        now = timezone.now()
        request.attempt += 1
        request.attempted_at = now
        request.lease_expires_at = request.due_at = now + lease_time()
        request.move_to(State.SENDING, WORKER, "attempt-started", now=now, attempt=request.attempt)
    return request


def adopt(claimed: OnboardingRequest, resource: resources.OnboardingRequest, event: str, **detail: int) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        said = call_detail(resource.trace, request)
        if is_anothers(resource.id, request):
            if event == "found":  # another worker was quicker, with one that is alike: what is left is looked at anew
                request.due_at = now
                return
            if request.state == State.SENDING:
                request.move_to(State.UNKNOWN, WORKER, "no-answer", now=now, attempt=request.attempt)
            hand_to_staff(request, "several", **said)
            return
        request.move_to(State.FOLLOWING, PLATFORM, event, now=now, attempt=request.attempt, **detail, **said)
        request.platform_id, request.sent_at, request.settles_at = resource.id, now, None
        absorb(request, replace(resource, trace=None), now=now)
        if detail.get("matches", 1) > 1:
            request.needs_staff = "several"


def is_anothers(platform_id: str, request: OnboardingRequest) -> bool:
    return OnboardingRequest.objects.filter(platform_id=platform_id).exclude(pk=request.pk).exists()


def _settle(claimed: OnboardingRequest, error: PlatformError) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        attempt: dict[str, Any] = {"attempt": request.attempt}
        if request.state == State.QUEUED:  # the attempt never began
            trouble(request, error)
            return
        match error:
            case PlatformUnavailable(may_have_taken_effect=True):
                said = attempt | call_detail(error.trace, request)
                request.move_to(State.UNKNOWN, WORKER, "no-answer", now=now, **said)
                trouble(request, error, is_told=True)
                let_settle(request, now)
                if error.has_odd_id:  # it is there, so looking for it by what we can read would not find it
                    hand_to_staff(request, "unexpected")
            case PlatformUnavailable() | NotAuthorized() | NotFound(code="", message=""):  # that one comes of a gateway
                request.move_to(State.QUEUED, WORKER, "not-sent", now=now, **attempt)
                trouble(request, error)
            case InvalidAnswers() | Conflict() if refused := _to_correct(request, error):
                said = {"names": ", ".join(sorted(refused))} | _words_of(request, error)
                request.move_to(State.REJECTED, PLATFORM, "rejected", now=now, **said)
                request.rejections, request.due_at = refused, None
            case _:
                _fail(request, error, now)
    if request.state == State.REJECTED:
        if CHOICES & request.rejections.keys():
            refresh.want_refresh()  # what was chosen from our copy of the list is not on offer any more
        tally(request, dict.fromkeys(request.rejections, AnswerTally.Outcome.PLATFORM))


def _to_correct(request: OnboardingRequest, error: InvalidAnswers | Conflict) -> dict[str, list[str]]:
    """Return the answers that were refused, with why; none where another answer would be another device."""
    if request.is_reconnection:
        return {}
    asked = CHOICES | request.attributes.keys()
    return {name: list(messages) for name, messages in error.fields.items() if name in asked}


def _words_of(request: OnboardingRequest, error: PlatformError) -> dict[str, Any]:
    """Return why the platform refused, for the timeline."""
    code, message = getattr(error, "code", "") or type(error).__name__, getattr(error, "message", "")
    words = {"code": scrub_words(code, request), "message": scrub_words(message, request)}
    return words | call_detail(error.trace, request)


def _fail(request: OnboardingRequest, error: PlatformError, now: datetime) -> None:
    code = getattr(error, "code", "") or type(error).__name__
    request.errors = [{"code": code, "message": getattr(error, "message", "")}]
    request.move_to(State.FAILED, PLATFORM, "refused", now=now, **_words_of(request, error))
    logger.error("Request %s was refused for good: %s", request.spoken_support_code, error)
