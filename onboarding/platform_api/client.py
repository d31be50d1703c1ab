"""The platform's endpoints, one method each.

A method returns what the platform said, or raises one of `errors`. Calls that change something are never
repeated here, except after a 401, which proves that nothing happened: the platform knows no idempotency key,
so whether to send again is the caller's decision, by `PlatformUnavailable.may_have_taken_effect`. Reading is
tried up to three times. Threads may share a client.
"""

import logging
import random as randomness
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import httpx

from . import calls, resources
from .auth import Credentials, Tokens
from .entities import Entities
from .errors import NotAuthorized, NotFound, PlatformError, PlatformUnavailable, RequestRejected
from .exchange import Exchange
from .offers import merge_offers, read_offers
from .resources import OffboardingRequest, Offer, OnboardingRequest, Page
from .retry import Retry
from .trace import Reply, Trace
from .wire import GENERATIONS, Call, Generation

logger = logging.getLogger(__name__)

MOST_PAGES = 1000
PAGE_SIZE = 100
# However many pages it has: a list that takes longer than this, in seconds, is not read on.
LONGEST_LIST = 300.0


class Client(Entities):
    """The platform, as far as we use it.

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

    def create_onboarding(
        self,
        *,
        type: str,
        manufacturer: str,
        attributes: Mapping[str, str],
        tenant_id: str = "",
        collective_id: str = "",
        owner_id: str = "",
        return_url: str = "",
    ) -> OnboardingRequest:
        """Ask the platform to onboard an entity; what is empty is not sent.

        An attribute `properties.flow` is sent as {"properties": {"flow": ...}}.

        Raises:
            InvalidAnswers: the platform objects to attributes that it names.
            RequestRejected: it refuses the request; Conflict when it contradicts what is there.
            PlatformUnavailable: no usable answer; a request exists perhaps, if `may_have_taken_effect`.
            NotAuthorized: the platform does not let us in.
        """
        call = calls.create_onboarding(
            type=type,
            manufacturer=manufacturer,
            attributes=attributes,
            tenant_id=tenant_id,
            collective_id=collective_id,
            owner_id=owner_id,
            return_url=return_url,
        )
        return self._read(OnboardingRequest.from_json, call)

    def get_onboarding(self, *, id: str) -> OnboardingRequest:
        """Read one onboarding request.

        Raises:
            NotFound: the platform does not know the id; it says so by 404 or 400.
            PlatformUnavailable: no usable answer, after three attempts.
            RequestRejected, NotAuthorized: the platform refuses.
            ValueError: the id is empty.
        """
        return self._found(OnboardingRequest.from_json, calls.get_onboarding(id))

    def list_onboardings(
        self,
        *,
        type: str = "",
        manufacturer: str = "",
        continuation_token: str = "",
        page_size: int | None = None,
    ) -> Page:
        """Read one page of the onboarding requests, filtered as far as the platform does it.

        Raises:
            PlatformUnavailable: no usable answer, after three attempts.
            RequestRejected, NotAuthorized: the platform refuses.
        """
        call = calls.list_onboardings(
            type=type,
            manufacturer=manufacturer,
            continuation_token=continuation_token,
            page_size=page_size,
        )
        return self._read(Page.from_json, call)

    def iter_onboardings(
        self,
        *,
        type: str = "",
        manufacturer: str = "",
        since: datetime | None = None,
        before_page: Callable[[], None] = lambda: None,
    ) -> Iterator[OnboardingRequest]:
        """Read all onboarding requests of a type and manufacturer, page by page as they are consumed.

        `since`: once a list that comes newest first gets older than this, the rest is not read. One that does not
        tell its type or manufacturer is included: leaving it out could hide what was sought; so is one without an id
        that we can use, whose own is "". `before_page`: called ahead of each page, because a list takes longer than a
        call.

        Raises:
            PlatformUnavailable: no usable answer, after three attempts, or a list without end.
            RequestRejected, NotAuthorized: the platform refuses.
        """

        def call(token: str) -> Call:
            before_page()
            return calls.list_onboardings(
                type=type, manufacturer=manufacturer, continuation_token=token, page_size=PAGE_SIZE
            )

        previous: datetime | None = None
        is_newest_first = True
        for reply in self._pages(call):
            page = Page.from_json(reply.content, reply.trace)
            items = page.items
            for request in items:
                is_newest_first = is_newest_first and _is_not_newer(request.created, previous)
                previous = request.created
            for request in (*items, *page.nameless):
                if request.may_be_of(type, manufacturer):
                    yield request
            if since and is_newest_first and items and previous and previous < since:
                return

    def cancel_onboarding(self, *, id: str) -> OnboardingRequest | None:
        """Call an onboarding request off, while it is pending; None when the platform does not offer that.

        Raises:
            Conflict, RequestRejected: the platform refuses, for example because it is too late.
            PlatformUnavailable: no usable answer; it may be cancelled, if `may_have_taken_effect`.
            NotAuthorized: the platform does not let us in.
            ValueError: the id is empty.
        """
        try:
            return self._read(OnboardingRequest.from_json, calls.cancel_onboarding(id))
        except RequestRejected as error:
            if error.status in (404, 405):
                return None
            raise

    def create_offboarding(self, *, entity_id: str) -> OffboardingRequest:
        """Ask the platform to let an entity go.

        Raises:
            NotFound, Conflict, RequestRejected: the platform refuses.
            PlatformUnavailable: no usable answer; a request exists perhaps, if `may_have_taken_effect`.
            NotAuthorized: the platform does not let us in.
        """
        return self._read(OffboardingRequest.from_json, calls.create_offboarding(entity_id))

    def find_offboarding(self, *, id: str) -> OffboardingRequest | None:
        """Read how far an offboarding is; None when the platform does not offer that (405).

        Raises:
            NotFound: the platform does not know it, or answers 400.
            PlatformUnavailable: no usable answer, after three attempts.
            RequestRejected, NotAuthorized: the platform refuses.
            ValueError: the id is empty.
        """
        try:
            return self._found(OffboardingRequest.from_json, calls.get_offboarding(id))
        except RequestRejected as error:
            if error.status == 405:
                return None
            raise

    def list_types(self) -> tuple[Offer, ...]:
        """Read what can be onboarded: all types and manufacturers, and what each of them needs.

        Raises:
            PlatformUnavailable: no usable answer, after three attempts, or a list without end.
            RequestRejected, NotAuthorized: the platform refuses.
        """
        replies = self._pages(lambda token: calls.list_types(self._types_path, token))
        return merge_offers(offer for reply in replies for offer in read_offers(reply.content))

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


def _is_not_newer(created: datetime | None, previous: datetime | None) -> bool:
    return created is not None and (previous is None or created <= previous)
