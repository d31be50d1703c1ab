"""What a look at a connected device means. Pure: a record goes in, another one comes out, and what happened by it.

A device is quiet when it is silent for longer than it ever was and than is usual for its kind. One that is not found,
or that we may not see, is there until several answers, each a day after the one before, said so while others were seen.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, auto

from onboarding.request.lifecycle import Health

DAY = timedelta(days=1)
# Longer than this, a device is silent for longer than is usual: until its own kind, or itself, taught otherwise.
SILENCES = {
    "SmartMeter": 2 * DAY,
    "RetrofitMeter": 2 * DAY,
    "PV": 3 * DAY,  # nights, and snow
    "EV": 21 * DAY,  # a car that nobody drives
}
SILENCE_OF_OTHERS = 7 * DAY
# Beyond so many times the longest silence that it came back from by itself; and what it can teach is at most so many
# times what is shipped: one that was away for half a year is looked after all the same.
TIMES_ITS_OWN, MOST_TIMES = 1.5, 3
# After so long a second look tells whether its owner is told.
TOLD_AFTER = timedelta(hours=5, minutes=30)
# So many answers, each so long after the one before, are believed, as far as other devices were seen meanwhile; without
# others it takes more. The second makes it seem gone.
APART, BELIEVED, BELIEVED_ALONE = DAY, 3, 7
# A clock may be wrong, and a maker's cloud keeps what was before.
TOLERANCE = timedelta(minutes=5)


class Happening(StrEnum):
    """What a look brought to light, in the order in which it is told."""

    FIRST_DATA = auto()
    TURNED_QUIET = auto()
    FLOWS_AGAIN = auto()  # after it was quiet
    FOUND_AGAIN = auto()  # after it seemed gone, and nobody heard of that
    SEEMS_GONE = auto()
    TELL_QUIET = auto()
    ENDED_ELSEWHERE = auto()


class Others(StrEnum):
    """How other devices answered lately."""

    SEEN = auto()
    MISSED = auto()  # most of them were not found either, or nobody knows: it is not about this one
    NONE = auto()  # there are no others, and the platform is well by all else


@dataclass(frozen=True)
class Usual:
    """What is usual for a type and manufacturer; `is_maker_silent`: so many are quiet that it is not about one."""

    silence: timedelta
    is_maker_silent: bool = False


@dataclass(frozen=True)
class Sight:
    """What the platform has of a device: when it sent data last, and whether it is online, if it says so."""

    data_at: datetime | None = None
    is_online: bool | None = None


@dataclass(frozen=True)
class Record:
    """What is known of a device; the columns of `Device` by the same names."""

    health: Health
    health_since: datetime
    connected_at: datetime
    looked_at: datetime | None = None
    is_online: bool | None = None
    first_data_at: datetime | None = None
    last_data_at: datetime | None = None
    longest_silence: int = 0
    quiet_since: datetime | None = None
    spells: int = 0
    told_quiet_at: datetime | None = None
    misses: int = 0
    missed_at: datetime | None = None


type Outcome = tuple[Record, tuple[Happening, ...]]


def usual_silence(type: str) -> timedelta:
    """Say how long a device of a type may be silent, before its own kind taught otherwise."""
    return SILENCES.get(type, SILENCE_OF_OTHERS)


def longest_usual(record: Record, usual: Usual) -> timedelta:
    """Say how long this device may be silent."""
    own = timedelta(seconds=record.longest_silence) * TIMES_ITS_OWN
    return max(usual.silence, min(own, usual.silence * MOST_TIMES))


def seen(record: Record, sight: Sight, usual: Usual, now: datetime) -> Outcome:
    """Conclude from a look at which the device was there."""
    is_new = _is_new(record, sight, now)
    looked = replace(
        record,
        looked_at=now,
        is_online=sight.is_online,
        last_data_at=sight.data_at if is_new else record.last_data_at,
        longest_silence=_learnt(record, usual) if is_new else record.longest_silence,
        misses=0,
        missed_at=None,
    )
    if looked.first_data_at is None:
        return _waited(looked, now)
    is_silent = now - (looked.last_data_at or looked.first_data_at) > longest_usual(looked, usual)
    if is_silent or (record.quiet_since and not is_new):
        return _silent(looked, usual, now)
    return _flowing(looked, now)


def missed(record: Record, others: Others, usual: Usual, now: datetime) -> Outcome:
    """Conclude from a look at which the platform did not find the device, or did not let us see it."""
    looked = replace(record, looked_at=now)
    if record.missed_at and -APART < now - record.missed_at < APART:  # further ahead, a clock was wrong
        return looked, ()
    is_about_many = others == Others.MISSED or usual.is_maker_silent  # then it counts for nothing later either
    looked = replace(looked, misses=0 if is_about_many else record.misses + 1, missed_at=now)
    if record.missed_at and looked.health != Health.GONE:
        return replace(looked, health=Health.GONE, health_since=now), (Happening.SEEMS_GONE,)
    enough = BELIEVED_ALONE if others == Others.NONE else BELIEVED
    return looked, (Happening.ENDED_ELSEWHERE,) if looked.misses >= enough else ()


def _is_new(record: Record, sight: Sight, now: datetime) -> bool:
    """Tell whether there is data that we did not know of: since it was connected, and not from a far future."""
    if sight.data_at is None or not record.connected_at - TOLERANCE <= sight.data_at <= now + TOLERANCE:
        return False
    return record.last_data_at is None or sight.data_at > record.last_data_at


def _learnt(record: Record, usual: Usual) -> int:
    """Say how long it was silent, as far as we saw, before it sent data by itself; an outage teaches nothing."""
    if usual.is_maker_silent or record.missed_at or not record.looked_at or not record.last_data_at:
        return record.longest_silence
    return max(record.longest_silence, int((record.looked_at - record.last_data_at).total_seconds()))


def _waited(looked: Record, now: datetime) -> Outcome:
    if looked.last_data_at:
        first = max(looked.last_data_at, looked.connected_at)
        flowing = replace(looked, first_data_at=first, health=Health.FLOWING, health_since=now)
        return flowing, (Happening.FIRST_DATA,)
    if looked.health != Health.WAITING:
        return replace(looked, health=Health.WAITING, health_since=now), (Happening.FOUND_AGAIN,)
    return looked, ()


def _flowing(looked: Record, now: datetime) -> Outcome:
    if looked.health == Health.FLOWING:
        return looked, ()
    told = Happening.FLOWS_AGAIN if looked.quiet_since else Happening.FOUND_AGAIN
    return replace(looked, health=Health.FLOWING, health_since=now, quiet_since=None), (told,)


def _silent(looked: Record, usual: Usual, now: datetime) -> Outcome:
    if looked.quiet_since is None:
        quiet = replace(looked, health=Health.QUIET, health_since=now, quiet_since=now, spells=looked.spells + 1)
        return quiet, (Happening.TURNED_QUIET,)
    if looked.health != Health.QUIET:  # it seemed gone meanwhile
        return replace(looked, health=Health.QUIET, health_since=now), (Happening.FOUND_AGAIN,)
    is_told = looked.told_quiet_at is not None and looked.told_quiet_at >= looked.quiet_since
    if is_told or usual.is_maker_silent or now - looked.quiet_since < TOLD_AFTER:
        return looked, ()
    return replace(looked, told_quiet_at=now), (Happening.TELL_QUIET,)
