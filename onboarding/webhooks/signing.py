"""Secrets and signatures, as https://www.standardwebhooks.com describes them. Pure but for chance."""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
# The convention asks for 24 to 64 bytes.
SECRET_BYTES = 32


def new_secret() -> str:
    """Make a secret as receivers take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 after `whsec_`.

    Raises: ValueError when it is none.
    """
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def sign(secret: str, *, id: str, timestamp: int, body: str) -> str:
    """Return one signature of `webhook-signature`."""
    signed = f"{id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()
