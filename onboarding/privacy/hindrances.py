"""What an erasure waits for."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding.request import lifecycle
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest
from onboarding.support.bulk_models import BulkJob


class Hindrance(models.TextChoices):
    RUNS = "runs", _("it runs, or is being disconnected")
    STAFF = "staff", _("a colleague is to look at it first")
    WORKER = "worker", _("a worker is at it")
    JOB = "job", _("an operation for many requests has it on its list")
    WEBHOOK = "webhook", _("the company's systems are not told yet")
    MAIL = "mail", _("the last mail is on its way")


def hindrance_of(row: OnboardingRequest) -> Hindrance | None:
    """Say what stands against erasing a request now; None when nothing does."""
    if row.state == State.DRAFT:
        return Hindrance.MAIL if row.mails.filter(due_at__isnull=False).exclude(lease="").exists() else None
    if not lifecycle.is_over(State(row.state)):
        return Hindrance.STAFF if row.is_with_staff else Hindrance.RUNS
    if row.needs_staff:
        return Hindrance.STAFF
    if row.due_at or row.lease:
        return Hindrance.WORKER
    return _of_belongings(row)


def _of_belongings(row: OnboardingRequest) -> Hindrance | None:
    left = Q(due_at__isnull=False)
    if row.webhooks.filter(left).exists():
        return Hindrance.WEBHOOK
    if row.mails.filter(left).exists():
        return Hindrance.MAIL
    jobs = BulkJob.objects.filter(finished_at=None).exclude(action__in=BulkJob.OF_ROWS).values_list("keys", flat=True)
    return Hindrance.JOB if any(row.pk in keys for keys in jobs) else None
