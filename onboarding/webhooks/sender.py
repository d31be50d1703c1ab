"""Sends one webhook over HTTP, signed as https://www.standardwebhooks.com describes. Knows no rows and no settings.

The receiver is a stranger: one deadline holds for all of a call, redirects are not followed, and little of the answer
is read, as it comes and never unpacked.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from onboarding.lib.deadline import DeadlineTransport

LONGEST_BODY_BYTES = 2048
LONGEST_TEXT = 300
PREFIX = "whsec_"
TOO_LONG, TIMED_OUT = "TimeoutError", frozenset({"ConnectTimeout", "ReadTimeout"})


@dataclass(slots=True)
class Answer:
    """What came back, as far as it came; `trouble` names what broke it off."""

    status: int | None = None
    retry_after: str = ""
    text: str = ""
    trouble: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def key_of(secret: str) -> bytes:
    """Return the key that a secret stands for: base64 after `whsec_`, else the text itself.

    Raises: ValueError when it is no base64.
    """
    if secret.startswith(PREFIX):
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return secret.encode()


def sign(secret: str, *, id: str, timestamp: int, body: str) -> str:
    """Return one signature of `webhook-signature`."""
    signed = f"{id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()


def send(url: str, *, secrets: Sequence[str], id: str, body: str, timeout: float) -> Answer:
    """POST it once, signed with each secret, within `timeout` seconds. Whatever goes wrong is in the answer."""
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "realto-portal",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, id=id, timestamp=timestamp, body=body) for secret in secrets),
    }
    transport = DeadlineTransport(seconds=timeout, largest=LONGEST_BODY_BYTES, is_cut=True)
    try:
        with httpx.Client(transport=transport, follow_redirects=False) as http:
            response = http.post(url, headers=headers, content=body.encode())
    except httpx.TimeoutException:
        return Answer(trouble=TOO_LONG)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Answer(trouble=type(error).__name__)
    trouble = TOO_LONG if response.extensions["trouble"] in TIMED_OUT else response.extensions["trouble"]
    retry_after = response.headers.get("retry-after", "")
    return Answer(response.status_code, retry_after, _readable(response.content), trouble)


def _readable(body: bytes) -> str:
    """Return the first characters on one line, without what a database or a terminal would choke on."""
    text = body.decode(errors="replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST_TEXT]
