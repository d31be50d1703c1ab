"""The timeline of a request, and what staff saw or took out."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.lib.sealed_fields import SealedJSONField, SealedModel, readable

if TYPE_CHECKING:
    from .models import OnboardingRequest

# What shows somebody a masked value, or takes data out of the portal.
DISCLOSING = ("revealed", "evidence-exported", "data-exported", "figures-exported")
# The key of an event's detail below which is what was said in a call to the platform.
CALL = "exchange"


# Sent with the `request` and `now` in the transaction that stores its new state. What follows from it listens.
state_changed = Signal()


class Event(SealedModel):
    """One line of a request's timeline, written in the same database transaction as what it tells.

    Without a request, it tells what staff did with something that belongs to none.
    """

    class Actor(models.TextChoices):
        CUSTOMER = "customer", _("customer")
        WORKER = "worker", _("worker")
        PLATFORM = "platform", _("platform")
        STAFF = "staff", _("staff")

    SEALED_BY: ClassVar = ("request_id", "key")

    request = models.ForeignKey(
        "onboarding.OnboardingRequest", on_delete=models.CASCADE, null=True, blank=True, related_name="events"
    )
    key = models.UUIDField(default=uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=16, choices=Actor.choices)
    name = models.CharField(max_length=64)
    state = models.CharField(max_length=16, blank=True, help_text=_("The request's state after it"))
    by = models.CharField(max_length=150, blank=True, help_text=_("The colleague, when it was one"))
    detail = SealedJSONField(default=dict, blank=True)
    has_call = models.BooleanField(default=False, help_text=_("Whether what was said in a call is in the detail"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], condition=Q(name__in=DISCLOSING), name="onboarding_disclosure_idx"),
            models.Index(fields=["at"], name="onboarding_event_at_idx"),
            models.Index(fields=["at"], condition=Q(has_call=True), name="onboarding_call_idx"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def record(cls, request: "OnboardingRequest | None", actor: Actor, name: str, /, **detail: Any) -> "Event":
        """Put a line on the timeline. Never pass identifiers or secrets in `detail`."""
        state, colleague = request.state if request else "", detail.get("by", "") if actor == cls.Actor.STAFF else ""
        told = {"detail": detail, "has_call": CALL in detail}
        return cls.objects.create(request=request, actor=actor, name=name, state=state, by=colleague, **told)

    def forget_call(self) -> None:
        """Take what was said in a call off the line, and keep the line. The caller saves.

        Of a detail that does not open nothing is left: nobody can tell the call from the rest.
        """
        self.detail = {name: value for name, value in readable(self, "detail", {}).items() if name != CALL}
        self.has_call = False


class Disclosure(Event):
    """Events as an auditor reads them: only those that showed somebody a masked value, or took data out."""

    class Meta:
        proxy = True
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures: who looked at what")
