"""Where the library `limits` keeps its counts unless a setting says otherwise: one table, one statement for a request.

A count is kept by the statement that raises it, so that no thread or process loses one. It is raised in the caller's
transaction, if there is one; refused rows of a window that is over are used again, and `delete_ended` clears them away.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from django.db import Error, connection, transaction
from django.db.models import F
from limits.storage import Storage

from .models import RateLimitCount

TABLE = RateLimitCount._meta.db_table
# An hour after its end nobody asks for a window's end any more.
KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Use:
    """One key to count: how long its window lasts, how much it allows, its place (what comes later waits for what is
    before it), and whose it is.
    """

    key: str
    seconds: int
    most: int
    rank: int = 0
    scope: str = ""


@dataclass(frozen=True)
class Count:
    """How often a key was used in its window, and when that ends, in Unix seconds."""

    count: int
    ends_at: float


class DatabaseStorage(Storage):
    """Keeps fixed windows in the portal's own database."""

    STORAGE_SCHEME = ["database"]

    def __init__(
        self,
        uri: str | None = None,
        wrap_exceptions: bool = False,
        clock: Callable[[], float] | None = None,
        **options: float | str | bool,
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self.clock = clock or (lambda: time.time())

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        return Error

    def use(self, uses: Sequence[Use], amount: int = 1) -> dict[str, Count]:
        """Count all keys by one statement. Returns those that were counted.

        One that comes after a key whose window is full is not.
        """
        now = int(self.clock())
        parts, values = [], []
        for use in uses:
            before = [(other.key, other.most) for other in uses if other.rank < use.rank]
            part, held = _row(use, amount, now, before)
            parts.append(part)
            values += held
        with _savepoint(), connection.cursor() as cursor:
            cursor.execute(_UPSERT % " UNION ALL ".join(parts), [*values, now, now])
            return {key: Count(count, ends_at) for key, count, ends_at in cursor.fetchall()}

    def read(self, keys: Iterable[str]) -> dict[str, Count]:
        """Return the counts of the windows that are open, by key."""
        rows = RateLimitCount.objects.filter(key__in=list(keys), ends_at__gt=int(self.clock()))
        with _savepoint():
            return {row.key: Count(row.count, row.ends_at) for row in rows}

    def give_back(self, keys: Iterable[str]) -> None:
        """Count one less."""
        rows = RateLimitCount.objects.filter(key__in=sorted(keys), ends_at__gt=int(self.clock()), count__gt=0)
        with _savepoint():
            rows.update(count=F("count") - 1)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self.use([Use(key, expiry, amount)], amount)[key].count

    def get(self, key: str) -> int:
        found = self.read([key]).get(key)
        return found.count if found else 0

    def get_expiry(self, key: str) -> float:
        found = self.read([key]).get(key)
        return found.ends_at if found else self.clock()

    def check(self) -> bool:
        try:
            self.read([""])
        except self.base_exceptions:
            return False
        return True

    def reset(self) -> int | None:
        return RateLimitCount.objects.all().delete()[0]

    def clear(self, key: str) -> None:
        RateLimitCount.objects.filter(key=key).delete()


def delete_ended(now: float | None = None) -> int:
    """Delete the windows that ended long enough ago. Returns how many."""
    ended = RateLimitCount.objects.filter(ends_at__lt=int(time.time() if now is None else now) - KEPT_SECONDS)
    return ended.delete()[0]


def hold(key: str) -> None:
    """Let only one transaction at a time go on with this key; for use within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT % "SELECT %s, %s, 1", [key, int(time.time()) + KEPT_SECONDS, 0, 0])
        cursor.fetchall()


def _row(use: Use, amount: int, now: int, before: Sequence[tuple[str, int]]) -> tuple[str, list[str | int]]:
    """Write the row to insert for a key, with its values; none comes of it while a key before it is full."""
    row: list[str | int] = [use.key, now + use.seconds, amount]
    if not before:
        return "SELECT %s, %s, %s", row
    full = " OR ".join(["(key = %s AND count >= %s)"] * len(before))
    gate = f"SELECT 1 FROM {TABLE} WHERE ends_at > %s AND ({full})"  # noqa: S608
    return f"SELECT %s, %s, %s WHERE NOT EXISTS ({gate})", [*row, now, *(value for pair in before for value in pair)]


def _savepoint() -> AbstractContextManager[None]:
    """Let a failing statement spoil no transaction of the caller's; without one it stands alone."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


# A window that is over begins anew.
_UPSERT = (
    f"INSERT INTO {TABLE} (key, ends_at, count) SELECT * FROM (%s) AS fresh WHERE true"  # noqa: S608
    " ON CONFLICT (key) DO UPDATE SET"
    f" count = CASE WHEN {TABLE}.ends_at <= %%s THEN excluded.count ELSE {TABLE}.count + excluded.count END,"
    f" ends_at = CASE WHEN {TABLE}.ends_at <= %%s THEN excluded.ends_at ELSE {TABLE}.ends_at END"
    " RETURNING key, count, ends_at"
)
