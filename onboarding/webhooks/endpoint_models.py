"""Where the energy company's own systems hear from us: one row for each, kept by administrators at the desk."""

from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.lib.addresses import LONGEST_ADDRESS
from onboarding.lib.masks import mask
from onboarding.lib.safe_links import parts_of
from onboarding.lib.sealed_fields import SealedModel, SealedTextField, readable

from .signing import new_secret

LONGEST_URL = 500


class WebhookEndpoint(SealedModel):
    """One address that is told, and how its owner knows that it was us.

    One that is taken away stays as a bare row, for the log of what it was told; address and secrets are gone.
    """

    SECRET_FIELDS: ClassVar = ("url", "secret")
    SEALED_BY: ClassVar = ("key",)

    class Pause(models.TextChoices):
        STAFF = "staff", _("by a colleague")
        SILENT = "silent", _("it took nothing for three days")
        GONE = "gone", _("it said that it is gone")

    key = models.UUIDField(unique=True, default=uuid4, editable=False)
    # A mail about it says its name where others say what they are about.
    name = models.CharField(_("name"), max_length=32)
    url = SealedTextField(max_length=LONGEST_URL, blank=True, help_text=_("May have a secret in its path"))
    kinds = models.CharField(max_length=1000, blank=True, help_text=_("What it is told, by blanks; empty: everything"))
    contact = SealedTextField(
        max_length=LONGEST_ADDRESS, blank=True, help_text=_("Who is written to when it is paused")
    )
    secret = SealedTextField(default=new_secret, blank=True)
    previous_secret = SealedTextField(blank=True)
    previous_ends_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=16, choices=Pause.choices, blank=True)
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text=_("The first attempt since the last one that it took")
    )
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.paused_at is None and self.removed_at is None

    @property
    def host(self) -> str:
        """Name the machine that is called, and nothing else of the address."""
        return parts_of(str(readable(self, "url", ""))).hostname or "–"

    @property
    def masked_contact(self) -> str:
        return mask(str(readable(self, "contact", ""))) or "–"

    def has_previous(self, now: datetime) -> bool:
        """Tell whether an earlier secret signs, too."""
        return self.previous_ends_at is not None and self.previous_ends_at > now

    def signing_secrets(self, now: datetime) -> list[str]:
        """Return what each delivery is signed with: the secret, and for a time the one before it, if that opens.

        Raises: CannotOpen.
        """
        previous = str(readable(self, "previous_secret", "")) if self.has_previous(now) else ""
        return [self.secret, *([previous] if previous else [])]
