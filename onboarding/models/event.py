"""The timeline of a request."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .request import OnboardingRequest


class Event(models.Model):
    """One line of a request's timeline, written in the same database transaction as what it tells."""

    class Actor(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        WORKER = "worker", _("worker")
        PLATFORM = "platform", _("platform")
        STAFF = "staff", _("staff")

    request = models.ForeignKey("onboarding.OnboardingRequest", on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=16, choices=Actor.choices)
    name = models.CharField(max_length=64)
    state = models.CharField(max_length=16, help_text=_("The request's state after it"))
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def record(cls, request: "OnboardingRequest", actor: Actor, name: str, /, **detail: Any) -> "Event":
        """Put a line on the timeline. Never pass identifiers or secrets in `detail`."""
        return cls.objects.create(request=request, actor=actor, name=name, state=request.state, detail=detail)
