"""Helping a customer on the phone: the wizard's questions on one page.

What is answered already is masked here too: it is kept unless something new is typed, so nothing is shown unrecorded.
"""

from dataclasses import dataclass, replace

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.catalogue import catalogue
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_texts import maker_help, type_help
from onboarding.intake.draft import StaleDraft, answer
from onboarding.intake.forms import IdentifyForm, ShownField, rejection_of
from onboarding.lib.masks import mask
from onboarding.portal import pages
from onboarding.portal.pages import TypeChoice
from onboarding.request import steps
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Step
from onboarding.status.view import cleared_words

from .base import check_may
from .invite import ASSIST, NOT_THEIRS, REVEAL, STEPS, VIEW, context_of, page_of
from .phone_consent import phone_consent

MOST_CHOICES = 500
ASKED = (Step.TYPE, Step.MANUFACTURER, Step.IDENTIFY)
MEANWHILE = gettext_lazy(
    "The customer answered something meanwhile. Nothing of what you typed is lost: compare it with what stands here "
    "now, and save once more."
)


@dataclass(frozen=True)
class AssistField:
    """One question about the device: as the customer reads it, with what was just typed, and what is stored, masked."""

    shown: ShownField
    stored: str


def urls() -> list[URLPattern]:
    """List what can be done for a customer on the phone, for the pages of requests."""
    view = admin.site.admin_view
    return [
        path("<int:pk>/assist/", view(assist), name="onboarding_request_assist"),
        path("<int:pk>/phone-consent/", view(phone_consent), name="onboarding_request_phoneconsent"),
    ]


def assist(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every question of a draft, and store the answer to one of them."""
    check_may(request, ASSIST, VIEW)
    row, offers = get_object_or_404(OnboardingRequest, pk=pk), catalogue.load()
    if not row.is_editable:
        messages.warning(request, NOT_THEIRS)
        return page_of(row)
    if request.method != "POST" or request.POST.get("step") not in ASKED:
        return _page(request, row, offers)
    step = Step(request.POST["step"])
    form = _form_for(step, request.POST, row, offers)
    if not form.is_valid():
        return _page(request, row, offers, form, step)
    try:
        _save(request, form, step, row, offers)
    except StaleDraft:
        return _judge_again(request, pk, step, offers)
    return redirect("admin:onboarding_request_assist", row.pk)


def _save(request: HttpRequest, form: forms.Form, step: Step, row: OnboardingRequest, offers: Catalogue) -> None:
    """Store what was typed.

    Raises: StaleDraft when the customer answered since the page was opened.
    """
    if request.POST.get("version") != str(row.version):
        raise StaleDraft
    answers = dict(form.cleaned_data)
    if answers and step == Step.IDENTIFY:
        answers = _left_out(row, offers) | answers
    if not answers:
        messages.info(request, _("Nothing was typed, so nothing changed."))
        return
    confirmed = form.confirmed if isinstance(form, IdentifyForm) else {}
    old, by = (row.type, row.manufacturer), request.user.get_username()
    cleared = answer(row, answers, catalogue=offers, confirmed=confirmed, by=by)
    messages.success(request, _("Saved."))
    if words := cleared_words(cleared, *old):
        messages.info(request, words)


def _judge_again(request: HttpRequest, pk: int, step: Step, offers: Catalogue) -> HttpResponse:
    """Show what was typed beside the draft as it is now."""
    row = get_object_or_404(OnboardingRequest, pk=pk)
    if not row.is_editable:
        messages.warning(request, NOT_THEIRS)
        return page_of(row)
    messages.warning(request, MEANWHILE)
    return _page(request, row, offers, _form_for(step, request.POST, row, offers), step)


def _form_for(step: Step, data: QueryDict, row: OnboardingRequest, offers: Catalogue) -> forms.Form:
    """Make the wizard's form of a step; of what the device is found by, for what was typed only."""
    if step != Step.IDENTIFY:
        return pages.form_for(step, data, request=row, catalogue=offers)
    offer = offers.find(row.type, row.manufacturer)
    typed = [item for item in (offer.attributes if offer else ()) if data.get(item.name, "").strip()]
    return IdentifyForm(data, attributes=tuple(typed), request=row)


def _left_out(row: OnboardingRequest, offers: Catalogue) -> dict[str, str]:
    """Answer what can be left empty, and was not asked before, with nothing."""
    offer = offers.find(row.type, row.manufacturer)
    known = row.attributes
    return {
        item.name: "" for item in (offer.attributes if offer else ()) if not (item.is_required or item.name in known)
    }


def _page(
    request: HttpRequest,
    row: OnboardingRequest,
    offers: Catalogue,
    form: forms.Form | None = None,
    step: Step | None = None,
) -> HttpResponse:
    draft = catalogue.draft_of(row, offers)
    current = steps.first_incomplete(draft)
    number, total = steps.progress(draft, current)
    makers = offers.open_manufacturers(draft.type)
    context = context_of(request, row) | {
        "title": _("Help fill in"),
        "current": step or current,
        "stage": STEPS[current],
        "number": number,
        "total": total,
        "types": [TypeChoice(name, type_help(name)) for name in offers.types],
        "makers": makers[:MOST_CHOICES],
        "asked": maker_help(draft.type),
        "is_typed": len(makers) > MOST_CHOICES,  # too many to choose from: the name is typed
        "planned": [planned.manufacturer for planned in catalogue.planned(row.type, offers)] if draft.type else [],
        "draft": draft,
        "chosen": {name: _typed(form, name) or getattr(row, name) for name in ("type", "manufacturer")},
        "problems": {name: _problems(row, name, form) for name in ("type", "manufacturer")},
        "fields": _fields(row, offers, form),
        "confirming": [found.value for found in form.questions.values()] if isinstance(form, IdentifyForm) else [],
        "has_errors": form is not None and bool(form.errors),
        "unasked": _unasked(request.POST, draft) if step == Step.IDENTIFY else {},
        "may_reveal": request.user.has_perm(f"onboarding.{REVEAL}"),
        "is_by_phone": settings.CONSENT_BY_PHONE,
        "is_complete": current == Step.CHECK,
    }
    return TemplateResponse(request, "admin/onboarding/assist/page.html", context)


def _typed(form: forms.Form | None, name: str) -> str:
    return str(form.data.get(name, "")) if form and name in form.fields else ""


def _problems(row: OnboardingRequest, name: str, form: forms.Form | None) -> list[str]:
    if form and name in form.errors:
        return [str(error) for error in form.errors[name]]
    rejection = rejection_of(row, name)
    return [scrub(words, row) for words in (rejection.words, *rejection.details)] if rejection else []


def _fields(row: OnboardingRequest, offers: Catalogue, form: forms.Form | None) -> list[AssistField]:
    """Show each question about the device: what was typed just now, and of what is stored its masked form."""
    offer = offers.find(row.type, row.manufacturer)
    attributes = offer.attributes if offer else ()
    typed = {shown.name: shown for shown in form.shown_fields()} if isinstance(form, IdentifyForm) else {}
    asked = IdentifyForm(attributes=attributes, request=row).shown_fields()
    blank = (replace(it, value="", errors=[scrub(words, row) for words in (*it.errors, *it.details)]) for it in asked)
    return [AssistField(typed.get(it.name, it), mask(row.attributes.get(it.name, ""))) for it in blank]


def _unasked(data: QueryDict, draft: steps.Draft) -> dict[str, str]:
    """Return what a colleague typed and what is no longer asked, because the customer changed an earlier answer."""
    others = {*draft.needed, "step", "version", "confirmed", "csrfmiddlewaretoken"}
    typed = ((name, str(value).strip()) for name, value in data.items() if name not in others)
    return {name: value for name, value in typed if value}
