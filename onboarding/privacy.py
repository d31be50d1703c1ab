"""What nobody sees without need: the values of a row that tell whose it is, or open a page; and how they are masked."""

import re
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from .identifiers import mask
from .models import Consent, Mail, OnboardingRequest, Wish

# The columns of each model, besides its `attributes`.
SECRET: dict[type[Model], tuple[str, ...]] = {
    OnboardingRequest: ("contact_email", "own_reference", "redirect_link", "documentation_link", "return_address"),
    Consent: (),
    Mail: ("to",),
    Wish: ("contact_email",),
}
LABELS = {
    "contact_email": _("e-mail address"),
    "to": _("e-mail address"),
    "own_reference": _("own reference"),
    "redirect_link": _("link to the manufacturer"),
    "documentation_link": _("link to documentation"),
    "return_address": _("return address"),
    "link": _("link to the request"),
}
# What looks like an e-mail address, a VIN, or the number of a meter, whosoever it is.
LIKELY = re.compile(
    r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.\w+"
    r"|(?<![A-Z0-9])(?=[A-Z]*[0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])"
    r"|(?<![0-9])[0-9]{13,18}(?![0-9])",
    re.IGNORECASE,
)
BETWEEN = r"[\s.-]*"
SHORTEST = 4  # characters; a shorter one is found in too many words


@dataclass(frozen=True)
class Secret:
    name: str
    value: str

    @property
    def label(self) -> str:
        return label_of(self.name)

    @property
    def heading(self) -> str:
        return capfirst(self.label) if self.name in LABELS else self.label

    @property
    def masked(self) -> str:
        parts = urlsplit(self.value) if "://" in self.value else None
        return f"{parts.scheme}://{parts.hostname}/…" if parts else mask(self.value)


def label_of(name: str) -> str:
    """Name a secret; an attribute by the platform's word."""
    return str(LABELS.get(name, name))


def secrets_of(row: Model) -> list[Secret]:
    """List what is to be masked in a row, as far as it has it."""
    named = {name: getattr(row, name) for name in SECRET.get(type(row), ())}
    values: dict[str, Any] = getattr(row, "attributes", {}) | named
    return [Secret(name, str(value)) for name, value in values.items() if value]


def find_secret(row: Model, name: str) -> Secret | None:
    return next((secret for secret in secrets_of(row) if secret.name == name), None)


def scrub(text: str, row: Model | None) -> str:
    """Mask the secrets of a row, however they are spaced or written, and what looks like anybody's."""
    secrets = sorted(secrets_of(row) if row else [], key=lambda secret: -len(secret.value))
    for secret in secrets:
        characters = re.sub(BETWEEN, "", secret.value)
        if len(characters) >= SHORTEST:
            spaced = BETWEEN.join(map(re.escape, characters))
            text = re.sub(spaced, partial(_instead, secret), text, flags=re.IGNORECASE)
    return LIKELY.sub(lambda found: mask(found[0]), text)


def _instead(secret: Secret, _found: re.Match[str]) -> str:
    return secret.masked
