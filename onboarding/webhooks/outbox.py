"""Telling the energy company's own systems: each webhook is sent until it arrives, in the order of its request.

The row is the truth here too. An attempt is written down before the call leaves; a worker that dies leaves a lease that
runs out, and the same bytes are sent again under the same id: at least once, and known by its id. Endpoints have their
turns by themselves: one that is down or slow does not hold up another.
"""

import itertools
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

from . import endpoints, pausing
from .answers import Answer
from .endpoint_models import WebhookEndpoint
from .models import WebhookAttempt, WebhookDelivery

logger = logging.getLogger(__name__)

Ending, Pause = WebhookDelivery.Ending, WebhookEndpoint.Pause
COLUMNS = [field.name for field in WebhookDelivery._meta.concrete_fields]
ENDPOINT = [f"endpoint__{field.name}" for field in WebhookEndpoint._meta.concrete_fields]
REST = timedelta(hours=1)
# Who takes nothing at the moment has to wait for all others, but for every so many turns.
PATIENT_TURNS = 10
_turns = itertools.count()


def lease_time() -> timedelta:
    """Return how long a claim holds: longer than a call can take."""
    return timedelta(seconds=2 * settings.WEBHOOK_TIMEOUT_SECONDS + 10)


def claim() -> str:
    """Lease the webhook of an endpoint that has been due for longest; return its token, "" when there is none.

    Each time another endpoint comes first, and those that take nothing come last: a call to them may take long.
    """
    now = timezone.now()
    for key in _in_turn(next(_turns)):
        # By nothing else: all that waited for a paused one is due at the same moment, and no index goes on from there.
        of_one = WebhookDelivery.due(now).filter(endpoint=key).order_by("due_at")
        if token := WebhookDelivery.claim(of_one, holds=lease_time()):
            return token
    return ""


def _in_turn(turn: int) -> list[int]:
    rows = list(WebhookEndpoint.objects.order_by("pk").values_list("pk", "failing_since"))
    well = _rotated([key for key, failing_since in rows if failing_since is None], turn)
    failing = _rotated([key for key, failing_since in rows if failing_since], turn // PATIENT_TURNS)
    return well + failing if turn % PATIENT_TURNS < PATIENT_TURNS - 1 else failing + well


def _rotated(keys: list[int], turn: int) -> list[int]:
    first = turn % (len(keys) or 1)
    return keys[first:] + keys[:first]


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
        return endpoints.call(delivery.endpoint, id=str(delivery.delivery_id), body=delivery.body)
    return failed


@transaction.atomic
def begin_attempt(token: str) -> WebhookAttempt | None:
    """Write down that an attempt begins; None when the claim is over by now, or its endpoint takes nothing."""
    rows, now = WebhookDelivery.begin(token, holds=lease_time()), timezone.now()
    related = rows.select_related("request", "endpoint")
    delivery = related.only(*COLUMNS, *ENDPOINT, "request__support_code").first()
    if delivery is None or pausing.is_put_off(delivery) or pausing.is_overtaking(delivery):
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
    delivery, now = attempt.delivery, timezone.now()
    reason = _reason_to_pause(attempt, answer, now)
    outcome = _outcome(delivery, answer, now, waits=bool(reason))
    if not delivery.write(**outcome):
        logger.warning("Webhook %s was taken over by another worker.", delivery)
        return False
    if "gave_up_at" in outcome:
        logger.error("Webhook %s is given up after %s attempts: %s", delivery, outcome["failures"], attempt)
    pausing.note_attempt(attempt, is_accepted=answer.is_accepted)
    if reason:
        pausing.pause_by_itself(delivery.endpoint, reason)
    return True


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, by: str) -> bool:
    """Make a delivery due now, with the same id and body.

    False while a worker is on it, or its endpoint is paused or taken away.
    """
    row = WebhookDelivery.objects.select_for_update().filter(is_free(timezone.now()), pk=delivery.pk).first()
    if row is None or not row.endpoint.is_active:
        return False
    row.due_at = timezone.now()
    row.delivered_at = row.gave_up_at = row.parked_at = row.trying_since = None
    row.failures, row.ended = 0, ""
    row.let_go()
    row.save()
    Event.record(row.request, Event.Actor.STAFF, "webhook-sent-again", by=by, kind=row.kind)
    return True


def _reason_to_pause(attempt: WebhookAttempt, answer: Answer, now: datetime) -> WebhookEndpoint.Pause | None:
    """Say why the endpoint itself has to pause: it is gone, or took nothing at all for as long as we try."""
    if answer.is_gone:
        return Pause.GONE
    is_over = not answer.is_accepted and _is_tried_out(attempt.delivery, now)
    return Pause.SILENT if is_over and pausing.is_silent(attempt) else None


def _is_tried_out(delivery: WebhookDelivery, now: datetime) -> bool:
    return now - (delivery.trying_since or now) >= schedule.REDELIVERY_LONGEST


def _outcome(delivery: WebhookDelivery, answer: Answer, now: datetime, *, waits: bool) -> dict[str, Any]:
    """Say what follows for the delivery. `waits`: its endpoint is about to pause, and it goes on with that."""
    counts.add("webhooks", "delivered" if answer.is_accepted else "failed")
    if answer.is_accepted:
        return {"delivered_at": now, "due_at": None}
    failures = delivery.failures + 1
    if waits:
        return {"due_at": now, "failures": failures}
    if _is_tried_out(delivery, now):
        counts.add("webhooks", "given up")
        return {"gave_up_at": now, "ended": Ending.TRIED, "due_at": None, "failures": failures}
    wait = schedule.WEBHOOKS.after(
        failures,
        chance=random.random(),  # noqa: S311  spreads load, guards nothing
        asked=retry_after(answer.retry_after, now=now.timestamp()),
    )
    return {"due_at": now + wait, "failures": failures}
