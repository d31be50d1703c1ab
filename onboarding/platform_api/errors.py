"""What can go wrong out there.

    PlatformError                    anything; carries the platform's request id
      PlatformUnavailable            no usable answer; says whether the call may have taken effect
        RateLimited                  429; carries retry_after
      RequestRejected                4xx; carries status, code, message
        InvalidAnswers               field -> messages, so the customer can correct them
        NotFound
        Conflict                     may name fields too
      NotAuthorized                  401/403 after a fresh token: ours to fix, never the customer's

The contract: `str(error)` is a sentence of ours without secrets, tokens or identifiers. The platform may echo
what a customer typed, so its words are kept apart, in `message`, `fields` and `trace`, and never get into a log
by themselves. `trace` tells of the call that went wrong, but for the one that fetches a token. Arguments have
defaults so that errors can be copied and pickled.
"""

from collections.abc import Mapping
from typing import Self

from .trace import Trace

type Fields = Mapping[str, tuple[str, ...]]


class PlatformError(Exception):
    """Anything that went wrong out there."""

    def __init__(self, message: str = "The platform call failed.", *, request_id: str = "") -> None:
        super().__init__(message)
        self.request_id = request_id
        self.trace: Trace | None = None


class PlatformUnavailable(PlatformError):
    """No usable answer came.

    `may_have_taken_effect` is False only where the call cannot have been processed; it defaults to True
    because an answer that never came is not a "no". `retry_after` is in seconds, where the platform said so.
    `has_odd_id`: it did what it was asked, and gave an id by which we cannot ask for it again.
    """

    def __init__(
        self,
        message: str = "The platform gave no usable answer.",
        *,
        may_have_taken_effect: bool = True,
        has_odd_id: bool = False,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.may_have_taken_effect, self.has_odd_id = may_have_taken_effect, has_odd_id
        self.retry_after = retry_after


class RateLimited(PlatformUnavailable):
    """The platform asks to slow down; the call had no effect."""

    def __init__(
        self,
        message: str = "The platform asks us to slow down.",
        *,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message, may_have_taken_effect=False, retry_after=retry_after, request_id=request_id)


class RequestRejected(PlatformError):
    """The platform understood the call and said no; `code` and `message` are its own words."""

    def __init__(
        self,
        sentence: str = "The platform rejected the request.",
        *,
        status: int = 400,
        code: str = "",
        message: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(sentence, request_id=request_id)
        self.status = status
        self.code = code
        self.message = message


class NotFound(RequestRejected):
    """The platform does not know what was asked for."""

    def __init__(
        self,
        sentence: str = "The platform does not know this.",
        *,
        status: int = 404,
        code: str = "",
        message: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(sentence, status=status, code=code, message=message, request_id=request_id)

    @classmethod
    def instead_of(cls, rejection: RequestRejected) -> Self:
        """Make one of a rejection that means the same."""
        error = cls(
            status=rejection.status, code=rejection.code, message=rejection.message, request_id=rejection.request_id
        )
        error.trace = rejection.trace
        return error


class InvalidAnswers(RequestRejected):
    """The platform objects to particular answers: `fields` maps an attribute's name to its messages."""

    def __init__(
        self,
        sentence: str = "The platform does not accept some of the answers.",
        *,
        fields: Fields | None = None,
        status: int = 400,
        code: str = "",
        message: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(sentence, status=status, code=code, message=message, request_id=request_id)
        self.fields: Fields = dict(fields or {})


class Conflict(RequestRejected):
    """The request contradicts what the platform already has; `fields` may name the attributes in question."""

    def __init__(
        self,
        sentence: str = "The request contradicts what the platform already has.",
        *,
        fields: Fields | None = None,
        status: int = 409,
        code: str = "",
        message: str = "",
        request_id: str = "",
    ) -> None:
        super().__init__(sentence, status=status, code=code, message=message, request_id=request_id)
        self.fields: Fields = dict(fields or {})


class NotAuthorized(PlatformError):
    """The platform does not let us in (401), not do this (403), or refuses what our settings say (400, 409, 422)."""

    def __init__(
        self,
        message: str = "The platform does not let us in.",
        *,
        status: int = 401,
        request_id: str = "",
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.status = status
