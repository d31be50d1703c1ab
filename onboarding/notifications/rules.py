"""What follows from what happens to a request, by mail, push message and webhook: the one place that decides it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.dispatch import receiver
from django.utils import timezone

from onboarding.consent.models import Consent
from onboarding.mail.models import Mail
from onboarding.mail.outbox import needs_customer, queue_mail, start_reminding
from onboarding.push import outbox as pushes
from onboarding.request.events import state_changed
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest
from onboarding.webhooks.announcements import announce
from onboarding.webhooks.models import WebhookDelivery

# A state that a request comes to stay in is worth a mail; one that it comes through is worth a webhook.
MAILS = {
    State.CONNECTED: Mail.Kind.CONNECTED,
    State.FAILED: Mail.Kind.FAILED,
    State.CANCELED: Mail.Kind.FAILED,
    State.WITHDRAWN: Mail.Kind.WITHDRAWN,
}
WEBHOOKS = {
    State.REJECTED: WebhookDelivery.Kind.NEEDS_ACTION,
    State.CONNECTED: WebhookDelivery.Kind.CONNECTED,
    State.FAILED: WebhookDelivery.Kind.FAILED,
    State.CANCELED: WebhookDelivery.Kind.FAILED,
    State.WITHDRAWN: WebhookDelivery.Kind.WITHDRAWN,
}
# Of these the receipt is all that is sent.
UNTOLD_ENDS = frozenset({Consent.Kind.ELSEWHERE.value})


@contextmanager
def notifying(request: OnboardingRequest) -> Iterator[None]:
    """Tell of what becomes of a request within, in the caller's transaction."""
    state, action = request.state, request.action_type
    yield
    if request.state == State.FOLLOWING and request.action_type not in {"", action}:
        announce(request, WebhookDelivery.Kind.NEEDS_ACTION, now=timezone.now())
    if request.state != state and request.state in MAILS and request.ended_as not in UNTOLD_ENDS:
        queue_mail(request, MAILS[State(request.state)], occasion=request.state)
        pushes.tell(request, due_at=timezone.now())
    elif needs_customer(request) and (request.state != state or not action):
        start_reminding(request)
        pushes.tell(request, due_at=timezone.now() + pushes.WATCHES)


@receiver(state_changed)
def announce_state(request: OnboardingRequest, now: datetime, **_signal: object) -> None:
    """Announce each state that is worth telling, also one that is left again in the same transaction."""
    if kind := WEBHOOKS.get(State(request.state)):
        announce(request, kind, now=now)


def tell_of_consent(request: OnboardingRequest, record: Consent) -> None:
    """Send the receipt of a consent that was given, renewed or taken back; a first one begins the request's story."""
    queue_mail(request, Mail.Kind.RECEIPT, occasion=record.pk, record=record)
    if record.kind == Consent.Kind.GIVEN:
        announce(request, WebhookDelivery.Kind.CREATED, now=timezone.now())
