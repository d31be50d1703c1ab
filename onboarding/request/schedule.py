"""When a worker looks at a request again. Pure: times are passed in, chance too."""

from datetime import datetime, timedelta

# Somebody who polled this recently is still watching.
WATCHED = timedelta(seconds=30)
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
RETRY_FIRST = timedelta(seconds=2)
RETRY_SLOWEST = timedelta(minutes=2)
# A webhook that did not arrive: the waits after the first attempts, those after all others, and when we give up.
REDELIVERIES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=3),
)
REDELIVERY_SLOWEST = timedelta(hours=6)
REDELIVERY_LONGEST = timedelta(days=3)


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


def until_retry(*, failures: int, chance: float, retry_after: float | None = None) -> timedelta:
    """Return the wait after `failures` calls in a row that brought nothing; never shorter than the platform asks."""
    doubled: timedelta = RETRY_FIRST * (1 << min(failures - 1, 10))
    backoff = min(doubled, RETRY_SLOWEST) * (0.75 + chance / 2)
    return max(backoff, timedelta(seconds=retry_after or 0))


def until_redelivery(*, tries: int, chance: float, retry_after: float | None = None) -> timedelta:
    """Return the wait after so many attempts to deliver a webhook; never shorter than its receiver asks."""
    planned = (*REDELIVERIES, REDELIVERY_SLOWEST)[min(tries - 1, len(REDELIVERIES))]
    return max(planned * (1 + chance / 5), timedelta(seconds=retry_after or 0))
