"""Which links are followed or offered: those of which everybody sees where they lead, and that lead there."""

import re
import unicodedata
from urllib.parse import SplitResult, urlsplit

import idna
from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST = 8000
# A host of letters, digits and a few signs needs no rules of IDNA, which refuses some that are in use.
ASCII_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
# A label of nothing but these looks as if it were Latin.
LIKE_LATIN = frozenset("асԁеһіјӏорԛѕԝхуѵгпмтквньҽѡԍοανρυκχτιγεηωϲϳ")


def safe_link(link: str) -> str:
    """Return a link of the platform's if it may be offered: https, or the sandbox's; else an empty text."""
    parts = parts_of(link)
    try:
        is_plain = len(link) <= LONGEST and _is_plain(parts)
    except ValueError:  # no port can have such a number, or no host such a name
        return ""
    is_offered = is_plain and (parts.scheme == "https" or _is_of_sandbox(link, parts))
    return link if is_offered else ""


def parts_of(address: str) -> SplitResult:
    """Take an address apart. What is none, or has blanks, backslashes or control characters in it, has no parts."""
    is_clean = address.isprintable() and not any(letter.isspace() or letter == "\\" for letter in address)
    try:
        return urlsplit(address if is_clean else "")
    except ValueError:
        return urlsplit("")


def page_before(http: HttpRequest) -> str:
    """Return the address of ours from which a browser says it came; empty when it says none, or a stranger's."""
    page = http.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, {http.get_host()}, require_https=http.is_secure()) else ""


def _is_plain(parts: SplitResult) -> bool:
    """Tell whether a host stands in it that is what it looks like: no name before an @, no letters of two scripts."""
    host, authority = parts.hostname or "", parts.netloc
    if not host or parts.port == 0 or not set(authority).isdisjoint("@%,;"):
        return False
    is_literal = authority.startswith("[")
    return is_literal or _is_plain_host(host.rstrip("."))


def _is_plain_host(host: str) -> bool:
    if host.isascii() and "xn--" not in host:
        return ASCII_HOST.fullmatch(host) is not None
    labels = _readable(host).split(".")
    return all(map(_is_of_one_script, labels)) and bool(idna.encode(host, uts46=True))


def _readable(host: str) -> str:
    """Write a host as browsers may show it. Raises: ValueError when it is none."""
    return ".".join(idna.decode(part) if part.startswith("xn--") else part for part in host.split("."))


def _is_of_one_script(label: str) -> bool:
    """Tell whether its letters are of one script, and do not look as if they were of another."""
    letters = {letter for letter in label if letter.isalpha()}
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in letters}
    return len(scripts) < 2 and not (letters and letters <= LIKE_LATIN)


def _is_of_sandbox(link: str, parts: SplitResult) -> bool:
    """The embedded sandbox's pages, or those of one served on this machine, which needs no https."""
    if settings.USES_EMBEDDED_SANDBOX:
        return link.startswith(settings.SANDBOX_PAGES_URL + "/")
    return settings.REALTO_API_URL.startswith("http://") and parts.scheme == "http" and parts.hostname in LOOPBACK
