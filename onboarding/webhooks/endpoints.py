"""The endpoints: who is told of what, and calling one of them."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.utils import timezone

from onboarding.lib.cached_rows import Cached

from . import sender
from .answers import Answer
from .destinations import may_be_reached
from .endpoint_models import WebhookEndpoint

# Sent when somebody asks for it, and about no request.
TEST = "endpoint.test"
_LISTENING = Cached[list[tuple[int, frozenset[str]]]]("onboarding.webhook_endpoints")


def listeners(kind: str) -> list[int]:
    """Return the keys of the endpoints that are told of a kind. Paused ones are among them: what they miss waits."""
    return [key for key, kinds in _LISTENING.get(_read) if not kinds or kind in kinds]


def forget() -> None:
    """Have them read anew, after one was changed."""
    _LISTENING.forget()


def _read() -> list[tuple[int, frozenset[str]]]:
    rows = WebhookEndpoint.objects.filter(removed_at=None).order_by("pk").values_list("pk", "kinds")
    return [(key, frozenset(kinds.split())) for key, kinds in rows]


def body_of(id: str, kind: str, at: datetime, data: dict[str, Any]) -> str:
    """Write what is sent, with the names of Standard Webhooks."""
    timestamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"id": id, "type": kind, "timestamp": timestamp, "data": data})


def call(endpoint: WebhookEndpoint, *, id: str, body: str) -> Answer:
    """Send an endpoint something, once. Whatever goes wrong with the call is in the answer.

    Raises: CannotOpen when its address or its secret does not open.
    """
    return sender.send(
        endpoint.url,
        secrets=endpoint.signing_secrets(timezone.now()),
        id=id,
        body=body,
        timeout=settings.WEBHOOK_TIMEOUT_SECONDS,
        may_reach=partial(may_be_reached, is_local=not settings.IS_PRODUCTION),
    )
