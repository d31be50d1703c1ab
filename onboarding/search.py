"""Finds makers by what people type. Pure: names in, names out."""

import unicodedata
from collections.abc import Iterable


def searchable(text: str) -> str:
    """Fold case and accents and drop what is neither letter nor digit: "Škoda" -> "skoda"."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in plain if character.isalnum())


def search(names: Iterable[str], query: str) -> list[str]:
    """Return the names that contain the query, those that begin with it first."""
    wanted = searchable(query)
    found = [name for name in names if wanted in searchable(name)]
    return sorted(found, key=lambda name: not searchable(name).startswith(wanted))
