"""What a colleague asked for many requests at once, and how far workers are with it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.jobs.lease import Lease, held_index
from onboarding.lib.sealed_fields import SealedJSONField, SealedModel


class BulkJob(SealedModel, Lease):
    """One operation for many requests, or rows of a file. Who runs it goes on where the row says.

    Each is done, skipped or failed.
    """

    SEALED_BY: ClassVar = ("key",)

    class Action(models.TextChoices):
        RESUME = "resume", _("Let the workers go on")
        CHECK_NOW = "check_now", _("Check now")
        RESEND_MAIL = "resend_mail", _("Send a mail or a link")
        MARK_HANDLED = "mark_handled", _("Mark as handled")
        ADD_NOTE = "add_note", _("Add a note")
        CHECK_ROWS = "check_rows", _("Check a file of invitations")
        INVITE_ROWS = "invite_rows", _("Invite customers by a file")

    # Whose keys are those of rows of a file, and not of requests.
    OF_ROWS: ClassVar = frozenset({Action.CHECK_ROWS, Action.INVITE_ROWS})

    action = models.CharField(_("action"), max_length=32, choices=Action.choices)
    by = models.CharField(_("by"), max_length=150)
    key = models.CharField(max_length=32, unique=True)  # of the page that asked: sent twice, it is one job
    # What the form asked for, a reason for instance, without what would have to be masked; and the keys of the
    # requests, as they were chosen. Both are empty once the job is done.
    detail = SealedJSONField(default=dict, blank=True)
    keys = models.JSONField(default=list, blank=True)
    total = models.PositiveIntegerField(_("requests"), default=0)

    done = models.PositiveIntegerField(_("done"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)

    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    HEAVY = ("keys",)

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        ordering = ["-pk"]
        default_permissions = ("view",)
        indexes = [
            held_index("onboarding_bulk_lease_idx"),
            models.Index(fields=["finished_at"], name="onboarding_bulk_over_idx"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_bulk_due_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} ({self.total})"

    @property
    def position(self) -> int:
        """How many requests are through, whatever became of them."""
        return self.done + self.skipped + self.failed

    @property
    def version(self) -> str:
        """What polls compare."""
        return f"{self.position}{'-finished' * self.is_finished}"

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    def count(self, outcome: str) -> None:
        """Note what became of the next request. The caller saves."""
        setattr(self, outcome, getattr(self, outcome) + 1)
