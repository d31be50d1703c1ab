"""The way from the start page to consent."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_http_methods, require_safe

from onboarding.access.browsers import browser_of, get_mine, requests_of
from onboarding.catalogue import catalogue
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.help_texts import help_for, maker_help, type_help
from onboarding.delivery import tally
from onboarding.intake.draft import StaleDraft, answer, give_consent, wish_for
from onboarding.intake.forms import ConsentForm, IdentifyForm, WishForm
from onboarding.portal import home_page, pages
from onboarding.portal.htmx import HtmxHttpRequest, personal, render_fragment, render_panel
from onboarding.request import steps
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Step
from onboarding.status.view import cleared_words

from .guards import limited, limited_search

SHOWN_ON_START = 5
STEP_LIMITS = {
    Step.TYPE: "answer",
    Step.MANUFACTURER: "answer",
    Step.IDENTIFY: "identify",
    Step.CHECK: "agree",
}


@require_safe
def start(http: HtmxHttpRequest) -> HttpResponse:
    mine = home_page.newest(requests_of(http), SHOWN_ON_START)
    cards = [pages.card(request, home_page.state_of(request)) for request in mine]
    context = {"title": _("Connect your device"), "cards": cards, "draft_days": settings.RETENTION_DAYS["drafts"]}
    return render_panel(http, "onboarding/start.html", context)


@require_safe
def resume(http: HttpRequest, reference: str) -> HttpResponse:
    return redirect(next_page(get_mine(http, reference), catalogue.load()))


@require_http_methods(["GET", "HEAD", "POST"])
@limited(lambda step, **_parts: STEP_LIMITS[step], subject="reference")
@limited_search
def wizard_step(http: HtmxHttpRequest, reference: str, step: Step) -> HttpResponse:
    request, offers = get_mine(http, reference), catalogue.load()
    draft = catalogue.draft_of(request, offers)
    if not request.is_editable or not steps.is_reachable(draft, step):
        return redirect(next_page(request, offers))
    data = http.POST if http.method == "POST" else None
    form = pages.form_for(step, data, request=request, catalogue=offers)
    if data is not None and form.is_valid():
        try:
            _save(http, form, request, offers)
        except StaleDraft:  # judge the same answer by the row as it is now
            return wizard_step(http, reference=reference, step=step)
        _count_answers(form, request)
        return redirect(next_page(request, offers))
    _count_answers(form, request)
    query = http.GET.get("q", "").strip()
    context = pages.step_context(step, form, request=request, catalogue=offers, draft=draft, query=query)
    if step == Step.CHECK:
        context |= pages.duplicate_context(request, requests_of(http))
    return render_panel(http, f"onboarding/{step}.html", context)


@require_safe
@limited_search
def makers(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Give the list of manufacturers alone, while somebody types in the search box."""
    request = get_mine(http, reference)
    context = pages.manufacturer_context(request, catalogue.load(), http.GET.get("q", "").strip())
    return render_fragment(http, "onboarding/manufacturer.html#makers", context)


@require_safe
@csp_override(settings.SCANNING_CSP)
def scan(http: HttpRequest, reference: str, name: str) -> HttpResponse:
    """Let the camera read one answer. What it takes is allowed to this page alone, which is never a part of another."""
    request, offers = get_mine(http, reference), catalogue.load()
    asked = help_for(request.type, request.manufacturer, name)
    if not request.is_editable or name not in catalogue.draft_of(request, offers).needed or not asked.scan:
        return redirect(next_page(request, offers))
    context = {"title": _("Scan the code"), "help": asked, "name": name}
    context["back_url"] = pages.step_url(request, Step.IDENTIFY)
    response = personal(render(http, "onboarding/scan.html", context))
    for header, value in settings.SCANNING_HEADERS.items():
        response[header] = value
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@limited("wish", subject="reference")
def not_listed(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    known = {"manufacturer": http.GET.get("manufacturer", "")[:128], "contact_email": request.contact_email}
    form = WishForm(http.POST if http.method == "POST" else None, initial=known)
    if http.method == "POST" and form.is_valid():
        wish_for(type=request.type, language=get_language() or "en", **form.cleaned_data)
        messages.success(http, _("Thank you. We noted it, and write to you when it can be connected."))
        return redirect("onboarding:start")
    context = {"title": _("Mine is not listed"), "form": form, "errors": pages.error_list(form)}
    back = {
        "back_url": pages.step_url(request, Step.MANUFACTURER),
        "device": type_help(request.type),
        "asked": maker_help(request.type),
    }
    return render_panel(http, "onboarding/not_listed.html", context | back)


def _save(http: HttpRequest, form: forms.Form, request: OnboardingRequest, offers: Catalogue) -> None:
    if isinstance(form, ConsentForm):
        contact_email = form.cleaned_data["contact_email"]
        give_consent(
            request, form.words, pages.act_of(form.words), contact_email=contact_email, browser=browser_of(http)
        )
        return
    confirmed = form.confirmed if isinstance(form, IdentifyForm) else {}
    old = (request.type, request.manufacturer)
    cleared = answer(request, form.cleaned_data, catalogue=offers, confirmed=confirmed)
    if words := cleared_words(cleared, *old):
        messages.info(http, words)


def _count_answers(form: forms.Form, request: OnboardingRequest) -> None:
    if isinstance(form, IdentifyForm) and form.is_bound:
        tally.tally(request, form.outcomes)


def next_page(request: OnboardingRequest, offers: Catalogue) -> str:
    if not request.is_editable:
        return reverse("onboarding:status", args=[request.reference])
    return pages.step_url(request, steps.first_incomplete(catalogue.draft_of(request, offers)))
