"""What the catalogue's page says about each manufacturer, and about each change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue import catalogue as catalogues
from onboarding.catalogue.catalogue import Attribute, Catalogue, CatalogueMissing, Offer
from onboarding.catalogue.connection_times import Pace
from onboarding.catalogue.help_texts import help_for, type_help
from onboarding.catalogue.models import CatalogueChange, CatalogueSnapshot
from onboarding.catalogue.wish_models import PlannedOffer
from onboarding.lib.folding import searchable

# A refresh that is this much later than planned has failed, whatever the last one said.
TIMES_LATE = 3
# What a copy says of an attribute.
PARTS = {"is_required": _("required"), "description": _("description"), "pattern": _("pattern")}


@dataclass(frozen=True)
class Asked:
    """One attribute, in the platform's words and in ours."""

    attribute: Attribute
    label: str
    help_url: str


@dataclass(frozen=True)
class Line:
    """One manufacturer of one type."""

    offer: Offer
    device: str
    asked: list[Asked]
    pace: Pace | None
    pause: PlannedOffer | None

    @property
    def pause_url(self) -> str:
        query = {"type": self.offer.type, "manufacturer": self.offer.manufacturer}
        return reverse("admin:catalogue_pause", query=query)

    @property
    def speed(self) -> str:
        """Say how fast it is now, and usually."""
        if self.pace is None or self.pace.seconds is None:
            return ""
        if self.pace.usual_seconds is None:
            return spoken(self.pace.seconds)
        words = gettext("%(now)s, usually %(usual)s")
        return words % {"now": spoken(self.pace.seconds), "usual": spoken(self.pace.usual_seconds)}


@dataclass(frozen=True)
class ShownChange:
    """A change, with a line for each attribute that differs."""

    change: CatalogueChange
    lines: list[str]


class FilterForm(forms.Form):
    type = forms.ChoiceField(label=_("Type"), required=False)
    q = forms.CharField(
        label=_("Manufacturer or attribute"),
        required=False,
        widget=forms.TextInput({"type": "search", "class": "vTextField"}),
    )

    def __init__(self, data: Any, *, catalogue: Catalogue) -> None:
        super().__init__(data, auto_id="filter-%s")
        kinds = [(kind, f"{type_help(kind).name} ({kind})") for kind in catalogue.types]
        cast(forms.ChoiceField, self.fields["type"]).choices = [("", _("All")), *kinds]


def offered() -> Catalogue:
    """Return what is on offer; nothing, before a list was ever fetched."""
    try:
        return catalogues.load()
    except CatalogueMissing:
        return Catalogue(())


def is_old(snapshot: CatalogueSnapshot) -> bool:
    """Tell whether refreshing has stopped, whatever the reason."""
    late = timedelta(seconds=TIMES_LATE * settings.CATALOGUE_REFRESH_SECONDS)
    return snapshot.fetched_at is None or timezone.now() - snapshot.fetched_at > late


def chosen(catalogue: Catalogue, *, type: str = "", q: str = "") -> list[Offer]:
    """Return the offers of a type that have the words in the manufacturer's name or in an attribute's."""
    wanted = searchable(q)
    places = {kind: place for place, kind in enumerate(catalogue.types)}

    def fits(offer: Offer) -> bool:
        words = (offer.manufacturer, *(attribute.name for attribute in offer.attributes))
        return (not type or offer.type == type) and any(wanted in searchable(word) for word in words)

    return sorted(filter(fits, catalogue.offers), key=lambda it: (places[it.type], searchable(it.manufacturer)))


def describe(offer: Offer, catalogue: Catalogue) -> Line:
    key = (offer.type, offer.manufacturer)
    return Line(
        offer=offer,
        device=str(type_help(offer.type).name),
        asked=[_asked(offer, attribute) for attribute in offer.attributes],
        pace=catalogue.find_pace(*key),
        pause=catalogue.find_pause(*key),
    )


def describe_change(change: CatalogueChange) -> ShownChange:
    before, after = _by_name(change.before), _by_name(change.after)
    if change.others:
        words = ngettext("%(count)d other change", "%(count)d other changes", change.others)
        return ShownChange(change, [words % {"count": change.others}])
    found = (_difference(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after]))
    return ShownChange(change, [line for line in found if line])


def spoken(seconds: float) -> str:
    if seconds < 60:
        return gettext("under a minute")
    now = timezone.now()
    return timesince(now - timedelta(seconds=seconds), now, depth=1)


def _asked(offer: Offer, attribute: Attribute) -> Asked:
    scope = {"type": offer.type, "manufacturer": offer.manufacturer, "attribute": attribute.name}
    label = str(help_for(offer.type, offer.manufacturer, attribute.name).label)
    return Asked(attribute, label, reverse("admin:onboarding_helptext_add", query=scope))


def _by_name(attributes: Iterable[dict[str, Any]] | None) -> dict[str, dict[str, Any]]:
    return {attribute["name"]: attribute for attribute in attributes or ()}


def _difference(name: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if before is None:
        return gettext("asks for %(name)s") % {"name": name}
    if after is None:
        return gettext("no longer asks for %(name)s") % {"name": name}
    words = gettext("%(name)s: %(part)s was “%(before)s” and is “%(after)s”")
    told = [
        words
        % {"name": name, "part": PARTS.get(part, part), "before": _written(old), "after": _written(after.get(part))}
        for part, old in before.items()
        if old != after.get(part)
    ]
    return "; ".join(told)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return str(value or "")
