"""Folding texts: which spellings count as the same, when something is looked for or compared. Pure.

Names of makers and types are compared by `searchable`, by their words where they stand within a longer text; what
people read off a device or a page, by `code`. E-mail addresses are not folded here: `addresses` compares them exactly.
"""

import re
import unicodedata
from functools import lru_cache

# Every name of a very long list, so that each keystroke need not fold them all anew; what is longer is no name.
REMEMBERED, LONGEST_NAME = 1 << 17, 128


def searchable(name: str) -> str:
    """Fold case and accents and drop what is neither letter nor digit: "Škoda" -> "skoda"."""
    return _remembered(name) if len(name) <= LONGEST_NAME else _searchable(name)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in Latin letters and digits, without case and accents: "Škoda Auto" has two."""
    return re.findall(r"[a-z0-9]+", _plain(text))


def code(typed: str) -> str:
    """Fold an identifier or a code: its letters and digits in capitals, however they are grouped."""
    return "".join(c for c in unicodedata.normalize("NFKC", typed).upper() if c.isalnum())


def ascii_upper(text: str) -> str:
    """Write a to z in capitals, and leave every other letter as it is: none is taken for one of these."""
    return "".join(c.upper() if c.isascii() else c for c in text)


def ascii_lower(text: str) -> str:
    """Write A to Z in small letters, and leave every other letter as it is: none is taken for one of these."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def _searchable(name: str) -> str:
    return "".join(c for c in _plain(name) if c.isalnum())


def _plain(text: str) -> str:
    """Fold case, and take the accents off."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in letters if not unicodedata.combining(c))


_remembered = lru_cache(maxsize=REMEMBERED)(_searchable)
