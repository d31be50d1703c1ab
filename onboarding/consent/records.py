"""Records of consent: one for each act, chained by their hashes, never changed; and the texts that they quote."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from onboarding.branding import brand
from onboarding.lib.sealed_fields import readable
from onboarding.request import lifecycle
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest

from . import texts
from .models import Consent, ConsentText
from .texts import ConsentWords, controller

Kind, Channel = Consent.Kind, Consent.Channel
# An end repeats what it ends.
REPEATED = (
    *("text_id", "version", "language", "words", "purpose", "controller", "controller_contact"),
    *("type", "manufacturer", "attributes"),
)

# What an erasure empties in the request itself, besides the answers; and with them.
IDENTIFYING = (
    *("contact_email", "browser", "platform_id", "entity_id", "offboarding_id"),
    *("redirect_link", "documentation_link", "own_reference", "return_address", "owner_id", "platform_owner_id"),
)
EMPTIED: dict[str, Any] = {"attributes": {}, "confirmed": {}, "rejections": {}, "errors": []}
EMPTIED |= dict.fromkeys(IDENTIFYING, "")


@dataclass(frozen=True)
class ConsentAct:
    """Who did what: the customer in the portal, unless it says otherwise."""

    words: str
    channel: Consent.Channel = Channel.SELF
    by: str = ""
    reason: str = ""


def record_consent(request: OnboardingRequest, given: ConsentWords, act: ConsentAct, *, at: datetime) -> Consent:
    """Record that the customer agreed to these words for the device as it is answered now. Needs a transaction."""
    previous = newest(request) if request.consented_at else None
    days = given.text.valid_days
    return _store(
        Consent(
            request=request,
            kind=Kind.RENEWED if previous else Kind.GIVEN,
            at=at,
            expires_at=at + timedelta(days=days) if days else None,
            text=given.text if given.text.pk else None,
            version=given.text.version,
            language=given.text.language,
            words=given.words,
            purpose=given.purpose.text,
            controller=controller(),
            controller_contact=brand.current().support_contact,
            type=request.type,
            manufacturer=request.manufacturer,
            attributes=dict(request.attributes),
        ),
        act,
        previous,
    )


def record_end(standing: Consent, kind: Consent.Kind, act: ConsentAct, *, at: datetime) -> Consent:
    """Record that a consent was withdrawn, or that its time is over. Needs a transaction."""
    repeated = {name: getattr(standing, name) for name in REPEATED}
    return _store(Consent(request_id=standing.request_id, kind=kind, at=at, **repeated), act, standing)


def newest(request: OnboardingRequest) -> Consent | None:
    return request.consents.order_by("-pk").first()


def _store(record: Consent, act: ConsentAct, previous: Consent | None) -> Consent:
    record.act, record.channel, record.by, record.reason = act.words, act.channel, act.by, act.reason
    record.previous_sha256 = previous.record_sha256 if previous else ""
    record.seal()
    record.save(force_insert=True)
    return record


def publish(text: ConsentText, *, by: str) -> bool:
    """Make a draft the text that applies from now on; False when it was published already."""
    today = timezone.localdate().isoformat()
    same = ConsentText.objects.filter(language=text.language, type=text.type, manufacturer=text.manufacturer)
    earlier = same.filter(version__startswith=today).count()
    version = f"{today}.{earlier + 1}" if earlier else today
    draft = ConsentText.objects.filter(pk=text.pk, published_at=None)
    is_published = draft.update(version=version, published_at=timezone.now(), published_by=by)
    texts.forget()
    return bool(is_published)


@transaction.atomic
def erase_identifiers(request: OnboardingRequest, *, by: str, reason: str) -> None:
    """Erase what identifies the device and its owner. Hashes, words and times stay, so that consent can be shown.

    Raises: IllegalMove while the request is not over.
    """
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    lifecycle.check_over(State(row.state))
    now, why = timezone.now(), scrub(reason, row)  # while it is known what has to be masked
    empty([row.pk], at=now)
    _erase_words(row)
    row.webhooks.filter(due_at=None).delete()
    row.mails.update(to="", due_at=None)
    row.links.all().delete()
    row.holders.all().delete()
    for name, value in EMPTIED.items():
        setattr(row, name, value)
    row.version += 1
    row.save()
    row.rebuild_keys()
    Event.record(row, Event.Actor.STAFF, "identifiers-erased", by=by, reason=why)


def empty(requests: Collection[int], *, at: datetime) -> None:
    """Empty the records of these requests of the identifiers that they cover."""
    records = Consent.objects.filter(request__in=requests, erased_at=None)
    records.update(attributes={}, reason="", salt="", erased_at=at)


def _erase_words(row: OnboardingRequest) -> None:
    """Take off the timeline what others wrote: reasons, and what was said to the platform, masked as it is."""
    for event in row.events.exclude(detail=""):
        told = readable(event, "detail", {})
        erased = {name: "…" for name in ("reason", "message", "note") if name in told}
        left = {name: value for name, value in told.items() if name != "exchange"} | erased
        if left != told or not told:
            event.detail = left
            event.save(update_fields=["detail"])
