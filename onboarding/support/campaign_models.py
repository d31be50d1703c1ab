"""Asking people anew, because the text that they agreed to has changed: a campaign, and everybody it asks."""

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.consent.models import ConsentText
from onboarding.jobs.lease import Lease, held_index
from onboarding.lib.languages import spoken
from onboarding.request.models import OnboardingRequest


class Campaign(Lease):
    """Asks customers to read and agree again, so many a day. Workers gather whom; nobody is asked before it starts."""

    class Stage(models.TextChoices):
        GATHERING = "gathering", _("workers look whom it is for")
        READY = "ready", _("ready, nobody is asked yet")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        OVER = "over", _("over")

    text = models.ForeignKey(
        ConsentText, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("new text")
    )
    type = models.CharField(_("type"), max_length=64, blank=True)
    manufacturer = models.CharField(_("manufacturer"), max_length=128, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, choices=spoken)
    agreed_before = models.DateField(
        _("agreed before"), null=True, blank=True, help_text=_("Only who agreed before this day; empty: everybody")
    )
    per_day = models.PositiveIntegerField(
        _("mails a day"),
        default=1000,
        validators=[MinValueValidator(1)],
        help_text=_("Spread over the day, reminders included"),
    )

    key = models.CharField(max_length=32, unique=True, editable=False)  # of the page that asked: sent twice, it is one
    by = models.CharField(_("by"), max_length=150, editable=False)
    stage = models.CharField(
        _("how far it is"), max_length=16, choices=Stage.choices, default=Stage.GATHERING, editable=False
    )
    gathered_to = models.BigIntegerField(default=0, editable=False)  # the key of the last request that was looked at
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)

    LONGEST_WAIT: ClassVar[timedelta] = timedelta(days=15)  # a reminder is two weeks later

    class Meta:
        verbose_name = _("campaign for a new text")
        verbose_name_plural = _("campaigns for new texts")
        ordering = ["-pk"]
        default_permissions = ("view",)
        permissions = [("run_campaign", _("Can ask customers to agree again"))]
        indexes = [held_index("onboarding_campaign_lease_idx")]

    def __str__(self) -> str:
        return str(self.text)


class CampaignMember(models.Model):
    """One device whose owner a campaign asks, and what came of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("not asked yet")
        ASKED = "asked", _("no answer yet")
        AGREED = "agreed", _("agreed")
        STOPPED = "stopped", _("stopped")
        ENDED = "ended", _("ended otherwise")
        UNREACHABLE = "unreachable", _("no e-mail address, not asked")
        LEFT_OUT = "left_out", _("left out: there was nothing to ask any more")
        FAILED = "failed", _("failed at our end")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="campaigns")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.WAITING)
    asked_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("customer of a campaign")
        verbose_name_plural = _("customers of campaigns")
        ordering = ["pk"]
        default_permissions = ()  # who sees campaigns sees them
        constraints = [models.UniqueConstraint(fields=["campaign", "request"], name="onboarding_campaign_member_once")]
        indexes = [
            models.Index(fields=["campaign", "outcome", "id"], name="onboarding_member_idx"),
            models.Index(
                fields=["campaign", "asked_at"],
                condition=models.Q(outcome="asked", reminded_at=None),
                name="onboarding_member_remind_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}: {self.get_outcome_display()}"
