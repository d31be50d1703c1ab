"""The timeline of a request in words, with nothing in them that is to be masked."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from .models import Event, OnboardingRequest
from .privacy import label_of, scrub

# What colleagues did. Everything else is told by its name.
STAFF = {
    "prepared": _("%(by)s prepared this for a customer."),
    "invitation-sent": _("%(by)s had an invitation mailed to the customer."),
    "invitation-voided": _("%(by)s made the invitation void, and all other links."),
    "answered": _("%(by)s filled in for the customer: %(names)s."),
    "consented": _("%(by)s noted that the customer agreed on the phone."),
    "resumed": _("%(by)s let the workers go on."),
    "consent-withdrawn": _("%(by)s took the consent back, because the customer asked for it."),
    "evidence-exported": _("%(by)s downloaded the evidence of consent."),
    "figures-exported": _("%(by)s downloaded figures."),
    "identifiers-erased": _("%(by)s erased the identifiers."),
    "revealed": _("%(by)s looked at: %(field)s."),
    "webhook-sent-again": _("%(by)s had a webhook sent again: %(kind)s."),
}


@dataclass(frozen=True)
class Line:
    at: datetime
    actor: str
    words: str
    details: list[tuple[str, str]]


def timeline_of(request: OnboardingRequest) -> list[Line]:
    """Tell what happened to a request, newest first."""
    return [line_of(event, request) for event in request.events.order_by("-at", "-pk")]


def line_of(event: Event, request: OnboardingRequest | None) -> Line:
    told = {name: scrub(str(value), request) for name, value in event.detail.items() if value}
    sentence = str(STAFF.get(event.name, "")) if event.actor == Event.Actor.STAFF else ""
    left = [(name, value) for name, value in told.items() if f"%({name})s" not in sentence]
    return Line(event.at, event.get_actor_display(), _fill_in(sentence, told) or event.name, left)


def _fill_in(sentence: str, told: dict[str, str]) -> str:
    named = told | ({"field": label_of(told["field"])} if "field" in told else {})
    return sentence % defaultdict(lambda: "–", named)
