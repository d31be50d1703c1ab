"""The mails that were queued and sent."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue.wish_models import Wish
from onboarding.consent.models import Consent
from onboarding.jobs.lease import Lease, held_index
from onboarding.lib.sealed_fields import SealedModel, hash_of
from onboarding.request.contact import address_field
from onboarding.request.models import OnboardingRequest


class Mail(SealedModel, Lease):
    """One mail to a customer, written in the transaction of what it tells; workers send it."""

    SECRET_FIELDS: ClassVar = ("to",)
    SEALED_BY: ClassVar = ("key",)

    class Kind(models.TextChoices):
        LINK = "link", _("link to come back")
        INVITATION = "invitation", _("invitation")
        RECEIPT = "receipt", _("receipt")
        NEEDS_YOU = "needs-you", _("something to do")
        REMINDER = "reminder", _("still something to do")
        CONNECTED = "connected", _("connected")
        FAILED = "failed", _("this did not work")
        WITHDRAWN = "withdrawn", _("disconnected")
        ERASED = "erased", _("erased")
        QUIET = "quiet", _("no data any more")
        EXPIRING = "expiring", _("consent ends soon")
        ASKED_AGAIN = "asked-again", _("asked to agree again")
        AVAILABLE = "available", _("can be connected now")
        ENDPOINT_PAUSED = "endpoint-paused", _("webhooks are paused")

    request = models.ForeignKey(
        OnboardingRequest, on_delete=models.CASCADE, null=True, blank=True, related_name="mails"
    )
    wish = models.ForeignKey(Wish, on_delete=models.CASCADE, null=True, blank=True, related_name="mails")
    record = models.ForeignKey(Consent, on_delete=models.PROTECT, null=True, blank=True, related_name="mails")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # What it tells, so that nothing is told twice.
    key = models.CharField(max_length=120, unique=True)
    occasion = models.CharField(max_length=32, blank=True)  # what it is about, among mails of its kind
    step = models.PositiveSmallIntegerField(default=0, help_text=_("Which reminder"))
    to = address_field(blank=True)
    to_key = hash_of("to")
    mailbox = models.CharField(
        max_length=64, blank=True, help_text=_("Where it arrives, however the address is written")
    )
    language = models.CharField(max_length=10, default="en")

    queued_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=64, blank=True, help_text=_("Why it was not sent after all"))
    trouble = models.CharField(max_length=200, blank=True)

    LONGEST_WAIT = timedelta(days=5)  # reminders are days apart

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-queued_at", "-pk"]
        indexes = [
            held_index("onboarding_mail_lease_idx"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_mail_due_idx"),
            models.Index(fields=["queued_at"], name="onboarding_mail_queued_idx"),
            models.Index(fields=["queued_at"], condition=Q(ended="refused"), name="onboarding_mail_refused_idx"),
            models.Index(fields=["mailbox", "queued_at"], condition=~Q(mailbox=""), name="onboarding_mail_box_idx"),
            models.Index(fields=["to_key"], name="onboarding_mail_address_idx"),  # which may no longer be on file
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language})"
