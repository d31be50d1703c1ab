"""Settings that have to fit together. Every command checks them, and so does the web server before it serves."""

from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from onboarding import colour, senders
from onboarding.webhook_sender import key_of

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TAG = "realto"


@checks.register(TAG)
def check_settings(**_kwargs: Any) -> list[checks.CheckMessage]:
    return [checks.Error(sentence, id=f"{TAG}.{number}") for number, sentence in problems()]


def stop_on_problems() -> None:
    """Refuse to start with settings that do not fit together.

    Raises: ImproperlyConfigured with a sentence that says what to set.
    """
    sentences = [sentence for _number, sentence in problems()]
    if sentences:
        raise ImproperlyConfigured(" ".join(sentences))


def problems() -> Iterator[tuple[str, str]]:
    """Name what does not fit together, as (number, sentence that says what to set)."""
    if settings.USES_EMBEDDED_SANDBOX:
        yield from _sandbox_problems()
    else:
        yield from _platform_problems()
    if settings.WEBHOOK_URL:
        yield from _webhook_problems()
    yield from _brand_problems()
    yield from _sender_problems()
    public = _parts(settings.PUBLIC_URL)
    if public.scheme not in {"http", "https"} or not public.hostname:
        yield "E005", "Set PUBLIC_URL to the address that customers use, e.g. https://connect.example.org."
    elif settings.LOCAL and public.hostname not in LOOPBACK:
        yield "E008", "LOCAL=true is for this machine only: remove it, or PUBLIC_URL."
    if settings.IS_PRODUCTION and not settings.PUBLIC_URL.startswith("https://"):
        yield "E006", "Set PUBLIC_URL to an https address: manufacturers send customers back to it."
    if settings.IS_PRODUCTION and not settings.ALLOWED_HOSTS:
        yield "E007", "Set ALLOWED_HOSTS to the host names that the portal answers to, separated by commas."
    if settings.IS_PRODUCTION and not (settings.EMAIL_URL and settings.MAIL_FROM):
        yield (
            "E012",
            "Set EMAIL_URL, e.g. to smtp+tls://user:password@host:587, and MAIL_FROM to the sender. "
            "EMAIL_URL=dummymail:// sends none, on purpose.",
        )


def _sandbox_problems() -> Iterator[tuple[str, str]]:
    if not settings.SANDBOX:
        yield (
            "E001",
            "Set REALTO_API_URL to use the platform, e.g. https://platform.realto.io/api, or SANDBOX=true to use "
            "the embedded sandbox on purpose.",
        )
    if settings.REALTO_CREDENTIALS_SET:
        yield (
            "E002",
            "REALTO_CLIENT_ID or REALTO_CLIENT_SECRET is set: set REALTO_API_URL too, or remove them.",
        )


def _platform_problems() -> Iterator[tuple[str, str]]:
    if not _is_safe(settings.REALTO_API_URL):
        yield "E003", "REALTO_API_URL must begin with https:// (http:// only on this machine)."
    missing = [name for name in ("REALTO_CLIENT_ID", "REALTO_CLIENT_SECRET") if not getattr(settings, name)]
    if missing:
        yield "E004", f"REALTO_API_URL is set: set {' and '.join(missing)} too."


def _webhook_problems() -> Iterator[tuple[str, str]]:
    if not _is_safe(settings.WEBHOOK_URL):
        yield "E009", "WEBHOOK_URL must begin with https:// (http:// only on this machine)."
    if not settings.WEBHOOK_SECRET:
        yield "E010", "WEBHOOK_URL is set: set WEBHOOK_SECRET too."
    elif not _has_key(settings.WEBHOOK_SECRET):
        yield "E011", "WEBHOOK_SECRET begins with whsec_: set base64 behind it, or a text that begins differently."


def _brand_problems() -> Iterator[tuple[str, str]]:
    accent = settings.BRAND_ACCENT
    if accent and not colour.is_colour(accent):
        yield "E013", "Set BRAND_ACCENT to # and six digits or letters a to f, e.g. #0a5546, or leave it empty."
    elif accent and (measured := colour.lowest_contrast(accent, colour.LIGHT)) < colour.NEEDED:
        yield (
            "E014",
            f"BRAND_ACCENT cannot be read well: its contrast is {colour.rounded_down(measured)}, needed is "
            f"{colour.NEEDED}. The nearest colour that works is {colour.nearest(accent, colour.LIGHT)}.",
        )
    for name in ("PRIVACY_URL", "LEGAL_NOTICE_URL", "TERMS_URL"):
        address = getattr(settings, name)
        if address and not (_is_safe(address) and address.startswith("https://")):
            yield "E015", f"Set {name} to an address that begins with https://, or leave it empty."


def _sender_problems() -> Iterator[tuple[str, str]]:
    name, address = parseaddr(settings.MAIL_FROM)
    if not (senders.is_one_line(settings.MAIL_FROM) and senders.is_one_line(settings.BRAND_NAME)):
        yield "E016", "Set MAIL_FROM and BRAND_NAME without line breaks and other characters that control."
    elif settings.MAIL_FROM and not _can_send(address):
        yield (
            "E017",
            f"Mails cannot be sent from MAIL_FROM ({address or name or settings.MAIL_FROM}): set it to an address with "
            "letters a to z, digits and dots before the @, e.g. Bright Energy <connect@example.org>.",
        )


def _can_send(address: str) -> bool:
    try:
        return bool(senders.sendable(address))
    except ValueError:
        return False


def _has_key(secret: str) -> bool:
    try:
        return bool(key_of(secret))
    except ValueError:
        return False


def _is_safe(address: str) -> bool:
    """Tell whether nobody on the way can read along: https, or http that does not leave this machine."""
    parts = _parts(address)
    is_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    return is_loopback or (parts.scheme == "https" and bool(parts.hostname))


def _parts(address: str) -> SplitResult:
    """Take an address apart; what is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")
