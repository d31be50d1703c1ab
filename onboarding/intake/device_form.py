"""A customer's device and what is known of it, by choosing: type, maker, then only the fields that they need."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_texts import help_for, type_help

from . import entry_links
from .entry_link_form import EntryLinkForm
from .forms import checked_email

ANSWER = "answer."
CHOSEN = ("type", "manufacturer")
# The button that shows the fields of what was chosen, and checks nothing.
CHOOSE = "_choose"


class DeviceForm(EntryLinkForm):
    """Like a link for a customer, with a field for each thing that the chosen manufacturer asks.

    An unusual value is asked about once; it passes when the same one comes back as `confirmed`.
    """

    answers = None  # type: ignore[assignment]  # a field each
    type = forms.CharField(
        required=False, max_length=64, label=gettext_lazy("Type"), widget=forms.Select({"data-chooses": True})
    )
    manufacturer = forms.CharField(
        required=False, max_length=128, label=gettext_lazy("Manufacturer"), widget=forms.Select({"data-chooses": True})
    )

    def __init__(
        self,
        data: MultiValueDict[str, str] | None = None,
        *,
        catalogue: Catalogue,
        known: Mapping[str, str] | None = None,
    ) -> None:
        """`known`: what is filled in to begin with, of a form that was not sent."""
        super().__init__(data, catalogue=catalogue)
        self.questions: dict[str, str] = {}
        self.address_question = ""
        self.standing_by = set(data.getlist("confirmed")) if data else set()
        self.given: Mapping[str, str] = data or known or {}
        self.initial.update({name: value for name, value in (known or {}).items() if value})
        self._offer_choices()
        self._ask()
        for field in self.fields.values():
            if isinstance(field.widget, forms.TextInput):
                field.widget.attrs |= {"class": "vTextField", "autocomplete": "off"}

    def is_valid(self) -> bool:
        return super().is_valid() and not self.questions

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        typed = {name.removeprefix(ANSWER): value for name, value in cleaned.items() if name.startswith(ANSWER)}
        chosen = {name: cleaned.get(name, "") for name in CHOSEN}
        answers = {name: value for name, value in (chosen | typed).items() if value}
        self.fitted = entry_links.fit(answers, self.catalogue)
        for name in answers.keys() - self.fitted.answers.keys():
            self.add_error(name if name in chosen else ANSWER + name, self._why_not(name))
        kind, maker = (self.fitted.answers.get(name, "") for name in CHOSEN)
        if self.catalogue.find_pause(kind, maker):
            words = _("%(manufacturer)s cannot be connected at the moment. Everything you entered is kept.")
            self.add_error("manufacturer", words % {"manufacturer": maker})
        asked = {**self.fitted.asked, "contact_email": self.address_question}
        self.questions = {
            name: said for name, said in asked.items() if said and self._value(name) not in self.standing_by
        }
        return cleaned

    def clean_contact_email(self) -> str:
        typed: str = self.cleaned_data["contact_email"]
        if not typed:
            return ""
        checked = checked_email(typed)
        self.address_question = checked.warning
        return checked.value

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
        return [self._value(name) for name in self.questions]

    def device_fields(self) -> Iterator[tuple[BoundField, str]]:
        """Give what is asked about the device, each with the question that its value raises."""
        is_begun = any(self.given.get(name) for name in CHOSEN)
        for name in self.fields:
            if name == "type" or (name == "manufacturer" and is_begun) or name.startswith(ANSWER):
                yield self[name], self.questions.get(name.removeprefix(ANSWER), "")

    def customer_fields(self) -> list[tuple[BoundField, str]]:
        """Give what is asked about the customer, likewise."""
        return [(self[name], self.questions.get(name, "")) for name in ("contact_email", "language")]

    def company_fields(self) -> list[BoundField]:
        """Give what only some companies need."""
        return [self[name] for name in ("own_reference", "tenant_id", "collective_id", "owner_id", "return_address")]

    def says_for_whom(self) -> bool:
        return any(field.value() or field.errors for field in self.company_fields())

    def _value(self, name: str) -> str:
        return str(self.cleaned_data.get(name, "")) if name in self.fields else self.fitted.answers[name]

    def _offer_choices(self) -> None:
        """Let people choose from what is on offer, and keep what they chose."""
        kinds = [(kind, str(type_help(kind).name)) for kind in self.catalogue.types]
        self._offer("type", kinds)
        self._offer("manufacturer", [(name, self._called(name)) for name in self._makers()])

    def _offer(self, name: str, known: list[tuple[str, str]]) -> None:
        chosen = self.given.get(name, "")
        others = [(chosen, chosen)] if chosen and chosen not in dict(known) else []
        widget = cast(forms.Select, self.fields[name].widget)
        widget.choices = [("", _("Let the customer choose")), *known, *others]

    def _makers(self) -> list[str]:
        return self.catalogue.manufacturers(self.given.get("type", ""))

    def _called(self, maker: str) -> str:
        is_paused = self.catalogue.find_pause(self.given.get("type", ""), maker)
        return _("%(manufacturer)s (paused)") % {"manufacturer": maker} if is_paused else maker

    def _ask(self) -> None:
        """Make a field for each thing that the chosen manufacturer asks, and for what was answered all the same."""
        kind, maker = (self.given.get(name, "") for name in CHOSEN)
        chosen = entry_links.fit({"type": kind, "manufacturer": maker}, self.catalogue).answers
        offer = self.catalogue.find(chosen.get("type", ""), chosen.get("manufacturer", ""))
        asked = [attribute.name for attribute in offer.attributes] if offer else []
        known = self.catalogue.attribute_names | entry_links.USUAL
        given = [name.removeprefix(ANSWER) for name, value in self.given.items() if name.startswith(ANSWER) and value]
        for name in dict.fromkeys([*asked, *(name for name in given if self.is_bound and name in known)]):
            self.fields[ANSWER + name] = _field_for(name, kind, maker)

    def _why_not(self, name: str) -> str:
        """Say why an answer cannot be used."""
        kind, maker = (self.fitted.answers.get(part, "") for part in CHOSEN)
        if name == "type":
            return _("This is not on offer at the moment. Choose one from the list.")
        if not kind:
            return _("Choose the type first: it says what is asked.")
        if name == "manufacturer":
            return _("This one is not on offer for your device. Choose one from the list.")
        if not maker:
            return _("Enter the manufacturer too: it says what is asked.")
        return self.fitted.wrong.get(name) or _("%(manufacturer)s does not ask for this.") % {"manufacturer": maker}


def _field_for(name: str, kind: str, maker: str) -> forms.Field:
    known, most = help_for(kind, maker, name), entry_links.MOST_CHARACTERS
    choices = [("", _("Let the customer choose")), *known.choices]
    widget = forms.Select(choices=choices) if known.choices else forms.TextInput
    return forms.CharField(required=False, max_length=most, label=known.label, help_text=known.hint, widget=widget)
