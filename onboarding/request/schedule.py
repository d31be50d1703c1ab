"""When a worker looks at something again. Pure: times are passed in, chance too."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Somebody who polled this recently is still watching: a page that has been open for long asks once a minute.
WATCHED = timedelta(seconds=90)
# Watched: (how long nothing happened, interval between checks).
WATCHED_INTERVALS = (
    (timedelta(minutes=1), timedelta(seconds=2.5)),
    (timedelta(minutes=5), timedelta(seconds=60)),
)
WATCHED_SLOWEST = timedelta(minutes=5)
# Unwatched: (age of the request, interval between checks).
INTERVALS = (
    (timedelta(minutes=2), timedelta(seconds=10)),
    (timedelta(minutes=15), timedelta(minutes=2)),
    (timedelta(hours=2), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(hours=1)),
)
SLOWEST = timedelta(hours=6)
# Nobody waits longer than this without a person looking into it.
LONGEST = timedelta(days=30)
# A webhook is given up after this.
REDELIVERY_LONGEST = timedelta(days=3)


@dataclass(frozen=True)
class BackOff:
    """The waits after one, two, ... failures in a row; the last one after all others. Chance makes them `spread`."""

    waits: tuple[timedelta, ...]
    spread: tuple[float, float] = (0.75, 1.25)

    def after(self, failures: int, *, chance: float, asked: float | None = None) -> timedelta:
        """Return the wait after so many failures, never shorter than the `asked` seconds; `chance` is in [0, 1)."""
        planned = self.waits[min(max(failures, 1), len(self.waits)) - 1]
        least, most = self.spread
        return max(planned * (least + chance * (most - least)), timedelta(seconds=asked or 0))


def _doubling(first: timedelta, slowest: timedelta) -> tuple[timedelta, ...]:
    waits = [first]
    while waits[-1] < slowest:
        waits.append(min(waits[-1] * 2, slowest))
    return tuple(waits)


CALLS = BackOff(_doubling(timedelta(seconds=2), timedelta(minutes=2)))
MAILS = BackOff(_doubling(timedelta(seconds=30), timedelta(hours=2)))
WEBHOOKS = BackOff(
    (
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=3),
        timedelta(hours=6),
    ),
    spread=(1.0, 1.2),
)


def is_watched(seen_at: datetime | None, now: datetime) -> bool:
    return seen_at is not None and now - seen_at <= WATCHED


def until_next_check(*, age: timedelta, quiet: timedelta, is_watched: bool, chance: float) -> timedelta:
    """Return the wait until the platform is asked again about a request that it has.

    `age` since it was sent, `quiet` since something happened or somebody asked; `chance` in [0, 1) spreads unwatched
    requests by up to a fifth. Watching never makes it slower.
    """
    unwatched = _pick(INTERVALS, age, SLOWEST)
    if is_watched:
        return min(unwatched, _pick(WATCHED_INTERVALS, quiet, WATCHED_SLOWEST))
    return unwatched * (1 + chance / 5)


def _pick(intervals: tuple[tuple[timedelta, timedelta], ...], passed: timedelta, slowest: timedelta) -> timedelta:
    return next((interval for limit, interval in intervals if passed < limit), slowest)
