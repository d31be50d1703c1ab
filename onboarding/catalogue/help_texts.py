"""The words that customers read about types, attributes and the manufacturer's step: staff's, or else the portal's.

What staff wrote wins where it is filled, the most particular last. It replaces the portal's words of its own scope and
wherever these are used: a new label for every EAN also shows where only the drawing differs, but not where the portal
has a label of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from onboarding.branding import sound
from onboarding.branding.models import Logo
from onboarding.lib.cached_rows import Cached

from . import shipped_guidance, shipped_help
from .help_models import ActionText, HelpText, OwnWords
from .help_words import AttributeHelp, Drawing, TypeHelp
from .shipped_guidance import Guidance
from .shipped_help import same_maker
from .shipped_makers import MANUFACTURER

DRAWING_WIDTH = 360
TEXTS = ("label", "question", "missing", "hint", "example", "where")
STEP_TEXTS = ("headline", "sentence", "duration")
# Without one of these nobody knows what a row is about.
SCOPE = ("type", "manufacturer", "language")
# Where the name of the manufacturer goes.
NAME = "{manufacturer}"
SCOPES: dict[type[OwnWords], tuple[str, ...]] = {HelpText: ("attribute", *SCOPE), ActionText: ("action", *SCOPE)}


def help_for(type: str, manufacturer: str, name: str, *, rows: Sequence[HelpText] | None = None) -> AttributeHelp:
    """Say how to ask for an attribute. `rows`: instead of what staff wrote, for a preview."""
    shipped = shipped_help.help_for(type, manufacturer, name)
    changes: dict[str, Any] = {}
    for row in _applying((row for row in _known(HelpText, rows) if row.attribute == name), type, manufacturer):
        replaced = shipped_help.help_for(row.type, row.manufacturer, name)
        changes |= _filled(row, TEXTS, replaced, shipped)
        if row.picture and replaced.drawing == shipped.drawing:
            changes["drawing"] = drawing_of(row.picture)
    return _named(replace(shipped, **changes), manufacturer)


def maker_help(type: str, manufacturer: str = "", *, rows: Sequence[HelpText] | None = None) -> AttributeHelp:
    """Say how people speak of what the platform calls the manufacturer of a type: a brand, or a grid operator."""
    return help_for(type, manufacturer, MANUFACTURER, rows=rows)


def _named(words: AttributeHelp, manufacturer: str) -> AttributeHelp:
    """Put the name in where the words leave room for it."""
    name = manufacturer.strip() or _("the manufacturer")
    texts: dict[str, Any] = {field: str(getattr(words, field)) for field in TEXTS}
    return replace(words, **{field: text.replace(NAME, name) for field, text in texts.items() if NAME in text})


def drawing_of(picture: Logo) -> Drawing:
    """Show a picture as wide as the portal's drawings."""
    return Drawing("", height=round(DRAWING_WIDTH / picture.shape), url=picture.url)


def type_help(type: str, *, rows: Sequence[HelpText] | None = None) -> TypeHelp:
    """Say how to speak of a type. `rows`: instead of what staff wrote, for a preview."""
    shipped = shipped_help.type_help(type)
    found = _applying((row for row in _known(HelpText, rows) if row.type and not row.attribute), type, "")
    changes: dict[str, str] = {}
    for row in found:
        changes |= {name: text for name, text in (("name", row.label), ("line", row.hint)) if text}
    return replace(shipped, **changes)


def action_guidance(action: str, type: str, manufacturer: str, *, rows: Sequence[ActionText] | None = None) -> Guidance:
    """Say what the platform's action asks of a person, or, for a `Cause`, what helps when it failed.

    `rows`: instead of what staff wrote, for a preview.
    """
    shipped = shipped_guidance.action_guidance(action, type, manufacturer)
    changes: dict[str, Any] = {}
    for row in _applying(_about(action, rows), type, manufacturer):
        replaced = shipped_guidance.action_guidance(action, row.type, row.manufacturer)
        changes |= _filled(row, STEP_TEXTS, replaced, shipped)
    return replace(shipped, **{name: _with_names(text) for name, text in changes.items()})


def before_start(type: str, manufacturer: str, *, rows: Sequence[ActionText] | None = None) -> list[str]:
    """List what it takes to connect with a manufacturer. `rows`: instead of what staff wrote, for a preview."""
    words = action_guidance(ActionText.Action.BEFORE, type, manufacturer, rows=rows).sentence
    lines = str(words) % {"manufacturer": manufacturer}
    return [line.strip() for line in lines.splitlines() if line.strip()]


def usual_wait(type: str, manufacturer: str, *, measured: str = "", rows: Sequence[ActionText] | None = None) -> str:
    """Say how long the manufacturer usually takes when nobody has to do anything.

    `measured`: the same by our own figures; staff's words go before them, and they before the portal's.
    """
    shipped = shipped_guidance.usual_wait(type)
    found = _applying(_about("", rows), type, manufacturer)
    own = [row.duration for row in found if row.duration and shipped_guidance.usual_wait(row.type) == shipped]
    if own:
        return _with_names(own[-1])
    return f"{measured} {shipped_guidance.needs(type)}".strip() if measured else shipped


def mandate_days(type: str, manufacturer: str, *, rows: Sequence[ActionText] | None = None) -> int:
    """Say after how many days a permission ends at a manufacturer's; 0 where it is not known to end.

    `rows`: instead of what staff wrote, for a preview.
    """
    found = _applying(_about(ActionText.Action.MANDATE, rows), type, manufacturer)
    own = [row.days for row in found if row.days is not None]
    return own[-1] if own else shipped_guidance.mandate_days(type, manufacturer)


def forget() -> None:
    """Drop what this process knows, after staff changed a text."""
    _cached(HelpText).forget()
    _cached(ActionText).forget()


def read_all() -> None:
    """Read what staff wrote, unless this process knows it."""
    _known(HelpText, None)
    _known(ActionText, None)


def _known[Row: (HelpText, ActionText)](model: type[Row], rows: Sequence[Row] | None) -> Sequence[Row]:
    """Return all that staff wrote, as this process knows it; a change arrives within seconds."""
    if rows is not None:
        return rows
    return _cached(model).get(lambda: sound.rows(model.objects.all(), needed=SCOPES[model]))


def _cached[Row: (HelpText, ActionText)](model: type[Row]) -> Cached[list[Row]]:
    return Cached(f"onboarding.{model.__name__}")


def _about(action: str, rows: Sequence[ActionText] | None) -> Iterable[ActionText]:
    return (row for row in _known(ActionText, rows) if row.action == action)


def _applying[Row: OwnWords](rows: Iterable[Row], type: str, manufacturer: str) -> list[Row]:
    """Return the rows for a device in the active language, the most particular last."""
    language = get_language()
    found = (row for row in rows if row.type in {"", type.strip()} and row.language in {"", language})
    ours = (row for row in found if not row.manufacturer or same_maker(row.manufacturer, manufacturer))
    return sorted(ours, key=lambda row: row.rank)


def _filled(row: OwnWords, names: Iterable[str], replaced: object, shipped: object) -> dict[str, Any]:
    """Return the texts of a row that stand for words which a customer of this device would read."""
    filled = {name: getattr(row, name) for name in names if getattr(row, name)}
    return {name: text for name, text in filled.items() if getattr(replaced, name) == getattr(shipped, name)}


def _with_names(text: str) -> str:
    """Make the portal's own kind of text of staff's, in which {manufacturer} stands for the name."""
    return text.replace("%", "%%").replace(NAME, "%(manufacturer)s")
