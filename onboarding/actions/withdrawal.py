"""Taking consent back: recorded at once, then brought to the platform by workers, as durably as the request was.

Repeating an offboarding is harmless: what was let go before is not found, or in conflict, the second time. So an
answer that never came needs no look-up here; the next turn asks again.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from onboarding import lifecycle, tasks
from onboarding.lifecycle import State
from onboarding.models import Consent, Event, Mail, OnboardingRequest
from onboarding.platform_api import resources
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import (
    Conflict,
    NotAuthorized,
    NotFound,
    PlatformError,
    PlatformUnavailable,
)

from . import upstream
from .consents import Act, newest, record_end
from .following import check_again_later, hand_to_staff, take_in, trouble
from .lease import PLATFORM, follow_withdrawal, holding
from .mails import queue_mail, tell

logger = logging.getLogger(__name__)

ACTORS = {
    Consent.Channel.SELF: Event.Actor.CUSTOMER,
    Consent.Channel.ASSISTED: Event.Actor.STAFF,
    Consent.Channel.SYSTEM: Event.Actor.WORKER,
}
BATCH = 100


@transaction.atomic
def withdraw(request: OnboardingRequest, act: Act, kind: Consent.Kind = Consent.Kind.WITHDRAWN) -> Consent | None:
    """Take the consent back, from now on; workers tell the platform. Returns the record, None if it was done before.

    Raises: IllegalMove when nothing runs that could be stopped.
    """
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    if row.withdrawn_at:
        return None
    lifecycle.check_withdrawable(State(row.state))
    standing, now = newest(row), timezone.now()
    record = record_end(standing, kind, act, at=now) if standing else None
    before = {"state": row.state, "action_type": row.action_type}
    row.withdrawn_at = row.attended_at = now
    row.version += 1
    Event.record(row, ACTORS[act.channel], f"consent-{kind}", by=act.by, reason=act.reason)
    if row.state != State.SENDING:  # whoever holds it finds its lease gone and writes nothing
        row.lease, row.lease_expires_at, row.woken_at = "", None, now
        follow_withdrawal(row, now)
        tasks.advance.enqueue(row.pk)
    row.save()
    if record:
        queue_mail(row, Mail.Kind.RECEIPT, occasion=record.pk, record=record)
    tell(row, **before)
    return record


def end_expired_consents() -> int:
    """Take back what its own text gave a last day. Returns how many ended."""
    over = OnboardingRequest.objects.filter(
        consent_ends_at__lte=timezone.now(), withdrawn_at=None, state__in=lifecycle.WITHDRAWABLE
    )
    expired = [
        withdraw(request, Act("", channel=Consent.Channel.SYSTEM), Consent.Kind.EXPIRED) for request in over[:BATCH]
    ]
    return len(expired)


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
    except PlatformError as error:
        logger.error("Request %s is not let go: %s", claimed.spoken_support_code, error)  # noqa: TRY400
        with holding(claimed) as request:
            hand_to_staff(request, "not-let-go")


def _begin(claimed: OnboardingRequest, client: Client) -> None:
    try:
        resource = client.get_onboarding(id=claimed.platform_id)
    except NotFound:
        _conclude(claimed, "not-there")
        return
    match lifecycle.outcome(resource.status):
        case State.FAILED | State.CANCELED:
            _conclude(claimed, "nothing-connected")
        case State.CONNECTED:
            _offboard(claimed, client, resource.entity_id or claimed.entity_id)
        case _:
            _cancel(claimed, client, resource)


def _cancel(claimed: OnboardingRequest, client: Client, resource: resources.OnboardingRequest) -> None:
    try:
        canceled = client.cancel_onboarding(id=claimed.platform_id)
    except (Conflict, NotFound):  # too late: what becomes connected is offboarded
        canceled = None
    if canceled and lifecycle.outcome(canceled.status) == State.CANCELED:
        _conclude(claimed, "canceled")
        return
    with holding(claimed) as request:
        take_in(request, resource, now=timezone.now())
        _wait(request, timezone.now())


def _offboard(claimed: OnboardingRequest, client: Client, entity_id: str) -> None:
    try:
        accepted = client.create_offboarding(entity_id=entity_id)
    except (Conflict, NotFound):
        _conclude(claimed, "let-go-before")
        return
    with holding(claimed) as request:
        request.offboarding_id, request.trouble, request.failures = accepted.id, "", 0
        Event.record(request, PLATFORM, "offboarding-accepted", status=accepted.status)
        _absorb(request, accepted)


def _follow(claimed: OnboardingRequest, client: Client) -> None:
    found = client.find_offboarding(id=claimed.offboarding_id)
    if found is None:  # it was accepted; the platform says no more about it
        _conclude(claimed, "offboarded")
        return
    with holding(claimed) as request:
        request.trouble, request.failures = "", 0
        _absorb(request, found)


def _absorb(request: OnboardingRequest, found: resources.OffboardingRequest) -> None:
    now = timezone.now()
    request.offboarding_status, request.checked_at = found.status, now
    match lifecycle.outcome(found.status):
        case State.CONNECTED:  # the platform's word for having succeeded
            request.move_to(State.WITHDRAWN, PLATFORM, "offboarded", now=now)
        case State.FAILED | State.CANCELED:
            request.offboarding_id = ""
            hand_to_staff(request, "not-let-go")
        case _:
            _wait(request, now)


def _conclude(claimed: OnboardingRequest, event: str) -> None:
    with holding(claimed) as request:
        request.trouble, request.failures = "", 0
        request.move_to(State.WITHDRAWN, PLATFORM, event, now=timezone.now())


def _wait(request: OnboardingRequest, now: datetime) -> None:
    check_again_later(request, since=request.withdrawn_at, now=now, at_last="not-let-go")
