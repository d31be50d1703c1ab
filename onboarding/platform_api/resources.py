"""What the platform's answers mean to us, as plain values.

Tolerant: unknown fields are ignored, unknown words (status, type, action) are kept as they are, null and
absent are the same. Only an answer without an id is no answer. What may hold personal data or a secret link
stays out of `repr()`, so that a value in a log line gives nothing away.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from urllib.parse import parse_qs

from . import wire
from .errors import PlatformUnavailable
from .trace import Trace
from .values import items, link, mapping, moment, text, word

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One step of the platform's work, in order."""

    type: str
    status: str

    @classmethod
    def from_json(cls, value: object) -> Self:
        fields = mapping(value)
        return cls(type=word(fields.get("type")), status=word(fields.get("status")))


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody must do now. Links are http or https, or ""."""

    type: str
    redirect_link: str = field(default="", repr=False)
    documentation_link: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, value: object) -> Self:
        fields = mapping(value)
        return cls(
            type=word(fields.get("type")),
            redirect_link=link(fields.get("redirectLink")),
            documentation_link=link(fields.get("documentationLink")),
        )


@dataclass(frozen=True, slots=True)
class RequestError:
    """Why processing failed, in the platform's words."""

    code: str
    message: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, value: object) -> Self:
        fields = mapping(value)
        message = text(fields.get("message")) or text(fields.get("description")) or text(value)
        return cls(code=word(fields.get("code")), message=message)


@dataclass(frozen=True, slots=True)
class OnboardingRequest:
    """An onboarding request as the platform sees it; `information` is flat: attribute -> value."""

    id: str
    status: str
    transactions: tuple[Transaction, ...] = ()
    action: Action | None = None
    errors: tuple[RequestError, ...] = ()
    return_url: str = field(default="", repr=False)
    created: datetime | None = None
    entity_id: str = ""
    type: str = ""
    manufacturer: str = ""
    information: Mapping[str, str] = field(default_factory=dict, repr=False)
    trace: Trace | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, from the answer to the call that `trace` tells of.

        Raises:
            PlatformUnavailable: it has no id.
        """
        fields = mapping(value)
        entity = mapping(mapping(fields.get("data")).get("entity"))
        told = mapping(entity.get("information"))
        return cls(
            id=_id_of(value),
            status=word(fields.get("status")),
            transactions=tuple(
                transaction
                for transaction in map(Transaction.from_json, items(fields.get("transactions")))
                if transaction.type
            ),
            action=_action(fields.get("action")),
            errors=_errors(fields.get("errors")),
            return_url=link(fields.get("returnUrl")),
            created=moment(fields.get("created")),
            entity_id=word(entity.get("id")),
            type=word(told.get("type")) or word(entity.get("type")),
            manufacturer=word(told.get(wire.MANUFACTURER)) or word(entity.get(wire.MANUFACTURER)),
            information=wire.information(entity),
            trace=trace and trace.about(value),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `continuation_token` asks for the next part and is "" on the last one."""

    items: tuple[OnboardingRequest, ...]
    continuation_token: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, leaving out what cannot be read.

        Raises:
            PlatformUnavailable: there is no list at all.
        """
        listed = value if isinstance(value, list) else mapping(value).get("data")
        if not isinstance(listed, list):
            raise PlatformUnavailable("The platform's answer is not a list.")
        readable = tuple(OnboardingRequest.from_json(item, trace) for item in listed if _has_id(item))
        if len(readable) < len(listed):
            logger.warning("Skipped %s unreadable onboarding requests in a list", len(listed) - len(readable))
        return cls(items=readable, continuation_token=continuation_token(value))


@dataclass(frozen=True, slots=True)
class OffboardingRequest:
    """A request to let an entity go."""

    id: str
    status: str
    entity_id: str = ""
    trace: Trace | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, from the answer to the call that `trace` tells of.

        Raises:
            PlatformUnavailable: it has no id.
        """
        fields = mapping(value)
        entity_id = word(mapping(fields.get("data")).get("entityId"))
        return cls(id=_id_of(value), status=word(fields.get("status")), entity_id=entity_id, trace=trace)


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a manufacturer wants to know; `pattern` is a regular expression from outside: do not trust it."""

    name: str
    required: bool = True
    description: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be onboarded. `attributes` None: the platform gave no list; (): nothing is needed."""

    type: str
    manufacturer: str
    attributes: tuple[Attribute, ...] | None = None


def continuation_token(answer: object) -> str:
    """The way to the next page of a list, or "": from `meta`, else out of the link to the next page."""
    fields = mapping(answer)
    token = text(mapping(fields.get("meta")).get("continuationToken"), longest=8000)
    query = text(mapping(fields.get("links")).get("next"), longest=8000).partition("?")[2]
    return token or parse_qs(query).get("continuationToken", [""])[0]


def _has_id(value: object) -> bool:
    return bool(word(mapping(value).get("id")))


def _id_of(value: object) -> str:
    if not _has_id(value):
        raise PlatformUnavailable("The platform's answer has no id.")
    return word(mapping(value).get("id"))


def _action(value: object) -> Action | None:
    action = Action.from_json(value)
    return action if action != Action("") else None


def _errors(value: object) -> tuple[RequestError, ...]:
    errors = (RequestError.from_json(item) for item in items(value))
    return tuple(error for error in errors if error != RequestError(""))
