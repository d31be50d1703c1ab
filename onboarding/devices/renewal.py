"""Reminding people of an end that comes by itself, so that they can renew: 60, 30 and 7 days before; and that end.

A device knows when it is reminded of next, so that a million others cost nothing. The row of the request is locked
before that of the device, as by everybody who needs both.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from onboarding.consent.models import Consent
from onboarding.consent.records import consent_recorded
from onboarding.intake import withdrawal
from onboarding.lib import faults
from onboarding.notifications.rules import remind_of_end
from onboarding.request.ending import coming_end
from onboarding.request.events import Event
from onboarding.request.lifecycle import Health, State
from onboarding.request.models import OnboardingRequest

from .endings import next_reminder, step_at
from .models import Device

BATCH = 500
# One that could not be done is left alone for so long.
REST = timedelta(hours=1)
# What ends sooner when we first hear of it is no permission: a token of an hour, or "no date", written as 1970.
SOONEST = timedelta(days=1)


def remind_of_ends() -> int:
    """Remind the owners of devices whose next step has come, at most a batch of them. Returns how many were reminded.

    Safe to repeat, and to run twice at once.
    """
    due = Device.objects.filter(remind_at__lte=timezone.now()).order_by("remind_at")
    reminded = 0
    for key in due.values_list("request_id", flat=True)[:BATCH]:
        with faults.contained("remind_of_ends", partial(_let_rest, key)):
            reminded += _remind(key)
    return reminded


def end_expired_mandates() -> int:
    """Take back the consents of devices whose permission at the manufacturer's is over. Returns how many ended."""
    over = Device.objects.filter(valid_until__isnull=False, valid_until__lte=timezone.now())
    over = over.exclude(health=Health.ENDED.value).order_by("valid_until")
    return withdrawal.end_by_time(over.values_list("request_id", flat=True)[:BATCH])


def learn_end(device: Device, valid_until: datetime | None) -> None:
    """Take in what the platform says of a permission's end, and plan anew if that changed. The caller saves.

    One that is over, or nearly, is not believed: at that moment the device would be let go.
    """
    now = timezone.now()
    if valid_until is None or valid_until == device.valid_until or valid_until < now + SOONEST:
        return
    device.valid_until = valid_until
    device.remind_at = next_reminder(device.request.consent_ends_at, valid_until, after=now)


@receiver(consent_recorded)
def plan_anew(record: Consent, **_signal: object) -> None:
    """Plan the reminders of a device whose consent was given again: it ends later now, or by itself at last."""
    if record.kind != Consent.Kind.RENEWED:  # with a first one there is no device yet
        return
    devices = Device.objects.select_for_update().exclude(health=Health.ENDED.value)
    if device := devices.filter(request=record.request_id).first():
        remind_at = next_reminder(record.expires_at, device.valid_until, after=record.at)
        Device.objects.filter(pk=device.pk).update(remind_at=remind_at)


@transaction.atomic
def _remind(key: int) -> bool:
    """Remind of the step that has come, and plan the next one. Steps that nobody was there for are left out."""
    row, now = OnboardingRequest.objects.select_for_update().get(pk=key), timezone.now()
    device = Device.objects.select_for_update().get(request=row)
    if device.remind_at is None or device.remind_at > now:
        return False
    remind_at = next_reminder(row.consent_ends_at, device.valid_until, after=now)
    Device.objects.filter(pk=device.pk).update(remind_at=remind_at)
    end = coming_end(row.consent_ends_at, device.valid_until)
    step = step_at(end.at, now) if end else 0
    if end is None or not step or row.withdrawn_at or row.state != State.CONNECTED:
        return False
    Event.record(row, Event.Actor.WORKER, "reminded-of-end", days=step, ends=end.of.value)
    remind_of_end(row, end, step, now=now)
    return True


def _let_rest(key: int, _problem: Exception) -> None:
    Device.objects.filter(request=key).update(remind_at=timezone.now() + REST)
