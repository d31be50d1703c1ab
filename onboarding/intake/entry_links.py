"""Links that companies give their customers: what they fill in, and for whom.

Anybody may write answers into an address, under the platform's names: `/start/?type=EV&manufacturer=Audi`. For whom a
device is connected needs our signature: `/start/?k=<token>`. A token can be read by whoever has it, but not made.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.catalogue import identifiers
from onboarding.catalogue.catalogue import Attribute, Catalogue
from onboarding.catalogue.help_texts import help_for
from onboarding.lib.addresses import InvalidAddress, canonical
from onboarding.lib.folding import searchable
from onboarding.lib.languages import PARAMETER, is_spoken
from onboarding.lib.safe_links import parts_of

SALT = "onboarding.entry"
TOKEN = "k"  # noqa: S105  the parameter's name
NO_ANSWERS = frozenset({TOKEN, PARAMETER, "csrfmiddlewaretoken"})
DAYS = 30
MOST_VALUES, MOST_CHARACTERS = 20, 200
# What a link may name although nothing on offer asks for it: it is dropped aloud and not silently.
USUAL = frozenset({"type", "manufacturer", "vin", "ean", "code", "reference", "email", "uuid", "properties.flow"})


class BadLink(ValueError):
    """The token is made up, broken, or too old."""


@dataclass(frozen=True)
class Origin:
    """For whom, as only a signed link may say; names as in `OnboardingRequest`."""

    tenant_id: str = ""
    collective_id: str = ""
    owner_id: str = ""
    own_reference: str = ""
    contact_email: str = ""
    return_address: str = ""


@dataclass(frozen=True)
class Link:
    """What an address says; `answers` are unchecked, `typed` those of them that no token carries."""

    answers: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    token: str = ""
    origin: Origin = field(default_factory=Origin)
    language: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.answers or self.token)


@dataclass(frozen=True)
class Fitted:
    """What of a link's answers can be used.

    `given`: the names that mean something to us; `dropped`: labels; by name, `asked`: what to compare once more, and
    `wrong`: why a value cannot be right.
    """

    given: frozenset[str] = frozenset()
    answers: dict[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    asked: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[str, ...]:
        return tuple(self.asked.values())


def make(answers: Mapping[str, str], origin: Origin, *, language: str = "", days: int = DAYS) -> str:
    """Return the address of a signed link that holds for so many days."""
    ends_at = timezone.now() + timedelta(days=days)
    said = {"answers": dict(answers), **asdict(origin), "language": language, "until": int(ends_at.timestamp())}
    token = signing.dumps({name: value for name, value in said.items() if value}, salt=SALT, compress=True)
    return f"{settings.PUBLIC_URL}{reverse('onboarding:begin', query={TOKEN: token})}"


def read(data: Mapping[str, str]) -> Link:
    """Read the parameters of an address, or of the form that repeats them; a token wins over what stands beside it.

    Except for the language, which says nothing about the device: there the address may choose another one.

    Raises: BadLink.
    """
    data = {name.removeprefix("amp;"): value for name, value in data.items()}  # as a mail writes an & in an address
    token = data.get(TOKEN, "")
    given = [(name, value.strip()) for name, value in data.items() if name not in NO_ANSWERS]
    typed = {name: value for name, value in given[:MOST_VALUES] if value and len(name + value) <= MOST_CHARACTERS}
    named = data.get(PARAMETER, "")
    if not token:
        return Link(typed, typed, language=named if is_spoken(named) else "")
    said = _unseal(token)
    return Link(
        answers=typed | said.get("answers", {}),
        typed=typed,
        token=token,
        origin=Origin(**{name: said.get(name, "") for name in asdict(Origin())}),
        language=next(filter(is_spoken, (named, said.get("language", ""))), ""),
    )


def fit(given: Mapping[str, str], catalogue: Catalogue) -> Fitted:
    """Check answers against what is on offer, with the rules of the wizard's own forms."""
    kind = _same(given.get("type", ""), catalogue.types)
    maker = _same(given.get("manufacturer", ""), catalogue.manufacturers(kind))
    offer = catalogue.find(kind, maker)
    attributes = offer.attributes if offer else ()
    usable: dict[str, identifiers.Checked] = {}
    wrong: dict[str, str] = {}
    for item in attributes:
        try:
            if item.name in given:
                usable[item.name] = _check(item, given[item.name], kind, maker)
        except identifiers.InvalidIdentifier as problem:
            wrong[item.name] = str(problem.message)
    chosen = {name: value for name, value in (("type", kind), ("manufacturer", maker)) if value}
    answers = chosen | {name: found.value for name, found in usable.items()}
    known = USUAL | catalogue.attribute_names
    return Fitted(
        given=frozenset(given.keys() & known),
        answers=answers,
        dropped=tuple(label(kind, maker, name) for name in given if name in known and name not in answers),
        asked={name: found.warning for name, found in usable.items() if found.warning},
        wrong=wrong,
    )


def label(kind: str, maker: str, name: str) -> str:
    """Name an answer as the customer knows it."""
    return _("Device") if name == "type" else str(help_for(kind, maker, name).label)


def return_host(address: str) -> str:
    """Return the host of an address that a customer may be sent to; empty when it is none of ours (RETURN_HOSTS)."""
    parts = parts_of(address)
    host = parts.netloc.casefold()
    return host if parts.scheme == "https" and host in map(str.casefold, settings.RETURN_HOSTS) else ""


def _unseal(token: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = signing.loads(token, salt=SALT)
    except signing.BadSignature as problem:
        raise BadLink from problem
    with suppress(InvalidAddress):  # one signed long ago may have an address that we would not take now
        said["contact_email"] = canonical(said.pop("contact_email", ""))
    if said["until"] < timezone.now().timestamp():
        raise BadLink
    return said


def _same(given: str, offered: Iterable[str]) -> str:
    """Return the offered name that is meant, whatever its case, accents and spaces; empty when there is none."""
    wanted = searchable(given)
    return next((name for name in offered if wanted and searchable(name) == wanted), "")


def _check(attribute: Attribute, value: str, kind: str, maker: str) -> identifiers.Checked:
    choices = dict(help_for(kind, maker, attribute.name).choices)
    return identifiers.check(
        attribute.name,
        _same(value, choices) if choices else value,
        manufacturer=maker,
        pattern=attribute.pattern,
    )
