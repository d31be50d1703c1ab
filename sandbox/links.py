"""Consent links that expire: they carry a ticket, signed for one request and one window of time.

A link stays the same within its window, so that a poll that changes nothing shows nothing new. It opens the page
in its window and in the next one: whoever has just read it has a whole window left.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.core import signing

from sandbox.models import SandboxRequest

TICKET = "ticket"
SIGNER = signing.Signer(salt="sandbox.consent-link")


def query(row: SandboxRequest, now: datetime) -> str:
    """Build what follows the path of a consent link at `now`; empty when the link never expires."""
    window = row.link_window(now)
    return "" if window is None else f"?{urlencode({TICKET: ticket(row, window)})}"


def has_expired(row: SandboxRequest, shown: str, now: datetime) -> bool:
    """Tell whether a link that carries `shown` has had its time; without a ticket of ours it has, if links expire."""
    window = row.link_window(now)
    return window is not None and shown not in {ticket(row, window), ticket(row, window - 1)}


def ticket(row: SandboxRequest, window: int) -> str:
    return SIGNER.signature(f"{row.id}:{window}")
