"""The forms for words of staff's own: what they are for is chosen from what is on offer."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.branding.image_upload import Picture
from onboarding.branding.models import Logo
from onboarding.catalogue import help_texts, identifiers, shipped_guidance, shipped_help
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_models import ActionText, HelpText
from onboarding.catalogue.shipped_help import TYPE_HELP
from onboarding.catalogue.shipped_makers import MANUFACTURER
from onboarding.lib.languages import spoken

from .brand import LogoField, kept_picture
from .offers import offered

# Wider than high, or at most twice as high as wide: it stands beside text on a phone.
LOWEST_RATIO = 0.5
MOST_CHOICES = 500


class ScopeForm[Row: (HelpText, ActionText)](forms.ModelForm[Row]):
    """Lets staff choose a type and a manufacturer that exist, and keeps one that no longer does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known: Catalogue = offered()
        makers = sorted({offer.manufacturer for offer in known.offers}, key=str.casefold)
        self.choose("type", same([*TYPE_HELP, *known.types]), _("every type"))
        self.choose("manufacturer", same(makers), _("every manufacturer"))
        self.choose("language", dict(spoken()), _("every language"))

    def choose(self, name: str, known: dict[str, str], every: Any) -> None:
        """Turn a field into a choice among what is known, what is stored, and all; those who only look have none."""
        if name not in self.fields or len(known) > MOST_CHOICES:  # too many to choose from: the name is typed
            return
        old, kept = self.fields[name], same([getattr(self.instance, name), self.initial.get(name, "")])
        choices: list[tuple[str, str]] = [(value, label) for value, label in (kept | known).items() if value]
        self.fields[name] = forms.ChoiceField(
            label=old.label, help_text=old.help_text, required=False, choices=[("", every), *choices]
        )

    def scope(self, name: str) -> str:
        """Return what the form begins with: of the row, or of the address that led here."""
        return str(self.initial.get(name) or getattr(self.instance, name))

    def show_replaced(self, texts: dict[str, Any]) -> None:
        """Show in grey what stands there while a text is empty."""
        for name in texts.keys() & self.fields.keys():
            self.fields[name].widget.attrs["placeholder"] = str(texts[name])


class HelpTextForm(ScopeForm[HelpText]):
    picture_file = LogoField(
        label=_("Picture"),
        required=False,
        help_text=_("SVG or PNG, at most 100 KB; it is shown beside “where to find it”"),
    )
    new_picture: Picture | None = None

    class Meta:
        model = HelpText
        fields = ("attribute", "type", "manufacturer", "language", *help_texts.TEXTS)
        widgets = {"where": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(offered().attribute_names)
        self.choose("attribute", same([MANUFACTURER, *names]), _("the type itself"))
        self.initial["picture_file"] = kept_picture(self.instance, "picture")
        kind, maker, name = (self.scope(part) for part in ("type", "manufacturer", "attribute"))
        if name:
            shipped = shipped_help.help_for(kind, maker, name)
            self.show_replaced({field: getattr(shipped, field) for field in help_texts.TEXTS})
        elif kind:
            self.show_replaced({"label": shipped_help.type_help(kind).name, "hint": shipped_help.type_help(kind).line})

    def clean_picture_file(self) -> Picture | Logo | None:
        """Put the picture into the row, so that the row's own rules can be about it."""
        given: Picture | Logo | None = self.cleaned_data["picture_file"]
        if isinstance(given, Picture):
            if given.ratio < LOWEST_RATIO:
                raise ValidationError(gettext("The picture is more than twice as high as wide. Cut it."))
            self.new_picture = given
            self.instance.picture = Logo(**asdict(given))
        else:
            self.instance.picture = given
        return given

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("example") and cleaned.get("attribute"):
            offer = offered().find(cleaned.get("type", ""), cleaned.get("manufacturer", ""))
            patterns = {known.name: known.pattern for known in offer.attributes} if offer else {}
            pattern = patterns.get(cleaned["attribute"], "")
            try:
                identifiers.check(cleaned["attribute"], cleaned["example"], pattern=pattern)
            except identifiers.InvalidIdentifier as problem:
                words = gettext("Customers could not enter this example. They would read: “%(message)s”")
                self.add_error("example", words % {"message": problem.message})
        return cleaned


class ActionTextForm(ScopeForm[ActionText]):
    class Meta:
        model = ActionText
        fields = ("action", "type", "manufacturer", "language", "headline", "sentence", "duration", "days")
        widgets = {"sentence": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        action, kind, maker = (self.scope(part) for part in ("action", "type", "manufacturer"))
        if action == ActionText.Action.MANDATE:
            self.show_replaced({"days": shipped_guidance.mandate_days(kind, maker)})
        elif action:
            shipped = shipped_guidance.action_guidance(action, kind, maker)
            self.show_replaced({name: getattr(shipped, name) for name in ("headline", "sentence", "duration")})
        elif kind:
            self.show_replaced({"duration": shipped_guidance.usual_wait(kind)})


def same(values: Iterable[str]) -> dict[str, str]:
    """Offer values under their own names."""
    return {value: value for value in values}
