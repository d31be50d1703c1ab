"""What administrators do with an endpoint, beside pausing it: each is on the record, in the same transaction."""

from collections.abc import Collection
from datetime import timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from onboarding.jobs.lease import is_free
from onboarding.lib.sealed_fields import readable
from onboarding.request.events import Event

from .answers import Answer
from .endpoint_models import WebhookEndpoint
from .endpoints import TEST, body_of, call, forget
from .pausing import close, locked
from .signing import new_secret

# So long an earlier secret signs beside the new one.
OVERLAP = timedelta(hours=24)
# What a form may change; everything else is written where it happens.
WRITTEN = ("name", "kinds", "url", "contact")


@transaction.atomic
def store(endpoint: WebhookEndpoint, changed: Collection[str], *, by: str) -> None:
    """Store what was entered of an endpoint. At another address it may begin anew."""
    if endpoint.pk is None:
        endpoint.save()
        Event.record(None, Event.Actor.STAFF, "endpoint-added", by=by, endpoint=endpoint.name)
    elif changed:
        if "url" in changed:
            endpoint.failing_since = None
        endpoint.save(update_fields=[*WRITTEN, "failing_since"] if "url" in changed else WRITTEN)
        told = ", ".join(sorted(changed))
        Event.record(None, Event.Actor.STAFF, "endpoint-changed", by=by, endpoint=endpoint.name, columns=told)
    forget()


@transaction.atomic
def remove(endpoint: WebhookEndpoint, *, by: str) -> None:
    """Take an endpoint away, with its address and secrets. What it was not told yet is closed, and says why."""
    row, now = locked(endpoint), timezone.now()
    row.url = row.secret = row.previous_secret = row.contact = ""
    row.removed_at = row.removed_at or now
    row.save()
    close(row.deliveries.filter(is_free(now), Q(due_at__isnull=False) | Q(parked_at__isnull=False)))
    Event.record(None, Event.Actor.STAFF, "endpoint-removed", by=by, endpoint=row.name)
    forget()


@transaction.atomic
def renew_secret(endpoint: WebhookEndpoint, *, by: str) -> WebhookEndpoint:
    """Make a new secret; for a day the one before signs, too, so that a receiver can change without a gap.

    While one before it signs there is a new one already: the receiver would know neither of two that are pressed for.
    One that does not open signs nothing, and gives way at once.
    """
    row, now = locked(endpoint), timezone.now()
    if row.has_previous(now):
        return row
    row.previous_secret, row.secret = str(readable(row, "secret", "")), new_secret()
    row.previous_ends_at = now + OVERLAP if row.previous_secret else None
    row.save(update_fields=["secret", "previous_secret", "previous_ends_at"])
    Event.record(None, Event.Actor.STAFF, "endpoint-secret-renewed", by=by, endpoint=row.name)
    return row


@transaction.atomic
def end_previous(endpoint: WebhookEndpoint, *, by: str) -> bool:
    """Let the secret alone sign from now on. False when it does."""
    row = locked(endpoint)
    if not row.has_previous(timezone.now()):
        return False
    row.previous_secret, row.previous_ends_at = "", None
    row.save(update_fields=["previous_secret", "previous_ends_at"])
    Event.record(None, Event.Actor.STAFF, "endpoint-secret-ended", by=by, endpoint=row.name)
    return True


def send_test(endpoint: WebhookEndpoint, *, by: str) -> Answer:
    """Send an endpoint a test, now and once; a paused one gets it, too.

    Raises: CannotOpen when its address or its secret does not open.
    """
    named = str(uuid4())
    answer = call(endpoint, id=named, body=body_of(named, TEST, timezone.now(), {"endpoint": endpoint.name}))
    came = {"status": answer.status, "trouble": answer.trouble}
    Event.record(None, Event.Actor.STAFF, "endpoint-tested", by=by, endpoint=endpoint.name, **came)
    return answer
