"""Values that a copy of the database must not show: sealed with AES-256-GCM, and searched by a keyed hash.

A sealed value is one text: the id of the key that opens it, for what is searched the keyed hash, and then nonce and
ciphertext. It is bound to its place, a table, a column and a row: copied to another one, it does not open. Of
`DATA_KEYS` the first seals and all open, so that one can replace another; `INDEX_KEY` is apart, because what is
compared has to stay the same meanwhile.
"""

import hmac
import os
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES, NONCE_BYTES = 32, 12
# A sealed value begins with "s" and the id of its key; "=" and a keyed hash, or "."; and then base64.
ID_LENGTH, HASH_LENGTH = 7, 22
HASHED, PLAIN = "=", "."
BETWEEN = "\x1f"


class CannotOpen(Exception):
    """A stored value does not open: its key is missing, it was changed, or it comes from another place."""


@dataclass(frozen=True)
class Keys:
    """`first`: the id of the key that seals. `ciphers`: by id. `index`: what hashes are keyed with."""

    first: str
    ciphers: dict[str, AESGCM]
    index: bytes


def read_key(text: str) -> bytes:
    """Read a key as it is configured.

    Raises: ValueError unless it is base64 of 32 bytes.
    """
    key = b64decode(text, altchars=b"-_" if {"-", "_"} & set(text) else None, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"{len(key)} bytes instead of {KEY_BYTES}")
    return key


def current_id() -> str:
    """Return what every value begins with that is sealed now."""
    return keys().first


def seal(text: str, place: tuple[str, ...], *, hashed: str = "") -> str:
    """Seal a text for its place. `hashed`: the keyed hash by which it is found, readable and bound too."""
    with_keys, nonce = keys(), os.urandom(NONCE_BYTES)
    mark = f"{HASHED}{hashed}" if hashed else PLAIN
    sealed = nonce + with_keys.ciphers[with_keys.first].encrypt(nonce, text.encode(), _bound(place, hashed))
    return f"{with_keys.first}{mark}{_base64(sealed)}"


def unseal(stored: str, place: tuple[str, ...]) -> str:
    """Open what was sealed for a place.

    Raises: CannotOpen.
    """
    hashed, body = _parts(stored)
    try:
        sealed = urlsafe_b64decode(body + "=" * (-len(body) % 4))
        cipher = keys().ciphers[stored[:ID_LENGTH]]
        opened = cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(place, hashed)).decode()
    except (InvalidTag, KeyError, ValueError) as problem:
        raise CannotOpen(type(problem).__name__) from None
    return opened


def hash_in(stored: str) -> str:
    """Return the keyed hash that a sealed value carries, or nothing."""
    return _parts(stored)[0]


def keyed_hash(text: str) -> str:
    """Return what a folded text is found by: 128 bits of its HMAC-SHA-256; nothing for nothing."""
    return _base64(hmac.digest(keys().index, text.encode(), "sha256")[:16]) if text else ""


def _parts(stored: str) -> tuple[str, str]:
    mark, rest = stored[ID_LENGTH : ID_LENGTH + 1], stored[ID_LENGTH + 1 :]
    return (rest[:HASH_LENGTH], rest[HASH_LENGTH:]) if mark == HASHED else ("", rest)


def _bound(place: tuple[str, ...], hashed: str) -> bytes:
    return BETWEEN.join((*place, hashed)).encode()


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def keys() -> Keys:
    """Return the keys that are set."""
    return _derived(tuple(settings.DATA_KEYS), settings.INDEX_KEY)


@lru_cache(maxsize=8)
def _derived(data_keys: tuple[str, ...], index_key: str) -> Keys:
    secrets = [read_key(text) for text in data_keys]
    ids = [f"s{_derive(secret, b'id', 3).hex()}" for secret in secrets]
    ciphers = [AESGCM(_derive(secret, b"seal", KEY_BYTES)) for secret in secrets]
    return Keys(ids[0], dict(zip(ids, ciphers, strict=True)), _derive(read_key(index_key), b"index", KEY_BYTES))


def _derive(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=b"realto-portal " + purpose).derive(secret)
