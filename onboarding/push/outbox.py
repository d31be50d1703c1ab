"""Push messages: due in the transaction of what they tell, sent by workers, each browser at most once for it.

A message says what the status page says when its turn comes; that it is the customer's turn is not sent when it no
longer is, or they are looking at it. With the outcome there is nothing more to tell, and the subscription ends. A
service that is away is tried again for a day or so.
"""

import json
import logging
import random
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.tasks import task
from django.urls import reverse
from django.utils import timezone, translation

from onboarding.access.links import is_held_by
from onboarding.jobs.lease import RELEASED
from onboarding.lib import counts, faults, log_context, sealed
from onboarding.lib.sealed_fields import opens
from onboarding.mail.outbox import needs_customer
from onboarding.request import schedule
from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest
from onboarding.status.view import show_status

from . import encryption
from .models import PushSubscription
from .sender import Answer, may_be_called, origin_of, send

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10.0
LEASE = timedelta(seconds=2 * TIMEOUT_SECONDS + 10)
# Somebody who watches the page sees it there.
WATCHES = timedelta(seconds=15)
LASTS, REST = timedelta(days=1), timedelta(hours=2)
# With the waits of mails, that is about a day.
MOST_FAILURES = 18


def tell(request: OnboardingRequest, *, due_at: datetime) -> None:
    """Let all browsers that want to hear of a request know, in the caller's transaction.

    Who is just sending the news before this finds the lease lost, and this one is sent as well.
    """
    if settings.PUSH_KEY:
        PushSubscription.objects.filter(request=request).update(due_at=due_at, failures=0, **RELEASED)


def claim() -> str:
    """Lease the message that has been due for longest; return its token, "" when there is none."""
    if not settings.PUSH_KEY:
        return ""
    return PushSubscription.claim(PushSubscription.due(timezone.now()).order_by("due_at"), holds=LEASE)


@task
def send_push(token: str) -> None:
    """Send the message that was claimed with a token, if there still is news. Harmless to repeat."""
    ours = PushSubscription.begin(token, holds=LEASE)
    with faults.contained("send_push", lambda _problem: _set_aside(ours)):
        if subscription := ours.select_related("request").first():
            log_context.note(subscription.request.spoken_support_code)
            _send(subscription)


def _send(subscription: PushSubscription) -> None:
    request, browser = subscription.request, subscription.browser
    if not is_held_by(request, browser):
        _end(subscription)
    elif not all(opens(subscription, name) for name in ("endpoint", "secrets")):  # until its key is there again
        subscription.write(due_at=timezone.now() + REST, trouble="CannotOpen")
    elif not _is_news(request):
        subscription.write(due_at=None)
    else:
        _conclude(subscription, _call(subscription))


def _is_news(request: OnboardingRequest) -> bool:
    """Tell whether there still is something to tell: an outcome, or their turn to somebody who does not see it."""
    is_watched = request.seen_at and timezone.now() - request.seen_at < WATCHES
    return request.is_final or (needs_customer(request) and not is_watched)


def _call(subscription: PushSubscription) -> Answer:
    endpoint, secret = subscription.endpoint, sealed.read_key(settings.PUSH_KEY)
    if not may_be_called(endpoint, settings.PUSH_SERVICES):
        return Answer(status=410)
    keys = {name: encryption.from_text(text) for name, text in subscription.secrets.items()}
    body = encryption.encrypt(_words(subscription), browser_key=keys["p256dh"], browser_secret=keys["auth"])
    signed = {"audience": origin_of(endpoint), "subject": settings.PUBLIC_URL, "now": time.time()}
    return send(
        endpoint,
        body,
        authorization=encryption.authorization(secret, **signed),
        topic=subscription.key.hex,
        lasts=int(LASTS.total_seconds()),
        timeout=TIMEOUT_SECONDS,
    )


def _words(subscription: PushSubscription) -> bytes:
    """Say what the title of the status page says, and where that is; no device, and nobody's name."""
    request = subscription.request
    with translation.override(request.language):
        shown = show_status(request, [])
    page = reverse("onboarding:status", args=[request.reference])
    told = {"title": shown.headline, "body": shown.actor_words, "url": page, "tag": subscription.key.hex}
    return json.dumps(told).encode()


def _conclude(subscription: PushSubscription, answer: Answer) -> None:
    counts.add("pushes", "sent" if answer.is_accepted else "gone" if answer.is_gone else "failed")
    if answer.is_accepted:
        _note_sent(subscription)
    elif answer.is_gone:
        _end(subscription)
    else:
        _try_later(subscription, answer)


@transaction.atomic
def _note_sent(subscription: PushSubscription) -> None:
    """Put it on the timeline; with an outcome there is nothing more to tell.

    The request's row is locked first, as by everybody who changes both: or two would wait for each other.
    """
    request = OnboardingRequest.objects.select_for_update().only("pk", "state").get(pk=subscription.request_id)
    is_last = subscription.request.is_final
    if _end(subscription) if is_last else subscription.write(due_at=None, failures=0, trouble=""):
        Event.record(request, Event.Actor.WORKER, "told-in-browser")


def _try_later(subscription: PushSubscription, answer: Answer) -> None:
    now, failures = timezone.now(), subscription.failures + 1
    trouble = answer.trouble or str(answer.status)
    logger.warning("Push message %s could not be sent: %s", subscription.pk, trouble)
    due_at = now + schedule.MAILS.after(failures, chance=random.random())  # noqa: S311  spreads load, guards nothing
    if failures > MOST_FAILURES:
        _end(subscription)
    else:
        subscription.write(due_at=due_at, failures=failures, trouble=trouble)


def _end(subscription: PushSubscription) -> bool:
    """Forget a browser, unless there is news for it meanwhile, or another worker has taken over."""
    ended, _rows = PushSubscription.objects.filter(pk=subscription.pk, lease=subscription.lease).delete()
    return bool(ended)


def _set_aside(ours: QuerySet[PushSubscription]) -> None:
    """Let a row rest that is broken itself."""
    ours.update(**RELEASED | {"due_at": timezone.now() + REST})
