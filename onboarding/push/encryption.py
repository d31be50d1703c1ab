"""What a push message looks like on its way: sealed for one browser (RFC 8291), and signed by us (RFC 8292).

The push service between us and the browser reads neither words nor address of a page. Pure but for chance.
"""

import base64
import json
import os
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
SALT_BYTES, RECORD_BYTES = 16, 4096
# Behind the last byte of what is said.
END = b"\x02"
# A push service takes a signature for at most a day.
SIGNED_SECONDS = 12 * 3600


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Make a key of 32 bytes.

    Raises: ValueError for the few that are none.
    """
    return ec.derive_private_key(int.from_bytes(secret), CURVE)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(text: bytes, *, browser_key: bytes, browser_secret: bytes, salt: bytes = b"", once: bytes = b"") -> bytes:
    """Seal a message for the browser with this public key and secret. `salt` and `once`, our key for it: made anew.

    Raises: ValueError when the browser's key is none.
    """
    salt = salt or os.urandom(SALT_BYTES)
    ours = private_key(once) if once else ec.generate_private_key(CURVE)
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, browser_key))
    public = public_bytes(ours)
    secret = _derive(shared, browser_secret, b"WebPush: info\0" + browser_key + public, 32)
    key, nonce = _derive(secret, salt, _about(b"aes128gcm"), 16), _derive(secret, salt, _about(b"nonce"), 12)
    header = salt + struct.pack(">IB", RECORD_BYTES, len(public)) + public
    return header + AESGCM(key).encrypt(nonce, text + END, None)


def authorization(secret: bytes, *, audience: str, subject: str, now: float) -> str:
    """Sign for a push service who we are. `audience`: its origin; `subject`: where it finds us; `now`: since 1970."""
    key = private_key(secret)
    claims = {"aud": audience, "exp": int(now) + SIGNED_SECONDS, "sub": subject}
    signed = ".".join(to_text(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    numbers = decode_dss_signature(key.sign(signed.encode(), signature_algorithm=ec.ECDSA(hashes.SHA256())))
    signature = b"".join(number.to_bytes(32) for number in numbers)
    return f"vapid t={signed}.{to_text(signature)}, k={to_text(public_bytes(key))}"


def to_text(data: bytes) -> str:
    """Write bytes as browsers do: base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Read the same.

    Raises: ValueError.
    """
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _about(what: bytes) -> bytes:
    return b"Content-Encoding: " + what + b"\0"


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
