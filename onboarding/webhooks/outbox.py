"""Telling the energy company's own systems: each webhook is sent until it arrives, in the order of its request.

The row is the truth here too. An attempt is written down before the call leaves; a worker that dies leaves a lease that
runs out, and the same bytes are sent again under the same id: at least once, and known by its id.
"""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from onboarding.jobs.lease import RELEASED, is_free
from onboarding.lib import counts, faults, log_context
from onboarding.platform_api.responses import retry_after
from onboarding.request import schedule
from onboarding.request.events import Event

from . import sender
from .models import WebhookAttempt, WebhookDelivery
from .sender import Answer

logger = logging.getLogger(__name__)

GONE = 410
COLUMNS = [field.name for field in WebhookDelivery._meta.concrete_fields]
REST = timedelta(hours=1)


def lease_time() -> timedelta:
    """Return how long a claim holds: longer than a call can take."""
    return timedelta(seconds=2 * settings.WEBHOOK_TIMEOUT_SECONDS + 10)


def claim() -> str:
    """Lease the webhook that has been due for longest; return its token, "" when there is none."""
    if not settings.WEBHOOK_URL:
        return ""
    return WebhookDelivery.claim(WebhookDelivery.due(timezone.now()).order_by("due_at", "pk"), holds=lease_time())


# A queue of its own: however long a receiver takes, other tasks do not wait for it.
@task(queue_name="webhooks")
def deliver(token: str) -> None:
    """Send the webhook that was claimed with a token. Harmless to repeat."""
    attempt = None
    with faults.contained("deliver", lambda _problem: _set_aside(token)):
        attempt = begin_attempt(token)
    if attempt:
        started = time.monotonic()
        end_attempt(attempt, _call(attempt.delivery), seconds=time.monotonic() - started)


def _set_aside(token: str) -> None:
    """Let a webhook rest whose row itself is broken, so that it does not come again and again."""
    WebhookDelivery.held_by(token).update(**RELEASED | {"due_at": timezone.now() + REST})


def _call(delivery: WebhookDelivery) -> Answer:
    """Send one webhook. A failure that nobody expected is an attempt that brought nothing, like any other."""
    failed = Answer()
    with faults.contained("deliver", lambda problem: setattr(failed, "trouble", type(problem).__name__)):
        return sender.send(
            settings.WEBHOOK_URL,
            secrets=[secret for secret in (settings.WEBHOOK_SECRET, settings.WEBHOOK_SECRET_FALLBACK) if secret],
            id=str(delivery.delivery_id),
            body=delivery.body,
            timeout=settings.WEBHOOK_TIMEOUT_SECONDS,
        )
    return failed


@transaction.atomic
def begin_attempt(token: str) -> WebhookAttempt | None:
    """Write down that an attempt begins; None when the claim is over by now, or webhooks are off."""
    if not settings.WEBHOOK_URL:
        return None
    rows, now = WebhookDelivery.begin(token, holds=lease_time()), timezone.now()
    delivery = rows.select_related("request").only(*COLUMNS, "request__support_code").first()
    if delivery is None:
        return None
    log_context.note(delivery.request.spoken_support_code)
    delivery.trying_since = delivery.trying_since or now
    before = delivery.attempts.filter(started_at__gte=delivery.trying_since)
    delivery.failures = before.count()  # with those whose worker died
    delivery.save(update_fields=["failures", "trying_since"])
    return WebhookAttempt.objects.create(delivery=delivery, started_at=now)


@transaction.atomic
def end_attempt(attempt: WebhookAttempt, answer: Answer, *, seconds: float) -> bool:
    """Write down how a call went, and what follows from it. False when another worker has taken over: nothing does."""
    attempt.status, attempt.trouble, attempt.answer = answer.status, answer.trouble, answer.text
    attempt.seconds = round(seconds, 3)
    WebhookAttempt.objects.filter(pk=attempt.pk).update(
        **{name: getattr(attempt, name) for name in ("status", "trouble", "answer", "seconds")}
    )
    delivery, outcome = attempt.delivery, _outcome(attempt.delivery, answer, timezone.now())
    if not delivery.write(**outcome):
        logger.warning("Webhook %s was taken over by another worker.", delivery)
        return False
    if "gave_up_at" in outcome:
        logger.error("Webhook %s is given up after %s attempts: %s", delivery, outcome["failures"], attempt)
    return True


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, by: str) -> bool:
    """Make a delivery due now, with the same id and body. False while a worker is on it, or webhooks are off."""
    row = WebhookDelivery.objects.select_for_update().filter(is_free(timezone.now()), pk=delivery.pk).first()
    if row is None or not settings.WEBHOOK_URL:
        return False
    row.due_at = timezone.now()
    row.delivered_at = row.gave_up_at = row.trying_since = None
    row.failures = 0
    row.let_go()
    row.save()
    Event.record(row.request, Event.Actor.STAFF, "webhook-sent-again", by=by, kind=row.kind)
    return True


def _outcome(delivery: WebhookDelivery, answer: Answer, now: datetime) -> dict[str, Any]:
    counts.add("webhooks", "delivered" if answer.is_accepted else "failed")
    if answer.is_accepted:
        return {"delivered_at": now, "due_at": None}
    failures = delivery.failures + 1
    if answer.status == GONE or now - (delivery.trying_since or now) >= schedule.REDELIVERY_LONGEST:
        counts.add("webhooks", "given up")
        return {"gave_up_at": now, "due_at": None, "failures": failures}
    wait = schedule.WEBHOOKS.after(
        failures,
        chance=random.random(),  # noqa: S311  spreads load, guards nothing
        asked=retry_after(answer.retry_after, now=now.timestamp()),
    )
    return {"due_at": now + wait, "failures": failures}
