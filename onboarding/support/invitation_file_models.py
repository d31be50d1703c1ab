"""Customers whom a colleague invites by a file: each row of it, and what became of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.lib.sealed_fields import SealedJSONField, SealedModel
from onboarding.request.models import OnboardingRequest

from .bulk_models import BulkJob


class InvitationFile(models.Model):
    """A file that was uploaded: workers check its rows, a colleague looks at what they found, and workers invite."""

    key = models.CharField(max_length=32, unique=True)  # of the page that asked: sent twice, it is one file
    by = models.CharField(_("by"), max_length=150)
    language = models.CharField(max_length=10)  # of the colleague: what is said of the rows is said in it
    is_mailing = models.BooleanField(default=True)  # or the requests are prepared only
    job = models.ForeignKey(BulkJob, null=True, on_delete=models.SET_NULL, related_name="+")  # the one at work, or last
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    invited_at = models.DateTimeField(null=True, blank=True)  # when a colleague said yes

    class Meta:
        verbose_name = _("file of invitations")
        verbose_name_plural = _("files of invitations")
        ordering = ["-pk"]
        default_permissions = ()  # who invites sees them
        indexes = [models.Index(fields=["created_at"], name="onboarding_inv_file_at_idx")]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"


class InvitationRow(SealedModel):
    """One row of a file. What it says is sealed, and gone once it is invited or left out for good."""

    SEALED_BY: ClassVar = ("key",)

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("not checked yet")
        READY = "ready", _("ready")
        ASKED = "asked", _("to be compared once more")
        WRONG = "wrong", _("to be corrected")
        MAILED = "mailed", _("invited by mail")
        PREPARED = "prepared", _("prepared, not mailed")
        LEFT_OUT = "left_out", _("left out")
        FAILED = "failed", _("failed at our end")

    file = models.ForeignKey(InvitationFile, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # the line of the file, as a spreadsheet counts
    key = models.CharField(max_length=32, unique=True)
    # A keyed hash of whom and which device the row names: one of another file that names the same has the same.
    mark = models.CharField(max_length=32)
    values = SealedJSONField(default=dict, blank=True)
    contact_key = models.CharField(max_length=32, blank=True)  # of the address: an erasure finds what names a person
    # Pairs of a column and what is to be said about it.
    remarks = SealedJSONField(default=list, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.WAITING)
    request = models.ForeignKey(OnboardingRequest, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("row of a file of invitations")
        verbose_name_plural = _("rows of files of invitations")
        ordering = ["number"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["file", "outcome", "number"], name="onboarding_inv_row_idx"),
            models.Index(fields=["contact_key"], condition=Q(contact_key__gt=""), name="onboarding_inv_row_to_idx"),
        ]

    def __str__(self) -> str:
        return str(self.number)
