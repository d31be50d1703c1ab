"""Sends one webhook over HTTP, signed as https://www.standardwebhooks.com describes. Knows no rows and no settings.

The receiver is a stranger: one time-out holds for all of a call, redirects are not followed, and little of the answer
is read, as it comes and never unpacked. An asyncio loop of its own makes that time-out hold: one per read would start
anew with every byte. Only a name look-up that hangs may end later; then nothing is sent any more.
"""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

LONGEST_BODY_BYTES = 2048
LONGEST_TEXT = 300
PREFIX = "whsec_"


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
        "Accept-Encoding": "identity",
        "User-Agent": "realto-portal",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, id=id, timestamp=timestamp, body=body) for secret in secrets),
    }
    answer = Answer()
    try:
        asyncio.run(_exchange(httpx.Request("POST", url, headers=headers, content=body.encode()), answer, timeout))
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        answer.trouble = type(error).__name__
    return answer


async def _exchange(request: httpx.Request, answer: Answer, timeout: float) -> None:
    async with asyncio.timeout(timeout), httpx.AsyncClient(timeout=None, follow_redirects=False) as http:  # noqa: S113
        response = await http.send(request, stream=True)
        answer.status, answer.retry_after = response.status_code, response.headers.get("retry-after", "")
        body = b""
        try:
            async for piece in response.aiter_raw():
                body += piece[: LONGEST_BODY_BYTES - len(body)]
                if len(body) == LONGEST_BODY_BYTES:
                    break
        finally:
            answer.text = _readable(body)
            await response.aclose()


def _readable(body: bytes) -> str:
    """Return the first characters on one line, without what a database or a terminal would choke on."""
    text = body.decode(errors="replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:LONGEST_TEXT]
