"""Erasures that were asked for, and the marks by which a restored backup forgets again."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.request.models import OnboardingRequest


class Erasure(models.Model):
    """That somebody asked to erase what we hold of one request; it waits until nothing of it runs any more.

    Done, it is an anonymous record: that it was asked for, by whom of the two, and when it was done.
    """

    class Asker(models.TextChoices):
        CUSTOMER = "customer", _("the customer")
        STAFF = "staff", _("a colleague, for the customer")
        BACKUP = "backup", _("erased before; a restored backup brought it back")

    request = models.OneToOneField(OnboardingRequest, on_delete=models.CASCADE, related_name="erasure")
    asked_at = models.DateTimeField(default=timezone.now)
    asker = models.CharField(max_length=16, choices=Asker.choices)
    by = models.CharField(max_length=150, blank=True, help_text=_("The colleague"))
    reason = models.TextField(blank=True, help_text=_("Masked; empty once it is done"))
    told_at = models.DateTimeField(null=True, blank=True, help_text=_("When the last mail about it was queued"))
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["asked_at"], condition=Q(done_at=None), name="onboarding_erasure_idx")]

    def __str__(self) -> str:
        return f"{self.request}"


class Tombstone(models.Model):
    """What was erased, as a hash that tells nothing: written when it is asked for, and never deleted."""

    class Kind(models.TextChoices):
        REQUEST = "request", _("request")
        ADDRESS = "address", _("e-mail address")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    sha256 = models.CharField(max_length=64, help_text=_("Of the reference; of an address with a key"))
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "sha256"], name="onboarding_tombstone_unique")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:8]}"
