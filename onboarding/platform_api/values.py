"""Reading JSON from outside without trusting it: whatever is not what it should be counts as absent. Pure."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime

# Names and codes are short, and a database column that holds one is too; other texts are for people.
WORD = 100
TEXT = 2000


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def text(value: object, longest: int = TEXT) -> str:
    """A text or a whole number as text; "" for anything else.

    NUL and lone surrogates are legal in JSON, but no database takes them.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip()[:longest]


def word(value: object) -> str:
    return text(value, WORD)


def link(value: object) -> str:
    """An address that a browser may be sent to: never `javascript:` and the like, never cut short."""
    address = text(value, longest=10_000)
    return address if re.fullmatch(r"https?://[^\s<>\"]{1,8000}", address, re.IGNORECASE) else ""


def moment(value: object) -> datetime | None:
    """A point in time, UTC where no zone is given; None also for the year 1, .NET's "no date"."""
    try:
        found = datetime.fromisoformat(text(value, WORD))
    except ValueError:
        return None
    if found.year < 1970:
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
