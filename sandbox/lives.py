"""What an entity does once it is connected, as pure functions of the time that has passed.

Nothing is stored: readings come by the clock, from the moment of the connection on. A life says when they stop, when
they come again, and when the entity is there no more. Counts are steps since the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sandbox.rules import NEVER, Behaviour, steps_to_success

FIRST_DATA_AFTER = 2
DATA_EVERY = 2
EVER = datetime.min.replace(tzinfo=UTC)
# How often readings come when steps have no length.
SHORTEST_INTERVAL = timedelta(seconds=1)
# After so many steps something happens to an entity whose life is not the plain one.
A_WHILE = 10
A_SILENCE = 30
A_SHORT_MANDATE = 20
A_MANDATE = timedelta(days=45)
A_SLIP_EVERY = 3


class Standing(StrEnum):
    """What an entity answers whoever asks for it: 200, 404 or 403."""

    CONNECTED = "connected"
    GONE = "gone"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without readings; without `until` it lasts. Readings at its very beginning and end still come."""

    since: datetime
    until: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        return self.since < moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class Life:
    """How an entity goes on, told as differences from the plain way: readings without end. Counts are steps.

    `slips_every`: so many calls about it, and one of them does not find it. A mandate's end is told, in steps or in
    days; then no readings come any more.
    """

    has_data: bool = True
    quiet_after: int = NEVER
    flows_again_after: int = NEVER
    ends_after: int = NEVER
    ends_as: Standing = Standing.GONE
    mandate_steps: int = NEVER
    mandate: timedelta | None = None
    slips_every: int = 0


LIVES: dict[str, Life] = {
    "flowing": Life(),
    "without-data": Life(has_data=False),
    "quiet": Life(quiet_after=A_WHILE),
    "quiet-for-a-while": Life(quiet_after=A_WHILE, flows_again_after=A_WHILE + A_SILENCE),
    "gone": Life(ends_after=A_WHILE),
    "revoked": Life(ends_after=A_WHILE, ends_as=Standing.REVOKED),
    "slipping": Life(slips_every=A_SLIP_EVERY),
    "short-mandate": Life(mandate_steps=A_SHORT_MANDATE),
    "mandate": Life(mandate=A_MANDATE),
}
FLOWING = "flowing"


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


def find_life(name: str) -> Life:
    """Find a life; what nobody has heard of goes the plain way."""
    return LIVES.get(name, LIVES[FLOWING])


def standing(life: Life, connected_at: datetime, step: timedelta, now: datetime) -> Standing:
    """Say whether an entity is there for whoever asks."""
    ends_at = after(connected_at, life.ends_after, step)
    return life.ends_as if ends_at and ends_at <= now else Standing.CONNECTED


def silences(life: Life, connected_at: datetime, step: timedelta) -> tuple[Silence, ...]:
    """Say when a life has no readings."""
    found = [] if life.has_data else [Silence(EVER)]
    quiet_at = after(connected_at, life.quiet_after, step)
    if quiet_at:
        found.append(Silence(quiet_at, after(connected_at, life.flows_again_after, step)))
    ends = (valid_until(life, connected_at, step), after(connected_at, life.ends_after, step))
    return (*found, *(Silence(end) for end in ends if end))


def valid_until(life: Life, connected_at: datetime, step: timedelta) -> datetime | None:
    """Say when the mandate ends by which an entity is connected; None when it has no end."""
    return connected_at + life.mandate if life.mandate else after(connected_at, life.mandate_steps, step)


def after(moment: datetime, steps: int, step: timedelta) -> datetime | None:
    return moment + steps * step if steps < NEVER else None


def connected_at(behaviour: Behaviour, created_at: datetime, allowed_at: datetime | None, step: timedelta) -> datetime:
    """Tell when a request succeeded that did: by nobody's act, by itself, or by what was answered at the maker's."""
    begun = [] if behaviour.action else [created_at]
    if behaviour.action and behaviour.approves_after < NEVER:
        begun.append(created_at + behaviour.approves_after * step)
    if behaviour.action and behaviour.hears_answer and allowed_at:
        begun.append(allowed_at)
    return min(begun) + steps_to_success(behaviour) * step
