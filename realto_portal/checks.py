"""Settings that have to fit together. Every command checks them, and so does the web server before it serves."""

import re
from collections.abc import Iterator
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from limits.errors import ConfigurationError

from onboarding.branding import contrast, senders
from onboarding.lib import sealed
from onboarding.lib.safe_links import LOOPBACK, parts_of
from onboarding.limits import rate_limits
from onboarding.platform_api.wire import GENERATIONS
from onboarding.push import subscriptions
from onboarding.staff.roles import ROLES

from . import reporting

TAG = "realto"
# No wildcard: one forgotten host below a domain would do to show our pages to somebody's victims.
ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")
CONTACT = re.compile(r"mailto:[^\s@]+@[^\s@]+|https://[^\s/@]+(/\S*)?")
LIMIT_CLIENTS = ("redis", "valkey", "memcached", "mongodb")  # what `limits` calls them


@checks.register(TAG)
def check_settings(**_kwargs: Any) -> list[checks.CheckMessage]:
    return [checks.Error(sentence, id=f"{TAG}.{number}") for number, sentence in problems()]


@checks.register(TAG)
def check_reporting(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Say what has no effect: the portal runs without."""
    return [checks.Warning(sentence, id=f"{TAG}.W001") for sentence in reporting.missing()]


def stop_on_problems() -> None:
    """Refuse to start with settings that do not fit together.

    Raises: ImproperlyConfigured with a sentence that says what to set.
    """
    sentences = [sentence for _number, sentence in problems()]
    if sentences:
        raise ImproperlyConfigured(" ".join(sentences))


def problems() -> Iterator[tuple[str, str]]:
    """Name what does not fit together, as (number, sentence that says what to set)."""
    yield from _generation_problems()
    if settings.USES_EMBEDDED_SANDBOX:
        yield from _sandbox_problems()
    else:
        yield from _platform_problems()
    yield from _push_problems()
    yield from _brand_problems()
    yield from _limit_problems()
    yield from _key_problems()
    yield from _page_problems()
    yield from _reporting_problems()
    yield from _staff_problems()
    yield from _sender_problems()
    public = parts_of(settings.PUBLIC_URL)
    if public.scheme not in {"http", "https"} or not public.hostname:
        yield "E005", "Set PUBLIC_URL to the address that customers use, e.g. https://connect.example.org."
    elif not settings.IS_PRODUCTION and (public.hostname not in LOOPBACK or _foreign_hosts()):
        name = "LOCAL" if settings.LOCAL else "DEBUG"
        yield "E008", f"{name}=true is for this machine only: remove it, or PUBLIC_URL and ALLOWED_HOSTS."
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


def _foreign_hosts() -> set[str]:
    """List the host names that are answered to and are not this machine's."""
    ours = LOOPBACK | {"testserver"}  # which Django adds while tests run
    return {host.strip("[]") for host in settings.ALLOWED_HOSTS} - ours


def _generation_problems() -> Iterator[tuple[str, str]]:
    if settings.REALTO_API_GENERATION not in GENERATIONS:
        yield "E034", f"Set REALTO_API_GENERATION to {' or '.join(GENERATIONS)}, or leave it out."


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


def _push_problems() -> Iterator[tuple[str, str]]:
    try:
        subscriptions.public_key()
    except ValueError:
        yield "E040", "Set PUSH_KEY to 32 random bytes in base64 (openssl rand -base64 32), or leave it empty."


def _brand_problems() -> Iterator[tuple[str, str]]:
    accent = settings.BRAND_ACCENT
    if accent and not contrast.is_colour(accent):
        yield "E013", "Set BRAND_ACCENT to # and six digits or letters a to f, e.g. #0a5546, or leave it empty."
    elif accent and (measured := contrast.lowest_contrast(accent, contrast.LIGHT)) < contrast.NEEDED:
        yield (
            "E014",
            f"BRAND_ACCENT cannot be read well: its contrast is {contrast.rounded_down(measured)}, needed is "
            f"{contrast.NEEDED}. The nearest colour that works is {contrast.nearest(accent, contrast.LIGHT)}.",
        )
    for name in ("PRIVACY_URL", "LEGAL_NOTICE_URL", "TERMS_URL"):
        address = getattr(settings, name)
        if address and not (_is_safe(address) and address.startswith("https://")):
            yield "E015", f"Set {name} to an address that begins with https://, or leave it empty."


def _limit_problems() -> Iterator[tuple[str, str]]:
    try:
        rate_limits.storage()
    except (ConfigurationError, ValueError) as problem:
        if "prerequisite" in str(problem):
            scheme = settings.RATE_LIMIT_STORAGE
            client = next((name for name in LIMIT_CLIENTS if scheme.startswith(name)), LIMIT_CLIENTS[0])
            yield "E024", f"RATE_LIMIT_STORAGE needs a package that is not installed: pip install limits[{client}]."
        else:
            yield "E024", "Set RATE_LIMIT_STORAGE to e.g. redis://localhost:6379/0, or leave it empty: the database."


def _key_problems() -> Iterator[tuple[str, str]]:
    weak = "can be guessed: set a random text of at least 32 characters; the README shows how to make one."
    if settings.IS_PRODUCTION and _is_weak(settings.SECRET_KEY):
        yield "E030", f"SECRET_KEY {weak}"
    if settings.IS_PRODUCTION and settings.METRICS_TOKEN and _is_weak(settings.METRICS_TOKEN):
        yield "E035", f"METRICS_TOKEN {weak}"
    if settings.IS_PRODUCTION and any(map(_is_weak, settings.SECRET_KEY_FALLBACKS)):
        yield "E031", f"A key in SECRET_KEY_FALLBACKS {weak}"
    for number, name, keys in (("E037", "DATA_KEYS", settings.DATA_KEYS), ("E038", "INDEX_KEY", [settings.INDEX_KEY])):
        if not keys or not all(map(_is_data_key, keys)):
            yield number, f"Set {name} to 32 random bytes as base64: openssl rand -base64 32 prints some."
    if settings.INDEX_KEY in settings.DATA_KEYS:
        yield "E039", "Set INDEX_KEY to a key of its own, which is none of DATA_KEYS."


def _is_data_key(text: str) -> bool:
    try:
        key = sealed.read_key(text)
    except ValueError:
        return False
    return len(set(key)) >= 8


def _page_problems() -> Iterator[tuple[str, str]]:
    for name in ("FORM_ACTION", "FRAME_ANCESTORS"):
        wrong = [origin for origin in getattr(settings, name) if not ORIGIN.fullmatch(origin)]
        if wrong:
            example = "https://www.example.org"
            yield "E032", f"{name} has {wrong[0]!r}: set origins like {example}, without a path, separated by commas."
    contact = settings.SECURITY_CONTACT
    if contact and not (CONTACT.fullmatch(contact) and contact.isprintable()):
        yield "E033", "Set SECURITY_CONTACT to mailto:security@example.org or an https address, or leave it empty."


def _reporting_problems() -> Iterator[tuple[str, str]]:
    for name in reporting.REPORTERS:
        if getattr(settings, name) and not _is_safe(getattr(settings, name)):
            yield "E036", f"{name} must begin with https:// (http:// only on this machine)."


def _is_weak(key: str) -> bool:
    return len(key) < 32 or len(set(key)) < 8 or key.startswith("django-insecure-")


def _staff_problems() -> Iterator[tuple[str, str]]:
    if settings.IS_PRODUCTION and not settings.STAFF_SECOND_FACTOR:
        yield "E016", "Remove STAFF_SECOND_FACTOR: in production staff always need a second factor."
    if not settings.OIDC_SERVER_URL:
        return
    if not _is_safe(settings.OIDC_SERVER_URL):
        yield "E017", "OIDC_SERVER_URL must begin with https:// (http:// only on this machine)."
    missing = [name for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if not getattr(settings, name)]
    if missing:
        yield "E018", f"OIDC_SERVER_URL is set: set {' and '.join(missing)} too."
    wrong = [pair for pair in settings.OIDC_GROUPS if pair.rpartition("=")[2] not in ROLES or "=" not in pair]
    if wrong:
        yield (
            "E019",
            f"OIDC_GROUPS has {', '.join(wrong)}: write their group, =, and one of {', '.join(ROLES)}, e.g. "
            "desk-agents=agent.",
        )


def _sender_problems() -> Iterator[tuple[str, str]]:
    name, address = parseaddr(settings.MAIL_FROM)
    if not (senders.is_one_line(settings.MAIL_FROM) and senders.is_one_line(settings.BRAND_NAME)):
        yield "E025", "Set MAIL_FROM and BRAND_NAME without line breaks and other characters that control."
    elif settings.MAIL_FROM and not _can_send(address):
        yield (
            "E026",
            f"Mails cannot be sent from MAIL_FROM ({address or name or settings.MAIL_FROM}): set it to an address with "
            "letters a to z, digits and dots before the @, e.g. Bright Energy <connect@example.org>.",
        )


def _can_send(address: str) -> bool:
    try:
        return bool(senders.sendable(address))
    except ValueError:
        return False


def _is_safe(address: str) -> bool:
    """Tell whether nobody on the way can read along: https, or http that does not leave this machine."""
    parts = parts_of(address)
    is_loopback = parts.scheme == "http" and parts.hostname in LOOPBACK
    return is_loopback or (parts.scheme == "https" and bool(parts.hostname))
