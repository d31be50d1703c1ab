"""When a worker looks at a connected device again. Pure: times are passed in, chance too.

A call to the platform for each device and day is what all of this may cost, and half of one more.
"""

from datetime import datetime, timedelta

from onboarding.request.lifecycle import Health
from onboarding.request.schedule import BackOff

from .judgement import DAY, Record

HOUR = timedelta(hours=1)

# The first look, so soon after it was connected.
FIRST_LOOK = timedelta(minutes=5)
# From so many of one kind on that are due at once, the platform's list may serve them in pages.
MANY = 20

type Intervals = tuple[tuple[timedelta, timedelta], ...]

# (so long after it was connected, or fell quiet, the interval until then); the last one goes on for ever.
WAITING: Intervals = (
    (timedelta(minutes=20), timedelta(minutes=5)),
    (2 * HOUR, timedelta(minutes=30)),
    (12 * HOUR, 3 * HOUR),
    (2 * DAY, 6 * HOUR),
    (7 * DAY, DAY),
    (30 * DAY, 3 * DAY),
    (timedelta.max, 7 * DAY),
)
# The first one tells whether it is quiet indeed, before anybody hears of it.
QUIET: Intervals = ((5 * HOUR, 6 * HOUR), (14 * DAY, DAY), (60 * DAY, 3 * DAY), (timedelta.max, 7 * DAY))
# What is not found is believed by answers that lie a day apart.
MISSING: Intervals = ((10 * DAY, DAY), (timedelta.max, 4 * DAY))
FLOWING = 36 * HOUR
# So that they do not all come at once.
SPREAD = 0.1
# A look that brought no answer at all.
TROUBLE = BackOff((*(timedelta(minutes=10) * 2**n for n in range(6)), 6 * HOUR))


def wait_after(record: Record, now: datetime, *, chance: float) -> timedelta:
    """Return the wait until the next look at a device of which this is known by now."""
    return until_next_look(
        record.health,
        age=now - record.connected_at,
        quiet_for=now - (record.quiet_since or now),
        missing_for=now - record.missed_at + DAY * max(0, record.misses - 1) if record.missed_at else None,
        chance=chance,
    )


def until_next_look(
    health: Health, *, age: timedelta, quiet_for: timedelta, missing_for: timedelta | None, chance: float
) -> timedelta:
    """Return the wait until the next look.

    `age` since it was connected; `quiet_for` since it fell quiet; `missing_for` since it was not found, None when it is
    there; `chance` in [0, 1) makes the wait a little longer, never shorter.
    """
    if missing_for is not None:
        wait = _pick(MISSING, missing_for)
    elif health == Health.WAITING:
        wait = _pick(WAITING, age)
    elif health == Health.QUIET:
        wait = _pick(QUIET, quiet_for)
    else:
        wait = FLOWING
    return wait * (1 + SPREAD * chance)


def _pick(intervals: Intervals, passed: timedelta) -> timedelta:
    return next(interval for limit, interval in intervals if passed < limit)
