"""What people wish for that is not on offer, and what staff know of when it will be."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.lib.languages import spoken
from onboarding.lib.sealed_fields import SealedModel, hash_of
from onboarding.request.contact import address_field

# When somebody was told, or wished for it if nobody was told yet.
LAST_MOVED_AT = Coalesce("announced_at", "created_at")


class Wish(SealedModel):
    """Somebody whose device is not offered yet and who wants to hear when it is."""

    SECRET_FIELDS: ClassVar = ("contact_email",)
    SEALED_BY: ClassVar = ("key",)

    type = models.CharField(max_length=64, blank=True)
    manufacturer = models.CharField(max_length=128)
    key = models.UUIDField(unique=True, default=uuid4, editable=False)
    contact_email = address_field()
    contact_key = hash_of("contact_email")
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField(default=timezone.now)
    announced_at = models.DateTimeField(null=True, blank=True, help_text=_("When we wrote that it can be connected"))

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "manufacturer", "contact_key"],
                condition=~Q(contact_key=""),
                name="onboarding_wish_unique",
            )
        ]
        indexes = [
            models.Index(fields=["contact_key"], name="onboarding_wish_contact_idx"),
            models.Index(Lower("manufacturer"), name="onboarding_wish_maker_idx"),
            models.Index(LAST_MOVED_AT, name="onboarding_wish_moved_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.manufacturer}"


class Demand(Wish):
    """Wishes as the desk counts them: one line per type and manufacturer."""

    class Meta:
        proxy = True
        verbose_name = _("demand")
        verbose_name_plural = _("demand: what people wish for")


class PlannedOffer(models.Model):
    """A manufacturer that the platform does not offer, and of which we know that it will, or will again."""

    class Kind(models.TextChoices):
        PLANNED = "planned", _("planned")
        PAUSED = "paused", _("paused")

    type = models.CharField(max_length=64, help_text=_("The platform's name, e.g. EV"))
    manufacturer = models.CharField(max_length=128)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.PLANNED)

    class Meta:
        verbose_name = _("planned or paused manufacturer")
        verbose_name_plural = _("planned or paused manufacturers")
        ordering = ["type", "manufacturer"]
        constraints = [models.UniqueConstraint(fields=["type", "manufacturer"], name="onboarding_planned_offer_unique")]

    def __str__(self) -> str:
        return f"{self.type} {self.manufacturer}"

    def note_in(self, language: str) -> str:
        """Return what staff wrote in a language, else in the portal's first, else nothing."""
        notes = {note.language: note.words for note in self.notes.all()}
        return notes.get(language) or notes.get(settings.LANGUAGE_CODE, "")


class PlannedNote(models.Model):
    """What customers read beside a manufacturer that they cannot choose yet, in one language."""

    offer = models.ForeignKey(PlannedOffer, on_delete=models.CASCADE, related_name="notes")
    language = models.CharField(_("language"), max_length=10, choices=spoken)
    words = models.CharField(_("words"), max_length=200, help_text=_("What customers read beside its name"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints = [models.UniqueConstraint(fields=["offer", "language"], name="onboarding_planned_note_unique")]

    def __str__(self) -> str:
        return self.words
