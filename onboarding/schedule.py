"""When a worker looks at a request again. Pure: times are passed in, chance too."""

from datetime import datetime, timedelta

# Somebody who polled this recently is still watching.
WATCHED = timedelta(seconds=30)
WATCHED_INTERVAL = timedelta(seconds=2)
# Unwatched: (age of the request, interval between checks).
INTERVALS = (
    (timedelta(minutes=2), timedelta(seconds=10)),
    (timedelta(minutes=15), timedelta(minutes=2)),
    (timedelta(hours=2), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(hours=1)),
)
SLOWEST = timedelta(hours=6)
RETRY_FIRST = timedelta(seconds=2)
RETRY_SLOWEST = timedelta(minutes=5)


def is_watched(seen_at: datetime | None, now: datetime) -> bool:
    return seen_at is not None and now - seen_at <= WATCHED


def until_next_check(*, age: timedelta, is_watched: bool, chance: float) -> timedelta:
    """Return the wait until the platform is asked again about a request that it has.

    `age` since it was sent; `chance` in [0, 1) spreads unwatched requests by up to a fifth.
    """
    if is_watched:
        return WATCHED_INTERVAL
    interval = next((interval for limit, interval in INTERVALS if age < limit), SLOWEST)
    return interval * (1 + chance / 5)


def until_retry(*, failures: int, chance: float, retry_after: float | None = None) -> timedelta:
    """Return the wait after `failures` calls in a row that brought nothing; never shorter than the platform asks."""
    doubled: timedelta = RETRY_FIRST * (1 << min(failures - 1, 10))
    backoff = min(doubled, RETRY_SLOWEST) * (0.75 + chance / 2)
    return max(backoff, timedelta(seconds=retry_after or 0))
