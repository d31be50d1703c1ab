"""Reading JSON from outside without trusting it: whatever is not what it should be counts as absent. Pure.

Nothing leaves here that is longer than its bound. Words for people are cut; names and ids that do not fit are refused,
because a piece of one is another one.
"""

import math
import re
import sys
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime

# The columns that hold these are as long, or longer.
WORD = 64  # a status, a type, a code
ID = 64
NAME = 100  # of a manufacturer or an attribute
MESSAGE = 500  # a sentence or two for people
TEXT = 2000
LINK = 8000
# No more of anything is read than anybody would look at.
MOST_TRANSACTIONS, MOST_ERRORS, MOST_ATTRIBUTES = 50, 20, 40
LAST_YEAR = 2200
ELLIPSIS = "…"
# What changes the direction in which everything after it is read.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def items(value: object, most: int = sys.maxsize) -> list[object]:
    return value[:most] if isinstance(value, list) else []


def text(value: object, longest: int = TEXT) -> str:
    """A text or a whole number as text, at most so many characters, cut where it is longer; "" for anything else.

    Control characters and lone surrogates are legal in JSON, but no database and no page takes them all.
    """
    plain = _plain(value, longest)
    return plain if len(plain) <= longest else plain[: longest - 1] + ELLIPSIS


def word(value: object) -> str:
    return text(value, WORD)


def name(value: object, longest: int = NAME) -> str:
    """A name as others spell it, or "" when it is too long to be one."""
    plain = _plain(value, longest)
    return plain if len(plain) <= longest else ""


def spelled(value: object, longest: int = NAME) -> str:
    """A name exactly as others spell it, with the blanks around it: it goes back as it came."""
    plain = name(value, longest)
    if not plain or not isinstance(value, str) or len(value) > longest:
        return plain
    before, _plain, after = value.partition(plain)
    return value if all(unicodedata.category(blank) == "Zs" for blank in before + after) else plain


def ident(value: object) -> str:
    """An id as it was given, or "" when it cannot be kept: too long, not printable, or one that no path can name."""
    given = str(value) if _is_whole(value) else value
    is_kept = isinstance(given, str) and len(given) <= ID and given.isprintable() and bool(given.strip())
    return str(given) if is_kept and is_nameable(str(given)) else ""


def is_nameable(id: str) -> bool:
    """Tell whether a path can name an id: any that is escaped, but for the two that mean a place."""
    return id not in {"", ".", ".."}


def link(value: object) -> str:
    """An address that a browser may be sent to: never `javascript:` and the like, never cut short."""
    address = value.strip() if isinstance(value, str) else ""
    is_whole = len(address) <= LINK and address == _plain(value, LINK)
    return address if is_whole and re.fullmatch(r"https?://[^\s<>\"]+", address, re.IGNORECASE) else ""


def moment(value: object) -> datetime | None:
    """A point in time, UTC where no zone is given; None also for the year 1, .NET's "no date"."""
    try:
        found = datetime.fromisoformat(text(value, WORD))
    except ValueError:
        return None
    if not 1970 <= found.year < LAST_YEAR:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds(value: object) -> float | None:
    """A positive, finite number of seconds, also from a text; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def _plain(value: object, longest: int) -> str:
    """A text without what nobody can keep or show; of a long one somewhat more than its `longest` first characters."""
    if _is_whole(value):
        value = str(value)
    if not isinstance(value, str):
        return ""
    beginning = value.lstrip()[: 2 * longest + 2]
    if beginning.isprintable():  # nearly all of them, and there may be very many
        return beginning.rstrip()
    beginning = beginning.encode("utf-8", "replace").decode()
    return "".join(character for character in beginning if _is_kept(character)).strip()


def _is_kept(character: str) -> bool:
    return character in "\n\t" or (unicodedata.category(character) != "Cc" and character not in TURNING)


def _is_whole(value: object) -> bool:
    # Longer ones cannot be written out: Python refuses.
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 256
