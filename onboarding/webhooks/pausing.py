"""Pausing an endpoint, by staff or by itself, and going on: what it is not told meanwhile waits, parked, in its rows.

Whoever pauses or goes on locks the endpoint's row first, and so does a worker that comes upon a delivery of one that is
paused. So nothing stays parked behind an endpoint that goes on.
"""

import logging

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from onboarding.jobs.lease import RELEASED, is_free
from onboarding.lib.sealed_fields import readable
from onboarding.mail.models import Mail
from onboarding.mail.outbox import queue
from onboarding.request.events import Event

from .endpoint_models import WebhookEndpoint
from .models import WebhookAttempt, WebhookDelivery

logger = logging.getLogger(__name__)

Pause, Ending = WebhookEndpoint.Pause, WebhookDelivery.Ending


def locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Return an endpoint's row as it is now, locked until the transaction ends.

    Whoever has something to tell it does not wait for that: of many parked deliveries it takes seconds.
    """
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


@transaction.atomic
def pause(endpoint: WebhookEndpoint, reason: WebhookEndpoint.Pause, *, by: str = "") -> bool:
    """Tell an endpoint nothing from now on, but for what is just being sent. False when it is so already.

    `by`: the colleague, when it was one.
    """
    row, now = locked(endpoint), timezone.now()
    if not row.is_active:
        return False
    row.paused_at, row.pause_reason = now, reason
    row.save(update_fields=["paused_at", "pause_reason"])
    waiting = row.deliveries.filter(is_free(now), due_at__isnull=False)
    waiting.update(**RELEASED | {"due_at": None, "parked_at": now})
    actor = Event.Actor.STAFF if by else Event.Actor.WORKER
    Event.record(None, actor, "endpoint-paused", by=by, endpoint=row.name, reason=reason.value)
    return True


@transaction.atomic
def go_on(endpoint: WebhookEndpoint, *, by: str) -> bool:
    """Tell it what waited, each with three new days, and whatever comes. False when it is not paused."""
    row, now = locked(endpoint), timezone.now()
    if row.paused_at is None or row.removed_at:
        return False
    row.paused_at, row.pause_reason, row.failing_since = None, "", None
    row.save(update_fields=["paused_at", "pause_reason", "failing_since"])
    again = {"due_at": now, "parked_at": None, "trying_since": None, "failures": 0}
    row.deliveries.filter(parked_at__isnull=False).update(**again)
    Event.record(None, Event.Actor.STAFF, "endpoint-resumed", by=by, endpoint=row.name)
    return True


def close(rows: QuerySet[WebhookDelivery]) -> None:
    """Give up deliveries whose endpoint was taken away."""
    ended = {"gave_up_at": timezone.now(), "ended": Ending.REMOVED, "due_at": None, "parked_at": None}
    rows.update(**RELEASED | ended)


def is_put_off(delivery: WebhookDelivery) -> bool:
    """Tell whether a delivery that a worker holds is not to be sent; then it is parked, or closed, by now."""
    if delivery.endpoint.is_active:
        return False
    row = locked(delivery.endpoint)
    if row.removed_at:
        close(WebhookDelivery.objects.filter(pk=delivery.pk, lease=delivery.lease))
    elif row.paused_at:
        delivery.write(due_at=None, parked_at=timezone.now())
    else:  # it goes on by now
        delivery.write()
    return True


def is_overtaking(delivery: WebhookDelivery) -> bool:
    """Tell whether one before it is to be sent first; then it is let go, and waits its turn.

    It was claimed while those before it were parked, and its endpoint goes on by now.
    """
    return delivery.earlier().exists() and delivery.write()


def note_attempt(attempt: WebhookAttempt, *, is_accepted: bool) -> None:
    """Remember since when an endpoint has taken nothing; one statement, where there is something to remember."""
    rows = WebhookEndpoint.objects.filter(pk=attempt.delivery.endpoint_id)
    if is_accepted:
        rows.filter(failing_since__isnull=False).update(failing_since=None)
    else:
        rows.filter(failing_since=None).update(failing_since=attempt.started_at)


def is_silent(attempt: WebhookAttempt) -> bool:
    """Tell whether an endpoint took nothing at all since a delivery was first tried."""
    delivery = attempt.delivery
    since = WebhookEndpoint.objects.values_list("failing_since", flat=True).get(pk=delivery.endpoint_id)
    return (since or attempt.started_at) <= (delivery.trying_since or attempt.started_at)


def pause_by_itself(endpoint: WebhookEndpoint, reason: WebhookEndpoint.Pause) -> None:
    """Pause an endpoint that takes nothing, in the caller's transaction, and write to its contact once.

    Not when it has another address by now: what was answered at the one before says nothing of that.
    """
    is_moved = readable(locked(endpoint), "url", "") != readable(endpoint, "url", "")
    if is_moved or not pause(endpoint, reason):
        return
    logger.error("Endpoint %s is paused: %s.", endpoint.pk, reason)
    key = f"endpoint:{endpoint.pk}:{timezone.now().isoformat()}"
    if contact := str(readable(endpoint, "contact", "")):
        content = {"to": contact, "language": settings.LANGUAGE_CODE, "occasion": endpoint.name}
        queue(key, None, kind=Mail.Kind.ENDPOINT_PAUSED, **content)
