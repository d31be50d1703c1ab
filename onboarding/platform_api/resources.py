"""What the platform's answers mean to us, as plain values.

Tolerant: unknown fields are ignored, unknown words (status, type, action) are kept as they are, null and
absent are the same. Only an answer without an id is no answer. What may hold personal data or a secret link
stays out of `repr()`, so that a value in a log line gives nothing away.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Self
from urllib.parse import parse_qs

from . import wire
from .errors import PlatformUnavailable
from .trace import Trace
from .values import (
    MESSAGE,
    MOST_ERRORS,
    MOST_TRANSACTIONS,
    WORD,
    ident,
    items,
    link,
    mapping,
    moment,
    name,
    spelled,
    text,
    word,
)

logger = logging.getLogger(__name__)

LONGEST_TOKEN = 4000
# So many fields of an entity are read.
MOST_FIELDS = 100


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
    """What somebody must do now. Links are http or https, or ""; `is_broken`: the platform gave one that is not."""

    type: str
    redirect_link: str = field(default="", repr=False)
    documentation_link: str = field(default="", repr=False)
    is_broken: bool = False

    @classmethod
    def from_json(cls, value: object) -> Self:
        fields = mapping(value)
        given = [fields.get("redirectLink"), fields.get("documentationLink")]
        redirect, documentation = map(link, given)
        is_broken = (bool(given[0]), bool(given[1])) != (bool(redirect), bool(documentation))
        return cls(word(fields.get("type")), redirect, documentation, is_broken)


@dataclass(frozen=True, slots=True)
class RequestError:
    """Why processing failed, in the platform's words."""

    code: str
    message: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, value: object) -> Self:
        fields = mapping(value)
        said = (fields.get("message"), fields.get("description"), value)
        message = next(filter(None, (text(words, MESSAGE) for words in said)), "")
        return cls(code=word(fields.get("code")), message=message)


@dataclass(frozen=True, slots=True)
class OnboardingRequest:
    """An onboarding request as the platform sees it; `information` is flat: attribute -> value.

    `left_out`: how many transactions there are beyond those that are read.
    """

    id: str
    status: str
    transactions: tuple[Transaction, ...] = ()
    left_out: int = 0
    action: Action | None = None
    errors: tuple[RequestError, ...] = ()
    return_url: str = field(default="", repr=False)
    created: datetime | None = None
    entity_id: str = ""
    tenant_id: str = ""
    collective_id: str = ""
    principal_id: str = ""
    owner_id: str = field(default="", repr=False)
    type: str = ""
    manufacturer: str = ""
    information: Mapping[str, str] = field(default_factory=dict, repr=False)
    trace: Trace | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, from the answer to the call that `trace` tells of.

        Raises:
            PlatformUnavailable: it has no id, or an odd one.
        """
        return cls._read(_id_of(value), value, trace)

    @classmethod
    def nameless(cls, value: object) -> Self:
        """Read one whose id cannot be read: its own is ""."""
        return cls._read("", value, None)

    def may_be_of(self, type: str, manufacturer: str) -> bool:
        """Tell whether it does not contradict a type and a manufacturer, as far as they are given."""
        return _may_be(self.type, type) and _may_be(self.manufacturer, manufacturer)

    @classmethod
    def _read(cls, id: str, value: object, trace: Trace | None) -> Self:
        fields = mapping(value)
        data = mapping(fields.get("data"))
        entity = mapping(data.get("entity"))
        told = mapping(entity.get("information"))
        listed = items(fields.get("transactions"))
        return cls(
            id=id,
            status=word(fields.get("status")),
            transactions=tuple(
                transaction
                for transaction in map(Transaction.from_json, listed[:MOST_TRANSACTIONS])
                if transaction.type
            ),
            left_out=max(0, len(listed) - MOST_TRANSACTIONS),
            action=_action(fields.get("action")),
            errors=_errors(fields.get("errors")),
            return_url=link(fields.get("returnUrl")),
            created=moment(fields.get("created")),
            entity_id=ident(entity.get("id")),
            tenant_id=ident(entity.get("tenantId")) or ident(mapping(data.get("tenant")).get("id")),
            collective_id=ident(entity.get("collectiveId")) or ident(mapping(data.get("collective")).get("id")),
            principal_id=ident(fields.get("principalId")),
            owner_id=ident(entity.get("owner")),
            type=spelled(told.get("type"), WORD) or spelled(entity.get("type"), WORD),
            manufacturer=spelled(told.get(wire.MANUFACTURER)) or spelled(entity.get(wire.MANUFACTURER)),
            information=_information(entity),
            trace=trace and trace.about(value),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a list; `continuation_token` asks for the next part and is "" on the last one.

    `nameless`: those that are in it too, and have no id that we can use.
    """

    items: tuple[OnboardingRequest, ...]
    continuation_token: str = field(default="", repr=False)
    nameless: tuple[OnboardingRequest, ...] = ()

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, keeping apart what has no usable id.

        Raises:
            PlatformUnavailable: there is no list at all.
        """
        listed = list_in(value)
        readable = tuple(OnboardingRequest.from_json(item, trace) for item in listed if _has_id(item))
        nameless = tuple(OnboardingRequest.nameless(item) for item in listed if not _has_id(item))
        if nameless:
            logger.warning("Skipped %s unreadable onboarding requests in a list", len(nameless))
        return cls(readable, continuation_token(value), nameless)


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
        data = mapping(fields.get("data"))
        entity_id = ident(data.get("entityId")) or ident(data.get("id"))
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
    """The way to the next page of a list, or "": from `meta`, else out of the link to the next page.

    Raises:
        PlatformUnavailable: there is one that is too long; a list without its rest must not pass for all of it.
    """
    fields = mapping(answer)
    token = text(mapping(fields.get("meta")).get("continuationToken"), LONGEST_TOKEN + 1)
    query = text(mapping(fields.get("links")).get("next"), LONGEST_TOKEN + 1).partition("?")[2]
    found = token or parse_qs(query).get("continuationToken", [""])[0]
    if len(found) > LONGEST_TOKEN or len(query) > LONGEST_TOKEN:
        raise PlatformUnavailable("The platform's way to the next page is too long.")
    return found


def _information(entity: Mapping[str, object]) -> dict[str, str]:
    """All that an entity says about itself, flat: attribute -> value, with `properties.flow` and the like."""
    told = mapping(entity.get("information"))
    flat = {name(key): text(value) for key, value in some(told)}
    for holder in (told, entity):
        for key, value in some(mapping(holder.get(wire.PROPERTIES))):
            flat[f"{wire.PROPERTIES}.{name(key)}"] = text(value)
    return {key: value for key, value in flat.items() if key and value and key not in wire.CHOICES}


def list_in(answer: object) -> list[object]:
    """The items of a list, bare or wrapped.

    Raises:
        PlatformUnavailable: there is no list at all.
    """
    listed = answer if isinstance(answer, list) else mapping(answer).get("data")
    if not isinstance(listed, list):
        raise PlatformUnavailable("The platform's answer is not a list.")
    return listed


def some(fields: Mapping[str, object]) -> list[tuple[str, object]]:
    """So many fields as are read."""
    return list(islice(fields.items(), MOST_FIELDS))


def _may_be(said: str, wanted: str) -> bool:
    return not said or not wanted or said.strip().casefold() == wanted.strip().casefold()


def _has_id(value: object) -> bool:
    return bool(ident(mapping(value).get("id")))


def _id_of(value: object) -> str:
    given = mapping(value).get("id")
    if not ident(given):
        # Anything that says something may be the id of what it just made.
        has_odd_id = isinstance(given, int | float | str) and not isinstance(given, bool) and bool(str(given).strip())
        raise PlatformUnavailable("The platform's answer has no id that can be one.", has_odd_id=has_odd_id)
    return ident(given)


def _action(value: object) -> Action | None:
    action = Action.from_json(value)
    return action if action != Action("") else None


def _errors(value: object) -> tuple[RequestError, ...]:
    errors = (RequestError.from_json(item) for item in items(value, MOST_ERRORS))
    return tuple(error for error in errors if error != RequestError(""))
