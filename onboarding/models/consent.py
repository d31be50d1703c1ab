"""What customers agreed to."""

import hashlib

from django.db import models
from django.utils.translation import gettext_lazy as _

from .request import OnboardingRequest


class Consent(models.Model):
    """What a customer agreed to, word for word. Written once, never changed."""

    request = models.ForeignKey(OnboardingRequest, on_delete=models.PROTECT, related_name="consents")
    version = models.CharField(max_length=32)
    language = models.CharField(max_length=10)
    words = models.TextField()
    sha256 = models.CharField(max_length=64)
    attributes = models.JSONField(help_text=_("The type, manufacturer and identifiers that it covers"))
    given_at = models.DateTimeField()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at"]

    def __str__(self) -> str:
        return f"{self.version} ({self.language})"

    @property
    def is_intact(self) -> bool:
        return hashlib.sha256(self.words.encode()).hexdigest() == self.sha256
