"""Whether this machine's clock agrees with the database's, by which all workers agree on what is due."""

import logging
import time
from datetime import timedelta

from django.db import connection

logger = logging.getLogger(__name__)

# Machines that follow NTP are milliseconds apart; what is due is not so exact that less than this did harm.
MOST_APART = timedelta(seconds=60)
EVERY_SECONDS, WHILE_WRONG_SECONDS = 15.0, 1.0
JUMP_SECONDS = 2.0


def seconds_ahead() -> float:
    """Return by how many seconds our clock is at least ahead of the database's; below 0 when it is behind.

    0 while nothing is certain but the time that the question took, and on SQLite, which has no clock but ours.
    """
    if connection.vendor == "sqlite":
        return 0.0
    with connection.cursor() as cursor:
        asked_at = time.time()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        theirs, heard_at = float(cursor.fetchone()[0]), time.time()
    return max(asked_at - theirs, 0.0) or min(heard_at - theirs, 0.0)


def agrees() -> bool:
    """Tell whether what is due here is due for the others too."""
    return abs(seconds_ahead()) <= MOST_APART.total_seconds()


class Evenness:
    """For how long our clock has gone on evenly, as far as was looked: one that jumps is yet to be set right."""

    def __init__(self) -> None:
        self.set_to = self.since = 0.0

    @property
    def seconds(self) -> float:
        set_to, now = time.time() - time.monotonic(), time.monotonic()
        if abs(set_to - self.set_to) >= JUMP_SECONDS:
            self.since = now
        self.set_to = set_to
        return now - self.since


class Clock:
    """A worker's view of its machine's clock: looked at now and then, and at once after each jump."""

    def __init__(self) -> None:
        self.is_right: bool | None = None  # not compared yet
        self.looks_at = self.set_to = 0.0

    def look(self) -> None:
        """Compare the clocks, unless it was done a moment ago and ours went on evenly since; say when that changes."""
        set_to = time.time() - time.monotonic()
        is_even = abs(set_to - self.set_to) < JUMP_SECONDS
        if is_even and time.monotonic() < self.looks_at:
            return
        was_right, self.is_right, self.set_to = self.is_right, agrees(), set_to
        self.looks_at = time.monotonic() + (EVERY_SECONDS if self.is_right else WHILE_WRONG_SECONDS)
        if was_right is not False and not self.is_right:
            logger.error("This machine's clock is a minute or more apart from the database's. Nothing is done until "
                         "they agree: let both machines follow NTP.")  # fmt: skip
        if self.is_right and was_right is False:
            logger.warning("This machine's clock agrees with the database's again.")
