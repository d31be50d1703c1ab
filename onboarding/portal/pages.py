"""What each wizard page shows: the form of its step, and the context of its template."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from onboarding.catalogue import catalogue as catalogues
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_texts import before_start, help_for, maker_help, type_help
from onboarding.catalogue.help_words import TypeHelp
from onboarding.catalogue.maker_search import search
from onboarding.catalogue.shipped_help import written
from onboarding.catalogue.wish_models import PlannedOffer
from onboarding.consent import acts
from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import ConsentWords, consent_words
from onboarding.intake.duplicates import find_duplicate
from onboarding.intake.forms import ConsentForm, IdentifyForm, ManufacturerForm, TypeForm, rejection_of
from onboarding.request import lifecycle, steps
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Draft, Step
from onboarding.status.view import show_status

MONOGRAM_COLOURS = 8
# Of very many manufacturers the first are listed; the search finds the others. Of a few, none needs to come first.
MOST_MAKERS, FEW_MAKERS = 50, 10


@dataclass(frozen=True)
class Maker:
    name: str

    @property
    def monogram(self) -> str:
        words = [word for word in self.name.replace("-", " ").split() if word[:1].isalnum()]
        letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else self.name[:2]
        return letters.upper()

    @property
    def colour(self) -> int:
        return sum(self.name.encode()) % MONOGRAM_COLOURS


@dataclass(frozen=True)
class PlannedMaker(Maker):
    """One that cannot be chosen yet, or not at the moment."""

    words: str
    note: str
    wish_url: str

    @classmethod
    def of(cls, request: OnboardingRequest, row: PlannedOffer) -> "PlannedMaker":
        usual = {PlannedOffer.Kind.PLANNED: _("Planned"), PlannedOffer.Kind.PAUSED: _("Not possible at the moment")}
        url = _not_listed_url(request, row.manufacturer)
        note = row.note_in(get_language() or settings.LANGUAGE_CODE)
        return cls(row.manufacturer, note or usual[PlannedOffer.Kind(row.kind)], note, url)


@dataclass(frozen=True)
class TypeChoice:
    value: str
    help: TypeHelp


@dataclass(frozen=True)
class Card:
    """One of this browser's requests, on the start page."""

    device: TypeHelp
    manufacturer: str
    url: str
    words: str
    is_draft: bool


@dataclass(frozen=True)
class Answer:
    """One line of "check your answers"."""

    label: str
    value: str
    change_url: str


def _not_listed_url(request: OnboardingRequest, manufacturer: str) -> str:
    known = {"manufacturer": manufacturer[:128]} if manufacturer else None
    return reverse("onboarding:not_listed", args=[request.reference], query=known)


def step_url(request: OnboardingRequest, step: Step) -> str:
    return reverse("onboarding:step", args=[request.reference, step])


def card(request: OnboardingRequest, state: str = "") -> Card:
    """Make a card of a request. `state`: how it is, if that is known better than by the request alone."""
    return Card(
        device=type_help(request.type),
        manufacturer=request.manufacturer,
        url=request.get_absolute_url(),
        words=state or (_("Not finished yet") if request.state == "draft" else show_status(request, []).headline),
        is_draft=request.is_editable,
    )


def form_for(step: Step, data: QueryDict | None, *, request: OnboardingRequest, catalogue: Catalogue) -> forms.Form:
    """Make the form of a step; `data` None shows what is known already."""
    match step:
        case Step.TYPE:
            return TypeForm(data, catalogue=catalogue)
        case Step.MANUFACTURER:
            return ManufacturerForm(data, catalogue=catalogue, request=request)
        case Step.IDENTIFY:
            offer = catalogue.find(request.type, request.manufacturer)
            return IdentifyForm(data, attributes=offer.attributes if offer else (), request=request)
        case Step.CHECK:
            is_paused = catalogue.find_pause(request.type, request.manufacturer) is not None
            return consent_form(data, request, is_paused=is_paused)


def consent_form(data: QueryDict | None, request: OnboardingRequest, *, is_paused: bool = False) -> ConsentForm:
    """Make the form for agreeing to what applies to a device now; the words are read once, shown and recorded."""
    words = consent_for(request)
    sha256 = page_sha256(request, words)
    known = {"contact_email": request.contact_email}
    return ConsentForm(data, initial=known, words=words, sha256=sha256, is_paused=is_paused)


def consent_for(request: OnboardingRequest) -> ConsentWords:
    device = type_help(request.type).name
    return consent_words(type=request.type, device=device, manufacturer=request.manufacturer)


def act_of(words: ConsentWords, button: str = "") -> ConsentAct:
    """Say what the customer did on the page that shows these words."""
    button = button or _("Agree and connect")
    return ConsentAct(str(acts.TICKED) % {"box": words.statement, "button": button})


def page_sha256(request: OnboardingRequest, words: ConsentWords | None = None) -> str:
    """Seal the answers and the words of the check page: agreeing to a page that is no longer true asks again."""
    answers = {"type": request.type, "manufacturer": request.manufacturer, **request.attributes}
    shown = json.dumps([answers, (words or consent_for(request)).words], sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()


def step_context(
    step: Step,
    form: forms.Form,
    *,
    request: OnboardingRequest,
    catalogue: Catalogue,
    draft: Draft,
    query: str = "",
) -> dict[str, Any]:
    """Collect what the template of a step shows."""
    number, total = steps.progress(draft, step)
    previous = steps.before(draft, step)
    context: dict[str, Any] = {
        "request_row": request,
        "device": type_help(request.type) if request.type else None,
        "form": form,
        "number": number,
        "total": total,
        "back_url": step_url(request, previous) if previous else reverse("onboarding:start"),
        "errors": error_list(form),
    }
    match step:
        case Step.TYPE:
            return context | _type_context(request, catalogue)
        case Step.MANUFACTURER:
            return context | manufacturer_context(request, catalogue, query)
        case Step.IDENTIFY:
            return context | _offer_context(request, catalogue) | _identify_context(request, cast(IdentifyForm, form))
        case Step.CHECK:
            check = _check_context(request, draft, cast(ConsentForm, form))
            return context | _offer_context(request, catalogue) | check


def error_list(form: forms.Form) -> list[tuple[str, str]]:
    """List (id of the field, message) for the error summary."""
    if isinstance(form, IdentifyForm):
        return [(field.id, error) for field in form.shown_fields() for error in field.errors]
    return [(f"field-{name}", str(error)) for name, errors in form.errors.items() for error in errors]


def manufacturer_context(request: OnboardingRequest, catalogue: Catalogue, query: str) -> dict[str, Any]:
    """Collect the manufacturers of the chosen type that the search finds."""
    asked, names = maker_help(request.type), catalogue.open_manufacturers(request.type)
    planned = {row.manufacturer: row for row in catalogues.planned(request.type, catalogue)}
    found = search([*names, *planned], query)
    choosable = [name for name in found.names if name not in planned] if planned else found.names
    chosen = request.manufacturer or (names[0] if len(names) == 1 else "")
    if query and not found.is_near and len(found.names) == 1:
        chosen = found.names[0]  # Continue, or Enter in the search, takes it
    popular = [] if query or len(names) <= FEW_MAKERS else catalogue.popular(request.type)
    others = [name for name in choosable if name not in popular] if popular else choosable
    shown = others[:MOST_MAKERS]
    if chosen not in shown and chosen in others:
        shown = [chosen, *shown[:-1]]
    return {
        "title": asked.question,
        "asked": asked,
        "query": query,
        "popular": [Maker(name) for name in popular],
        "makers": [Maker(name) for name in shown],
        "more": len(others) - len(shown),
        "planned": [PlannedMaker.of(request, planned[name]) for name in found.names if name in planned][:MOST_MAKERS],
        "is_near": found.is_near,
        "chosen": chosen,
        "is_searchable": len(names) + len(planned) > 5,
        "rejection": rejection_of(request, "manufacturer"),
        "count": len(choosable),
        "not_listed_url": _not_listed_url(request, query),
    }


def _type_context(request: OnboardingRequest, catalogue: Catalogue) -> dict[str, Any]:
    return {
        "title": _("What would you like to connect?"),
        "types": [TypeChoice(name, type_help(name)) for name in catalogue.types],
        "chosen": request.type,
        "rejection": rejection_of(request, "type"),
    }


def _offer_context(request: OnboardingRequest, catalogue: Catalogue) -> dict[str, Any]:
    """Say what it takes with the chosen manufacturer, and what is unusual at the moment: paused by staff, or slow."""
    pause = catalogue.find_pause(request.type, request.manufacturer)
    return {
        "manufacturer": request.manufacturer,
        "paused": pause and PlannedMaker.of(request, pause),
        "is_slow": catalogues.is_slow(request.type, request.manufacturer),
        "before_start": before_start(request.type, request.manufacturer),
    }


def _identify_context(request: OnboardingRequest, form: IdentifyForm) -> dict[str, Any]:
    return {
        "title": _identify_title(request),
        "fields": form.shown_fields(),
        "confirming": [checked.value for checked in form.questions.values()],
    }


def _identify_title(request: OnboardingRequest) -> str:
    """People say "your Audi" of a car, and of nothing else."""
    if request.type == "EV":
        return _("Your %(manufacturer)s") % {"manufacturer": request.manufacturer}
    return f"{type_help(request.type).name}, {request.manufacturer}"


def _check_context(request: OnboardingRequest, draft: Draft, form: ConsentForm) -> dict[str, Any]:
    kind, maker = type_help(request.type), request.manufacturer
    answers = [
        Answer(_("Device"), str(kind.name), step_url(request, Step.TYPE)),
        Answer(str(maker_help(request.type).label), maker, step_url(request, Step.MANUFACTURER)),
    ]
    for name in draft.needed:
        label = str(help_for(request.type, maker, name).label)
        value = written(request.type, maker, name, request.attributes.get(name, ""))
        answers.append(Answer(label, value or _("Not given"), step_url(request, Step.IDENTIFY)))
    return {
        "title": _("Check and agree"),
        "answers": answers,
        "names": {maker, *request.attributes.values()},
        "consent": form.words,
        "page_sha256": form.sha256,
    }


def duplicate_context(request: OnboardingRequest, mine: QuerySet[OnboardingRequest]) -> dict[str, Any]:
    """Say which of the customer's own requests is about the same device, if one is."""
    found = find_duplicate(request, mine)
    if found is None:
        return {}
    page, anew = ("device", "reconnect") if found.state == State.CONNECTED else ("resume", "again")
    is_over = lifecycle.is_final(State(found.state))
    return {
        "duplicate": card(found),
        "open_url": reverse(f"onboarding:{page}", args=[found.reference]),
        "again_url": reverse(f"onboarding:{anew}", args=[found.reference]) if is_over else "",
    }
