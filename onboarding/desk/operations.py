"""What colleagues can do for a request, as data: who may, when it applies, what it asks, and what will happen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from onboarding.consent import acts, records
from onboarding.consent.models import Consent
from onboarding.intake import withdrawal
from onboarding.privacy import erasure
from onboarding.privacy.models import Erasure
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest
from onboarding.support import operations

from .downloads import evidence_for, own_data_for
from .operation_forms import (
    EmailForm,
    HandledForm,
    MailForm,
    NoteForm,
    OperationForm,
    ReasonForm,
    WhyForm,
    WithdrawForm,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Cleaned = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """`why_not` says why it does not apply, or nothing; `do` gives False when that became so meanwhile, or a file."""

    name: str
    permission: str
    title: "StrOrPromise"
    will: "StrOrPromise"
    done: "StrOrPromise"
    why_not: Callable[[OnboardingRequest], "StrOrPromise"]
    do: Callable[[OnboardingRequest, str, Cleaned], bool | HttpResponse]
    form: type[OperationForm] = WhyForm
    is_serious: bool = False
    # Only for somebody who has just shown who they are.
    needs_fresh: bool = False
    # Has no button beside this one's, which does the same and more.
    within: str = ""
    # What will happen to one request in particular, where that differs.
    will_here: Callable[[OnboardingRequest], "StrOrPromise"] | None = None

    @property
    def url_name(self) -> str:
        return f"onboarding_request_{self.name}"

    def words_for(self, row: OnboardingRequest) -> "StrOrPromise":
        """Say what will happen to a request."""
        return self.will_here(row) if self.will_here else self.will

    def is_for(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"onboarding.{self.permission}")


def offered(row: OnboardingRequest, request: HttpRequest) -> list[Operation]:
    """List the operations that apply to a request and that this colleague may do."""
    found = {
        operation.name: operation
        for operation in OPERATIONS.values()
        if operation.is_for(request) and not operation.why_not(row)
    }
    return [operation for operation in found.values() if operation.within not in found]


def _by_verb(verb: Callable[..., bool]) -> Callable[[OnboardingRequest, str, Cleaned], bool]:
    return lambda row, by, cleaned: verb(row, by=by, **cleaned)


def _withdraw(row: OnboardingRequest, by: str, cleaned: Cleaned) -> bool:
    with override(row.language):  # the record speaks to the customer
        asked = str(acts.ASKED_STAFF_TO_STOP)
    withdrawal.withdraw(row, records.ConsentAct(asked, Consent.Channel.ASSISTED, by, cleaned["reason"]))
    return True


def _erase(row: OnboardingRequest, by: str, cleaned: Cleaned) -> bool:
    return erasure.ask(row, erasure.act_of_staff(row, by=by, reason=cleaned["reason"]))


def _own_data(row: OnboardingRequest, by: str, cleaned: Cleaned) -> HttpResponse:
    return own_data_for(row, by=by, reason=cleaned["reason"])


def _evidence(row: OnboardingRequest, by: str, cleaned: Cleaned) -> HttpResponse:
    return evidence_for([row], by=by, reason=cleaned["reason"])


def _unless(can: Callable[[OnboardingRequest], object], words: "StrOrPromise") -> Callable[[Any], "StrOrPromise"]:
    return partial(_words_unless, can, words)


def _words_unless(
    can: Callable[[OnboardingRequest], object], words: "StrOrPromise", row: OnboardingRequest
) -> "StrOrPromise":
    return "" if can(row) else words


def _not_handled(row: OnboardingRequest) -> "StrOrPromise":
    if not row.needs_staff:
        return _("Nothing here waits for a colleague.")
    if not operations.can_mark_handled(row):
        return _("It may still run at the platform: let the workers go on, or take the consent back.")
    return ""


def _not_erased(row: OnboardingRequest) -> "StrOrPromise":
    if Erasure.objects.filter(request=row, done_at=None).exists():
        return _("It was asked for already, and goes by itself once nothing of it runs any more.")
    return ERASED if operations.is_erased(row) else ""


def _going_on(row: OnboardingRequest) -> "StrOrPromise":
    return GOING_ON[State(row.state)]


def _handling(row: OnboardingRequest) -> "StrOrPromise":
    if row.is_with_staff:
        return _(
            "The platform certainly does not have it, so it is canceled: nothing is sent any more. Its customer is "
            "told so, and can try again with the same answers. This cannot be undone."
        )
    return _("It leaves the queue “Needs us”. Nothing else changes: what runs goes on, and what is over stays so.")


GOING_ON = {
    State.QUEUED: _("A worker sends it at once. It is certainly not at the platform yet."),
    State.UNKNOWN: _(
        "A worker looks at once whether it arrived at the platform. It is sent again only when it is certainly not "
        "there: nothing is sent twice."
    ),
    State.FOLLOWING: _("A worker asks the platform about it at once, and follows it for another thirty days."),
    State.WITHDRAWING: _("A worker tells the platform once more to let the device go."),
}
ERASED = _("Its identifiers were erased.")
NO_ADDRESS = _("No e-mail address is known. Enter one first: “Change the e-mail address”.")
ALL = (
    Operation(
        "resume",
        "resume",
        title=_("Let the workers go on"),
        will=_(
            "Workers take it up at once. What may have reached the platform is looked for first, and sent only when it "
            "is certainly not there: nothing is sent twice."
        ),
        done=_("The workers go on."),
        why_not=_unless(operations.can_resume, _("The workers have not stopped here, and nothing waits to be sent.")),
        do=_by_verb(operations.resume),
        will_here=_going_on,
    ),
    Operation(
        "check_now",
        "check_now",
        title=_("Check now"),
        will=_("A worker asks the platform about it at once, or as soon as the platform can be reached."),
        done=_("The platform is asked. Look again in a moment."),
        why_not=_unless(operations.can_check, _("There is nothing to ask the platform now.")),
        do=_by_verb(operations.check_now),
        within="resume",
    ),
    Operation(
        "look_now",
        "check_now",
        title=_("Look now"),
        will=_("A worker looks at once whether data comes from the device, or as soon as the platform can be reached."),
        done=_("The platform is asked. Look again in a moment."),
        why_not=_unless(operations.can_look, _("There is no connected device that is looked at from time to time.")),
        do=_by_verb(operations.look_now),
    ),
    Operation(
        "resend_mail",
        "resend_mail",
        title=_("Send a mail or a link"),
        will=_("A worker mails it within seconds, in the customer's language."),
        done=_("It is on its way."),
        why_not=_unless(lambda row: row.has_address, NO_ADDRESS),
        do=_by_verb(operations.resend_mail),
        form=MailForm,
    ),
    Operation(
        "reassign_email",
        "reassign_email",
        title=_("Change the e-mail address"),
        will=_(
            "Mails go to the new address from now on. Links that were mailed to the old one open nothing any more, and "
            "what waits is not sent there. The customer gets no mail about it."
        ),
        done=_("The address is changed. If they need a link, send one."),
        why_not=_unless(lambda row: not operations.is_erased(row), ERASED),
        do=_by_verb(operations.reassign_email),
        form=EmailForm,
        is_serious=True,
    ),
    Operation(
        "mark_handled",
        "mark_handled",
        title=_("Mark as handled"),
        will=_(
            "It leaves the queue “Needs us”. What runs goes on as it is. What stopped is canceled, if the platform "
            "certainly does not have it: its customer is told so and can try again. This cannot be undone."
        ),
        done=_("It is marked as handled."),
        why_not=_not_handled,
        do=_by_verb(operations.mark_handled),
        form=HandledForm,
        is_serious=True,
        will_here=_handling,
    ),
    Operation(
        "add_note",
        "add_note",
        title=_("Add a note"),
        will=_(
            "It stands on the timeline for colleagues, and in the evidence. Customers do not see it on their pages."
        ),
        done=_("The note is on the timeline."),
        why_not=_unless(lambda _row: True, ""),
        do=_by_verb(operations.add_note),
        form=NoteForm,
    ),
    Operation(
        "withdraw",
        "withdraw_onboardingrequest",
        title=_("Take consent back"),
        will=_("Consent ends at once and cannot be given back by staff; the platform is told to let the device go."),
        done=_("The consent is taken back; workers tell the platform."),
        why_not=_unless(lambda row: row.is_withdrawable, _("Nothing runs here that could be stopped.")),
        do=_withdraw,
        form=WithdrawForm,
        is_serious=True,
    ),
    Operation(
        "erase_identifiers",
        "erase_identifiers",
        title=_("Erase it for the customer"),
        will=_(
            "What runs or is connected is disconnected first, with a record that the consent was taken back. Then "
            "answers, address, mails, links, timeline and notes go, and the customer gets a last mail. Words "
            "of consent, hashes and times stay. This cannot be undone."
        ),
        done=_("It is erased, or will be as soon as nothing of it runs any more."),
        why_not=_not_erased,
        do=_erase,
        form=ReasonForm,
        is_serious=True,
        needs_fresh=True,
    ),
    Operation(
        "export_data",
        "export_evidence",
        title=_("Download all data of the customer (ZIP)"),
        will=_(
            "You get what the customer may ask for: this request, all others with the same e-mail address, and wishes. "
            "Names of colleagues are not in it. Make sure that it goes to the customer. It is noted who took it."
        ),
        done="",
        why_not=_unless(lambda row: not operations.is_erased(row), ERASED),
        do=_own_data,
        form=ReasonForm,
        needs_fresh=True,
    ),
    Operation(
        "evidence",
        "export_evidence",
        title=_("Download evidence of consent (ZIP)"),
        will=_(
            "You get every record of consent with its words and receipt, and the timeline. It is noted who took it."
        ),
        done="",
        why_not=_unless(lambda row: row.consented_at, _("Nobody has agreed to anything here yet.")),
        do=_evidence,
        needs_fresh=True,
    ),
)
OPERATIONS = {operation.name: operation for operation in ALL}
