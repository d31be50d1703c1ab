"""Bringing a consented request to the platform: write ahead, call, write the outcome.

The call never runs inside a database transaction. An answer that never came is not a "no": the request goes to
UNKNOWN, and we look for it at the platform before it may be sent again.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.jobs.lease import LeaseLost
from onboarding.platform_api import resources
from onboarding.platform_api.errors import Conflict, InvalidAnswers, NotAuthorized, PlatformError, PlatformUnavailable
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
    renew,
    unless_taken_over,
)
from .tally import tally
from .tracking import absorb, trouble

logger = logging.getLogger(__name__)

Found = dict[int, list[resources.OnboardingRequest]]  # by the key of our row

# The platform's clock and ours may differ by this much when we match by time.
CLOCK_TOLERANCE = timedelta(minutes=2)
# Where an answer leads that comes after its lease was lost.
LATE = {
    State.UNKNOWN: State.FOLLOWING,
    State.QUEUED: State.FOLLOWING,
    State.WITHDRAWN: State.WITHDRAWING,
    State.CANCELED: State.FOLLOWING,  # staff closed it, because it could not be found
}
# More at the platform than this are no likelier to be ours; staff see that there are several.
MOST_CANDIDATES = 20
# So many that nothing but their kind and their time tells apart; beyond that nothing is concluded from them.
MOST_ALIKE = 2000
# What says nothing about which device it is; `owner` is the principal that calls, unless a link said another.
SAYS_NOTHING = frozenset({"model", "owner"})
# So long a request waits for the answers to others like it, and looks again.
ALIKE_WAIT = timedelta(seconds=5)
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
                return_url=return_url(request),
                **for_whom(request),
            )
    except PlatformError as error:
        _settle(claimed, error)
    else:
        keep(claimed, accepted)


def keep(claimed: OnboardingRequest, accepted: resources.OnboardingRequest) -> None:
    """Store that the platform accepted a request, even when its lease was lost meanwhile."""
    try:
        _adopt(claimed, accepted, "accepted")
    except LeaseLost:
        _take_in_late(claimed, accepted)


@transaction.atomic
def _take_in_late(claimed: OnboardingRequest, accepted: resources.OnboardingRequest) -> None:
    """Keep an answer that came after the lease was lost: the platform has the request, whatever was concluded since."""
    row, now = OnboardingRequest.objects.select_for_update().get(pk=claimed.pk), timezone.now()
    if row.platform_id == accepted.id:
        return
    logger.error("Request %s was accepted late, as %s.", row.spoken_support_code, accepted.id)
    if row.platform_id or row.state not in LATE or _is_anothers(accepted.id, row):
        row.needs_staff, row.version = "several", row.version + 1
        Event.record(row, PLATFORM, "accepted-late", platform_id=accepted.id, **call_detail(accepted.trace, row))
    else:
        row.platform_id, row.entity_id, row.sent_at = accepted.id, accepted.entity_id, now
        row.let_go()
        row.due_at, row.settles_at = now, None
        row.move_to(LATE[State(row.state)], PLATFORM, "accepted-late", now=now, **call_detail(accepted.trace, row))
        if row.withdrawn_at:
            follow_withdrawal(row, now)
    row.save()


def look(claimed: Sequence[OnboardingRequest]) -> None:
    """Find out which attempts without an answer arrived: of one type and manufacturer, so that one list serves all.

    What is found is adopted. Only a confirmed absence after the settle window lets a request be sent again.
    """
    found: Found = {request.pk: [] for request in claimed}
    error = None
    try:
        _find_at_platform(claimed, found)
    except PlatformError as problem:
        error = problem
    for request in claimed:
        with unless_taken_over(request):
            _conclude(request, found[request.pk], error)


def _begin_attempt(claimed: OnboardingRequest) -> OnboardingRequest:
    with holding(claimed, release=False) as request:
        now = timezone.now()
        request.attempt += 1
        request.attempted_at = now
        request.lease_expires_at = request.due_at = now + lease_time()
        request.move_to(State.SENDING, WORKER, "attempt-started", now=now, attempt=request.attempt)
    return request


def _conclude(
    claimed: OnboardingRequest, found: list[resources.OnboardingRequest], error: PlatformError | None
) -> None:
    """Adopt the oldest that is found. A list that broke off is enough for that, never to call a request absent.

    Nor is it absent if something is there that may be it by an id that we cannot use, or that is it by the return URL
    and has the id of another of ours.
    """
    named = [candidate for candidate in found if candidate.id]
    ids = [candidate.id for candidate in named]
    taken = set(OnboardingRequest.objects.filter(platform_id__in=ids).values_list("platform_id", flat=True))
    free = [candidate for candidate in named if candidate.id not in taken]
    if free and not _answers_of(claimed) and not free[0].return_url:
        _conclude_of_alike(claimed, free)
    elif free:
        oldest = min(free, key=lambda candidate: (candidate.created is None, candidate.created))
        _adopt(claimed, oldest, "found", matches=len(free))
    elif len(named) < len(found) or len(found) >= MOST_ALIKE or any(candidate.return_url for candidate in named):
        with holding(claimed) as request:
            hand_to_staff(request, "several" if named else "unexpected")
    elif error:
        with holding(claimed) as request:
            trouble(request, error)
    else:
        _note_absence(claimed)


def _conclude_of_alike(claimed: OnboardingRequest, free: list[resources.OnboardingRequest]) -> None:
    """Adopt one of several that nothing but their kind and their time tells apart, when each is surely one of ours.

    Which of them is whose makes no difference: as many are followed as were sent. An answer that is on its way comes
    first; when there are more than requests of ours that look for theirs, some are a stranger's: staff decide.
    """
    oldest = min(free, key=lambda candidate: (candidate.created is None, candidate.created))
    alike = OnboardingRequest.objects.filter(type=claimed.type, manufacturer=claimed.manufacturer, platform_id="")
    looking = alike.filter(state=State.UNKNOWN).values_list("attributes", flat=True)
    if _has_one_on_its_way(alike, free):
        with holding(claimed) as request:
            request.due_at = timezone.now() + ALIKE_WAIT
    elif len(free) > sum(not answers for answers in looking):
        with holding(claimed) as request:
            hand_to_staff(request, "several")
    else:
        _adopt(claimed, oldest, "found", matches=1)


def _has_one_on_its_way(alike: QuerySet[OnboardingRequest], free: list[resources.OnboardingRequest]) -> bool:
    """Tell whether an attempt that has no answer yet may have made one of these."""
    times = [candidate.created for candidate in free if candidate.created]
    sending = alike.filter(state=State.SENDING)
    return sending.filter(attempted_at__lte=max(times) + CLOCK_TOLERANCE).exists() if times else sending.exists()


def _note_absence(claimed: OnboardingRequest) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        request.failures, request.trouble = 0, ""
        if request.settles_at and now < request.settles_at:
            request.due_at = request.settles_at
            return
        request.move_to(State.QUEUED, WORKER, "not-found", now=now, attempt=request.attempt)
        request.due_at = now
        request.unanswered += 1
        if request.unanswered >= MOST_UNANSWERED:
            hand_to_staff(request, "unanswered")


def _find_at_platform(claimed: Sequence[OnboardingRequest], found: Found) -> None:
    """List what is new of this type and manufacturer and put into `found` whose it is.

    Raises: PlatformError when the list breaks off; what was read before is in `found`.
    """
    kind = {"type": claimed[0].type, "manufacturer": claimed[0].manufacturer}
    since = min((request.consented_at for request in claimed if request.consented_at), default=None)
    by_return_url = {return_url(request): request for request in claimed}
    with upstream.platform() as client:
        for candidate in client.iter_onboardings(
            **kind, since=since and since - CLOCK_TOLERANCE, before_page=lambda: renew(claimed)
        ):
            if candidate.return_url:
                owner = by_return_url.get(candidate.return_url)
                owners = [owner] if owner else []
            elif candidate.id:
                owners = [request for request in claimed if _has_the_answers_of(candidate, request)]
            else:
                owners = [request for request in claimed if _may_be(candidate, request)]
            for owner in owners:
                if len(found[owner.pk]) < (MOST_CANDIDATES if _answers_of(owner) else MOST_ALIKE):
                    found[owner.pk].append(candidate)


def _has_the_answers_of(candidate: resources.OnboardingRequest, request: OnboardingRequest) -> bool:
    known = _answers_of(request)
    told = candidate.information
    if known:
        same = all(told.get(name) == value for name, value in known.items())
    else:
        same = not any(value for name, value in told.items() if name not in SAYS_NOTHING)
    return same and _is_since(candidate.created, request.consented_at)


def _answers_of(request: OnboardingRequest) -> dict[str, Any]:
    """Return what was answered; nothing of a row that is broken, which is no reason to hold up the others."""
    found = request.attributes if isinstance(request.attributes, dict) else {}
    return {name: value for name, value in found.items() if value}


def _may_be(nameless: resources.OnboardingRequest, request: OnboardingRequest) -> bool:
    """Tell whether one without a usable id does not contradict being this request's."""
    told = nameless.information
    same = all(told.get(name, value) == value for name, value in _answers_of(request).items())
    return same and _is_since(nameless.created, request.consented_at)


def _is_since(created: datetime | None, consented_at: datetime | None) -> bool:
    return created is None or consented_at is None or created >= consented_at - CLOCK_TOLERANCE


def _adopt(claimed: OnboardingRequest, resource: resources.OnboardingRequest, event: str, **detail: int) -> None:
    with holding(claimed) as request:
        now = timezone.now()
        said = call_detail(resource.trace, request)
        if _is_anothers(resource.id, request):
            if request.state == State.SENDING:
                request.move_to(State.UNKNOWN, WORKER, "no-answer", now=now, attempt=request.attempt)
            hand_to_staff(request, "several", **said)
            return
        request.move_to(State.FOLLOWING, PLATFORM, event, now=now, attempt=request.attempt, **detail, **said)
        request.platform_id, request.sent_at, request.settles_at = resource.id, now, None
        absorb(request, replace(resource, trace=None), now=now)
        if detail.get("matches", 1) > 1:
            request.needs_staff = "several"


def _is_anothers(platform_id: str, request: OnboardingRequest) -> bool:
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
            case PlatformUnavailable() | NotAuthorized():
                request.move_to(State.QUEUED, WORKER, "not-sent", now=now, **attempt)
                trouble(request, error)
            case InvalidAnswers() | Conflict() if refused := _refused_answers(request, error):
                said = {"names": ", ".join(sorted(refused))} | _words_of(request, error)
                request.move_to(State.REJECTED, PLATFORM, "rejected", now=now, **said)
                request.rejections, request.due_at = refused, None
            case _:
                _fail(request, error, now)
    if request.state == State.REJECTED:
        tally(request, dict.fromkeys(request.rejections, AnswerTally.Outcome.PLATFORM))


def _refused_answers(request: OnboardingRequest, error: InvalidAnswers | Conflict) -> dict[str, list[str]]:
    asked = {"type", "manufacturer", *request.attributes}
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
