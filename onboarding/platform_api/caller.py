"""How every call is made: with a token, again where that is allowed, in the words of the chosen generation.

Threads may share a caller.
"""

import logging
import random as randomness
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx

from . import resources
from .auth import Credentials, Tokens
from .errors import NotAuthorized, NotFound, PlatformError, PlatformUnavailable, RequestRejected
from .exchange import Exchange
from .retry import LONGEST_WAIT, Retry
from .trace import Reply, Trace
from .wire import GENERATIONS, Call, Generation

logger = logging.getLogger(__name__)

MOST_PAGES = 1000
# However many pages it has: a list that takes longer than this, in seconds, is not read on.
LONGEST_LIST = 300.0
# Fetching a token, the call, and both once more after a 401.
MOST_RUNS = 4


def longest_seconds(*, call: float, wait: float) -> float:
    """Return how long a method of `Client` can take, or a page of a list, in seconds.

    `call`: how long one HTTP call can, `wait`: how long what is called before each.
    """
    return MOST_RUNS * (LONGEST_WAIT + wait + call)


class Caller:
    """Makes calls, and knows none.

    `http` has the base URL, time-outs and TLS; `clock` gives seconds since 1970, `sleep` takes seconds,
    `random` gives a number from 0 to 1. `before_call` is called ahead of each HTTP call, retries and tokens
    included: it may wait, or raise one of `errors`, and then the call is not made.
    """

    def __init__(
        self,
        http: httpx.Client,
        credentials: Credentials,
        *,
        types_path: str,
        generation: Generation = GENERATIONS["realto"],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = randomness.random,
        before_call: Callable[[], None] = lambda: None,
    ) -> None:
        self._http = http
        self._types_path, self._generation = types_path, generation
        self._exchange = Exchange(http, clock, before_call)
        self._clock = clock
        self._retry = Retry(sleep, random, clock)
        self._tokens = Tokens(credentials, self._exchange, self._retry, clock, generation)

    def authenticate(self) -> None:
        """Make sure that a token is at hand, so that the next call does not have to fetch one first.

        Raises:
            NotAuthorized: the platform does not accept our credentials.
            PlatformUnavailable: it cannot be asked.
        """
        self._tokens.current()

    def close(self) -> None:
        """Close the connections; the client is of no use afterwards."""
        self._http.close()

    def _read[Read](self, read: Callable[[object, Trace | None], Read], call: Call) -> Read:
        reply = self._call(call)
        try:
            return read(reply.content, reply.trace)
        except PlatformError as error:
            error.trace = reply.trace
            raise

    def _found[Read](self, read: Callable[[object, Trace | None], Read], call: Call) -> Read:
        """Read one thing by its id; NotFound also where the platform calls an id that it does not know a bad one."""
        try:
            return self._read(read, call)
        except RequestRejected as error:
            if error.status != 400:
                raise
            rejection = error
        raise NotFound.instead_of(rejection)

    def _call(self, call: Call) -> Reply:
        spoken = self._generation.spoken(call)
        reply = self._answer(spoken)
        return replace(reply, content=spoken.read(reply.content))

    def _answer(self, call: Call) -> Reply:
        token = self._tokens.current()
        try:
            return self._send(call, token)
        except NotAuthorized as error:
            if error.status != 401:
                raise
        return self._send(call, self._tokens.instead_of(token))

    def _send(self, call: Call, token: str) -> Reply:
        if call.is_repeatable:
            return self._retry(lambda: self._exchange(call, token=token))
        return self._exchange(call, token=token)

    def _pages(self, call: Callable[[str], Call]) -> Iterator[Reply]:
        token, seen, started = "", {""}, self._clock()
        for _ in range(MOST_PAGES):
            if self._clock() - started > LONGEST_LIST:
                break
            reply = self._call(call(token))
            yield reply
            token = resources.continuation_token(reply.content)
            if token in seen:
                if token:
                    logger.warning("The platform's list comes back to a page that was read; stopped there")
                return
            seen.add(token)
        raise PlatformUnavailable("The platform's list does not end.", may_have_taken_effect=False)
