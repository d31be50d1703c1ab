"""What follows from what a look brought to light: a line on the timeline, a webhook, a mail, an end."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import override

from onboarding.consent import acts
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.intake.withdrawal import withdraw
from onboarding.mail.models import Mail
from onboarding.mail.outbox import queue_mail
from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest
from onboarding.webhooks.announcements import announce
from onboarding.webhooks.models import WebhookDelivery

from .judgement import Happening
from .models import Device

WEBHOOKS = {
    Happening.FIRST_DATA: WebhookDelivery.Kind.FIRST_DATA,
    Happening.TURNED_QUIET: WebhookDelivery.Kind.QUIET,
    Happening.FLOWS_AGAIN: WebhookDelivery.Kind.FLOWING,
}


def tell(device: Device, happened: Collection[Happening], *, now: datetime) -> None:
    """Tell of what happened to a device, in the transaction that stores it. Saves the request, which is locked."""
    request = device.request
    for happening in happened:
        _record(device, happening)
        if happening == Happening.TELL_QUIET:
            queue_mail(request, Mail.Kind.QUIET, occasion=device.spells)
        elif kind := WEBHOOKS.get(happening):
            occurrence = 0 if happening == Happening.FIRST_DATA else device.spells
            announce(request, kind, now=now, occurrence=occurrence)
    if happened:
        request.version += 1
        request.save()


def end_elsewhere(request: OnboardingRequest) -> None:
    """Take a consent back that was ended at the manufacturer's, or at the grid operator's. Nobody is chased."""
    with override(request.language):
        words = str(acts.ENDED_ELSEWHERE) % {"manufacturer": request.manufacturer}
    withdraw(request, ConsentAct(words, channel=Consent.Channel.SYSTEM), Consent.Kind.ELSEWHERE)


def _record(device: Device, happening: Happening) -> None:
    """Put a line on the timeline; that a mail was queued is not worth one, since that it was sent is."""
    request, platform, worker = device.request, Event.Actor.PLATFORM, Event.Actor.WORKER
    match happening:
        case Happening.FIRST_DATA:
            Event.record(request, platform, "first-data", at=_iso(device.first_data_at))
        case Happening.TURNED_QUIET:
            Event.record(request, worker, "turned-quiet", since=_iso(device.last_data_at))
        case Happening.FLOWS_AGAIN | Happening.FOUND_AGAIN:
            Event.record(request, platform, "flows-again", at=_iso(device.last_data_at))
        case Happening.SEEMS_GONE:
            Event.record(request, platform, "seems-gone")
        case Happening.ENDED_ELSEWHERE:
            Event.record(request, worker, "ended-elsewhere", looks=device.misses)


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
