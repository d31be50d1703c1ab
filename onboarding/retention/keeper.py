"""Letting go of what is old: in batches, each a short transaction of its own with the count of what went.

Safe to stop at any moment, to repeat, and to run twice at once: a batch goes whole or not at all, and what another
transaction is at is left to it.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from onboarding.lib import faults

from .kinds import BATCH, Kind, kinds
from .models import Departure

# Other chores wait meanwhile; what is left has its turn the next time.
LONGEST_SECONDS = 10.0
# More is not counted for a page.
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Standing:
    """How a kind stands: how many are to go, up to `MOST_COUNTED` and one, and when how many went the last time."""

    kind: Kind
    waiting: int
    last: Departure | None

    @property
    def counted(self) -> int:
        return min(self.waiting, MOST_COUNTED)

    @property
    def is_more(self) -> bool:
        return self.waiting > MOST_COUNTED


def keep() -> None:
    """Let go of what is old, of every kind, for some seconds at most: the worker's duty."""
    ends_at = time.monotonic() + LONGEST_SECONDS
    for kind in kinds():
        with faults.contained("retention"):
            while let_go(kind) == BATCH and time.monotonic() < ends_at:
                pass


def let_go(kind: Kind) -> int:
    """Let one batch of a kind go, and count it. Returns how many went."""
    now = timezone.now()
    if not kind.waiting(now).values_list("pk")[:1]:  # on SQLite a transaction would hold up everybody who writes
        return 0
    with transaction.atomic():
        old = kind.waiting(now).select_for_update(skip_locked=True, of=("self",))
        keys = list(old.values_list("pk", flat=True)[:BATCH])
        if keys:
            kind.go(keys) if kind.go else QuerySet(old.model).filter(pk__in=keys).delete()
            _count(kind.name, len(keys), now)
    return len(keys)


def survey(now: datetime) -> list[Standing]:
    """Say of every kind how it stands, at the price of two bounded queries each."""
    return [Standing(kind, kind.waiting(now)[: MOST_COUNTED + 1].count(), _last_of(kind)) for kind in kinds()]


def _last_of(kind: Kind) -> Departure | None:
    return Departure.objects.filter(kind=kind.name).order_by("-day").first()


def _count(name: str, times: int, now: datetime) -> None:
    key = {"kind": name, "day": timezone.localdate(now)}
    Departure.objects.bulk_create([Departure(**key, last_at=now)], ignore_conflicts=True)
    Departure.objects.filter(**key).update(times=F("times") + times, last_at=now)
