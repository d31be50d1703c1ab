"""Making a restored backup forget again what was erased since it was made."""

from collections.abc import Iterable
from datetime import datetime

from onboarding.catalogue.wish_models import Wish
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.lib.addresses import find_key
from onboarding.lib.sealed_fields import readable
from onboarding.mail.models import Mail
from onboarding.request.models import OnboardingRequest

from . import erasure, tombstones
from .tombstones import Kind, Mark

BY_BACKUP = ConsentAct("", channel=Consent.Channel.SYSTEM)


def forget_again(marks: Iterable[Mark]) -> tuple[int, int]:
    """Have erased again whatever of these marks the database has; returns how many requests, and how many wishes.

    What an erased address left with requests of others goes, too. Harmless to repeat. Needs one pass through all
    requests, wishes and mails: their references and addresses are hashed to be compared.
    """
    found = tombstones.latest(marks)
    count = sum(erasure.ask(row, BY_BACKUP) for row in _requests({m.sha256 for m in found if m.kind == Kind.REQUEST}))
    addresses = {mark.sha256: mark for mark in found if mark.kind == Kind.ADDRESS}
    count_wishes = erasure.forget_wishes(Wish.objects.filter(pk__in=_wishes(addresses)))
    for address in _written_to(addresses):
        erasure.forget_address(address)
    tombstones.keep(found)
    return count, count_wishes


def _requests(erased: set[str]) -> list[OnboardingRequest]:
    names = OnboardingRequest.objects.filter(erasure=None).values_list("pk", "reference").iterator()
    keys = [pk for pk, reference in names if tombstones.hash_reference(reference) in erased]
    return list(OnboardingRequest.objects.filter(pk__in=keys).only("pk"))


def _wishes(erased: dict[str, Mark]) -> list[int]:
    """Return the wishes of erased addresses, but for those that people made anew since then."""
    return [
        wish.pk
        for wish in Wish.objects.iterator()
        if _is_erased(readable(wish, "contact_email", ""), wish.created_at, erased)
    ]


def _written_to(erased: dict[str, Mark]) -> set[str]:
    """Return the erased addresses to which mails were written before, each as it is compared."""
    mails = Mail.objects.exclude(to="") if erased else Mail.objects.none()
    written = ((readable(mail, "to", ""), mail.queued_at) for mail in mails.iterator())
    return {find_key(address) for address, at in written if _is_erased(address, at, erased)}


def _is_erased(address: str, at: datetime, erased: dict[str, Mark]) -> bool:
    return any(at <= erased[sha256].at for sha256 in tombstones.hashes_of(address) & erased.keys())
