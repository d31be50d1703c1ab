"""(status, headers, body) -> data or error. Pure: time is passed in; how an answer came is not known here.

Errors are made where no other exception is being handled: a JSON error would carry the whole body along.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from .errors import (
    Conflict,
    InvalidAnswers,
    NotAuthorized,
    NotFound,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RequestRejected,
)
from .problems import NO_NAMES, Problem, read_problem

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-correlation-id", "x-ms-request-id", "traceparent")
LONGEST_RETRY_AFTER = 24 * 3600.0
UNREADABLE = object()
# A hundred thousand manufacturers with what they need have as many; each part may take some 100 bytes of memory.
MOST_PARTS = 600_000


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. Header names are lower case; the body is empty when it was too long to be read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def request_id(self) -> str:
        """The id by which the platform knows the call, for support; "" when there is none or it looks odd."""
        given = next(filter(None, (self.headers.get(name, "") for name in REQUEST_ID_HEADERS)), "")
        return given if re.fullmatch(r"[\w.:|=-]{1,100}", given, re.ASCII) else ""


def read(answer: Answer, *, now: float, attributes: Iterable[str] = (), names: Mapping[str, str] = NO_NAMES) -> object:
    """Return the JSON of a good answer.

    `now` is in seconds since 1970, for a Retry-After that is a date; `attributes` are our names of what was sent,
    `names` gives ours for what errors may call otherwise.

    Raises:
        PlatformError: which one is up to the status, and to what the body says.
    """
    content = _json(answer.body)
    error = _error(answer, content, now=now, attributes=attributes, names=names)
    if error is not None:
        raise error
    return content


def readable(answer: Answer) -> object:
    """Return what an answer says, whatever its status: its JSON, else its text."""
    content = _json(answer.body)
    return answer.body.decode("utf-8", "replace") if content is UNREADABLE else content


def retry_after(value: str, *, now: float) -> float | None:
    """Seconds to wait by a Retry-After header, which holds seconds or a date; None when it says nothing."""
    if value.strip().isdecimal():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        wait = parsedate_to_datetime(value).timestamp() - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_RETRY_AFTER)


def _json(body: bytes) -> object:
    """Read JSON that stays small in memory: not of more parts than any answer has, and no numbers that are none."""
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
        return UNREADABLE
    try:
        return json.loads(body, parse_constant=lambda _name: None)
    except (ValueError, RecursionError, MemoryError):
        return UNREADABLE


def _error(
    answer: Answer, content: object, *, now: float, attributes: Iterable[str], names: Mapping[str, str]
) -> PlatformError | None:
    status, request_id = answer.status, answer.request_id
    if 200 <= status < 300:
        return _unavailable("cannot be read", answer) if content is UNREADABLE else None
    wait = retry_after(answer.headers.get("retry-after", ""), now=now)
    if status == 429:
        return RateLimited(retry_after=wait, request_id=request_id)
    if status in (401, 403):
        return _not_authorized(status, request_id)
    if status == 408 or not 300 <= status < 500:
        return _unavailable(f"is a {status}", answer, wait=wait)
    if status < 400:
        return _unavailable(f"is a {status}", answer, may_have_taken_effect=False)
    return _rejection(status, read_problem(content, attributes, names), request_id)


def _unavailable(
    what: str, answer: Answer, *, wait: float | None = None, may_have_taken_effect: bool = True
) -> PlatformUnavailable:
    return PlatformUnavailable(
        f"The platform's answer {what}.",
        may_have_taken_effect=may_have_taken_effect,
        retry_after=wait,
        request_id=answer.request_id,
    )


def _not_authorized(status: int, request_id: str) -> NotAuthorized:
    sentence = "The platform refuses our token." if status == 401 else "The platform does not let us do this."
    return NotAuthorized(sentence, status=status, request_id=request_id)


def _rejection(status: int, problem: Problem, request_id: str) -> RequestRejected | NotAuthorized:
    code, message, fields = problem.code, problem.message, problem.fields
    if problem.is_ours and status in (400, 409, 422):
        return NotAuthorized("The platform refuses what our settings say.", status=status, request_id=request_id)
    if status in (404, 410):
        return NotFound(status=status, code=code, message=message, request_id=request_id)
    if status == 409:
        return Conflict(status=status, code=code, message=message, request_id=request_id, fields=fields)
    if status in (400, 422) and fields:
        return InvalidAnswers(status=status, code=code, message=message, request_id=request_id, fields=fields)
    return RequestRejected(status=status, code=code, message=message, request_id=request_id)
