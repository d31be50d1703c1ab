"""Rows that staff seldom change and every page needs: each process reads them once in a while, and remembers them."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache

# The primary key of a model's one row.
ONLY = 1
# A change that another process stored arrives within so long.
SECONDS = 10


@dataclass(frozen=True)
class Cached[Value]:
    """What this process read last, under a key of its own; never None."""

    key: str

    def get(self, read: Callable[[], Value]) -> Value:
        """Return what is remembered, else read it. Raises: whatever `read` raises; then nothing is remembered."""
        known = self.known()
        return self.keep(read()) if known is None else known

    def known(self) -> Value | None:
        found: Value | None = cache.get(self.key)
        return found

    def keep(self, value: Value) -> Value:
        cache.set(self.key, value, SECONDS)
        return value

    def forget(self) -> None:
        """Have it read anew, after it was changed."""
        cache.delete(self.key)
