"""The consent text of a device: which one applies, and its exact words. What is shown, hashed and stored is the same.

Texts are data, managed by staff in the desk; the portal ships a first one per language in `consent_texts/`.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache as cache_once
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from onboarding.branding import sound
from onboarding.lib import faults
from onboarding.lib.cached_rows import Cached

from .document import Document, Section, paragraphs_of, read
from .models import Consent, ConsentText, sha256

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

logger = logging.getLogger(__name__)

# `{company}`, or with the words that stand there when there is no such name: `{company|your supplier}`.
PLACEHOLDER = re.compile(r"\{(\w+)(?:\|([^{}\n]*))?\}(\.?)")
PLACEHOLDERS = frozenset({"device", "manufacturer", "company"})
# Translators: stands for {company} in a consent text that has no words of its own for that: in the nominative.
UNNAMED = {"company": gettext_lazy("your energy company")}
PUBLISHED = Cached[list[ConsentText]]("onboarding.consent-texts")
# That no text applies is told again after this long.
NONE_KEY, NONE_SECONDS = "onboarding.no-consent-text", 600
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SHIPPED_BY = "realto-portal"
SHIPPED = Path(__file__).parent / "shipped"
# What a text says under a heading each, in this order: the device, and then its own columns.
PARTS = ("device", "accessed", "not_accessed", "purpose", "duration", "stopping", "complaints")
NAMES_OF_DEVICE = "{device}, {manufacturer}."


@dataclass(frozen=True)
class ConsentWords(Document):
    """A consent text for one device, as the customer reads it."""

    text: ConsentText = field(kw_only=True)
    statement: str

    @property
    def device(self) -> Section:
        return self.sections[PARTS.index("device")]

    @property
    def purpose(self) -> Section:
        """Why, and for whom: a consent record says it once more, by itself."""
        return self.sections[PARTS.index("purpose")]

    @cached_property
    def sha256(self) -> str:
        return sha256(self.words)


def controller() -> str:
    """Say who receives the data, by itself or at the start of a sentence."""
    return settings.CONTROLLER_NAME or _("Your energy company")


def published() -> list[ConsentText]:
    """Return all published texts, as this process knows them; a new one arrives within seconds."""
    return PUBLISHED.get(_read_published)


def forget() -> None:
    """Drop what this process knows, after a text was published."""
    PUBLISHED.forget()


def _read_published() -> list[ConsentText]:
    needed = [field.name for field in ConsentText._meta.concrete_fields]  # half a text is none
    return sound.rows(ConsentText.objects.exclude(published_at=None), needed=needed)


@cache_once
def _shipped() -> tuple[ConsentText, ...]:
    """Read the texts that the portal brings, unsaved: in case that nothing stored applies."""
    return tuple(
        ConsentText(**fields, language=language, version=version, published_at=LONG_AGO, published_by=SHIPPED_BY)
        for version, language, fields in _files(SHIPPED)
    )


def _files(folder: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    for path in sorted(folder.glob("*.toml")):
        version, language = path.name.removesuffix(".toml").split(".")
        yield version, language, {name: words.strip() for name, words in tomllib.loads(path.read_text()).items()}


def find_text(type: str, manufacturer: str, language: str) -> ConsentText:
    """Return the text that applies: for the manufacturer before the type before all, then by language, then the newest.

    When none is left, the one that the portal ships; that is told to staff.
    """

    def rank(text: ConsentText) -> tuple[bool, bool, bool, bool, datetime, int]:
        speaks, speaks_default = text.language == language, text.language == settings.LANGUAGE_CODE
        at = text.published_at or timezone.now()
        return bool(text.manufacturer), bool(text.type), speaks, speaks_default, at, text.pk or 0

    types, makers = {"", type.strip()}, {"", manufacturer.strip()}  # the platform may have blanks around a name
    applying = (text for text in published() if text.type in types and text.manufacturer in makers)
    found = max(applying, key=rank, default=None)
    if found is None and cache.add(NONE_KEY, True, NONE_SECONDS):
        logger.error("No published consent text applies to %s %s: the portal's own does.", type, manufacturer)
        faults.note("consent", "NoText")
    return found or max(_shipped(), key=rank)


def words_for(text: ConsentText, *, device: StrOrPromise, manufacturer: str) -> ConsentWords:
    """Put headings and names into a text, in its own language. `device`: its plain name, e.g. "Electric car"."""
    with override(text.language):
        return _words_for(text, device=str(device), manufacturer=manufacturer)


def _words_for(text: ConsentText, *, device: str, manufacturer: str) -> ConsentWords:
    names = {"device": device, "manufacturer": manufacturer.strip(), "company": settings.CONTROLLER_NAME}
    headings = {
        "device": _("Which device"),
        "accessed": _("What is accessed"),
        "not_accessed": _("What is not"),
        "purpose": _("Why, and for whom"),
        "duration": _("For how long"),
        "stopping": _("How to stop"),
        "complaints": _("Questions and complaints"),
    }
    sections = (Section(headings[name], paragraphs_of(fill_in(_part(text, name), names))) for name in PARTS)
    return ConsentWords(tuple(sections), fill_in(text.statement, names), text=text)


def _part(text: ConsentText, name: str) -> str:
    return NAMES_OF_DEVICE if name == "device" else str(getattr(text, name))


def agreed_to(record: Consent) -> Document:
    """Return the exact words of a record in the sections of the text that it quotes."""
    text = _quoted(record)
    lengths = [len(paragraphs_of(fill_in(_part(text, name), {}))) for name in PARTS] if text else []
    return read(record.words, lengths)


def _quoted(record: Consent) -> ConsentText | None:
    """Return the text that a record was made of; None when it can no longer be read."""
    if record.text_id is None:
        made_of = (record.version, record.language)
        return next((text for text in _shipped() if (text.version, text.language) == made_of), None)
    if all(text.pk != record.text_id for text in published()):
        forget()  # it was published a moment ago
    return next((text for text in published() if text.pk == record.text_id), None)


def consent_words(*, type: str, device: StrOrPromise, manufacturer: str) -> ConsentWords:
    """Write the consent text that applies to a device, in the active language as far as there is one."""
    text = find_text(type, manufacturer, get_language() or settings.LANGUAGE_CODE)
    return words_for(text, device=device, manufacturer=manufacturer)


def unknown_placeholders(paragraphs: str) -> list[str]:
    return sorted({found[1] for found in PLACEHOLDER.finditer(paragraphs)} - PLACEHOLDERS)


def fill_in(paragraphs: str, names: dict[str, str]) -> str:
    """Put names in their places. One that ends in a full stop ends a sentence, too: "N.V.", not "N.V.."."""

    def named(found: re.Match[str]) -> str:
        name, instead, stop = found.groups()
        said = names.get(name) or instead or UNNAMED.get(name)
        return found[0] if said is None else f"{said}{'' if said.endswith('.') else stop}"

    return PLACEHOLDER.sub(named, paragraphs.strip().replace("\r\n", "\n"))


def is_asked_again(record: Consent) -> bool:
    """Tell whether a text for the same device was published since that asks people to agree again."""
    if record.text_id is None:
        return True
    quoted = _quoted(record)
    since = (quoted and quoted.published_at) or record.at
    current = find_text(record.type, record.manufacturer, record.language)
    scope = (current.language, current.type, current.manufacturer)
    return any(
        text.asks_again and (text.language, text.type, text.manufacturer) == scope and text.published_at > since
        for text in published()
        if text.published_at
    )


def ship_texts(folder: Path = SHIPPED) -> None:
    """Publish the texts that come with the portal, unless they are there already, or staff published their own.

    `folder`: files DATE.LANGUAGE.toml; a staff's own text for every device stops those of its language only.
    """
    for version, language, fields in _files(folder):
        own = ConsentText.objects.filter(language=language, type="", manufacturer="", published_at__isnull=False)
        if own.exclude(published_by=SHIPPED_BY).exists():
            continue
        ConsentText.objects.get_or_create(
            language=language,
            type="",
            manufacturer="",
            version=version,
            defaults=fields | {"published_at": timezone.now(), "published_by": SHIPPED_BY},
        )
