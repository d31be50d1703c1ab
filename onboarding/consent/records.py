"""Records of consent: one for each act, chained by their hashes, never changed; and the texts that they quote."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.dispatch import Signal
from django.utils import timezone

from onboarding.branding import brand
from onboarding.lib.sealed_fields import readable
from onboarding.request.models import OnboardingRequest

from . import texts
from .models import Consent, ConsentText
from .texts import ConsentWords, controller

# Sent with the `record` in the transaction that stores it. What follows from a consent, or its end, listens.
consent_recorded = Signal()

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


# What nobody did: an end by time, or what follows from something else.
BY_ITSELF = ConsentAct("", channel=Channel.SYSTEM)


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


def record_continued(request: OnboardingRequest, standing: Consent, act: ConsentAct, *, at: datetime) -> Consent:
    """Record that what was agreed to before holds for a new connection of the same device. Needs a transaction."""
    repeated = {name: getattr(standing, name) for name in REPEATED}
    record = Consent(request=request, kind=Kind.CONTINUED, at=at, expires_at=standing.expires_at, **repeated)
    return _store(record, act, None)


def record_end(standing: Consent, kind: Consent.Kind, act: ConsentAct, *, at: datetime) -> Consent:
    """Record that a consent was withdrawn, or that its time is over. Needs a transaction.

    Identifiers that do not open are left out: they do not keep anybody from taking a consent back.
    """
    repeated = {name: readable(standing, name, {}) for name in REPEATED}
    return _store(Consent(request_id=standing.request_id, kind=kind, at=at, **repeated), act, standing)


def newest(request: OnboardingRequest) -> Consent | None:
    return request.consents.order_by("-pk").first()


def _store(record: Consent, act: ConsentAct, previous: Consent | None) -> Consent:
    record.act, record.channel, record.by, record.reason = act.words, act.channel, act.by, act.reason
    record.previous_sha256 = previous.record_sha256 if previous else ""
    record.seal()
    record.save(force_insert=True)
    consent_recorded.send(sender=Consent, record=record)
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


def empty(requests: Collection[int], *, at: datetime) -> None:
    """Empty the records of these requests of the identifiers that they cover."""
    records = Consent.objects.filter(request__in=requests, erased_at=None)
    records.update(attributes={}, reason="", salt="", erased_at=at)
