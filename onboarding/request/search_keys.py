"""What an onboarding request is found by: keys, made in the same way of what is stored and of what is typed. Pure.

An identifier is found by all of it or by its last characters, never by a beginning: what is masked cannot be guessed
letter by letter.
"""

import re
from collections.abc import Mapping
from typing import Protocol

from onboarding.lib import addresses, folding
from onboarding.lib.typed import MOST_WORDS, as_latin_capitals

from .codes import SUPPORT_LENGTH

# People read the end of a number aloud.
LAST = 6
LONGEST_KEY = 200
# An answer this short names no device, and these describe one.
SHORTEST_IDENTIFIER = 4
DESCRIPTIONS = frozenset({"model", "track"})
READ_AS = str.maketrans("OQI", "001")
# The columns that keys are made of.
SOURCES = frozenset(
    {
        *("support_code", "attributes"),
        *("reference", "platform_id", "entity_id", "own_reference", "contact_email"),
    }
)


class Named(Protocol):
    """What has the columns of an onboarding request that somebody may look for."""

    reference: str
    support_code: str
    platform_id: str
    entity_id: str
    own_reference: str
    contact_email: str
    attributes: Mapping[str, object]


def key_of(text: str) -> str:
    """Fold a text into its key: an e-mail address as it is compared, anything else the letters and digits in capitals.

    So spaces, dashes, dots and case do not count; in an address, dots do.
    """
    if "@" in text:
        return addresses.find_key(text)[:LONGEST_KEY] or _as_it_is(text)
    return folding.code(text)[:LONGEST_KEY]


def keys_meant(term: str) -> set[str]:
    """Return the keys that a term may stand for: as it is, without the words that it was copied with, and as it reads.

    What reads like 0 or 1, and letters of other alphabets, are what numbers have there: people hear and retype them.
    """
    keys = {key_of(term), *_keys_behind(re.split(r"[\s:#]+", term.strip()))}
    return keys | {_as_it_reads(key) for key in keys if "@" not in key}


def _keys_behind(words: list[str]) -> list[str]:
    """Return the keys of what follows each of the first words, up to the one with a digit or an @ in it.

    Where none has, what follows may be a support code of letters alone.
    """
    keys = []
    for start, word in enumerate(words[:MOST_WORDS]):
        keys.append(key_of(" ".join(words[start:])))
        if "@" in word or any(c.isdigit() for c in word):
            return keys
    return [key for key in keys if len(key) == SUPPORT_LENGTH]


def _as_it_reads(key: str) -> str:
    return as_latin_capitals(key).translate(READ_AS)


def _as_it_is(text: str) -> str:
    """Fold what has an @ and is no address; such letters as look alike stay different."""
    shown = "".join(c for c in text if c.isprintable() and not c.isspace())
    return folding.ascii_lower(shown)[:LONGEST_KEY]


def keys_of(row: Named) -> frozenset[str]:
    """Return every key that finds a request."""
    by_all = {key_of(text) for text in (row.reference, row.platform_id, row.entity_id, row.own_reference)}
    identifiers = {key_of(row.support_code), *_identifiers(row.attributes)}
    by_last = {key[-LAST:] for key in identifiers if "@" not in key}
    address = addresses.key_of(row.contact_email)[:LONGEST_KEY]  # rows are read often: it is stored as it is compared
    return frozenset(by_all | identifiers | by_last | {address}) - {""}


def is_unique(row: Named, term: str) -> bool:
    """Tell whether a term is, in full, what names this request and no other."""
    return not keys_meant(term).isdisjoint(
        {key_of(text) for text in (row.support_code, row.platform_id, row.reference) if text}
    )


def _identifiers(attributes: object) -> set[str]:
    if not isinstance(attributes, Mapping):  # the database takes any JSON
        return set()
    told = {
        name: key_of(value) for name, value in attributes.items() if isinstance(value, str) and isinstance(name, str)
    }
    return {key for name, key in told.items() if len(key) >= SHORTEST_IDENTIFIER and name.lower() not in DESCRIPTIONS}
