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
from onboarding.request.ending import ComingEnd, Ends
from onboarding.request.events import state_changed
from onboarding.request.family import was_connected
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
# With a device that is connected anew nothing changes for its owner, so that no receipt is sent.
GOES_ON = frozenset({Consent.Kind.CONTINUED, Consent.Kind.REPLACED})


@contextmanager
def notifying(request: OnboardingRequest) -> Iterator[None]:
    """Tell of what becomes of a request within, in the caller's transaction."""
    state, action = request.state, request.action_type
    yield
    if request.state == State.FOLLOWING and request.action_type not in {"", action}:
        announce(request, WebhookDelivery.Kind.NEEDS_ACTION, now=timezone.now())
    if request.state != state and request.state in MAILS and _is_news(request):
        queue_mail(request, MAILS[State(request.state)], occasion=request.state)
        pushes.tell(request, due_at=timezone.now())
    elif needs_customer(request) and (request.state != state or not action):
        start_reminding(request)
        pushes.tell(request, due_at=timezone.now() + pushes.WATCHES)


def _is_news(request: OnboardingRequest) -> bool:
    """Tell whether a state is worth a mail.

    That a device went over to a new connection is none, nor that a new one which never was ended with the old one. Of
    an end elsewhere the receipt is all that is sent.
    """
    if request.state != State.WITHDRAWN:
        return True
    if request.is_reconnection and request.ended_as == Consent.Kind.WITHDRAWN:
        return was_connected(request)
    return request.ended_as not in {Consent.Kind.REPLACED, Consent.Kind.ELSEWHERE}


@receiver(state_changed)
def announce_state(request: OnboardingRequest, now: datetime, **_signal: object) -> None:
    """Announce each state that is worth telling, also one that is left again in the same transaction.

    A device that another request took over is not gone: what was told of that one names it.
    """
    kind = WEBHOOKS.get(State(request.state))
    if kind and request.ended_as != Consent.Kind.REPLACED:
        announce(request, kind, now=now)


def tell_of_consent(request: OnboardingRequest, record: Consent) -> None:
    """Send the receipt of a consent that was given, renewed or taken back; a first one begins the request's story."""
    if record.kind not in GOES_ON:
        queue_mail(request, Mail.Kind.RECEIPT, occasion=record.pk, record=record)
    if record.kind in {Consent.Kind.GIVEN, Consent.Kind.CONTINUED}:
        announce(request, WebhookDelivery.Kind.CREATED, now=timezone.now())


def remind_of_end(request: OnboardingRequest, end: ComingEnd, step: int, *, now: datetime) -> None:
    """Tell the customer, and the company's systems, that something ends in `step` days; each end and step once."""
    queue_mail(request, Mail.Kind.EXPIRING, occasion=end.occasion, step=step)
    occurrence = end.at.toordinal() * 1000 + step * 10 + [*Ends].index(end.of)
    announce(request, WebhookDelivery.Kind.EXPIRING, now=now, occurrence=occurrence)


def ask_again(request: OnboardingRequest, campaign: int, *, step: int) -> None:
    """Ask a customer to read and agree to a new text, or remind them of that; by each campaign once."""
    queue_mail(request, Mail.Kind.ASKED_AGAIN, occasion=campaign, step=step)
