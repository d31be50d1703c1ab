"""What an entity does once it is connected, as pure functions of the time that has passed.

Nothing is stored: readings come by the clock, from the moment of the connection on. A life says when they stop, when
they come again, and when the entity is there no more. Counts are steps since the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.rules import NEVER, Behaviour, steps_to_success

FIRST_DATA_AFTER = 2
DATA_EVERY = 2
# How often readings come when steps have no length.
SHORTEST_INTERVAL = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without readings; without `until` it lasts. Readings at its very beginning and end still come."""

    since: datetime
    until: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        return self.since < moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Flow:
    """When readings come: at `first`, and then regularly, but for the silences."""

    first: datetime
    every: timedelta
    silences: tuple[Silence, ...] = ()

    def is_silent(self, moment: datetime) -> bool:
        return self._silence_at(moment) is not None

    def last(self, now: datetime) -> datetime | None:
        """Find the newest reading; None when there has been none."""
        moment = now
        while moment >= self.first:
            found = self.first + (moment - self.first) // self.every * self.every
            silence = self._silence_at(found)
            if silence is None:
                return found
            moment = silence.since
        return None

    def between(self, start: datetime, now: datetime) -> Iterator[datetime]:
        """Go through the readings from `start` on, the oldest first."""
        moment = self._next(max(start, self.first)) if start <= now else None
        while moment is not None and moment <= now:
            silence = self._silence_at(moment)
            if silence is None:
                yield moment
                moment += self.every
            else:
                moment = self._next(silence.until) if silence.until else None

    def number(self, moment: datetime) -> int:
        """Count the intervals before a reading."""
        return (moment - self.first) // self.every

    def _next(self, moment: datetime) -> datetime:
        return self.first - (self.first - moment) // self.every * self.every

    def _silence_at(self, moment: datetime) -> Silence | None:
        return next((silence for silence in self.silences if silence.covers(moment)), None)


def flow(connected_at: datetime, step: timedelta, silences: tuple[Silence, ...] = ()) -> Flow:
    """Say when the readings of an entity come that was connected then."""
    every = DATA_EVERY * step or SHORTEST_INTERVAL
    return Flow(connected_at + FIRST_DATA_AFTER * step, every, silences)


def connected_at(behaviour: Behaviour, created_at: datetime, allowed_at: datetime | None, step: timedelta) -> datetime:
    """Tell when a request succeeded that did: by nobody's act, by itself, or by what was answered at the maker's."""
    begun = [] if behaviour.action else [created_at]
    if behaviour.action and behaviour.approves_after < NEVER:
        begun.append(created_at + behaviour.approves_after * step)
    if behaviour.action and behaviour.hears_answer and allowed_at:
        begun.append(allowed_at)
    return min(begun) + steps_to_success(behaviour) * step
