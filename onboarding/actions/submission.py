"""Bringing a consented request to the platform: write ahead, call, write the outcome.

The call never runs inside a database transaction. An answer that never came is not a "no": the request goes to
UNKNOWN, and we look for it at the platform before it may be sent again.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from onboarding.lifecycle import State
from onboarding.models import OnboardingRequest
from onboarding.platform_api import resources
from onboarding.platform_api.errors import Conflict, InvalidAnswers, NotAuthorized, PlatformError, PlatformUnavailable

from . import upstream
from .following import absorb, hand_to_staff, trouble
from .lease import PLATFORM, WORKER, holding, lease_time, let_settle

logger = logging.getLogger(__name__)

# The platform's clock and ours may differ by this much when we match by time.
CLOCK_TOLERANCE = timedelta(minutes=2)
# So many attempts may be lost without a trace; then a colleague decides.
MOST_UNANSWERED = 8


def return_url(request: OnboardingRequest) -> str:
    """Return where the manufacturer sends the browser back to; it carries the unguessable reference."""
    return f"{settings.PUBLIC_URL}{reverse('onboarding:return', args=[request.reference])}"


def send(claimed: OnboardingRequest) -> None:
    """Send a queued request: once, with the attempt committed before the call leaves."""
    try:
        with upstream.platform() as client:
            client.authenticate()  # before the attempt begins, so that only the call itself can be ambiguous
            request = _begin_attempt(claimed)
            accepted = client.create_onboarding(
                type=request.type,
                manufacturer=request.manufacturer,
                attributes={name: value for name, value in request.attributes.items() if value},
                tenant_id=settings.REALTO_TENANT_ID,
                collective_id=settings.REALTO_COLLECTIVE_ID,
                return_url=return_url(request),
            )
    except PlatformError as error:
        _settle(claimed, error)
    else:
        _adopt(claimed, accepted, "accepted")


def look(claimed: OnboardingRequest) -> None:
    """Find out whether an attempt without an answer arrived, and adopt what is found.

    Only a confirmed absence after the settle window lets the request be sent again.
    """
    try:
        found = _find_at_platform(claimed)
    except PlatformError as error:
        with holding(claimed) as request:
            trouble(request, error)
        return
    if found:
        _adopt(claimed, found[0], "found", matches=len(found))
    else:
        _note_absence(claimed)


def _begin_attempt(claimed: OnboardingRequest) -> OnboardingRequest:
    with holding(claimed, release=False) as request:
        now = timezone.now()
        request.attempt += 1
        request.attempted_at = now
        request.lease_expires_at = request.next_check_at = now + lease_time()
        request.move_to(State.SENDING, WORKER, "attempt-started", now=now, attempt=request.attempt)
    return request


def _note_absence(claimed: OnboardingRequest) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        if request.settles_at and now < request.settles_at:
            request.next_check_at = request.settles_at
            return
        request.move_to(State.QUEUED, WORKER, "not-found", now=now, attempt=request.attempt)
        request.next_check_at = now
        request.unanswered += 1
        if request.unanswered >= MOST_UNANSWERED:
            hand_to_staff(request, "unanswered")


def _find_at_platform(request: OnboardingRequest) -> list[resources.OnboardingRequest]:
    """List what is new of this type and manufacturer and keep what is ours, the oldest first.

    A list that breaks off is enough to adopt from, never to call a request absent.
    Raises: PlatformError when it breaks off before anything of ours was seen.
    """
    since = request.consented_at and request.consented_at - CLOCK_TOLERANCE
    found: list[resources.OnboardingRequest] = []
    try:
        with upstream.platform() as client:
            listed = client.iter_onboardings(type=request.type, manufacturer=request.manufacturer, since=since)
            found.extend(candidate for candidate in listed if _is_ours(candidate, request))
    except PlatformError:
        if not found:
            raise
    ids = [candidate.id for candidate in found]
    taken = set(OnboardingRequest.objects.filter(platform_id__in=ids).values_list("platform_id", flat=True))
    free = [candidate for candidate in found if candidate.id not in taken]
    return sorted(free, key=lambda candidate: (candidate.created is None, candidate.created))


def _is_ours(candidate: resources.OnboardingRequest, request: OnboardingRequest) -> bool:
    if candidate.return_url:
        return candidate.return_url == return_url(request)
    known = {name: value for name, value in request.attributes.items() if value}
    same = bool(known) and all(candidate.information.get(name) == value for name, value in known.items())
    return same and _is_since(candidate.created, request.consented_at)


def _is_since(created: datetime | None, consented_at: datetime | None) -> bool:
    return created is None or consented_at is None or created >= consented_at - CLOCK_TOLERANCE


def _adopt(claimed: OnboardingRequest, resource: resources.OnboardingRequest, event: str, **detail: int) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        request.move_to(State.FOLLOWING, PLATFORM, event, now=now, attempt=request.attempt, **detail)
        request.platform_id, request.sent_at, request.settles_at = resource.id, now, None
        absorb(request, resource, now=now)
        if detail.get("matches", 1) > 1:
            request.needs_staff = "several"


def _settle(claimed: OnboardingRequest, error: PlatformError) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        if request.state == State.QUEUED:  # the attempt never began
            trouble(request, error)
            return
        match error:
            case PlatformUnavailable(may_have_taken_effect=True):
                request.move_to(State.UNKNOWN, WORKER, "no-answer", now=now, attempt=request.attempt)
                trouble(request, error)
                let_settle(request, now)
            case PlatformUnavailable() | NotAuthorized():
                request.move_to(State.QUEUED, WORKER, "not-sent", now=now, attempt=request.attempt)
                trouble(request, error)
            case InvalidAnswers() | Conflict() if refused := _refused_answers(request, error):
                names = ", ".join(sorted(refused))
                request.move_to(State.REJECTED, PLATFORM, "rejected", now=now, names=names, code=error.code)
                request.rejections, request.next_check_at = refused, None
            case _:
                _fail(request, error, now)


def _refused_answers(request: OnboardingRequest, error: InvalidAnswers | Conflict) -> dict[str, list[str]]:
    asked = {"type", "manufacturer", *request.attributes}
    return {name: list(messages) for name, messages in error.fields.items() if name in asked}


def _fail(request: OnboardingRequest, error: PlatformError, now: datetime) -> None:
    code = getattr(error, "code", "") or type(error).__name__
    request.move_to(State.FAILED, PLATFORM, "refused", now=now, code=code)
    request.errors = [{"code": code, "message": getattr(error, "message", "")}]
    logger.error("Request %s was refused for good: %s", request.spoken_support_code, error)
