"""What the energy company's own systems are told: one row each, written with what it tells and sent by workers."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.jobs.lease import Lease, held_index
from onboarding.lib.sealed_fields import SealedModel, SealedTextField

from .endpoint_models import WebhookEndpoint

LONGEST_ANSWER = 300
# When it was delivered or given up; what waits for a paused endpoint grows old, too.
OVER_AT = Coalesce("delivered_at", "gave_up_at", "parked_at")

# Of these moments a delivery has exactly one.
MOMENTS = ("due_at", "delivered_at", "gave_up_at", "parked_at")


def _one_of(*moments: str) -> Q:
    cases = (Q(**{f"{name}__isnull": name != has for name in moments}) for has in moments)
    return reduce(or_, cases)


class WebhookDelivery(SealedModel, Lease):
    """One thing to tell one endpoint, in the exact words that every attempt sends.

    Over when it is delivered or given up; parked while its endpoint is paused.
    """

    SEALED_BY: ClassVar = ("delivery_id",)

    class Kind(models.TextChoices):
        CREATED = "request.created", _("consent given")
        NEEDS_ACTION = "request.needs_action", _("needs the customer")
        CONNECTED = "request.connected", _("connected")
        FAILED = "request.failed", _("failed or canceled")
        WITHDRAWN = "request.withdrawn", _("withdrawn")
        FIRST_DATA = "device.first_data", _("first data")
        QUIET = "device.quiet", _("no data any more")
        FLOWING = "device.flowing", _("data again")
        ENDED = "device.ended", _("connection ended")
        EXPIRING = "consent.expiring", _("consent ends soon")

    class Ending(models.TextChoices):
        TRIED = "tried", _("tried for three days")
        REMOVED = "removed", _("its endpoint was taken away")

    delivery_id = models.UUIDField(unique=True, default=uuid4, editable=False)
    request = models.ForeignKey("onboarding.OnboardingRequest", on_delete=models.CASCADE, related_name="webhooks")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    occurrence = models.PositiveIntegerField(help_text=_("Tells apart what happens to a request more than once"))
    body = SealedTextField()
    created_at = models.DateTimeField(default=timezone.now)
    delivered_at = models.DateTimeField(null=True, blank=True)
    gave_up_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=16, choices=Ending.choices, blank=True, help_text=_("Why it was given up"))
    parked_at = models.DateTimeField(null=True, blank=True)

    trying_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-pk"]
        permissions = [("replay_webhookdelivery", _("Can send a webhook again"))]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "kind", "occurrence", "endpoint"], name="onboarding_webhook_occurrence_unique"
            ),
            models.CheckConstraint(condition=_one_of(*MOMENTS), name="onboarding_webhook_due_or_over"),
        ]
        indexes = [
            held_index("onboarding_webhook_lease_idx"),
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False),
                name="onboarding_webhook_due_idx",
            ),
            models.Index(
                fields=["endpoint", "due_at"],
                condition=Q(due_at__isnull=False),
                name="onboarding_webhook_turn_idx",
            ),
            models.Index(OVER_AT, condition=Q(due_at=None), name="onboarding_webhook_over_idx"),
            models.Index(
                fields=["gave_up_at"], condition=Q(gave_up_at__isnull=False), name="onboarding_webhook_lost_idx"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delivery_id}"

    @classmethod
    def due(cls, now: datetime) -> models.QuerySet["WebhookDelivery"]:
        """Return what may be sent: due, nobody on it, and nothing before it of the same request and endpoint."""
        same = {"request": OuterRef("request"), "endpoint": OuterRef("endpoint")}
        older = cls.objects.filter(**same, pk__lt=OuterRef("pk"), due_at__isnull=False)
        return super().due(now).filter(~Exists(older))

    def earlier(self) -> models.QuerySet["WebhookDelivery"]:
        """Return what has to be sent before it: due, and of the same request and endpoint."""
        same = {"request": self.request_id, "endpoint": self.endpoint_id}
        return type(self).objects.filter(**same, pk__lt=self.pk, due_at__isnull=False)

    @property
    def tries(self) -> int:
        """Attempts since it was first sent, or sent again, with the one that is under way."""
        return self.failures + bool(self.delivered_at or self.lease)


class WebhookAttempt(SealedModel):
    """One call, written down before it leaves. Without an outcome: its worker died, or is at it."""

    SEALED_BY: ClassVar = ("delivery_id", "started_at")

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    seconds = models.FloatField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    trouble = models.CharField(max_length=64, blank=True, help_text=_("Why there is no answer, or only a part of it"))
    answer = SealedTextField(max_length=LONGEST_ANSWER, blank=True, help_text=_("Its first characters"))

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.status or self.trouble or "–")
