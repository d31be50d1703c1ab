"""What an onboarding request is found by: keys, made in the same way of what is stored and of what is typed. Pure.

An identifier is found by all of it or by its last characters, never by a beginning: what is masked cannot be guessed
letter by letter.
"""

import unicodedata
from collections.abc import Mapping
from typing import Protocol

# People read the end of a number aloud.
LAST = 6
LONGEST_KEY = 200
# An answer this short names no device, and these describe one.
SHORTEST_IDENTIFIER = 4
DESCRIPTIONS = frozenset({"model", "owner", "track"})
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
    """Fold a text into its key: an e-mail address in small letters, anything else the letters and digits in capitals.

    So spaces, dashes, dots and case do not count; in an address, dots do.
    """
    plain = unicodedata.normalize("NFKC", text)
    if "@" in plain:
        return "".join(c for c in plain.lower() if c.isprintable() and not c.isspace())[:LONGEST_KEY]
    return "".join(c for c in plain.upper() if c.isalnum())[:LONGEST_KEY]


def keys_of(row: Named) -> frozenset[str]:
    """Return every key that finds a request."""
    by_all = {key_of(text) for text in (row.reference, row.platform_id, row.entity_id, row.own_reference)}
    identifiers = {key_of(row.support_code), *_identifiers(row.attributes)}
    by_last = {key[-LAST:] for key in identifiers if "@" not in key}
    return frozenset(by_all | identifiers | by_last | {key_of(row.contact_email)}) - {""}


def is_unique(row: Named, term: str) -> bool:
    """Tell whether a term is, in full, what names this request and no other."""
    return key_of(term) in {key_of(text) for text in (row.support_code, row.platform_id, row.reference) if text}


def _identifiers(attributes: Mapping[str, object]) -> set[str]:
    told = {name: key_of(value) for name, value in attributes.items() if isinstance(value, str)}
    return {key for name, key in told.items() if len(key) >= SHORTEST_IDENTIFIER and name.lower() not in DESCRIPTIONS}
