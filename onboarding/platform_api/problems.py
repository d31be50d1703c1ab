"""The platform's error bodies: which code, which message, and which attributes they are about. Pure.

Two formats are known: `{"errors": [{"code", "description", "message"}]}`, whose description may be a name alone, and
problem+json (`title`, `detail`, `errors: {field: [message]}`). Only what a customer can correct is recognised as a
field: attributes, type and manufacturer. An error about, say, the tenant is ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType

from . import wire
from .values import MESSAGE, MOST_ATTRIBUTES, MOST_ERRORS, NAME, items, mapping, text, word

MESSAGE_NAMES = ("message", "description", "detail", "title")
FIELD_NAMES = ("field", "property", "propertyName", "path", "target")

type Names = Mapping[str, str]  # as an error may say them -> ours
NO_NAMES: Names = MappingProxyType({})
# About one attribute.
MOST_MESSAGES = 5
# Some names are common words too: those count only where they can mean nothing else.
_CHOICE = (
    r"\b(?:unknown|invalid|unsupported|missing) (?:entity |device )?{name}\b"
    r"|\b(?:the|this|entity|device) {name}(?: field)?(?: ['\"]?[\w.-]+['\"]?)? (?:is|was) "
    r"(?:unknown|invalid|unsupported|missing|required|not (?:known|valid|supported|found|allowed|recogni[sz]ed))\b"
)
MENTIONS = {
    **{name: _CHOICE.format(name=name) for name in wire.CHOICES},
    **{name: rf"\b{name}\b" for name in wire.ATTRIBUTES},
    "email": r"\be-?mail\b",
    "uuid": r"(?<!valid )(?<!\ba )\buuid\b",
    "model": r"\bmodel\b(?! ?state)",
    "code": r"\bpairing code\b",
    "owner": r"\b(?:invalid|unknown) owner\b",
    "tenantId": r"\btenant(?: ?id)?\b",
    "collectiveId": r"\bcollective(?: ?id)?\b",
    "returnUrl": r"\breturn ?ur[il]\b",
    wire.IDENTIFIER: r"(?<!client )(?<!tenant )(?<!user )(?<!owner )(?<!unique )\bidentifier\b",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The first code and message of an error body, and all messages by attribute.

    `is_ours`: it is about what no customer can correct, and about nothing else that is named.
    """

    code: str = ""
    message: str = field(default="", repr=False)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    is_ours: bool = False


def read_problem(body: object, attributes: Iterable[str] = (), others: Mapping[str, str] = NO_NAMES) -> Problem:
    """Read an error body.

    `attributes` are the names that were sent, which may include unknown ones; `others` are names that errors may use
    instead, each with ours.
    """
    known = (*wire.CHOICES, *wire.ATTRIBUTES, *attributes, *wire.OURS)
    names: Names = dict(others) | dict(zip(known, known, strict=True))
    whole = mapping(body)
    errors = whole.get("errors")
    if isinstance(errors, dict):
        found = list(_by_key(errors, names))
        entries: list[object] = [whole, *({"message": message} for _, message in found)]
    else:
        entries = items(errors, MOST_ERRORS) or [whole]
        found = [pair for entry in entries for pair in _by_mention(entry, names)]
    named = _grouped(found)
    fields = {name: messages for name, messages in named.items() if name not in wire.OURS}
    return Problem(
        code=next(filter(None, (word(mapping(entry).get("code")) for entry in [*entries, whole])), ""),
        message=next(filter(None, (_message(entry) for entry in [*entries, whole])), ""),
        fields=fields,
        is_ours=bool(named) and not fields,
    )


def _by_key(errors: Mapping[str, object], names: Names) -> Iterator[tuple[str, str]]:
    for key, value in islice(errors.items(), MOST_ATTRIBUTES):
        messages = items(value, MOST_MESSAGES) if isinstance(value, list) else [value]
        for message in messages or [""]:
            yield _field_in_key(key, names), _message(message)


def _by_mention(entry: object, names: Names) -> Iterator[tuple[str, str]]:
    fields = mapping(entry)
    explicit = {_field_in_key(text(fields.get(name)), names) for name in FIELD_NAMES}
    described = text(fields.get("description"))
    explicit |= {_field_in_key(described, names)} if " " not in described else set()
    mentioned = set(_mentioned(entry, names))
    if (explicit | mentioned) - {"", *wire.CHOICES, *wire.OURS}:
        mentioned.discard("type")  # then it is that of the other: "vin has an invalid type"
    for name in filter(None, explicit | mentioned):
        yield name, _message(entry)


def _mention(name: str, ours: str) -> str:
    """Give the pattern by which a name is found in words without quotes; nothing for one that is a common word."""
    if name == ours or name in MENTIONS:
        return MENTIONS.get(name, "")
    if ours in wire.CHOICES:
        return _CHOICE.format(name=name)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ?", name)
    return "" if name in wire.COMMON else rf"\b{words}\b"


def _grouped(found: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for name, message in found:
        known = fields.get(name, ())
        is_new = message and message not in known and len(known) < MOST_MESSAGES
        fields[name] = (*known, message) if is_new else known
    fields.pop("", None)
    return fields


def _message(entry: object) -> str:
    if isinstance(entry, str):
        return text(entry, MESSAGE)
    return next(filter(None, (text(mapping(entry).get(name), MESSAGE) for name in MESSAGE_NAMES)), "")


def _field_in_key(key: str, names: Names) -> str:
    """Find the attribute, by our name, in "Vin", "data.vin", "$.vin", "$['vin']", "Data.Properties.Flow"; else ""."""
    parts = [part for part in re.split(r"[^\w-]+", text(key, NAME)) if part]
    if not parts:
        return ""
    last = parts[-1]
    if len(parts) > 1 and parts[-2].lower() == wire.PROPERTIES:
        last = f"{wire.PROPERTIES}.{last[0].lower()}{last[1:]}"
    by_end = {name.rpartition(".")[2].lower(): ours for name, ours in names.items()}
    whole = {name.lower(): ours for name, ours in names.items()}
    found = whole.get(last.lower()) or by_end.get(last.lower(), "")
    return found or (last if last.startswith(f"{wire.PROPERTIES}.") else "")


def _mentioned(entry: object, names: Names) -> Iterator[str]:
    """Find the attributes that an error talks about, in its words and in a code such as "InvalidVin"."""
    fields = mapping(entry)
    code = re.sub(r"(?<=[a-z])(?=[A-Z])|[_.:/-]", " ", word(fields.get("code")))
    said = " ".join([code, text(entry, MESSAGE), *(text(fields.get(name), MESSAGE) for name in MESSAGE_NAMES)])
    for name, ours in names.items():
        quoted = rf"['\"`]{re.escape(name)}['\"`]"
        if re.search(f"{quoted}|{_mention(name, ours) or quoted}", said, re.IGNORECASE):
            yield ours
    for member in re.findall(rf"\b{wire.PROPERTIES}\.(\w+)", said, re.IGNORECASE):
        yield f"{wire.PROPERTIES}.{member[0].lower()}{member[1:]}"
