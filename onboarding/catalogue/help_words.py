"""What help is made of: how one attribute is asked for, and how a type is spoken of. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Drawing:
    """A drawing 360 px wide and `height` px high; `places` says what its numbers 1, 2, ... point at.

    `file`: in `static/img/`; `url`: of a picture that is none of the portal's files.
    """

    file: str
    height: int
    places: tuple[StrOrPromise, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class AttributeHelp:
    """How to ask for one attribute; `max_length` is for the input, with room for spaces and dashes.

    `question` is the title of the page where it is all that is asked; `missing` says what to do when nothing was given.
    `where` stands below the drawing and its numbered places, or alone. `{manufacturer}` stands for the name. `scan`: of
    what a camera can read, the pattern, for JavaScript, that the code has to have; its first group is the value.
    """

    label: StrOrPromise
    question: StrOrPromise = ""
    missing: StrOrPromise = ""
    hint: StrOrPromise = ""
    example: str = ""
    where: StrOrPromise = ""
    drawing: Drawing | None = None
    input_mode: str = "text"
    autocomplete: str = "off"
    autocapitalize: str = "none"
    spellcheck: bool = False
    max_length: int = 200
    choices: tuple[tuple[str, StrOrPromise], ...] = ()
    scan: str = ""


@dataclass(frozen=True)
class TypeHelp:
    """How to speak of one type: its name, one line about it, and its icon."""

    name: StrOrPromise
    line: StrOrPromise = ""
    icon: str = "other"
