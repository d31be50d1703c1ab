"""The form for a campaign: which new text, for whom of those it concerns, and how fast."""

import secrets
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue.shipped_help import TYPE_HELP
from onboarding.consent.models import ConsentText
from onboarding.lib.languages import spoken
from onboarding.support import campaigns
from onboarding.support.campaign_models import Campaign

from .help_forms import MOST_CHOICES, same
from .offers import offered

MOST_A_DAY = 100_000


class CampaignForm(forms.ModelForm[Campaign]):
    key = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    class Meta:
        model = Campaign
        fields = ("text", "type", "manufacturer", "language", "agreed_before", "per_day")
        widgets = {"agreed_before": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["key"] = secrets.token_hex(16)
        askable, known = campaigns.askable(), offered()
        makers = sorted({offer.manufacturer for offer in known.offers}, key=str.casefold)
        self.texts = _one_of_each(askable)
        labelled = _labelled(self.texts, askable)
        self.fields["text"] = forms.ChoiceField(label=_("New text"), choices=[*labelled.items()])
        self._choose("type", same([*TYPE_HELP, *known.types]), _("every type"))
        self._choose("manufacturer", same(makers), _("every manufacturer"))
        self._choose("language", dict(spoken()), _("every language"))
        self.fields["per_day"] = pace_field(Campaign._meta.get_field("per_day").default)

    def _choose(self, name: str, known: dict[str, str], every: Any) -> None:
        if len(known) > MOST_CHOICES:  # too many to choose from: the name is typed
            return
        choices = [("", every), *known.items()]
        self.fields[name] = forms.ChoiceField(label=capfirst(self.fields[name].label), required=False, choices=choices)

    def clean_text(self) -> ConsentText:
        chosen = next((text for text in self.texts if str(text.pk) == self.cleaned_data["text"]), None)
        if chosen is None:
            raise forms.ValidationError(gettext("Choose a text."))
        return chosen

    def wanted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class PaceForm(forms.Form):
    """How many mails a day, when a campaign is started or goes on."""

    per_day = forms.IntegerField()

    def __init__(self, *args: Any, per_day: int) -> None:
        super().__init__(*args)
        self.fields["per_day"] = pace_field(per_day)


def pace_field(per_day: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Mails a day"),
        min_value=1,
        max_value=MOST_A_DAY,
        initial=per_day,
        help_text=_("Spread over the day, reminders included"),
    )


def scope_of(text: ConsentText) -> str:
    """Say for which devices a text is."""
    return ", ".join(filter(None, (text.type, text.manufacturer))) or gettext("every device")


def _one_of_each(texts: list[ConsentText]) -> list[ConsentText]:
    """Keep one text for each kind of device: whom it is for is the same in every language."""
    return [*{(text.type, text.manufacturer): text for text in reversed(texts)}.values()][::-1]


def _labelled(texts: list[ConsentText], askable: list[ConsentText]) -> dict[str, str]:
    found = {}
    for text in texts:
        alike = [other for other in askable if scope_of(other) == scope_of(text)]
        versions = ", ".join(f"{other.version} ({other.language})" for other in alike)
        found[str(text.pk)] = f"{capfirst(scope_of(text))}: {versions}"
    return found
