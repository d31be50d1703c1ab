"""Connecting a device anew: a new request with the same answers, which takes the place of the old one once it works.

Until then the old one stays as it is. When the new one becomes connected, the old one ends in the same transaction, and
workers let the platform's entity of it go: never before, and never one that the new one has as well.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from onboarding.catalogue.help_texts import type_help
from onboarding.consent import acts
from onboarding.consent.models import Consent
from onboarding.consent.receipts import moment
from onboarding.consent.records import BY_ITSELF, ConsentAct, newest, record_consent, record_continued
from onboarding.consent.texts import ConsentWords, consent_words
from onboarding.notifications.rules import tell_of_consent
from onboarding.request import family
from onboarding.request.events import Event, state_changed
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest

from .draft import CUSTOMER, KEPT, let_in
from .withdrawal import withdraw

# A consent that ends sooner is asked for anew: it would end before long, and its owner is here now.
TIME_LEFT = timedelta(days=30)


class ReadFirst(Exception):
    """The words changed, or their time is nearly over: the customer reads and agrees before the device is connected."""


def consent_that_holds(request: OnboardingRequest) -> Consent | None:
    """Return the consent that a new connection may go on with: the same words apply today, and for long enough."""
    record, now = newest(request), timezone.now()
    if record is None or not record.is_standing or record.has_expired(now + TIME_LEFT):
        return None
    with override(record.language):
        kind = type_help(request.type).name
        words = consent_words(type=request.type, device=kind, manufacturer=request.manufacturer)
    return record if words.sha256 == record.sha256 else None


@transaction.atomic
def reconnect(
    request: OnboardingRequest, *, given: ConsentWords | None = None, act: ConsentAct | None = None
) -> OnboardingRequest:
    """Connect the device of a request anew. Returns the new request, or the one that does so already.

    A request that is not connected is given back; instead of one that was replaced, what took its place. `given`: the
    words that the customer just agreed to, by this `act`.
    Raises: ReadFirst when they have to, and did not.
    """
    old = next(row for row in family.lock_family(request.pk) if row.pk == request.pk)
    if newer := family.under_way(old):
        return newer if family.was_switched_off(newer) else let_in(old.holders.all(), newer)
    if old.state != State.CONNECTED or old.withdrawn_at:
        return family.present(old)
    holds = None if given else consent_that_holds(old)
    if holds is None and given is None:
        raise ReadFirst
    return _begin(old, given, holds, act)


def _begin(
    old: OnboardingRequest, given: ConsentWords | None, holds: Consent | None, act: ConsentAct | None
) -> OnboardingRequest:
    now = timezone.now()
    known = {name: getattr(old, name) for name in KEPT}
    new = OnboardingRequest.objects.create(retry_of=old, is_reconnection=True, **known)
    Event.record(new, CUSTOMER, "started", repairs=old.spoken_support_code)
    Event.record(old, CUSTOMER, "reconnecting", anew=new.spoken_support_code)
    record = _record(new, given, holds, act, now)
    new.consented_at, new.consent_ends_at, new.due_at = now, record.expires_at, now
    told = {"version": record.version, "channel": record.channel}
    new.move_to(State.QUEUED, CUSTOMER, "consented" if given else "consent-continued", now=now, **told)
    new.save()
    tell_of_consent(new, record)
    return let_in(old.holders.all(), new)


def _record(
    new: OnboardingRequest, given: ConsentWords | None, holds: Consent | None, act: ConsentAct | None, now: datetime
) -> Consent:
    if given:
        return record_consent(new, given, act or BY_ITSELF, at=now)
    assert holds, "one of the two allows it"  # noqa: S101
    return record_continued(new, holds, act or act_of_connecting(holds), at=now)


def act_of_connecting(holds: Consent) -> ConsentAct:
    told = {"button": _("Connect it again"), "moment": moment(holds)}
    return ConsentAct(str(acts.CONNECTED_AGAIN) % told)


@receiver(state_changed)
def take_over(request: OnboardingRequest, **_signal: object) -> None:
    """End what a new connection takes the place of, in the transaction in which that is connected."""
    if request.state != State.CONNECTED or not request.is_reconnection or request.withdrawn_at:
        return
    for old in _before(request):
        if old.pk == request.retry_of_id and not family.was_switched_off(request):
            let_in(old.holders.all(), request)
        if old.is_withdrawable:
            withdraw(old, BY_ITSELF, Consent.Kind.REPLACED)


def _before(request: OnboardingRequest) -> list[OnboardingRequest]:
    """Lock all by which the same device was connected before, the newest first.

    Mostly one of them is connected; so is an earlier try that was given up, if the platform accepted it after all.
    """
    return family.locked([key for key in family.family_of(request.pk) if key < request.pk])
