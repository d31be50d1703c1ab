"""How work waits in our tables: a row is due at a moment, and one worker at a time holds a lease on it.

Requests, mails, webhooks and bulk jobs share these columns and verbs. A worker claims rows by a conditional update,
does its work outside of any transaction, and writes the outcome only while the lease is still its own. One that was
stopped for longer than its lease finds it gone when it comes back, and writes nothing; what a dead one held is due
again once its lease is over.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# What lets go of a row, for those who write by `update`.
RELEASED: dict[str, Any] = {"lease": "", "lease_expires_at": None}
# No lease is taken or renewed for longer.
LONGEST_HOLD = timedelta(hours=1)


class LeaseLost(Exception):
    """Another worker took over; the outcome at hand must not be written."""


class Lease(models.Model):
    """A row that is work for later. Nothing is left to do when `due_at` is empty."""

    due_at = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=32, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text=_("Calls in a row without a usable answer"))

    # Columns too large to be read each time the row is locked.
    HEAVY: ClassVar[Sequence[str]] = ()
    # No row waits for longer: whoever answers us may ask for a day.
    LONGEST_WAIT: ClassVar[timedelta] = timedelta(hours=24, minutes=30)

    class Meta:
        abstract = True

    @classmethod
    def _rows(cls) -> QuerySet[Self]:
        return cls._default_manager.all()

    @classmethod
    def due(cls, now: datetime) -> QuerySet[Self]:
        """Return the rows that are due and that no worker holds."""
        return cls._rows().filter(is_free(now), due_at__lte=now)

    @classmethod
    def next_due(cls) -> datetime | None:
        """Return when the first row is due, whoever holds it; None when nothing is left to do."""
        return cls._rows().filter(due_at__isnull=False).order_by("due_at").values_list("due_at", flat=True).first()

    @classmethod
    def bring_back(cls) -> int:
        """Make due what waits, or is held, for longer than anything is: a clock was wrong. Returns how many rows."""
        now = timezone.now()
        waiting = cls._rows().filter(due_at__gt=now + cls.LONGEST_WAIT)
        held = cls._rows().filter(is_held(), lease_expires_at__gt=now + LONGEST_HOLD)
        return waiting.update(due_at=now) + held.update(**RELEASED)

    @classmethod
    def claim(cls, rows: QuerySet[Self], *, holds: timedelta, limit: int = 1) -> str:
        """Lease the first of these rows, all under one token, and return that; "" when there are none.

        `holds`: longer than what they are claimed for can take. Rows that another transaction is at are left to it.
        """
        if not rows.exists():  # on SQLite the transaction below would hold up everybody who writes
            return ""
        token = secrets.token_hex(8)
        with transaction.atomic():
            keys = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
            leased = {"lease": token, "lease_expires_at": timezone.now() + holds}
            return token if cls._rows().filter(pk__in=keys).update(**leased) else ""

    @classmethod
    def begin(cls, token: str, *, holds: timedelta) -> QuerySet[Self]:
        """Give the rows that were claimed with a token, once, and hold them from now on.

        Whoever comes with it for the second time, or when the lease is over, finds none.
        """
        now, fresh = timezone.now(), secrets.token_hex(8)
        cls.held_by(token).filter(lease_expires_at__gt=now).update(lease=fresh, lease_expires_at=now + holds)
        return cls.held_by(fresh)

    @classmethod
    def held_by(cls, token: str) -> QuerySet[Self]:
        """Return the rows with this token, by the index of those that are held."""
        return cls._rows().filter(is_held(), lease=token)

    @classmethod
    def renew(cls, claimed: Sequence[Self], *, holds: timedelta, unless_left: timedelta) -> None:
        """Hold on for longer to rows that were claimed together, unless the lease outlasts so much time as it is."""
        now, first = timezone.now(), claimed[0]
        if first.lease_expires_at and first.lease_expires_at - now > unless_left:
            return
        expires_at = now + holds
        ours = cls._rows().filter(pk__in=[row.pk for row in claimed], lease=first.lease)
        ours.update(lease_expires_at=expires_at)
        for row in claimed:
            row.lease_expires_at = expires_at

    @contextmanager
    def held(self, *, release: bool = True) -> Iterator[Self]:
        """Give the row, locked and fresh, in a transaction of its own; save it at the end, and let it go.

        Raises: LeaseLost when the claim is no longer ours; then nothing is written.
        """
        with transaction.atomic():
            rows = self._rows().select_for_update().defer(*self.HEAVY)
            row = rows.filter(pk=self.pk, lease=self.lease).first() if self.lease else None
            if row is None:
                raise LeaseLost(f"{self._meta.model_name} {self.pk}")
            yield row
            if release:
                row.let_go()
            row.save()

    def write(self, **outcome: Any) -> bool:
        """Write the outcome, and let go, by one statement; False, and nothing written, when the lease is not ours."""
        ours = self._rows().filter(pk=self.pk, lease=self.lease)
        return bool(ours.update(**RELEASED | outcome))

    def let_go(self) -> None:
        """Hold it no longer: whoever is at it finds its lease lost. The caller saves."""
        for name, value in RELEASED.items():
            setattr(self, name, value)


def is_held() -> Q:
    return Q(lease__gt="")


def held_index(name: str) -> models.Index:
    """Return the index that finds a claim by its token, however many rows there are that nobody holds."""
    return models.Index(fields=["lease"], condition=is_held(), name=name)


def is_free(now: datetime) -> Q:
    """Match the rows that no worker holds."""
    return Q(lease_expires_at=None) | Q(lease_expires_at__lte=now)
