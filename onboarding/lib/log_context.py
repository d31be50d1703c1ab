"""What a line of the log is about: the web request that wrote it, and the support code, as far as they are known.

Kept for each thread by itself. Who begins something says so here, and every line that is logged tells it until the same
thread begins something else: Django logs that a page was not found when all middleware is through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class About:
    """Empty where nothing is known."""

    request_id: str = ""
    support_code: str = ""


NOTHING = About()
_about: ContextVar[About] = ContextVar("log_context", default=NOTHING)


def current() -> About:
    """Return what this thread is at."""
    return _about.get()


def begin(request_id: str = "") -> None:
    """Begin something else: the web request with this id, or a job."""
    _about.set(About(request_id))


def note(support_code: str) -> None:
    """Say whose request this is about."""
    _about.set(replace(_about.get(), support_code=support_code))


@contextmanager
def about(support_code: str) -> Iterator[None]:
    """Say whose request this is about, one of several in a job."""
    before = _about.set(replace(_about.get(), support_code=support_code))
    try:
        yield
    finally:
        _about.reset(before)
