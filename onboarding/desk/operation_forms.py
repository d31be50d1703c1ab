"""What an operation asks for before it is done: why, and whatever else it needs to know."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue.identifiers import InvalidIdentifier
from onboarding.catalogue.identifiers import check as check_identifier
from onboarding.mail.mailboxes import MOST_LINKS_BY_STAFF, is_full
from onboarding.request.contact import address_hash
from onboarding.request.masking import masked
from onboarding.request.models import OnboardingRequest
from onboarding.support.operations import mail_to_repeat

MOST = 500


class OperationForm(forms.Form):
    """Fields only; what is done with them is the operation's. `row`: the request, None when it is about many."""

    def __init__(self, data: Any = None, *, row: OnboardingRequest | None = None) -> None:
        super().__init__(data)
        self.row = row
        self.order_fields([name for name in self.fields if name != "reason"])  # the reason comes last


def words_field(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    box = forms.Textarea({"rows": 3, "class": "vLargeTextField"})
    return forms.CharField(label=label, max_length=MOST, required=required, widget=box, help_text=help_text)


class WhyForm(OperationForm):
    reason = words_field(_("Reason (optional)"), required=False)


class ReasonForm(OperationForm):
    reason = words_field(_("Reason"))


class HandledForm(OperationForm):
    reason = words_field(_("Reason"), _("What you did about it, so that colleagues understand it later."))


class WithdrawForm(OperationForm):
    reason = words_field(_("Reason"), _("How and when the customer asked for it. It is kept with the record."))


class NoteForm(OperationForm):
    note = words_field(_("Note"), _("No VIN, EAN, name or address: what looks like one is masked before it is kept."))


class MailForm(WhyForm):
    LINK = _("A fresh link to the request; it works for thirty days")
    LAST = _("The last mail that went out to each and is still true; without one, nothing")

    what = forms.ChoiceField(label=_("What to send"), widget=forms.RadioSelect, initial="link")

    def __init__(self, data: Any = None, *, row: OnboardingRequest | None = None) -> None:
        super().__init__(data, row=row)
        last = self._last(row) if row else self.LAST
        choices = [("link", self.LINK), ("last", last)]
        self.fields["what"].choices = [choice for choice in choices if choice[1]]  # type: ignore[attr-defined]
        if row:
            self.fields["what"].help_text = gettext("It goes to %(address)s.") % {
                "address": masked(row, "contact_email")
            }

    def clean_what(self) -> str:
        what: str = self.cleaned_data["what"]
        if what == "link" and self.row and is_full(self.row.contact_email, MOST_LINKS_BY_STAFF):
            raise ValidationError(gettext("This mailbox got as many links as it may within an hour. Try again later."))
        return what

    @staticmethod
    def _last(row: OnboardingRequest) -> str:
        mail = mail_to_repeat(row)
        if mail is None or mail.sent_at is None:
            return ""
        when = date_format(localtime(mail.sent_at), "DATETIME_FORMAT")
        told = {"kind": mail.get_kind_display(), "when": when}
        return gettext("The last mail once more: %(kind)s, sent on %(when)s") % told


class EmailForm(ReasonForm):
    contact_email = forms.CharField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput({"class": "vTextField", "autocomplete": "off"}),
    )
    # Asked only of an address that looks mistyped.
    is_right = forms.BooleanField(label=_("It is right as I wrote it"), required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        is_right = cleaned.pop("is_right", False)
        if "contact_email" in cleaned:
            try:
                checked = check_identifier("email", cleaned["contact_email"])
            except InvalidIdentifier as problem:
                self.add_error("contact_email", ValidationError(problem.message))
                return cleaned
            cleaned["contact_email"] = checked.value
            if checked.warning and not is_right:
                self.fields["is_right"].widget = forms.CheckboxInput()
                self.add_error("contact_email", ValidationError(checked.warning))
            elif self.row and address_hash(checked.value) == self.row.contact_key:
                self.add_error("contact_email", ValidationError(gettext("This is the address on file already.")))
        return cleaned
