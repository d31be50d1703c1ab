"""Tokens: fetched once, shared by threads, renewed in time, and replaced when the platform refuses one."""

import copy
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from . import wire
from .errors import NotAuthorized, PlatformError, PlatformUnavailable
from .exchange import Exchange
from .retry import Retry
from .values import seconds
from .wire import Generation

# Where the platform does not say how long a token lives. Too long would do no harm either: a 401 renews it.
DEFAULT_LIFETIME = 300.0
LONGEST_LIFETIME = 24 * 3600.0
RENEWAL_MARGIN = 60.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the platform knows us by."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when to fetch the next one, in seconds since 1970."""

    value: str = field(repr=False)
    renew_at: float


class Tokens:
    """Hands out a token that is good as far as we know.

    Threads that wait while another one fetches share what it got, a token or a failure: so 200 threads make
    one call, also while the platform is down.
    """

    def __init__(
        self,
        credentials: Credentials,
        exchange: Exchange,
        retry: Retry,
        clock: Callable[[], float],
        generation: Generation,
    ) -> None:
        self._credentials = credentials
        self._generation = generation
        self._exchange = exchange
        self._retry = retry
        self._clock = clock
        self._lock = threading.Lock()
        self._latest: Token | PlatformError | None = None

    def current(self) -> str:
        """Return a token that is not about to expire.

        Raises:
            NotAuthorized: the platform does not accept our credentials.
            PlatformUnavailable: it cannot be asked; the call that needed the token never left.
        """
        latest = self._latest
        if isinstance(latest, Token) and self._clock() < latest.renew_at:
            return latest.value
        return self._next_after(latest)

    def instead_of(self, refused: str) -> str:
        """Return another token than the refused one: what another thread fetched meanwhile, else a new one.

        Raises:
            NotAuthorized: the platform does not accept our credentials.
            PlatformUnavailable: it cannot be asked.
        """
        latest = self._latest
        if isinstance(latest, Token) and latest.value != refused:
            return latest.value
        return self._next_after(latest)

    def _next_after(self, seen: Token | PlatformError | None) -> str:
        with self._lock:
            if self._latest is seen:
                self._latest = self._fetched()
            latest = self._latest
        if isinstance(latest, Token):
            return latest.value
        raise copy.copy(latest or NotAuthorized())

    def _fetched(self) -> Token | PlatformError:
        base_url = str(self._exchange.http.base_url)
        call = self._generation.token_call(base_url, self._credentials.client_id, self._credentials.client_secret)
        started = self._clock()
        try:
            answer = self._retry(lambda: self._exchange(call)).content
        except PlatformUnavailable as error:
            error.may_have_taken_effect = False
            return copy.copy(error)
        except PlatformError as error:
            # Whatever it is that the platform does not like here, no customer can correct it.
            sentence = "The platform does not accept our client id and secret."
            return NotAuthorized(sentence, request_id=error.request_id)
        value, lifetime = wire.read_token(answer)
        # Anything but visible ASCII would break the header, in an error that quotes it.
        if not re.fullmatch(r"[\x21-\x7e]+", value):
            return PlatformUnavailable("The platform's answer holds no usable token.", may_have_taken_effect=False)
        return Token(value, renew_at=started + _usable_seconds(lifetime))


def _usable_seconds(lifetime: object) -> float:
    life = min(seconds(lifetime) or DEFAULT_LIFETIME, LONGEST_LIFETIME)
    return life - min(RENEWAL_MARGIN, life / 10)
