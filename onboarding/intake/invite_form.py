"""What staff know when they prepare a request for a customer. It checks as a company's link does, and saves nothing."""

import secrets
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue.catalogue import Catalogue, Offer
from onboarding.catalogue.help_texts import help_for, type_help

from . import entry_links
from .entry_link_form import EntryLinkForm

ANSWER = "answer."
# Of a very long catalogue; what is not suggested can be typed, what few ask for is asked by the wizard.
MOST_SUGGESTED, MOST_ASKED = 500, 60
# The button that mails the link at once.
MAIL = "_mail"


class InviteForm(EntryLinkForm):
    """Like a link for a customer, with a field for each thing that a manufacturer may ask.

    An unusual value is asked about once; it passes when the same one comes back as `confirmed`.
    """

    answers = days = None  # type: ignore[assignment]  # a field each, and a time of their own
    manufacturer = forms.CharField(
        required=False, max_length=128, label=gettext_lazy("Manufacturer"), widget=forms.TextInput({"list": "makers"})
    )
    key = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, catalogue: Catalogue) -> None:
        super().__init__(data, catalogue=catalogue)
        self.questions: dict[str, str] = {}
        self.standing_by = set(data.getlist("confirmed")) if data else set()
        self.initial["key"] = secrets.token_hex(16)
        kinds = [(kind, f"{type_help(kind).name} ({kind})") for kind in catalogue.types]
        self.fields["type"] = forms.ChoiceField(required=False, label=_("Type"), choices=[("", "–"), *kinds])
        for name, offers in _asking(catalogue).items():
            self.fields[ANSWER + name] = _field_for(name, offers)
        for field in self.fields.values():
            if isinstance(field.widget, forms.TextInput):
                field.widget.attrs |= {"class": "vTextField", "autocomplete": "off"}

    def is_valid(self) -> bool:
        return super().is_valid() and not self.questions

    def clean_key(self) -> str:
        return self.cleaned_data["key"] or secrets.token_hex(16)

    def clean_contact_email(self) -> str:
        address = super().clean_contact_email()
        if MAIL in self.data and not address:
            raise ValidationError(_("Enter the address to which the link is mailed."))
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        typed = {name.removeprefix(ANSWER): value for name, value in cleaned.items() if name.startswith(ANSWER)}
        chosen = {name: cleaned.get(name, "") for name in ("type", "manufacturer")}
        answers = {name: value for name, value in (chosen | typed).items() if value}
        self.fitted = entry_links.fit(answers, self.catalogue)
        for name in answers.keys() - self.fitted.answers.keys():
            self.add_error(name if name in chosen else ANSWER + name, self._why_not(name))
        kind, maker = (self.fitted.answers.get(name, "") for name in chosen)
        if self.catalogue.find_pause(kind, maker):
            words = _("%(manufacturer)s cannot be connected at the moment. Everything you entered is kept.")
            self.add_error("manufacturer", words % {"manufacturer": maker})
        values = self.fitted.answers
        self.questions = {
            name: said for name, said in self.fitted.asked.items() if values[name] not in self.standing_by
        }
        return cleaned

    @property
    def origin(self) -> entry_links.Origin:
        """For whom; the form is valid."""
        return entry_links.Origin(**{name: str(self.cleaned_data[name] or "") for name in asdict(entry_links.Origin())})

    @property
    def confirmed(self) -> dict[str, str]:
        """The unusual values that the colleague stands by."""
        return {name: self.fitted.answers[name] for name in self.fitted.asked}

    @property
    def confirming(self) -> list[str]:
        """What another press of the button confirms."""
        return [self.fitted.answers[name] for name in self.questions]

    def device_fields(self) -> Iterator[tuple[BoundField, str]]:
        """Give what is asked about the device, each with the question that its value raises."""
        for name in self.fields:
            if name in {"type", "manufacturer"} or name.startswith(ANSWER):
                yield self[name], self.questions.get(name.removeprefix(ANSWER), "")

    def customer_fields(self) -> list[BoundField]:
        return [self[name] for name in ("contact_email", "language")]

    def company_fields(self) -> list[BoundField]:
        """Give what only some companies need."""
        return [self[name] for name in ("own_reference", "tenant_id", "collective_id", "owner_id", "return_address")]

    def says_for_whom(self) -> bool:
        return any(field.data or field.errors for field in self.company_fields())

    def makers(self) -> list[str]:
        """List what the box for the manufacturer suggests; any other on offer can be typed too."""
        return sorted({offer.manufacturer for offer in self.catalogue.offers})[:MOST_SUGGESTED]

    def _why_not(self, name: str) -> str:
        """Say why an answer cannot be used."""
        kind, maker = (self.fitted.answers.get(part, "") for part in ("type", "manufacturer"))
        if name == "type":
            return _("This is not on offer at the moment. Choose one from the list.")
        if not kind:
            return _("Choose the type first: it says what is asked.")
        if name == "manufacturer":
            return _("This one is not on offer for your device. Choose one from the list.")
        if not maker:
            return _("Enter the manufacturer too: it says what is asked.")
        return self.fitted.wrong.get(name) or _("%(manufacturer)s does not ask for this.") % {"manufacturer": maker}


def _asking(catalogue: Catalogue) -> dict[str, list[Offer]]:
    """Return each thing that is asked, with the offers that ask for it: what most ask for first."""
    asking: dict[str, list[Offer]] = {}
    for offer in catalogue.offers:
        for attribute in offer.attributes:
            asking.setdefault(attribute.name, []).append(offer)
    return dict(sorted(asking.items(), key=lambda item: -len(item[1]))[:MOST_ASKED])


def _field_for(name: str, offers: list[Offer]) -> forms.Field:
    helps = [help_for(offer.type, offer.manufacturer, name) for offer in offers[:MOST_SUGGESTED]]
    label = str(helps[0].label if len(offers) == 1 else help_for("", "", name).label)
    choices = {value: words for known in helps for value, words in known.choices}
    if choices:
        return forms.ChoiceField(required=False, label=label, help_text=name, choices=[("", "–"), *choices.items()])
    return forms.CharField(required=False, max_length=entry_links.MOST_CHARACTERS, label=label, help_text=name)
