"""Whether anything was written to the database: one cheap statement tells, whichever tables there are to look at."""

import time
from collections.abc import Callable
from typing import Any

from django.db import Error, connection

# On SQLite a number of this connection that others' commits change; on PostgreSQL the transactions that can be seen
# by now, which changes at the very moment at which what one wrote can be seen.
ASK = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}


class News:
    """Counts the times at which something had been written since the time before."""

    def __init__(self) -> None:
        self.count = 0
        self.told: tuple[Any, Any] = (None, None)
        self.rests_until = 0.0

    @property
    def is_resting(self) -> bool:
        """Tell whether the database could not be asked a moment ago."""
        return time.monotonic() < self.rests_until

    def look(self) -> None:
        """Count on if others wrote something, or if that cannot be told because the connection is another one."""
        if self.is_resting:
            return
        try:
            told = _ask()
        except Error:  # the server may have ended a connection that nobody used; it is opened anew
            connection.close()
            told = _ask()
        if told != self.told:
            self.note()
        self.told = told

    def write_quietly(self, write: Callable[[], object]) -> None:
        """Write something by one statement that is no news; what others write meanwhile is."""
        self.look()
        write()
        told = _ask()
        if told not in (self.told, _after_one_write(self.told)):
            self.note()
        self.told = told

    def rest(self, seconds: float) -> None:
        """Take it that something was written, and ask again after a while only: it could not be asked."""
        self.rests_until = time.monotonic() + seconds
        self.note()

    def note(self) -> None:
        """Count on for what this connection itself may have written."""
        self.count += 1


def _ask() -> tuple[Any, Any]:
    with connection.cursor() as cursor:
        cursor.execute(ASK[connection.vendor])
        (state,) = cursor.fetchone()
    return connection.connection, state


def _after_one_write(told: tuple[Any, Any]) -> tuple[Any, Any]:
    """Foretell what is told after one write of this connection, if nobody else is writing.

    SQLite tells a connection nothing of its own; a snapshot of PostgreSQL is "first open:next:open,open", and the next
    number is taken.
    """
    opened, state = told
    first, _, rest = str(state).partition(":")
    if rest != f"{first}:":
        return told
    return opened, f"{int(first) + 1}:{int(first) + 1}:"
