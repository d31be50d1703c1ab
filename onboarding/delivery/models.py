"""What the platform has and we do not."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.request.models import OnboardingRequest


class StrayOnboarding(models.Model):
    """An onboarding request at the platform that no request of ours has, seen after a backup was restored."""

    platform_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=64, blank=True)
    manufacturer = models.CharField(max_length=128, blank=True)
    status = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(null=True, help_text=_("At the platform"))
    seen_at = models.DateTimeField(default=timezone.now)
    request = models.ForeignKey(
        OnboardingRequest,
        on_delete=models.SET_NULL,  # of a draft that is gone, it is all that tells of the device at the platform
        null=True,
        related_name="strays",
        help_text=_("Ours that it leads back to, which had not been sent when the backup was made"),
    )

    class Meta:
        verbose_name = _("stray at the platform")
        verbose_name_plural = _("strays at the platform")

    def __str__(self) -> str:
        return self.platform_id
