"""What the energy company's own systems are told, written down with what it tells; workers send it."""

from datetime import UTC, datetime
from typing import Any

from onboarding.request.models import OnboardingRequest
from onboarding.request.tenancy import for_whom

from .endpoints import body_of, listeners
from .models import WebhookDelivery

Kind = WebhookDelivery.Kind


def announce(request: OnboardingRequest, kind: Kind, *, now: datetime, occurrence: int = 0) -> None:
    """Write down what is to be told to each endpoint that hears of it, in the database transaction of what it tells.

    The same thing is never written twice. `occurrence` tells apart what happens to a request more than once; of what
    needs the customer that is the request's version.
    """
    may_repeat = kind == Kind.NEEDS_ACTION
    told = [] if may_repeat and request.withdrawn_at else listeners(kind)
    if not told:
        return
    facts = _facts(request) | (_coming_end(request) if kind == Kind.EXPIRING else {})
    turn = request.version if may_repeat else occurrence
    deliveries = [
        WebhookDelivery(request=request, endpoint_id=key, kind=kind, occurrence=turn, created_at=now, due_at=now)
        for key in told
    ]
    for delivery in deliveries:
        delivery.body = body_of(str(delivery.delivery_id), kind.value, now, facts)
    WebhookDelivery.objects.bulk_create(deliveries, ignore_conflicts=True)


def _facts(request: OnboardingRequest) -> dict[str, Any]:
    """Give what may leave: nothing that identifies a person, nothing that opens a page."""
    whose, ends_at = for_whom(request), request.consent_ends_at
    ours = {"tenantId": whose["tenant_id"], "collectiveId": whose["collective_id"]}
    return {
        "supportCode": request.spoken_support_code,
        "platformId": request.platform_id or None,
        "entityId": request.entity_id or None,
        "type": request.type,
        "manufacturer": request.manufacturer,
        "state": str(request.state),
        "status": request.status or None,
        **{name: value for name, value in ours.items() if value},
        "consentEndsAt": ends_at.astimezone(UTC).isoformat(timespec="seconds") if ends_at else None,
        "endedAs": request.ended_as or None,
        **_reconnects(request),
        "errors": [error["code"] for error in request.errors if error.get("code")],
    }


def _coming_end(request: OnboardingRequest) -> dict[str, str]:
    """Say what ends and when: the consent, the permission at the manufacturer's, or both."""
    end = request.coming_end
    return {"ends": end.of.value, "endsAt": end.at.astimezone(UTC).isoformat(timespec="seconds")} if end else {}


def _reconnects(request: OnboardingRequest) -> dict[str, str]:
    """Name the request whose device this one connects anew, if it does."""
    before = request.retry_of if request.is_reconnection else None
    return {"reconnects": before.spoken_support_code} if before else {}
