"""One device of one customer: the request, and the platform's steps of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.jobs.lease import Lease, held_index
from onboarding.lib.sealed_fields import SealedJSONField, SealedTextField, is_filled

from . import ageing, lifecycle, work_queues
from .codes import new_reference, new_support_code, spoken
from .contact import Reachable
from .ending import Ending
from .events import Event, state_changed
from .lifecycle import State
from .search_index import Findable
from .staff_reasons import STAFF_REASONS
from .tenancy import Owned

# A link to a manufacturer's page may expire; one that was read this recently is offered.
LINK_FRESH = timedelta(minutes=10)
# Who came back from there is taken to have done their part until the platform is asked, but no longer than this.
JUST_BACK = timedelta(minutes=2)

STATE_LABELS = {
    State.DRAFT: _("Answering"),
    State.QUEUED: _("Waiting to be sent"),
    State.SENDING: _("Being sent"),
    State.UNKNOWN: _("Sent, no answer yet"),
    State.FOLLOWING: _("With the platform"),
    State.REJECTED: _("Answer refused"),
    State.CONNECTED: _("Connected"),
    State.FAILED: _("Failed"),
    State.CANCELED: _("Canceled"),
    State.WITHDRAWING: _("Being disconnected"),
    State.WITHDRAWN: _("Disconnected, consent taken back"),
}


class OnboardingRequest(Findable, Reachable, Owned, ageing.Ageing, Ending, Lease):
    """One device of one customer, from the first answer to the outcome."""

    SEALED_BY: ClassVar = ("reference",)
    # Masked wherever it is shown or kept for staff, besides the attributes; and so in each model that has this list.
    SECRET_FIELDS: ClassVar = (
        "contact_email",
        "own_reference",
        "redirect_link",
        "documentation_link",
        "return_address",
        "owner_id",
        "platform_owner_id",
    )

    reference = models.CharField(max_length=32, unique=True, default=new_reference, editable=False)
    support_code = models.CharField(max_length=12, unique=True, default=new_support_code, editable=False)
    browser = models.CharField(max_length=64, db_index=True, help_text=_("SHA-256 of the browser's own key"))
    language = models.CharField(max_length=10, default="en")

    retry_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="retries", editable=False
    )
    # What a company's link said beyond answers and for whom; only a signed one may.
    own_reference = SealedTextField(max_length=100, blank=True, help_text=_("The company's own name for it"))
    return_address = SealedTextField(max_length=500, blank=True, help_text=_("Where the customer goes in the end"))

    # The customer's answers, under the platform's names.
    type = models.CharField(max_length=64, blank=True)
    manufacturer = models.CharField(max_length=128, blank=True)
    attributes = SealedJSONField(default=dict, blank=True)
    confirmed = SealedJSONField(default=dict, blank=True, help_text=_("Unusual values the customer stands by"))
    rejections = SealedJSONField(default=dict, blank=True, help_text=_("What the platform refused, by attribute"))

    # Plain values: a migration that named `State` would have to follow wherever that moves.
    state = models.CharField(
        max_length=16,
        choices=[(state.value, label) for state, label in STATE_LABELS.items()],
        default=State.DRAFT.value,
    )
    # By the lifecycle, as the database works it out; and since when.
    turn = models.GeneratedField(
        expression=work_queues.turn(), output_field=models.CharField(max_length=16), db_persist=True
    )
    turn_since = models.DateTimeField(default=timezone.now, help_text=_("Since when it is whoever's turn it is now"))
    # Grows with every change that somebody can see; polls and saves compare it.
    version = models.PositiveIntegerField(default=1)
    links_void_at = models.DateTimeField(
        null=True, blank=True, help_text=_("A link that was mailed for another device before then does not open it")
    )

    # What the platform says.
    platform_id = models.CharField(max_length=64, blank=True, db_index=True)
    entity_id = models.CharField(max_length=64, blank=True, db_index=True)
    status = models.CharField(max_length=64, blank=True)
    action_type = models.CharField(max_length=64, blank=True)
    redirect_link = SealedTextField(blank=True)
    documentation_link = SealedTextField(blank=True)
    has_bad_link = models.BooleanField(default=False, help_text=_("One of the links is not safe, and not shown"))
    errors = SealedJSONField(default=list, blank=True)
    offboarding_id = models.CharField(max_length=64, blank=True)
    offboarding_status = models.CharField(max_length=64, blank=True)

    # For workers, beside the lease.
    attempt = models.PositiveIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    settles_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Until then an unanswered attempt may still show up at the platform")
    )
    checked_at = models.DateTimeField(null=True, blank=True, help_text=_("When the platform last answered"))
    attended_at = models.DateTimeField(null=True, blank=True, help_text=_("When something happened or somebody asked"))
    trouble = models.CharField(max_length=64, blank=True, help_text=_("Why the last call brought nothing"))
    is_restored = models.BooleanField(default=False, help_text=_("Came unsent out of a backup: looked for first"))
    unanswered = models.PositiveIntegerField(default=0, help_text=_("Attempts that were lost without an answer"))
    needs_staff = models.CharField(
        max_length=32,
        blank=True,
        choices=list(STAFF_REASONS.items()),
        help_text=_("Why workers gave it to a colleague"),
    )

    created_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True, help_text=_("When a browser came back from there"))
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True, help_text=_("When its status page was last looked at"))

    class Meta:
        verbose_name = _("onboarding request")
        verbose_name_plural = _("onboarding requests")
        ordering = ["-created_at"]
        permissions = [
            ("reveal_identifiers", _("Can see masked values")),
            ("check_now", _("Can have the platform asked at once")),
            ("resume", _("Can let workers go on, or send a request again")),
            ("resend_mail", _("Can send a mail or a link again")),
            ("reassign_email", _("Can change the e-mail address of a request")),
            ("mark_handled", _("Can mark a request as handled")),
            ("add_note", _("Can add notes")),
            ("make_entry_link", _("Can make links that fill in answers for customers")),
            ("assist_onboardingrequest", _("Can prepare a request for a customer")),
            ("withdraw_onboardingrequest", _("Can take consent back for a customer")),
            ("erase_identifiers", _("Can erase requests and persons")),
            ("export_evidence", _("Can download evidence of consent")),
            ("export_figures", _("Can download figures")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in State]), name="onboarding_state_known"
            ),
            models.UniqueConstraint(
                fields=["retry_of"], condition=Q(state=State.DRAFT.value), name="onboarding_one_draft_per_retry"
            ),
            models.UniqueConstraint(
                fields=["platform_id"], condition=~Q(platform_id=""), name="onboarding_platform_id_unique"
            ),
        ]
        indexes = [
            held_index("onboarding_request_lease_idx"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="onboarding_due_idx"),
            models.Index(fields=["contact_key"], name="onboarding_contact_idx"),
            models.Index(fields=["state", "-created_at"], name="onboarding_state_idx"),
            models.Index(
                fields=["type", "manufacturer", "-finished_at"],
                condition=Q(finished_at__isnull=False),
                name="onboarding_ended_idx",
            ),
            models.Index(
                fields=["consent_ends_at"],
                condition=Q(consent_ends_at__isnull=False, withdrawn_at=None),
                name="onboarding_consent_end_idx",
            ),
            *work_queues.INDEXES,
            *ageing.INDEXES,
        ]

    def __str__(self) -> str:
        return f"{self.spoken_support_code} {self.type} {self.manufacturer}".strip()

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Note since when it is whose turn, too."""
        if not self._state.adding and self.turn != self.actor:
            self.turn_since = timezone.now()
            update_fields = update_fields and {*update_fields, "turn_since"}
        super().save(update_fields=update_fields, **options)

    @classmethod
    def due(cls, now: datetime) -> models.QuerySet["OnboardingRequest"]:
        """Return the requests that are due and that no worker holds."""
        return super().due(now).filter(state__in=lifecycle.OPEN)

    def get_absolute_url(self) -> str:
        return reverse("onboarding:resume", args=[self.reference])

    @property
    def spoken_support_code(self) -> str:
        return spoken(self.support_code)

    @property
    def has_action(self) -> bool:
        return self.state == State.FOLLOWING and bool(self.action_type)  # what is over keeps the word of its last step

    @property
    def has_stale_link(self) -> bool:
        """The manufacturer's link was read so long ago that it may have expired, and will be read again soon."""
        if not is_filled(self, "redirect_link"):
            return False
        is_old = self.checked_at is None or timezone.now() - self.checked_at > LINK_FRESH
        return is_old and not self.trouble and self.due_at is not None

    @property
    def is_just_back(self) -> bool:
        """A browser came back from the manufacturer a moment ago, and the platform has not been asked since."""
        ago = timezone.now() - JUST_BACK
        return self.returned_at is not None and self.returned_at > max(ago, self.checked_at or ago)

    @property
    def shown_version(self) -> str:
        """What a poll compares: the version, and what the clock alone changes on the page."""
        return f"{self.version}{'-stale' * self.has_stale_link}{'-back' * self.is_just_back}"

    @property
    def is_with_staff(self) -> bool:
        """Workers stopped and wait for a colleague."""
        return lifecycle.is_with_staff(State(self.state), self.needs_staff, self.due_at)

    @property
    def actor(self) -> lifecycle.Actor:
        """Whose turn it is, as this instance stands; `turn` is what the database has."""
        return lifecycle.who_acts(State(self.state), has_action=self.has_action, needs_staff=self.is_with_staff)

    @property
    def shown_actor(self) -> lifecycle.Actor:
        """Whose turn it is for its owner: who just came back from the manufacturer may have done their part."""
        if self.withdrawn_at and self.is_final:
            return lifecycle.Actor.NOBODY
        has_action = self.has_action and not self.is_just_back
        return lifecycle.who_acts(State(self.state), has_action=has_action, needs_staff=self.is_with_staff)

    @property
    def is_withdrawable(self) -> bool:
        """Something runs, or may come to run, and its owner has not taken the consent back yet."""
        return State(self.state) in lifecycle.WITHDRAWABLE and self.withdrawn_at is None

    @property
    def is_final(self) -> bool:
        return lifecycle.is_final(State(self.state))

    @property
    def is_editable(self) -> bool:
        return lifecycle.is_editable(State(self.state))

    def move_to(self, state: State, /, actor: Event.Actor, event: str, *, now: datetime, **detail: Any) -> None:
        """Change state, as the lifecycle allows, and put that on the timeline; the caller saves.

        Raises: IllegalMove.
        """
        lifecycle.check_move(State(self.state), state)
        self.state = state
        self.version += 1
        if lifecycle.is_final(state):
            self.finished_at, self.due_at = self.finished_at or now, None
        elif state == State.FOLLOWING:
            self.finished_at = None  # an answer came after all
        Event.record(self, actor, event, **detail)
        state_changed.send(sender=type(self), request=self, now=now)


class Transaction(models.Model):
    """One of the platform's steps of a request, in the platform's order and words."""

    request = models.ForeignKey(OnboardingRequest, on_delete=models.CASCADE, related_name="transactions")
    position = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=64)
    status = models.CharField(max_length=64)
    started_at = models.DateTimeField(null=True, blank=True, help_text=_("When it was first seen under way"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("transaction")
        verbose_name_plural = _("transactions")
        ordering = ["request", "position"]
        constraints = [
            models.UniqueConstraint(fields=["request", "position"], name="onboarding_transaction_position_unique")
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.status}"
