"""The brand that pages, mails and receipts show: what staff set in the desk, and settings where that is silent."""

import hashlib
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from functools import lru_cache

from django.conf import settings
from django.core.cache import cache
from django.db import Error
from django.urls import reverse
from django.utils.translation import gettext as _

from onboarding.lib.cached_rows import Cached

from . import contrast, senders, sound
from .models import Brand, Logo

STORED = Cached[Brand]("onboarding.branding.brand")
LAST_KEY = "onboarding.brand.last"
PORTALS_ACCENT = "#0a5546"
PORTALS_SHEET = settings.BASE_DIR / "static" / "css" / "portal.css"


@dataclass(frozen=True)
class Link:
    text: str
    url: str = ""


@dataclass(frozen=True)
class Sheet:
    text: str
    version: str


@dataclass(frozen=True)
class Look:
    row: Brand

    @property
    def name(self) -> str:
        return self.row.name or settings.BRAND_NAME

    @property
    def logo(self) -> Logo | None:
        return self.row.logo

    @property
    def logo_dark(self) -> Logo | None:
        return self.row.logo_dark

    @property
    def is_name_in_logo(self) -> bool:
        return bool(self.row.logo and self.row.is_name_in_logo)

    @property
    def accent(self) -> str:
        """The colour of what is light whatever the reader prefers: mails and receipts."""
        return self._own_accent or PORTALS_ACCENT

    @property
    def on_accent(self) -> str:
        return contrast.tokens(self.accent, contrast.LIGHT)["on-accent"]

    @property
    def stylesheet(self) -> str:
        """Where the style sheet in the company's colours is; empty while the portal's own apply."""
        if not (self._own_accent or self.row.accent_dark):
            return ""
        light, dark = self.accent.lower(), (self.row.accent_dark or contrast.dark_of(self.accent)).lower()
        return reverse("onboarding:accents", args=[light[1:], dark[1:]]) + f"?v={sheet(light, dark).version}"

    @property
    def support(self) -> list[Link]:
        """Every way to ask for help, as links where there is something to follow."""
        row = self.row
        phone = "".join(sign for sign in row.support_phone if sign.isdigit() or sign == "+")
        ways = [
            Link(row.support_phone, f"tel:{phone}"),
            Link(row.support_email, f"mailto:{row.support_email}"),
            Link(_("Help pages") if row.support_url else "", row.support_url),
        ]
        return [way for way in ways if way.text] or (
            [Link(settings.SUPPORT_CONTACT)] if settings.SUPPORT_CONTACT else []
        )

    @property
    def support_contact(self) -> str:
        """The same in one line, for a mail or a record."""
        row = self.row
        return (
            ", ".join(filter(None, (row.support_phone, row.support_email, row.support_url))) or settings.SUPPORT_CONTACT
        )

    @property
    def legal_links(self) -> list[Link]:
        row = self.row
        links = [
            Link(_("Privacy statement"), row.privacy_url or settings.PRIVACY_URL),
            Link(_("Legal notice"), row.legal_notice_url or settings.LEGAL_NOTICE_URL),
            Link(_("Terms of use"), row.terms_url or settings.TERMS_URL),
            Link(_("Accessibility"), row.accessibility_url or reverse("onboarding:accessibility")),
        ]
        return [link for link in links if link.url]

    @property
    def sender(self) -> str:
        """Who mails come from, as a mail's header says it."""
        name, address = parseaddr(settings.MAIL_FROM)
        address = self.row.sender_address or address or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        return formataddr((self.row.sender_name or name or self.name, senders.sendable(address)))

    @property
    def _own_accent(self) -> str:
        return self.row.accent or settings.BRAND_ACCENT


@lru_cache(maxsize=4)
def sheet(light: str, dark: str) -> Sheet:
    """Write the portal's style sheet in a company's colours: one file, so that a page asks once."""
    text = PORTALS_SHEET.read_text() + contrast.stylesheet(light, dark)
    return Sheet(text, version=hashlib.sha256(text.encode()).hexdigest()[:8])


def current() -> Look:
    """Return the brand as this process knows it, without what is broken in it; a change arrives within seconds."""
    try:
        return Look(STORED.get(_stored))
    except Error:
        return last_known()


def last_known() -> Look:
    """Return the brand without asking the database, for pages that say that something is broken."""
    return Look(cache.get(LAST_KEY) or Brand())


def forget() -> None:
    """Drop what this process knows, after the brand was changed."""
    STORED.forget()


def _stored() -> Brand:
    rows = Brand.objects.select_related("logo", "logo_dark").defer("logo__content", "logo_dark__content")
    row = next(iter(sound.rows(rows.order_by("pk"))), None) or Brand()
    cache.set(LAST_KEY, row, None)
    return row
