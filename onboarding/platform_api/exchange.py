"""One call over HTTP: sends it, reads the answer within bounds, logs what fails.

What may not leak: bodies, headers and ids never get into a log or into the text of an error. Errors are raised outside
`except`, because httpx's own errors carry the whole request, token included, and would stay attached as the
context.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from . import responses
from .errors import PlatformError, PlatformUnavailable, RequestRejected
from .responses import Answer
from .trace import Reply, Trace
from .wire import Call

logger = logging.getLogger(__name__)

LARGEST_BODY_BYTES = 5_000_000
# A read time-out starts anew with every piece that arrives; this ends an answer that only trickles.
SLOWEST_BODY_SECONDS = 30.0
SHORTEST_TOKEN = 16

# With these nothing has left us. After any other failure the platform may have got the call.
NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Makes calls over one httpx.Client; `clock` gives seconds since 1970, `before` may hold a call up or refuse it."""

    http: httpx.Client
    clock: Callable[[], float]
    before: Callable[[], None] = lambda: None

    def __call__(self, call: Call, *, token: str = "") -> Reply:
        """Make the call once and return its JSON, with a trace unless it is the call that fetches a token.

        Raises:
            PlatformError: which one tells what is known about the outcome.
        """
        self.before()
        started = self.clock()
        outcome = self._send(call, token)
        try:
            if isinstance(outcome, PlatformUnavailable):
                raise outcome
            content = None if _is_empty(call, outcome) else self._read(call, outcome)
        except PlatformError as error:
            status = outcome.status if isinstance(outcome, Answer) else None
            _log(call, error, status=status, seconds=self.clock() - started)
            error.trace = _trace(call, outcome, self.clock() - started) if token else None
            raise
        return Reply(content, _trace(call, outcome, self.clock() - started, content) if token else None)

    def _read(self, call: Call, answer: Answer) -> object:
        return responses.read(answer, now=self.clock(), attributes=call.attributes, names=call.names)

    def _send(self, call: Call, token: str) -> Answer | PlatformUnavailable:
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        # Merged here: `params=` would replace a query that the types path may have.
        url = httpx.URL(call.path).copy_merge_params(call.params)
        try:
            with self.http.stream(call.method, url, json=call.body, data=call.form, headers=headers) as response:
                return Answer(response.status_code, dict(response.headers), _without(token, self._body(response)))
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # the latter for a redirect to nowhere
            return _no_answer(error)

    def _body(self, response: httpx.Response) -> bytes:
        """Read it all, or give b"" when it is too long or too slow: then only the status counts."""
        body = bytearray()
        deadline = self.clock() + SLOWEST_BODY_SECONDS
        for piece in response.iter_bytes():
            body += piece
            if len(body) > LARGEST_BODY_BYTES or self.clock() > deadline:
                return b""
        return bytes(body)


def _is_empty(call: Call, answer: Answer) -> bool:
    return call.may_be_empty and answer.status == 204


def _without(token: str, body: bytes) -> bytes:
    """Blank our token where the platform echoes it; one that is short enough to be a word is no secret."""
    return body.replace(token.encode(), b"...") if len(token) >= SHORTEST_TOKEN else body


def _no_answer(error: httpx.HTTPError | httpx.InvalidURL) -> PlatformUnavailable:
    kind = type(error).__name__
    if isinstance(error, NEVER_LEFT):
        return PlatformUnavailable(f"The platform cannot be reached ({kind}).", may_have_taken_effect=False)
    return PlatformUnavailable(f"The platform did not answer ({kind}).", may_have_taken_effect=True)


def _trace(call: Call, outcome: Answer | PlatformUnavailable, seconds: float, content: object = None) -> Trace:
    answer = outcome if isinstance(outcome, Answer) else None
    return Trace(
        method=call.method,
        path=call.path,
        sent=call.told or call.body or call.params or None,
        status=answer.status if answer else None,
        answer=content if content is not None or answer is None else responses.readable(answer),
        request_id=answer.request_id if answer else "",
        milliseconds=round(seconds * 1000),
    )


def _log(call: Call, error: PlatformError, *, status: int | None, seconds: float) -> None:
    logger.log(
        logging.INFO if isinstance(error, RequestRejected) else logging.WARNING,
        "%s %s: %s Status %s, %.2f s, request id %s",
        call.method,
        call.template,
        error,
        status or "none",
        seconds,
        error.request_id or "none",
    )
