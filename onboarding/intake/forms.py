"""One form per step, built from the catalogue. They validate; they save nothing.

Field names are the platform's own: `type`, `manufacturer`, `vin`, `ean`, `code`, `properties.flow`, ...
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue import identifiers
from onboarding.catalogue.catalogue import Attribute, Catalogue
from onboarding.catalogue.help_texts import help_for, maker_help
from onboarding.catalogue.help_words import AttributeHelp
from onboarding.consent.texts import ConsentWords
from onboarding.request.models import OnboardingRequest
from onboarding.request.tally_models import AnswerTally

NOT_ON_OFFER = {
    "type": gettext_lazy("This is not on offer at the moment. Choose one from the list."),
    "manufacturer": gettext_lazy("This one is not on offer for your device. Choose one from the list."),
}


@dataclass(frozen=True)
class Rejection:
    """That the platform refused an answer: in our words, and what it said itself."""

    words: str
    details: tuple[str, ...] = ()


class TypeForm(forms.Form):
    type = forms.CharField(
        max_length=64,
        strip=False,  # a name goes back to the platform as it came
        error_messages={"required": gettext_lazy("Choose what you want to connect.")},
    )

    def __init__(self, data: Mapping[str, str] | None = None, *, catalogue: Catalogue) -> None:
        super().__init__(data)
        self.catalogue = catalogue

    def clean_type(self) -> str:
        chosen: str = self.cleaned_data["type"]
        if chosen not in self.catalogue.types:
            raise ValidationError(NOT_ON_OFFER["type"])
        return chosen


class ManufacturerForm(forms.Form):
    manufacturer = forms.CharField(max_length=128, strip=False)

    def __init__(
        self, data: Mapping[str, str] | None = None, *, catalogue: Catalogue, request: OnboardingRequest
    ) -> None:
        super().__init__(data)
        self.catalogue, self.request = catalogue, request
        self.fields["manufacturer"].error_messages["required"] = maker_help(request.type).missing

    def clean_manufacturer(self) -> str:
        """Take an answer for the type that the page was about: another tab may have changed it meanwhile."""
        chosen: str = self.cleaned_data["manufacturer"]
        if self.data.get("for_type", self.request.type) != self.request.type:
            raise ValidationError(_("You chose another kind of device meanwhile. Please choose again from this list."))
        if self.catalogue.find(self.request.type, chosen) is None:
            raise ValidationError(NOT_ON_OFFER["manufacturer"])
        if self.catalogue.find_pause(self.request.type, chosen):
            words = _(
                "%(manufacturer)s cannot be connected at the moment. Everything you entered is kept: come back later, "
                "or let us tell you when it is possible again."
            )
            raise ValidationError(words % {"manufacturer": chosen})
        return chosen


@dataclass(frozen=True)
class ShownField:
    """One question as the template shows it."""

    name: str
    help: AttributeHelp
    value: str
    hint: str
    is_required: bool
    errors: list[str]
    question: str = ""
    suggestion: str = ""
    details: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return "field-" + self.name.replace(".", "-")


class IdentifyForm(forms.Form):
    """The attributes that one type and manufacturer need.

    An unusual value is asked about once, on the same page: `questions` says why, and the value passes when the same
    one comes back as `confirmed`, or was confirmed before. What was probably meant is among the `suggestions`, and is
    taken in place of what was typed when a button sends it as `instead.` and the attribute.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        attributes: tuple[Attribute, ...],
        request: OnboardingRequest,
    ) -> None:
        super().__init__(data)
        self.attributes, self.request = attributes, request
        self.questions: dict[str, identifiers.Checked] = {}
        self.suggestions: dict[str, str] = {}
        is_corrected = any(name.startswith("instead.") for name in data or ())  # which is no word about other questions
        self.standing_by = set(data.getlist("confirmed")) if data and not is_corrected else set()
        for attribute in attributes:
            self.fields[attribute.name] = forms.CharField(required=False, strip=False, empty_value="")

    def is_valid(self) -> bool:
        return super().is_valid() and not self.questions

    def clean(self) -> dict[str, str]:
        answers = {attribute.name: self._clean_attribute(attribute) for attribute in self.attributes}
        return {name: value for name, value in answers.items() if name not in self.errors}

    @property
    def confirmed(self) -> dict[str, str]:
        """The unusual values that the customer stands by, by attribute."""
        return {name: value for name, value in self.cleaned_data.items() if value in self.standing_by}

    @property
    def outcomes(self) -> dict[str, str]:
        """How each answer came out, by attribute: the code of its first error, never what was typed."""
        errors = {name: listed[0].code or "" for name, listed in self.errors.as_data().items()}
        asked = dict.fromkeys(self.questions, AnswerTally.Outcome.ASKED_BACK)
        answered = (name for name, value in self.cleaned_data.items() if value)
        return dict.fromkeys(answered, AnswerTally.Outcome.ACCEPTED) | asked | errors

    def shown_fields(self) -> list[ShownField]:
        return [self._shown(attribute) for attribute in self.attributes]

    def _clean_attribute(self, attribute: Attribute) -> str:
        typed = self._typed(attribute.name)
        if not typed.strip() and not attribute.is_required:
            return ""
        try:
            checked = identifiers.check(
                attribute.name, typed, manufacturer=self.request.manufacturer, pattern=attribute.pattern
            )
        except identifiers.InvalidIdentifier as problem:
            missing = str(self._help(attribute).missing) if problem.code == "empty" else ""
            self.add_error(attribute.name, ValidationError(missing or str(problem.message), problem.code))
            self.suggestions[attribute.name] = problem.suggestion
            return typed
        stands = {*self.standing_by, self.request.confirmed.get(attribute.name)}
        if checked.warning and checked.value not in stands:
            self.questions[attribute.name] = checked
            self.suggestions[attribute.name] = checked.suggestion
        return checked.value

    def _typed(self, name: str) -> str:
        return str(self.data.get(f"instead.{name}") or self.data.get(name, ""))

    def _help(self, attribute: Attribute) -> AttributeHelp:
        return help_for(self.request.type, self.request.manufacturer, attribute.name)

    def _shown(self, attribute: Attribute) -> ShownField:
        name, request = attribute.name, self.request
        help_text = self._help(attribute)
        question = self.questions.get(name)
        rejection = None if self.is_bound else rejection_of(request, name)
        return ShownField(
            name=name,
            help=help_text,
            value=self._typed(name) if self.is_bound else request.attributes.get(name, ""),
            hint=str(help_text.hint) or attribute.description,
            is_required=attribute.is_required,
            errors=[rejection.words] if rejection else [str(error) for error in self.errors.get(name, [])],
            details=rejection.details if rejection else (),
            question=str(question.warning) if question else "",
            suggestion=self.suggestions.get(name, ""),
        )


class AddressForm(forms.Form):
    """The customer's own address; never the platform's attribute `email`. One that looks mistyped is asked about once.

    It passes when the same one comes back as `confirmed`; `instead.contact_email` takes its place.
    """

    contact_email = forms.CharField(required=False)
    question: identifiers.Checked | None = None

    def is_valid(self) -> bool:
        return super().is_valid() and self.question is None

    @property
    def typed_address(self) -> str:
        return str(self.data.get("instead.contact_email") or self["contact_email"].value() or "")

    def clean_contact_email(self) -> str:
        checked = checked_email(self.typed_address)
        if checked.warning and checked.value not in (self.data.get("confirmed"), self.initial.get("contact_email")):
            self.question = checked
        return checked.value


class ConsentForm(AddressForm):
    """Agreeing to `words`, on the page whose seal is `sha256`; nobody can while the manufacturer is paused."""

    field_order = ("consent", "page_sha256", "contact_email")
    consent = forms.BooleanField(
        error_messages={"required": gettext_lazy("Tick the box if you agree. Without it we cannot connect anything.")}
    )
    page_sha256 = forms.CharField(required=False, max_length=64)

    def __init__(
        self,
        data: Mapping[str, str] | None = None,
        *,
        initial: Mapping[str, str] | None = None,
        words: ConsentWords,
        sha256: str,
        is_paused: bool = False,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.words, self.sha256, self.is_paused = words, sha256, is_paused

    def is_valid(self) -> bool:
        """Agreeing is what one button says alone: another address is put in its place first, and shown."""
        return super().is_valid() and not self.is_paused and not self.data.get("instead.contact_email")

    @property
    def is_ticked(self) -> bool:
        """Whether the box is ticked already: only where nothing that was agreed to came out wrong."""
        return self.is_bound and bool(self.data.get("consent")) and not self.errors.get("page_sha256")

    def clean_contact_email(self) -> str:
        """Nobody needs to give an address."""
        return super().clean_contact_email() if self.typed_address.strip() else ""

    def clean_page_sha256(self) -> str:
        shown: str = self.cleaned_data["page_sha256"]
        if shown != self.sha256:
            words = _("Something on this page changed after you opened it, so nothing was sent. Please read it again.")
            raise ValidationError(words)
        return shown


class CodeForm(forms.Form):
    code = forms.CharField(max_length=20, error_messages={"required": gettext_lazy("Enter the code.")})


def checked_email(value: str) -> identifiers.Checked:
    """Return an e-mail address as it is stored, with what there may be to ask about it.

    Raises: ValidationError in plain words.
    """
    try:
        return identifiers.check("email", value)
    except identifiers.InvalidIdentifier as problem:
        raise ValidationError(str(problem.message)) from problem


class WishForm(AddressForm):
    field_order = ("manufacturer", "contact_email")
    manufacturer = forms.CharField(max_length=128, error_messages={"required": gettext_lazy("Please enter the name.")})


def rejection_of(request: OnboardingRequest, name: str) -> Rejection | None:
    """Say that an answer was refused, if it was."""
    if name not in request.rejections:
        return None
    accepted = _("%(manufacturer)s did not accept this. Please compare it once more and correct it.")
    ours = str(NOT_ON_OFFER[name]) if name in NOT_ON_OFFER else accepted
    told = [message for message in request.rejections[name] if message]
    return Rejection(
        ours % {"manufacturer": request.manufacturer or _("The platform")},
        tuple(_("Their answer: “%(message)s”") % {"message": message} for message in told),
    )
