"""What the energy company's own systems are told, written down with what it tells; workers send it."""

import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from onboarding.request.models import OnboardingRequest
from onboarding.request.tenancy import for_whom

from .models import WebhookDelivery

Kind = WebhookDelivery.Kind


def announce(request: OnboardingRequest, kind: Kind, *, now: datetime, occurrence: int = 0) -> None:
    """Write down what is to be told, in the database transaction of what it tells; nothing when webhooks are off.

    The same thing is never written twice. `occurrence` tells apart what happens to a request more than once; of what
    needs the customer that is the request's version.
    """
    may_repeat = kind == Kind.NEEDS_ACTION
    if not settings.WEBHOOK_URL or (may_repeat and request.withdrawn_at):
        return
    delivery = WebhookDelivery(
        request=request,
        kind=kind,
        occurrence=request.version if may_repeat else occurrence,
        created_at=now,
        due_at=now,
    )
    created = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    told = {"id": str(delivery.delivery_id), "type": str(kind), "created": created, "data": _facts(request)}
    delivery.body = json.dumps(told)
    WebhookDelivery.objects.bulk_create([delivery], ignore_conflicts=True)


def _facts(request: OnboardingRequest) -> dict[str, Any]:
    """Give what may leave: nothing that identifies a person, nothing that opens a page."""
    whose = for_whom(request)
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
        **(
            {"reconnects": request.retry_of.spoken_support_code} if request.is_reconnection and request.retry_of else {}
        ),
        "errors": [error["code"] for error in request.errors if error.get("code")],
    }
