"""Hands one message to a push service over HTTP. Knows no rows and no settings.

Where it goes was given by a browser, so only push services that browsers are known to use are called: nobody makes us
call a machine of their choice. One deadline holds for all of a call, and redirects are not followed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from onboarding.lib.deadline import DeadlineTransport

LARGEST_ANSWER_BYTES = 2048
GONE = frozenset({404, 410})
# No address of a machine, whose zone may end like a name, and nothing that others read differently.
NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; without a status nothing did, and `trouble` says why."""

    status: int | None = None
    trouble: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The browser does not listen any more."""
        return self.status in GONE


def may_be_called(endpoint: str, services: Collection[str]) -> bool:
    """Tell whether an address is of one of these services: a name, one below a ".name", or a whole origin."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if origin_of(endpoint) in services:
        return True
    is_clean = endpoint.isascii() and endpoint.isprintable() and " " not in endpoint and "@" not in parts.netloc
    if not is_clean or parts.scheme != "https" or port not in {None, 443} or not NAME.fullmatch(host):
        return False
    return any(host == name or (name.startswith(".") and host.endswith(name)) for name in services)


def origin_of(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def send(endpoint: str, body: bytes, *, authorization: str, topic: str, lasts: int, timeout: float) -> Answer:
    """POST it once, within `timeout` seconds. Whatever goes wrong is in the answer.

    `topic`: of several with the same one, a browser that was away gets the last; `lasts`: for how many seconds.
    """
    headers = {
        "Authorization": authorization,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(lasts),
        "Topic": topic,
        "Urgency": "normal",
    }
    transport = DeadlineTransport(seconds=timeout, largest=LARGEST_ANSWER_BYTES, is_cut=True)
    try:
        with httpx.Client(transport=transport, follow_redirects=False) as http:
            return Answer(http.post(endpoint, headers=headers, content=body).status_code)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return Answer(trouble=type(error).__name__)
