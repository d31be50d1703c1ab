"""Making a restored backup forget again what was erased since it was made."""

from collections.abc import Iterable

from onboarding.catalogue.wish_models import Wish
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.lib.sealed_fields import readable
from onboarding.request.models import OnboardingRequest

from . import erasure, tombstones
from .tombstones import Kind, Mark

BY_BACKUP = ConsentAct("", channel=Consent.Channel.SYSTEM)


def forget_again(marks: Iterable[Mark]) -> tuple[int, int]:
    """Have erased again whatever of these marks the database has; returns how many requests, and how many wishes.

    Harmless to repeat. Needs one pass through all requests: their references are hashed to be compared.
    """
    found = list(marks)
    count = sum(erasure.ask(row, BY_BACKUP) for row in _requests({m.sha256 for m in found if m.kind == Kind.REQUEST}))
    wishes = _wishes({mark.sha256: mark for mark in found if mark.kind == Kind.ADDRESS})
    count_wishes = erasure.erase_wishes(Wish.objects.filter(pk__in=wishes))
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
        if any(
            wish.created_at <= erased[sha256].at
            for sha256 in tombstones.hashes_of(readable(wish, "contact_email", "")) & erased.keys()
        )
    ]
