"""Offboarding: what workers do about a consent that was taken back, as durably as the request was sent.

Repeating an offboarding is harmless: what was let go before is not found, or in conflict, the second time. So an
answer that never came needs no look-up here; the next turn asks again. A single "not found" proves nothing: the
platform may be slow to know what it just accepted.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.platform_api import resources
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import (
    Conflict,
    NotAuthorized,
    NotFound,
    PlatformError,
    PlatformUnavailable,
    RequestRejected,
)
from onboarding.platform_api.trace import Trace
from onboarding.request import lifecycle, schedule
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from onboarding.request.masking import scrub_words
from onboarding.request.models import OnboardingRequest

from . import sharing
from .call_log import call_detail
from .lease import PLATFORM, hand_to_staff, holding, renew
from .tracking import check_again_later, take_in, trouble

logger = logging.getLogger(__name__)

# Between asking for an offboarding and its answer, our own words stand where the platform's will.
ASKED, IN_CONFLICT = "Asked", "InConflict"
SEEMS_GONE = "SeemsGone"
OFTEN_ENOUGH = 3  # times, a settle window apart
LONGEST_TROUBLE, LONGEST_WAIT = timedelta(days=1), timedelta(days=7)


def let_go(claimed: OnboardingRequest) -> None:
    """Do the next thing on the way out: cancel what is pending, offboard what is connected, see whether it is done."""
    try:
        with upstream.platform() as client:
            if claimed.offboarding_id:
                _follow(claimed, client)
            else:
                _begin(claimed, client)
    except (PlatformUnavailable, NotAuthorized) as error:
        with holding(claimed) as request:
            trouble(request, error)
            answered_at = max(_since(request), request.checked_at or _since(request))
            if timezone.now() - answered_at > LONGEST_TROUBLE and not request.is_with_staff:
                hand_to_staff(request, "not-let-go")
    except PlatformError as error:
        logger.error("Request %s is not let go: %s", claimed.spoken_support_code, error)  # noqa: TRY400
        with holding(claimed) as request:
            hand_to_staff(request, "not-let-go", **call_detail(error.trace, request))


def _begin(claimed: OnboardingRequest, client: Client) -> None:
    if not claimed.platform_id:
        raise RequestRejected(status=0, code="NoId", message="There is no id to ask the platform for.")
    try:
        resource = client.get_onboarding(id=claimed.platform_id)
    except (NotFound, NotAuthorized) as error:
        if not _is_no_more(claimed, error):
            raise
        _believe_when_repeated(claimed, "not-there", error)
        return
    renew([claimed])
    match lifecycle.outcome(resource.status):
        case State.FAILED | State.CANCELED:
            with holding(claimed) as request:
                _finish(request, "nothing-connected", resource.trace)
        case State.CONNECTED:
            _offboard(claimed, client, resource.entity_id or claimed.entity_id)
        case _:
            _cancel(claimed, client, resource)


def _cancel(claimed: OnboardingRequest, client: Client, resource: resources.OnboardingRequest) -> None:
    """Call a pending onboarding off. What cannot be called off is watched, and offboarded once it is connected."""
    try:
        canceled = client.cancel_onboarding(id=claimed.platform_id)
    except (RequestRejected, NotAuthorized):
        canceled = None
    with holding(claimed) as request:
        if canceled and lifecycle.outcome(canceled.status) == State.CANCELED:
            _finish(request, "canceled", canceled.trace)
        else:
            take_in(request, resource, now=timezone.now())
            _wait(request)


def _offboard(claimed: OnboardingRequest, client: Client, entity_id: str) -> None:
    """Ask the platform to let the entity go. The attempt is committed first: a later conflict may be with our own."""
    if not entity_id:
        raise RequestRejected(status=0, code="NoEntity", message="There is no entity to offboard.")
    if sharing.is_in_use(claimed, entity_id):
        with holding(claimed) as request:
            _finish(request, "kept-for-another", None)
        return
    if sharing.may_come_into_use(claimed, entity_id):
        with holding(claimed) as request:
            request.checked_at, request.trouble, request.failures = timezone.now(), "", 0
            _wait(request, longest=schedule.LONGEST + LONGEST_WAIT)  # as long as that may take, and its own way out
        return
    was_asked = claimed.offboarding_status == ASKED or sharing.was_let_go(claimed, entity_id)
    if not claimed.offboarding_status:
        with holding(claimed, release=False) as request:
            request.offboarding_status = ASKED
    try:
        accepted = client.create_offboarding(entity_id=entity_id)
    except (NotFound, NotAuthorized) as error:
        if not _is_no_more(claimed, error):
            raise
        _believe_when_repeated(claimed, "let-go-before", error)
        return
    except Conflict as error:
        _believe_when_repeated(claimed, "let-go-before" if was_asked else "", error)
        return
    with holding(claimed) as request:
        request.offboarding_id, request.trouble, request.failures = accepted.id, "", 0
        status = scrub_words(accepted.status, request)
        Event.record(request, PLATFORM, "offboarding-accepted", status=status, **call_detail(accepted.trace, request))
        _absorb(request, accepted)


def _is_no_more(claimed: OnboardingRequest, error: NotFound | NotAuthorized) -> bool:
    """Tell whether an answer says that it is not there. Of what ended elsewhere we may not be let near it any more."""
    return isinstance(error, NotFound) or (error.status == 403 and claimed.ended_as == "elsewhere")


def _follow(claimed: OnboardingRequest, client: Client) -> None:
    try:
        found = client.find_offboarding(id=claimed.offboarding_id)
    except NotFound as error:
        _believe_when_repeated(claimed, "offboarded", error)
        return
    with holding(claimed) as request:
        request.trouble, request.failures = "", 0
        if found is None:  # it was accepted, and the platform says no more about any
            _finish(request, "offboarded", None)
        else:
            _absorb(request, found)


def _absorb(request: OnboardingRequest, found: resources.OffboardingRequest) -> None:
    request.offboarding_status, request.checked_at = found.status, timezone.now()
    match lifecycle.outcome(found.status):
        case State.CONNECTED:  # the platform's word for having succeeded
            _finish(request, "offboarded", found.trace)
        case State.FAILED | State.CANCELED:
            request.offboarding_id = request.offboarding_status = ""
            hand_to_staff(request, "not-let-go", **call_detail(found.trace, request))
        case _:
            _wait(request)


def _believe_when_repeated(claimed: OnboardingRequest, event: str, answer: PlatformError) -> None:
    """Take an answer that could be a slip of the platform's for true when it comes again and again.

    `event`: how the request is let go then; empty when only staff can tell.
    """
    with holding(claimed) as request:
        request.failures = request.failures + 1 if request.trouble == SEEMS_GONE else 1
        request.trouble = SEEMS_GONE
        if not event and request.offboarding_status == ASKED:
            request.offboarding_status = IN_CONFLICT
        if request.failures < OFTEN_ENOUGH:
            request.due_at = timezone.now() + timedelta(seconds=settings.REALTO_SETTLE_SECONDS)
        elif event:
            _finish(request, event, answer.trace)
        else:
            hand_to_staff(request, "not-let-go", **call_detail(answer.trace, request))


def _finish(request: OnboardingRequest, event: str, trace: Trace | None) -> None:
    """Call a request let go, unless the platform has it more than once: staff look after the others first."""
    request.trouble, request.failures = "", 0
    if request.needs_staff == "several":
        hand_to_staff(request, "several")
    else:
        request.move_to(State.WITHDRAWN, PLATFORM, event, now=timezone.now(), **call_detail(trace, request))


def _wait(request: OnboardingRequest, *, longest: timedelta = LONGEST_WAIT) -> None:
    check_again_later(request, since=_since(request), now=timezone.now(), at_last="not-let-go", longest=longest)


def _since(request: OnboardingRequest) -> datetime:
    """When the way out began, or staff last let workers go on with it."""
    return max(at for at in (request.withdrawn_at, request.sent_at, request.created_at) if at)
