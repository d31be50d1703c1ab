"""The platform's endpoints, one method each.

A method returns what the platform said, or raises one of `errors`. Calls that change something are never
repeated here, except after a 401, which proves that nothing happened: the platform knows no idempotency key,
so whether to send again is the caller's decision, by `PlatformUnavailable.may_have_taken_effect`. Reading is
tried up to three times. Threads may share a client.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from . import calls
from .entities import Entities
from .errors import RequestRejected
from .offers import merge_offers, read_offers
from .resources import OffboardingRequest, Offer, OnboardingRequest, Page
from .wire import Call

PAGE_SIZE = 100


class Client(Entities):
    """The platform, as far as we use it; `Caller` says how it is made."""

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


def _is_not_newer(created: datetime | None, previous: datetime | None) -> bool:
    return created is not None and (previous is None or created <= previous)
