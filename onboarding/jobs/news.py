"""Whether anything was written to the database: one cheap statement tells, whichever tables there are to look at."""

import time
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

    def look(self) -> None:
        """Count on if others wrote something, or if that cannot be told because the connection is another one."""
        if time.monotonic() < self.rests_until:
            return
        try:
            state = _ask()
        except Error:  # the server may have ended a connection that nobody used; it is opened anew
            connection.close()
            state = _ask()
        told = (connection.connection, state)
        if told != self.told:
            self.note()
        self.told = told

    def rest(self, seconds: float) -> None:
        """Take it that something was written, and ask again after a while only: it could not be asked."""
        self.rests_until = time.monotonic() + seconds
        self.note()

    def note(self) -> None:
        """Count on for what this connection itself may have written."""
        self.count += 1


def _ask() -> object:
    with connection.cursor() as cursor:
        cursor.execute(ASK[connection.vendor])
        return cursor.fetchone()[0]
