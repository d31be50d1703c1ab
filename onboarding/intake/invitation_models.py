"""Requests to which staff invited a customer."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.request.models import OnboardingRequest


class Invitation(models.Model):
    """That staff invited a customer to a request, and whether the customer came. The links are `AccessLink` rows."""

    request = models.OneToOneField(OnboardingRequest, on_delete=models.CASCADE, related_name="invitation")
    # Of the page on which it was prepared: sent twice, it is prepared once.
    key = models.CharField(max_length=32, unique=True, editable=False)
    by = models.CharField(max_length=150, help_text=_("The colleague"))
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True, blank=True, help_text=_("When the customer first went on with it"))

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-pk"]
        default_permissions = ()  # who sees requests sees them
        indexes = [
            models.Index(fields=["created_at"], name="onboarding_invited_at_idx"),
            models.Index(fields=["by", "-id"], name="onboarding_invited_by_idx"),
            models.Index(fields=["-id"], condition=Q(opened_at=None), name="onboarding_not_opened_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.request}"
