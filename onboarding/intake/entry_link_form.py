"""What staff say to make a link for a customer, in the desk or to the command `entry_link`. It saves nothing."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue.catalogue import Catalogue

from . import entry_links
from .forms import checked_email


class EntryLinkForm(forms.Form):
    """What staff say to make a link; the command `entry_link` asks for the same."""

    type = forms.CharField(
        required=False,
        max_length=64,
        label=gettext_lazy("Type"),
        help_text=gettext_lazy("The platform's name, e.g. EV"),
    )
    manufacturer = forms.CharField(
        required=False,
        max_length=128,
        label=gettext_lazy("Manufacturer"),
        help_text=gettext_lazy("The platform's name, e.g. Audi"),
    )
    answers = forms.CharField(
        required=False,
        label=gettext_lazy("Answers"),
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("One per line, under the platform's names, e.g. vin=WA1DMAFE0D0000000"),
    )
    tenant_id = forms.UUIDField(required=False, label=gettext_lazy("Tenant"))
    collective_id = forms.UUIDField(required=False, label=gettext_lazy("Collective"))
    owner_id = forms.UUIDField(
        required=False,
        label=gettext_lazy("Owner"),
        help_text=gettext_lazy("The principal at the platform that is to own the device"),
    )
    own_reference = forms.CharField(
        required=False,
        max_length=100,
        label=gettext_lazy("Own reference"),
        help_text=gettext_lazy("The company's own name for it; customers do not see it"),
    )
    contact_email = forms.CharField(required=False, label=gettext_lazy("The customer's e-mail address"))
    language = forms.ChoiceField(required=False, label=gettext_lazy("Language"))
    return_address = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("Return address"),
        help_text=gettext_lazy("Where the customer goes in the end"),
    )
    days = forms.IntegerField(
        min_value=1, max_value=366, initial=entry_links.DAYS, label=gettext_lazy("Holds for so many days")
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, catalogue: Catalogue) -> None:
        super().__init__(data)
        self.catalogue = catalogue
        cast(forms.ChoiceField, self.fields["language"]).choices = [("", "–"), *settings.LANGUAGES]

    def clean_answers(self) -> dict[str, str]:
        lines = [line.partition("=") for line in self.cleaned_data["answers"].splitlines() if line.strip()]
        if any(not (name.strip() and value.strip()) for name, _equals, value in lines):
            raise ValidationError(_("Write each line as name=value."))
        return {name.strip(): value.strip() for name, _equals, value in lines}

    def clean_contact_email(self) -> str:
        typed: str = self.cleaned_data["contact_email"]
        return checked_email(typed).value if typed else ""

    def clean_return_address(self) -> str:
        address: str = self.cleaned_data["return_address"]
        if address and not entry_links.return_host(address):
            raise ValidationError(_("Only https addresses of the hosts in RETURN_HOSTS can be used."))
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chosen = {name: cleaned.get(name, "") for name in ("type", "manufacturer")}
        answers = {name: value for name, value in chosen.items() if value} | cleaned.get("answers", {})
        self.fitted = entry_links.fit(answers, self.catalogue)
        unusable = [*self.fitted.dropped, *sorted(answers.keys() - self.fitted.given)]
        if unusable:
            message = _("This does not fit what can be connected: %(names)s.")
            raise ValidationError(message % {"names": ", ".join(unusable)})
        return cleaned

    def url(self) -> str:
        """Return the address of the link; the form is valid."""
        said = {name: str(self.cleaned_data[name] or "") for name in asdict(entry_links.Origin())}
        language, days = self.cleaned_data["language"], self.cleaned_data["days"]
        return entry_links.make(self.fitted.answers, entry_links.Origin(**said), language=language, days=days)
