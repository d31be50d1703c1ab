"""Which requests a figure counts: said once, for the number on the page and for the list behind it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue import catalogue
from onboarding.request.lifecycle import Actor, State
from onboarding.request.models import STATE_LABELS

from .words import TURNS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# In a filter, the requests that carry no tenant: they go to the one in the settings.
OWN_TENANT = "own"
# The parameter of the list that names a figure.
FIGURE = "figure"

WENT_OUT = (State.WITHDRAWING, State.WITHDRAWN)
ENDED_BADLY = (State.FAILED, State.CANCELED)
# Also when its consent was taken back later; what was stopped on the way ended after that.
CONNECTED = Q(state=State.CONNECTED) | Q(state__in=WENT_OUT, finished_at__lt=F("withdrawn_at"))
IDENTIFIED = ~Q(attributes={}) | Q(consented_at__isnull=False)
CONSENTED = Q(consented_at__isnull=False)
FAILED = CONSENTED & Q(state__in=ENDED_BADLY)
STOPPED = CONSENTED & Q(state__in=WENT_OUT) & ~CONNECTED
# The steps of everybody's way, in order.
STEPS: Mapping[str, "StrOrPromise"] = {
    "started": gettext_lazy("Started"),
    "typed": gettext_lazy("Type chosen"),
    "chosen": gettext_lazy("Manufacturer chosen"),
    "identified": gettext_lazy("Device identified"),
    "consented": gettext_lazy("Consent given"),
    "sent": gettext_lazy("Sent to the platform, and accepted"),
    "connected": gettext_lazy("Connected"),
}
TITLES: Mapping[str, "StrOrPromise"] = {
    **STEPS,
    "failed": gettext_lazy("Failed or canceled"),
    "stopped": gettext_lazy("Taken back on the way"),
    "under_way": gettext_lazy("Under way"),
}
NO_FURTHER, TURN = "no_further.", "turn."


@dataclass(frozen=True)
class Wanted:
    """Which requests: begun from the first to the last day; an empty word stands for any."""

    first: date
    last: date
    type: str = ""
    manufacturer: str = ""
    tenant: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Wanted":
        """As many days, right before these."""
        return replace(self, first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1))

    def list_of(self, stage: str, **narrower: object) -> str:
        """Return the address of the list of what a figure counts; `narrower`: of a part of what is wanted."""
        part = replace(self, **narrower)  # type: ignore[arg-type]
        said = {FIGURE: stage, "first": part.first, "last": part.last}
        said |= {name: word for name in ("type", "manufacturer", "tenant") if (word := getattr(part, name))}
        return reverse("admin:onboarding_onboardingrequest_changelist", query=said)


def begun(wanted: Wanted) -> Q:
    """Match the requests that were begun within these days, whoever's."""
    since, until = (
        timezone.make_aware(datetime.combine(day, time.min)) for day in (wanted.first, wanted.last + timedelta(days=1))
    )
    return Q(created_at__gte=since, created_at__lt=until)


def words_of(wanted: Wanted) -> dict[str, str]:
    """Return what narrows a query down to a type, a manufacturer and a tenant."""
    words = {name: word for name in ("type", "manufacturer") if (word := getattr(wanted, name))}
    if wanted.tenant:
        words["tenant_id"] = "" if wanted.tenant == OWN_TENANT else wanted.tenant
    return words


def stage_of(name: str) -> Q | None:
    """Return what a figure counts; None when there is no such figure."""
    if name.startswith(NO_FURTHER):
        step = name.removeprefix(NO_FURTHER)
        following = dict(zip(STEPS, [*STEPS][1:], strict=False)).get(step)
        return _reached(step) & ~_reached(following) if following else None
    if name.startswith(TURN):
        actor, _dot, state = name.removeprefix(TURN).partition(".")
        return Q(turn=actor, **({"state": state} if state else {}))
    return _outcomes().get(name) or (_reached(name) if name in STEPS else None)


def title_of(name: str) -> str:
    """Say what a figure counts."""
    if name.startswith(NO_FURTHER):
        return _("No further than: %(step)s") % {"step": STEPS[name.removeprefix(NO_FURTHER)]}
    if name.startswith(TURN):
        actor, _dot, state = name.removeprefix(TURN).partition(".")
        turn = capfirst(str(TURNS.get(Actor(actor), actor)))
        return f"{turn}: {STATE_LABELS[State(state)]}" if state else turn
    return str(TITLES[name])


def that_ask_nothing() -> set[tuple[str, str]]:
    """Find the manufacturers whose customers identify nothing: whoever chose one is past that."""
    try:
        offers = catalogue.load().offers
    except catalogue.CatalogueMissing:
        return set()
    return {(offer.type, offer.manufacturer) for offer in offers if not offer.attributes}


def _outcomes() -> dict[str, Q]:
    under_way = CONSENTED & ~CONNECTED & ~Q(state__in=[*ENDED_BADLY, *WENT_OUT])
    return {"failed": FAILED, "stopped": STOPPED, "under_way": under_way}


def _reached(step: str) -> Q:
    match step:
        case "started":
            return Q()
        case "typed":
            return ~Q(type="")
        case "chosen":
            return ~Q(manufacturer="")
        case "identified":
            return _identified()
        case "consented":
            return CONSENTED
        case "sent":
            return Q(sent_at__isnull=False)
        case _:
            return CONNECTED


def _identified() -> Q:
    makers = defaultdict[str, list[str]](list)
    for kind, maker in that_ask_nothing():
        makers[kind].append(maker)
    found = IDENTIFIED
    for kind, names in makers.items():
        found |= Q(type=kind, manufacturer__in=names)
    return found
