"""Sends one webhook over HTTP, signed as https://www.standardwebhooks.com describes. Knows no rows and no settings.

The receiver is a stranger: one deadline holds for all of a call, redirects are not followed, and little of the answer
is read, as it comes and never unpacked.
"""

import time
from collections.abc import Callable, Sequence

import httpx

from onboarding.lib.deadline import DeadlineTransport

from .answers import Answer
from .signing import sign

LONGEST_BODY_BYTES = 2048
LONGEST_TEXT = 300
TOO_LONG, TIMED_OUT = "TimeoutError", frozenset({"ConnectTimeout", "ReadTimeout"})


def send(
    url: str, *, secrets: Sequence[str], id: str, body: str, timeout: float, may_reach: Callable[[str], bool]
) -> Answer:
    """POST it once, signed with each secret, within `timeout` seconds. Whatever goes wrong is in the answer.

    `may_reach` tells of the IP address that was connected to whether anything may be sent there.
    """
    timestamp = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "realto-portal",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, id=id, timestamp=timestamp, body=body) for secret in secrets),
    }
    transport = DeadlineTransport(seconds=timeout, largest=LONGEST_BODY_BYTES, is_cut=True, may_reach=may_reach)
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
