"""Erasing what we hold of a request: asked for with one press, done by workers once nothing of it runs any more.

What runs or is connected is withdrawn first, with a record of consent that says so. An attempt without an answer is
looked for, a device is let go of, the company's systems are told, and the customer gets a last mail; only then goes
what leads to them. What nobody agreed to goes whole and at once. To ask twice is to ask once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import override

from onboarding.access.models import AccessLink, Holder
from onboarding.catalogue.wish_models import Wish
from onboarding.consent import acts
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.delivery.restore import UNSENT_OR_NOT_EVEN_ASKED
from onboarding.intake.withdrawal import ACTORS, withdraw
from onboarding.lib import faults
from onboarding.lib.sealed_fields import readable
from onboarding.mail.models import Mail
from onboarding.mail.outbox import queue_mail
from onboarding.request import lifecycle
from onboarding.request.events import DISCLOSING, Event, state_changed
from onboarding.request.family import lock_family, was_switched_off
from onboarding.request.lifecycle import State
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest
from onboarding.request.search_index import find_addressed
from onboarding.retention import requests
from onboarding.support.invitation_files import forget_person

from . import tombstones
from .hindrances import Hindrance, hindrance_of
from .models import Erasure

ASKERS = {
    Consent.Channel.SELF: Erasure.Asker.CUSTOMER,
    Consent.Channel.ASSISTED: Erasure.Asker.STAFF,
    Consent.Channel.SYSTEM: Erasure.Asker.BACKUP,
}
CHANNELS = {asker: channel for channel, asker in ASKERS.items()}
# A mail that cannot be delivered holds nothing up for longer.
MAIL_PATIENCE = timedelta(days=1)
# What is still worth telling somebody who leaves.
STILL_SENT = (Mail.Kind.RECEIPT, Mail.Kind.WITHDRAWN, Mail.Kind.ERASED)
BATCH = 200


@transaction.atomic
def ask(request: OnboardingRequest, act: ConsentAct) -> bool:
    """Erase a request, now or as soon as nothing of it runs. Returns False when that was asked for before.

    Whoever has a device erased means all requests by which it was connected anew, until it came to be somebody else's.
    `act`: who asks and how; the record of consent that is taken back has it, too.
    """
    asked = {row.pk: erasure for row in _meant(request.pk, act) if (erasure := _enter(row, act))}
    for erasure in asked.values():
        row = OnboardingRequest.objects.get(pk=erasure.request_id)  # as it is now: taking one back takes back another
        if row.is_withdrawable:
            withdraw(row, act)
        settle(erasure)
    return request.pk in asked


def _meant(key: int, act: ConsentAct) -> list[OnboardingRequest]:
    """Lock a request with all of its device, and return those that are erased with it.

    One that came after it is not if it has another address by now, or if who holds the one before was let go of there.
    A backup has a mark of each that was erased.
    """
    family = lock_family(key)
    asked = next(row for row in family if row.pk == key)
    match act.channel:
        case Consent.Channel.SYSTEM:
            return [asked]
        case Consent.Channel.SELF:
            family = [row for row in family if row.pk <= key or not was_switched_off(row)]
    return [
        row for row in family if row.pk <= key or not asked.contact_key or row.contact_key in {"", asked.contact_key}
    ]


def _enter(row: OnboardingRequest, act: ConsentAct) -> Erasure | None:
    """Note what was asked for; None when it was before."""
    asked = {"asker": ASKERS[act.channel], "by": act.by, "reason": scrub(act.reason, row)}
    erasure, is_new = Erasure.objects.get_or_create(request=row, defaults=asked)
    if not is_new:
        return None
    tombstones.mark_request(row)
    _put_on_timeline(row, erasure, ACTORS[act.channel])
    if erasure.asker == Erasure.Asker.BACKUP:
        _take_for_restored(row)
    return erasure


def _take_for_restored(row: OnboardingRequest) -> None:
    """Have what is unsent looked for: it may have been sent since. Its customer was told, and hears no more of it."""
    row.contact_email = ""
    if row.state in UNSENT_OR_NOT_EVEN_ASKED:
        row.is_restored = True
    row.save()


def _put_on_timeline(row: OnboardingRequest, erasure: Erasure, actor: Event.Actor) -> None:
    restored = {"restored": True} if erasure.asker == Erasure.Asker.BACKUP else {}
    Event.record(row, actor, "erasure-asked", by=erasure.by, reason=erasure.reason, **restored)


@transaction.atomic
def ask_for_address(address: str, *, by: str, reason: str) -> int:
    """Erase all that we hold of an address. Returns for how many requests that was not asked for before.

    Rows of files come first: a worker that is at one may just be making a request of it.
    """
    forget_person(address)
    found = find_addressed(OnboardingRequest.objects.filter(erasure=None), address, by="contact_key")
    count = sum(ask(row, act_of_staff(row, by=by, reason=reason)) for row in found.order_by("-pk"))
    tombstones.mark_address(address)
    erase_wishes(find_addressed(Wish.objects.all(), address, by="contact_key"))
    forget_address(address)
    return count


def act_of_staff(row: OnboardingRequest, *, by: str, reason: str) -> ConsentAct:
    """Say what a customer did for whom a colleague asks; the record speaks to the customer."""
    with override(row.language):
        asked = str(acts.ASKED_STAFF_TO_ERASE)
    return ConsentAct(asked, Consent.Channel.ASSISTED, by, reason)


@transaction.atomic
def erase_wishes(wishes: QuerySet[Wish]) -> int:
    """Erase wishes with their mails at once: nothing runs of them. Returns how many."""
    for wish in wishes:
        tombstones.mark_address(readable(wish, "contact_email", ""))
    return forget_wishes(wishes)


@transaction.atomic
def forget_wishes(wishes: QuerySet[Wish]) -> int:
    """Do so without a mark: what was erased before has one, with the moment from which on new ones stay."""
    gone = list(wishes)
    _silence_disclosures_of({f"wish {wish.pk}" for wish in gone})
    Wish.objects.filter(pk__in=[wish.pk for wish in gone]).delete()
    return len(gone)


def settle_erasures() -> int:
    """Erase what was asked for and does not run any more: the worker's duty. Returns how many."""
    over = [state.value for state in State if lifecycle.is_over(state)]
    is_next = Q(request__state__in=[*over, State.DRAFT.value])
    is_next |= Q(request__state__in=lifecycle.WITHDRAWABLE, request__withdrawn_at=None)
    waiting, done = Erasure.objects.filter(is_next, done_at=None), 0
    for erasure in waiting.order_by("?")[:BATCH]:  # so that none that has to wait longer holds up the others
        with faults.contained("settle_erasures"):
            done += settle(erasure)
    return done


@transaction.atomic
def settle(erasure: Erasure) -> bool:
    """Erase what was asked for, unless something stands against it yet. Returns whether it is done."""
    row, now = OnboardingRequest.objects.select_for_update().filter(erasure=erasure.pk).first(), timezone.now()
    if row is None:
        return False
    if row.state == State.DRAFT:
        return _delete(row)
    erasure.refresh_from_db()
    if row.is_withdrawable:  # it was over, or a draft, when it was asked for
        withdraw(row, _act_of(erasure, row))
        row.refresh_from_db()
    if lifecycle.is_over(State(row.state)):
        _say_goodbye(row, erasure, now)
    if erasure.done_at or hindrance_of(row):
        return False
    _empty(row, erasure, now)
    return True


def _act_of(erasure: Erasure, row: OnboardingRequest) -> ConsentAct:
    with override(row.language):
        asked = str(acts.ASKED_TO_ERASE)
    return ConsentAct(asked, CHANNELS[Erasure.Asker(erasure.asker)], erasure.by, erasure.reason)


def _delete(row: OnboardingRequest) -> bool:
    """Delete what nobody agreed to, unless a worker is just mailing something of it."""
    if hindrance_of(row):
        return False
    _silence_disclosures(row)
    requests.delete([row.pk])
    return True


def _say_goodbye(row: OnboardingRequest, erasure: Erasure, now: datetime) -> None:
    """Queue the last mail, once, and call off what is not worth telling any more, or cannot be delivered."""
    if erasure.told_at is None:
        if readable(row, "contact_email", ""):
            queue_mail(row, Mail.Kind.ERASED, occasion=erasure.pk)
        erasure.told_at = now
        erasure.save(update_fields=["told_at"])
    waiting = row.mails.filter(due_at__isnull=False, lease="")
    if now - erasure.told_at < MAIL_PATIENCE:
        waiting = waiting.exclude(kind__in=STILL_SENT)
    waiting.update(due_at=None, ended="no longer their turn")


def _empty(row: OnboardingRequest, erasure: Erasure, now: datetime) -> None:
    """Leave an anonymous record: the proof, a bare row, and that this was asked for and done."""
    requests.strip([row.pk])
    _silence_disclosures(row)
    Event.record(row, Event.Actor.WORKER, "erased")
    erasure.done_at, erasure.reason = now, ""
    erasure.save(update_fields=["done_at", "reason"])


def _silence_disclosures(row: OnboardingRequest) -> None:
    """Keep who looked at what, but not their words about why."""
    for event in row.events.all():
        _silence(event)


def _silence_disclosures_of(names: set[str]) -> None:
    """Do the same for what belongs to no request, by what the record calls it: details are sealed, so read them all."""
    for event in Event.objects.filter(request=None, name__in=DISCLOSING) if names else ():
        if readable(event, "detail", {}).get("on") in names:
            _silence(event)


def _silence(event: Event) -> None:
    told = readable(event, "detail", {})
    event.detail = {name: value for name, value in told.items() if name not in {"reason", "note"}}
    event.save(update_fields=["detail"])


def forget_address(address: str) -> None:
    """Take an address off what belongs to others by now, what was mailed there and who came by that; and off files."""
    for model in (AccessLink, Holder):
        find_addressed(QuerySet(model).filter(request__erasure=None), address, by="address").delete()
    mails = find_addressed(Mail.objects.filter(request__erasure=None), address, by="to_key")
    mails.update(to="", mailbox="")
    forget_person(address)


def waiting_erasures() -> Iterator[tuple[Erasure, Hindrance | None]]:
    """Give the erasures that wait, the oldest first, each with what it waits for."""
    for erasure in Erasure.objects.filter(done_at=None).select_related("request").order_by("asked_at")[:BATCH]:
        yield erasure, hindrance_of(erasure.request)


@receiver(state_changed)
def erase_again(request: OnboardingRequest, **_signal: object) -> None:
    """Have erased anew what an answer of the platform, long after its time, brought back."""
    if request.reduced_at:
        Erasure.objects.filter(request=request).update(done_at=None)
