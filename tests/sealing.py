"""What is stored sealed or hashed, worked out apart from the portal: HKDF and HMAC by RFC 5869 and RFC 2104."""

import base64
import hashlib
import hmac

from django.conf import settings


def keyed(text: str) -> str:
    """Hash a folded text as an index has it; nothing for nothing."""
    key = _derived(base64.b64decode(settings.INDEX_KEY), b"realto-portal index")
    return _short(hmac.new(key, text.encode(), hashlib.sha256).digest()[:16]) if text else ""


def _derived(secret: bytes, purpose: bytes) -> bytes:
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, purpose + b"\x01", hashlib.sha256).digest()


def _short(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
