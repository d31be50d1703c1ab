"""Trying again, only where repeating is safe: reading, and fetching a token."""

from collections.abc import Callable
from dataclasses import dataclass

from .errors import PlatformUnavailable

LONGEST_WAIT = 5.0
# Fetching a token, the call, and both once more after a 401.
MOST_RUNS = 4


@dataclass(frozen=True, slots=True)
class Retry:
    """Exponential backoff with full jitter: callers that failed together do not come back together."""

    sleep: Callable[[float], None]
    random: Callable[[], float]
    clock: Callable[[], float]
    attempts: int = 3
    first_pause: float = 0.5
    longest_wait: float = LONGEST_WAIT

    def __call__[T](self, attempt: Callable[[], T]) -> T:
        """Return what the first good attempt returns.

        Raises:
            PlatformUnavailable: the last attempt failed, or the platform wants us to wait longer than
                `longest_wait` seconds altogether, or made us wait that long already by answering slowly.
        """
        started, waited = self.clock(), 0.0
        for number in range(1, self.attempts):
            try:
                return attempt()
            except PlatformUnavailable as error:
                pause = max(self.random() * self.first_pause * 2 ** (number - 1), error.retry_after or 0.0)
                if max(waited, self.clock() - started) + pause > self.longest_wait:
                    raise
            self.sleep(pause)
            waited += pause
        return attempt()


def longest_seconds(*, call: float, wait: float) -> float:
    """Return how long a method of `Client` can take, or a page of a list, in seconds.

    `call`: how long one HTTP call can, `wait`: how long what is called before each.
    """
    return MOST_RUNS * (LONGEST_WAIT + wait + call)
