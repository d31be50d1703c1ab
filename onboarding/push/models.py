"""Which browsers want to hear of a request, and when they are to."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.jobs.lease import Lease, held_index
from onboarding.lib.sealed_fields import SealedJSONField, SealedModel, SealedTextField, hash_of
from onboarding.request.models import OnboardingRequest

LONGEST_ENDPOINT = 1000


class PushSubscription(SealedModel, Lease):
    """One browser that wants to hear of one request, until its outcome. Due while there is something to tell it.

    What that is, the request's own row says when its turn comes: several things that happen are one message.
    """

    SECRET_FIELDS: ClassVar = ("endpoint",)
    SEALED_BY: ClassVar = ("key",)

    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="pushes")
    key = models.UUIDField(unique=True, default=uuid4, editable=False)
    browser = models.CharField(max_length=64, help_text=_("SHA-256 of the browser's own key"))
    endpoint = SealedTextField(
        max_length=LONGEST_ENDPOINT, found_by=str, help_text=_("Where its push service takes messages")
    )
    endpoint_key = hash_of("endpoint")
    secrets = SealedJSONField(default=dict, help_text=_("What messages are sealed with, for this browser alone"))
    created_at = models.DateTimeField(default=timezone.now)
    trouble = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("browser that is told")
        verbose_name_plural = _("browsers that are told")
        ordering = ["pk"]
        default_permissions = ()
        indexes = [
            held_index("onboarding_push_lease_idx"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_push_due_idx"),
            models.Index(fields=["created_at"], name="onboarding_push_old_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"
