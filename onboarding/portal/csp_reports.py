"""Reads what browsers report about breaches of the Content-Security-Policy, in both forms that they use.

Strangers write these. Of all they say only two words are taken: the directive, out of a closed set, and the host that
was blocked, in a narrow alphabet. Addresses of pages, with their references, are never looked at.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

OLD, NEW = "application/csp-report", "application/reports+json"
LONGEST_BYTES = 8 * 1024
MOST_AT_ONCE = 10
DIRECTIVES = frozenset(
    f"{name}-{ending}"
    for ending, names in {
        "src": (
            "child",
            "connect",
            "default",
            "font",
            "frame",
            "img",
            "manifest",
            "media",
            "object",
            "script",
            "style",
        ),
        "src-elem": ("script", "style"),
        "src-attr": ("script", "style"),
    }.items()
    for name in names
) | {"worker-src", "base-uri", "form-action", "frame-ancestors", "sandbox"}
OTHER = "other"
# What browsers say in place of an address, and the schemes of addresses without a host.
WITHOUT_HOST = frozenset({"inline", "eval", "wasm-eval", "self", "data", "blob", "filesystem", "about", "javascript"})
# Extensions of a browser breach our rules by themselves.
EXTENSION = re.compile(r"[a-z-]+-extension|moz-extension|chrome")
HOST = re.compile(r"[a-z0-9][a-z0-9.-]{0,98}")


def read(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Return (directive, blocked host or word) of each report in a body; nothing for what is none."""
    if len(body) > LONGEST_BYTES:
        return []
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = list(_reports(content_type.partition(";")[0].strip().lower(), told))[:MOST_AT_ONCE]
    return [(directive, blocked) for directive, blocked in map(_words, found) if blocked]


def _reports(content_type: str, told: Any) -> Iterator[tuple[Any, Any]]:
    if content_type == OLD and isinstance(told, dict) and isinstance(report := told.get("csp-report"), dict):
        yield report.get("effective-directive") or report.get("violated-directive"), report.get("blocked-uri")
    if content_type == NEW and isinstance(told, list):
        bodies = (item.get("body") for item in told if isinstance(item, dict) and item.get("type") == "csp-violation")
        yield from (
            (body.get("effectiveDirective"), body.get("blockedURL")) for body in bodies if isinstance(body, dict)
        )


def _words(said: tuple[Any, Any]) -> tuple[str, str]:
    directive, blocked = (text.strip().lower() if isinstance(text, str) else "" for text in said)
    name = directive.partition(" ")[0]
    return name if name in DIRECTIVES else OTHER, _origin(blocked)


def _origin(blocked: str) -> str:
    """Return the host of an address, or the word that stands for one; empty for what a browser's extension does."""
    try:
        parts = urlsplit(blocked)
        host = parts.hostname or ""
    except ValueError:
        return OTHER
    if EXTENSION.fullmatch(parts.scheme or blocked):
        return ""
    if host and parts.scheme in {"http", "https", "ws", "wss"}:
        return host if HOST.fullmatch(host) else OTHER
    word = parts.scheme or blocked
    return word if word in WITHOUT_HOST else OTHER
