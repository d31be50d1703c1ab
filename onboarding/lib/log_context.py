"""What a line of the log is about: the web request that wrote it, and the support code, as far as they are known.

Kept for each thread by itself. Who begins something says so here, and every line that is logged tells it until the same
thread begins something else: Django logs that a page was not found when all middleware is through.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class About:
    """Empty where nothing is known."""

    request_id: str = ""
    support_code: str = ""


# One for each word: to put a new pair together took longer than to set both.
_request_id = ContextVar("request_id", default="")
_support_code = ContextVar("support_code", default="")


def current() -> About:
    """Return what this thread is at."""
    return About(_request_id.get(), _support_code.get())


def begin(request_id: str = "") -> None:
    """Begin something else: the web request with this id, or a job."""
    _request_id.set(request_id)
    _support_code.set("")


def note(support_code: str) -> None:
    """Say whose request this is about."""
    _support_code.set(support_code)


@contextmanager
def about(support_code: str) -> Iterator[None]:
    """Say whose request this is about, one of several in a job."""
    before = _support_code.set(support_code)
    try:
        yield
    finally:
        _support_code.reset(before)
