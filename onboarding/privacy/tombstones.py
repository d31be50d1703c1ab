"""Marks of what was erased, as hashes: kept outside of the database, they make a restored backup forget again."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.dateparse import parse_datetime

from onboarding.lib.addresses import find_key
from onboarding.request.models import OnboardingRequest

from .models import Tombstone

Kind = Tombstone.Kind
HASH_LENGTH = 64


class UnreadableLine(ValueError):
    """A line that no tombstone was written to."""


@dataclass(frozen=True)
class Mark:
    """One tombstone, as a line of a file has it."""

    kind: str
    sha256: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256} {self.at.isoformat(timespec='seconds')}"

    @classmethod
    def read(cls, line: str) -> "Mark":
        """Read a line.

        Raises: UnreadableLine.
        """
        kind, sha256, at = (*line.split(), "", "", "")[:3]
        moment = parse_datetime(at)
        if kind not in Kind.values or len(sha256) != HASH_LENGTH or moment is None or moment.tzinfo is None:
            raise UnreadableLine(line.strip())
        return cls(kind, sha256, moment)


def hash_reference(reference: str) -> str:
    """Hash a reference, which nobody can guess."""
    return hashlib.sha256(reference.encode()).hexdigest()


def hash_address(address: str, key: str | bytes | None = None) -> str:
    """Hash an address with a secret key, ours unless told: addresses can be guessed."""
    return salted_hmac("onboarding.tombstone", find_key(address), secret=key, algorithm="sha256").hexdigest()


def hashes_of(address: str) -> set[str]:
    """Return what an address was hashed to, now and with the secret keys of before."""
    return {hash_address(address, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)}


def mark_request(request: OnboardingRequest) -> None:
    """Mark a request as erased."""
    keep([Mark(Kind.REQUEST, hash_reference(request.reference), timezone.now())])


def mark_address(address: str) -> None:
    """Mark an address as erased: what was written about it until now."""
    if find_key(address):
        keep([Mark(Kind.ADDRESS, hash_address(address), timezone.now())])


def latest(found: Iterable[Mark]) -> list[Mark]:
    """Return each mark once, with its latest moment."""
    by_time = sorted(found, key=lambda mark: mark.at)
    return list({(mark.kind, mark.sha256): mark for mark in by_time}.values())


def keep(found: Iterable[Mark]) -> None:
    """Store marks; one that is there already gets the moment of this one, unless its own is later."""
    marks_of = latest(found)
    rows = [Tombstone(kind=mark.kind, sha256=mark.sha256, at=mark.at) for mark in marks_of]
    Tombstone.objects.bulk_create(rows, ignore_conflicts=True)
    for mark in marks_of:
        Tombstone.objects.filter(kind=mark.kind, sha256=mark.sha256, at__lt=mark.at).update(at=mark.at)


def marks() -> Iterator[Mark]:
    """Give all marks, the oldest first."""
    for row in Tombstone.objects.order_by("at", "pk").iterator():
        yield Mark(row.kind, row.sha256, row.at)
