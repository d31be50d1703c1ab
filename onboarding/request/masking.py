"""What nobody sees without need: the values of a row that tell whose it is, or open a page; and how they are masked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from onboarding.lib.masks import mask, mask_likely
from onboarding.lib.sealed_fields import readable

CANNOT_BE_READ = _("cannot be read")
LABELS = {
    "attributes": _("answers"),
    "contact_email": _("e-mail address"),
    "to": _("e-mail address"),
    "own_reference": _("own reference"),
    "redirect_link": _("link to the manufacturer"),
    "documentation_link": _("link to documentation"),
    "return_address": _("return address"),
    "link": _("link to the request"),
    "url": _("address"),
    "secret": _("signing secret"),
    "owner_id": _("owner that we asked for"),
    "platform_owner_id": _("owner at the platform"),
}
LINK = re.compile(r"\b(\w{1,20})://(?:[^\s/?#@\"'<>]*@)?([^\s/?#\"'<>]*)[^\s\"'<>]*")
# A token, a ticket, a signature; no word and no id is that long.
OPAQUE = re.compile(r"[\w.+=~-]{40,}")
# What an answer of the platform says openly, by its names, in small letters. Everything else may tell whose it is.
OPEN = frozenset(
    {
        *("id", "entityid", "tenantid", "collectiveid", "principalid", "pagesize"),
        *("type", "requesttype", "manufacturer", "status"),
        *("created", "createdat", "updated", "updatedat", "traceid", "requestid", "redirectlink", "documentationlink"),
        *("code", "message", "description", "detail", "title", "field", "property", "propertyname"),
    }
)
DEEPEST, WIDEST, LONGEST = 8, 50, 10_000
MOST_VALUES, LONGEST_NAME = 500, 200
BETWEEN = r"[\s.-]*"
SHORTEST = 4  # characters; a shorter one is found in too many words


@dataclass(frozen=True)
class Secret:
    name: str
    value: str
    is_readable: bool = True  # else the value says that it is not

    @property
    def masked(self) -> str:
        if not self.is_readable:
            return self.value
        try:
            parts = urlsplit(self.value) if "://" in self.value else None
        except ValueError:  # a host in brackets that are not closed
            parts = None
        return f"{parts.scheme}://{parts.hostname}/…" if parts else mask(self.value)


def secrets_of(row: Model) -> list[Secret]:
    """List what is to be masked in a row, as far as it has it: `SECRET_FIELDS` of its model, and its attributes."""
    named = {name: readable(row, name, None) for name in getattr(row, "SECRET_FIELDS", ())}
    values: dict[str, Any] = _answers(row, {"attributes": None}) | named
    closed = [Secret(name, str(CANNOT_BE_READ), is_readable=False) for name, value in values.items() if value is None]
    return [Secret(name, str(value)) for name, value in values.items() if value] + closed


def masked(row: Model, name: str) -> str:
    """Show one column of a row for lists: masked, empty, or saying that it cannot be read."""
    value = readable(row, name, None)
    return str(CANNOT_BE_READ) if value is None else mask(value)


def find_secret(row: Model, name: str) -> Secret | None:
    return next((secret for secret in secrets_of(row) if secret.name == name), None)


def scrub(text: str, row: Model | None) -> str:
    """Mask the secrets of a row, however they are spaced or written, and what looks like anybody's."""
    known = [secret for secret in secrets_of(row) if secret.is_readable] if row else []
    secrets = sorted(known, key=lambda secret: -len(secret.value))
    for secret in secrets:
        characters = re.sub(BETWEEN, "", secret.value)
        if len(characters) >= SHORTEST:
            spaced = BETWEEN.join(map(re.escape, characters))
            text = re.sub(spaced, partial(_instead, secret), text, flags=re.IGNORECASE)
    return mask_likely(text)


def scrub_words(text: str, row: Model | None) -> str:
    """Mask in what others wrote also every link, to its host, and what could be a token."""
    return OPAQUE.sub("…", LINK.sub(r"\1://\2/…", scrub(text, row)))


def scrub_json(value: object, row: Model) -> object:
    """Mask what was sent to the platform or came from it: every value whose name does not say that it is harmless.

    What is null is left out, and so is what is too deep, too long or too much for anybody to read.
    """
    return _scrub_value(value, row, name="", is_error=False, depth=0, left=iter(range(MOST_VALUES)))


def _scrub_value(value: object, row: Model, *, name: str, is_error: bool, depth: int, left: Iterator[int]) -> object:
    if value is None or isinstance(value, bool):
        return value
    is_long = isinstance(value, str) and len(value) > LONGEST
    if depth > DEEPEST or is_long or next(left, None) is None:
        return "…"
    within = partial(_scrub_value, row=row, depth=depth + 1, left=left)
    if isinstance(value, dict):
        named = [(str(key)[:LONGEST_NAME], item) for key, item in islice(value.items(), WIDEST)]
        return {
            scrub_words(key, row): within(item, name=key, is_error=is_error or key.lower() == "errors")
            for key, item in named
            if item is not None
        }
    if isinstance(value, list):
        return [within(item, name=name, is_error=is_error) for item in value[:WIDEST]]
    text = _written(value).replace("\0", "")
    answers = {answer.lower() for answer in _answers(row, {})}
    if is_error or (name.lower() in OPEN and name.lower() not in answers):
        return scrub_words(text, row)
    return scrub_words(text, row) if "://" in text else mask(text)


def _answers(row: Model, otherwise: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = readable(row, "attributes", otherwise) if hasattr(type(row), "attributes") else {}
    return found


def _written(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # a number of thousands of digits
        return "…"


def _instead(secret: Secret, _found: re.Match[str]) -> str:
    return secret.masked
