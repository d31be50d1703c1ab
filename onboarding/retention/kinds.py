"""The kinds of what is kept for a time: which rows are old, and how they go. `docs/retention.md` lists them.

Rows that are work for later are never old while that is left: they are due, or somebody holds them. Each kind finds its
rows by an index in the order in which they grow old, so that a million others cost nothing; `tests/postgresql` looks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from onboarding.access.models import AccessLink
from onboarding.catalogue.models import CatalogueChange
from onboarding.catalogue.wish_models import LAST_MOVED_AT, Wish
from onboarding.intake.invitation_models import Invitation
from onboarding.lib.fault_models import Fault
from onboarding.limits.models import RateLimitTally
from onboarding.mail.models import Mail
from onboarding.portal.models import CspReport
from onboarding.push.models import PushSubscription
from onboarding.request.events import DISCLOSING, Event
from onboarding.request.lifecycle import State
from onboarding.request.tally_models import AnswerTally
from onboarding.staff.models import StaffSignIn
from onboarding.support.bulk_models import BulkJob
from onboarding.support.invitation_file_models import InvitationFile
from onboarding.webhooks.models import OVER_AT, WebhookDelivery

from . import requests
from .models import Departure

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

BATCH = 500


@dataclass(frozen=True)
class Kind:
    """`old` gives the rows of before a moment, the oldest first; `go` lets those with some keys go, if that is no mere
    deletion.
    """

    name: str
    title: "StrPromise"
    old: Callable[[datetime], QuerySet[Any]]
    go: Callable[[Sequence[Any]], object] | None = None

    @property
    def days(self) -> int:
        """For how many days it is kept; 0: for good."""
        return int(settings.RETENTION_DAYS[self.name])

    def waiting(self, now: datetime) -> QuerySet[Any]:
        """Return what is to go by now; nothing, of a kind that is kept."""
        rows = self.old(now - timedelta(days=self.days))
        return rows if self.days else rows.none()


def _strip_calls(keys: Sequence[int]) -> None:
    for event in Event.objects.filter(pk__in=keys):
        event.forget_call()
        event.save(update_fields=["detail", "has_call"])


def _old_calls(limit: datetime) -> QuerySet[Event]:
    return Event.objects.filter(at__lt=limit, has_call=True).order_by("at")


def _old_timelines(limit: datetime) -> QuerySet[Event]:
    lines = Event.objects.filter(at__lt=limit).exclude(name__in=DISCLOSING)
    return lines.filter(~requests.of_open_requests()).order_by("at")


def _old_disclosures(limit: datetime) -> QuerySet[Event]:
    return Event.objects.filter(at__lt=limit, name__in=DISCLOSING).order_by("at")


def _old_mails(limit: datetime) -> QuerySet[Mail]:
    """Those about a wish go with it: they are counted, so that none is sent twice."""
    return Mail.objects.filter(queued_at__lt=limit, due_at=None, lease="", wish=None).order_by("queued_at")


def _old_links(limit: datetime) -> QuerySet[AccessLink]:
    return AccessLink.objects.filter(expires_at__lt=limit).order_by("expires_at")


def _old_invitations(limit: datetime) -> QuerySet[Invitation]:
    """One whose customer has not come yet goes with its draft."""
    is_awaited = Q(opened_at=None, request__state=State.DRAFT.value)
    return Invitation.objects.filter(~is_awaited, created_at__lt=limit).order_by("created_at")


def _old_invitation_files(limit: datetime) -> QuerySet[InvitationFile]:
    """One that workers are at stays until they are through. Its rows go with it."""
    is_at_rest = Q(job=None) | Q(job__finished_at__isnull=False)
    return InvitationFile.objects.filter(is_at_rest, created_at__lt=limit).order_by("created_at")


def _old_webhooks(limit: datetime) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.alias(over_at=OVER_AT).filter(over_at__lt=limit, due_at=None).order_by("over_at")


def _old_wishes(limit: datetime) -> QuerySet[Wish]:
    due = Mail.objects.filter(wish=OuterRef("pk"), due_at__isnull=False)
    return Wish.objects.alias(moved_at=LAST_MOVED_AT).filter(~Exists(due), moved_at__lt=limit).order_by("moved_at")


def _older(model: Any, column: str) -> Callable[[datetime], QuerySet[Any]]:
    return lambda limit: model.objects.filter(**{f"{column}__lt": limit}).order_by(column)


def _of_days_before(model: Any) -> Callable[[datetime], QuerySet[Any]]:
    return lambda limit: model.objects.filter(day__lt=limit.date()).order_by("day")


def _old_sandbox_rows(limit: datetime) -> QuerySet[Any]:
    rows: QuerySet[Any] = import_string(settings.SANDBOX_OLD_ROWS)(limit)
    return rows


def kinds() -> list[Kind]:
    """List what is kept for a time; the sandbox's only where there is one."""
    return [kind for kind in KINDS if kind.name != "sandbox" or settings.SANDBOX]


KINDS = (
    Kind("drafts", _("Drafts that nobody changed"), requests.old_drafts, requests.delete),
    Kind("failed", _("Requests that failed or were canceled"), requests.old_failures, requests.reduce),
    Kind("withdrawn", _("Requests whose consent was taken back"), requests.old_withdrawals, requests.reduce),
    Kind("calls", _("What was said to the platform"), _old_calls, _strip_calls),
    Kind("timelines", _("Lines of timelines"), _old_timelines),
    Kind("mails", _("Mails that were sent, or were not after all"), _old_mails),
    Kind("links", _("Links that expired"), _old_links),
    Kind("invitations", _("Invitations"), _old_invitations),
    Kind("pushes", _("Browsers that are told"), _older(PushSubscription, "created_at")),
    Kind("invitation_files", _("Files by which customers are invited"), _old_invitation_files),
    Kind("webhooks", _("Webhooks and their attempts"), _old_webhooks),
    Kind("wishes", _("Wishes for what is not on offer"), _old_wishes),
    Kind("bulk_jobs", _("Operations for many requests"), _older(BulkJob, "finished_at")),
    Kind("sign_ins", _("Sign-ins of colleagues"), _older(StaffSignIn, "at")),
    Kind("disclosures", _("Who looked at what, and took what out"), _old_disclosures),
    Kind("desk_changes", _("What colleagues changed at the desk"), _older(LogEntry, "action_time")),
    Kind("catalogue_changes", _("Changes of the catalogue"), _older(CatalogueChange, "at")),
    Kind("answers", _("Counts of answers"), _of_days_before(AnswerTally)),
    Kind("limits", _("Counts of stops by rate limits"), _older(RateLimitTally, "hour")),
    Kind("browser_reports", _("Reports of browsers"), _of_days_before(CspReport)),
    Kind("faults", _("Counts of faults"), _older(Fault, "last_at")),
    Kind("sandbox", _("Requests at the sandbox"), _old_sandbox_rows),
    Kind("departures", _("Counts of what went"), _of_days_before(Departure)),
)
