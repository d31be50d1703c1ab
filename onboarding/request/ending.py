"""How a consent comes to its end: when, and as what. The kinds are those of the record that is written then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# As `consent.models.Consent.Kind` has them, which knows requests.
ENDINGS = {
    "withdrawn": _("taken back"),
    "expired": _("ended by time"),
    "elsewhere": _("ended elsewhere"),
    "timed-out": _("not allowed in time"),
    "replaced": _("connected anew"),
}
# What ends within so many days of each other is renewed together.
TOGETHER = timedelta(days=60)


class Ends(StrEnum):
    """What it is that ends."""

    CONSENT = "consent"  # the text gave it a last day
    MANDATE = "mandate"  # the permission at the manufacturer's
    BOTH = "both"


@dataclass(frozen=True)
class ComingEnd:
    """When a device is disconnected unless its owner does something, and what it is that ends then."""

    at: datetime
    of: Ends

    @property
    def occasion(self) -> str:
        """Tells this end apart from others of the same device."""
        return f"{self.of}-{self.at:%Y-%m-%d}"


def coming_end(consent_ends_at: datetime | None, mandate_ends_at: datetime | None) -> ComingEnd | None:
    """Say what ends first, if anything does; both, where there is little between them."""
    if consent_ends_at and mandate_ends_at and abs(consent_ends_at - mandate_ends_at) <= TOGETHER:
        return ComingEnd(min(consent_ends_at, mandate_ends_at), Ends.BOTH)
    known = [(consent_ends_at, Ends.CONSENT), (mandate_ends_at, Ends.MANDATE)]
    return min((ComingEnd(at, of) for at, of in known if at), key=lambda end: end.at, default=None)


class Ending(models.Model):
    """A row whose consent has an end, or will have one."""

    consent_ends_at = models.DateTimeField(null=True, blank=True, help_text=_("When the consent ends by itself"))
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text=_("When the consent was taken back, or ended"))
    ended_as = models.CharField(
        max_length=16, blank=True, choices=list(ENDINGS.items()), help_text=_("How the consent ended")
    )
    is_reconnection = models.BooleanField(
        default=False, help_text=_("Connects anew what the request before it had connected")
    )

    class Meta:
        abstract = True

    @property
    def has_expired_consent(self) -> bool:
        return self.consent_ends_at is not None and self.consent_ends_at <= timezone.now()

    @property
    def known_device(self) -> Any:
        """What is known of the device since it was connected (`devices.models.Device`); None before that."""
        return getattr(self, "device", None)

    @property
    def mandate_ends_at(self) -> datetime | None:
        """When the manufacturer's permission ends, as far as that is known of what is connected."""
        return self.known_device.valid_until if self.known_device else None

    @property
    def coming_end(self) -> ComingEnd | None:
        return coming_end(self.consent_ends_at, self.mandate_ends_at)

    @property
    def is_out_of_time(self) -> bool:
        """Its consent, or the permission at the manufacturer's, ended by itself."""
        end = self.coming_end
        return end is not None and end.at <= timezone.now()
