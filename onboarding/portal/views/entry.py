"""The way in: the Start button, and the links of companies that lead to it."""

import secrets

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from onboarding.access.browsers import browser_of, remember_browser
from onboarding.catalogue import catalogue
from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import entry_links, entry_page
from onboarding.intake.draft import StaleDraft
from onboarding.intake.entry import find_unfinished, start_from_link, start_with
from onboarding.intake.entry_links import Fitted, Link
from onboarding.lib.languages import follow_link, keep
from onboarding.portal import pages
from onboarding.portal.htmx import HtmxHttpRequest, render_panel
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Step

from .guards import limited, own_pages_or_token
from .wizard import next_page

PAGE = "page"  # the field with what a page has to itself


@own_pages_or_token
@require_http_methods(["GET", "HEAD", "POST"])
@limited("begin")
def begin(http: HtmxHttpRequest) -> HttpResponse:
    """Begin by the button, with what a link fills in or with the first question; a GET shows it, and begins nothing."""
    try:
        link = entry_links.read((http.POST if http.method == "POST" else http.GET).dict())
    except entry_links.BadLink:
        context = {"title": _("This link does not work any more")}
        return render_panel(http, "onboarding/bad_link.html", context, status=410)
    follow_link(http, link.language)
    if http.method != "POST":
        return _show(http, link)
    fitted = Fitted() if link.is_empty else entry_links.fit(link.answers, catalogue.load())
    if fitted.answers or link.token:
        return csrf_protect(_begin)(http, link, fitted)
    _tell(http, fitted)
    return _speaking(redirect("onboarding:first"), link)  # nothing is known yet, so nothing is kept yet


@require_http_methods(["GET", "HEAD", "POST"])
@limited("start")
def first(http: HtmxHttpRequest) -> HttpResponse:
    """Ask the first question; only its answer makes a draft, and lets us know this browser again."""
    offers, data = catalogue.load(), http.POST if http.method == "POST" else None
    begun = OnboardingRequest()
    form = pages.form_for(Step.TYPE, data, request=begun, catalogue=offers)
    if data is not None and form.is_valid():
        return redirect(next_page(_begun_with(http, form.cleaned_data["type"], offers), offers))
    if browser := browser_of(http):
        begun = find_unfinished(browser) or begun
    draft = catalogue.draft_of(begun, offers)
    context = pages.step_context(Step.TYPE, form, request=begun, catalogue=offers, draft=draft)
    page_key = http.POST.get(PAGE) or secrets.token_urlsafe(16)
    return render_panel(http, "onboarding/type.html", context | {"page_key": page_key})


def _show(http: HtmxHttpRequest, link: Link) -> HttpResponse:
    fitted = Fitted() if link.is_empty else entry_links.fit(link.answers, catalogue.load())
    if not (fitted.given or link.token or link.language):
        return redirect("onboarding:start")
    context = entry_page.entry_context(link, fitted) | {"draft_days": settings.RETENTION_DAYS["drafts"]}
    return render_panel(http, "onboarding/entry.html", context)


def _begin(http: HtmxHttpRequest, link: Link, fitted: Fitted) -> HttpResponse:
    language, offers = get_language() or "en", catalogue.load()
    try:
        request = start_from_link(
            fitted.answers, link.origin, browser=remember_browser(http), language=language, catalogue=offers
        )
    except StaleDraft:  # answered in another tab since: begin another one
        return _begin(http, link, fitted)
    _tell(http, fitted)
    return _speaking(redirect(_first_page(request, fitted)), link)


def _begun_with(http: HtmxHttpRequest, kind: str, offers: Catalogue) -> OnboardingRequest:
    page = "" if browser_of(http) else http.POST.get(PAGE, "")
    said = {"browser": remember_browser(http), "language": get_language() or "en", "page": page}
    try:
        return start_with(kind, catalogue=offers, **said)
    except StaleDraft:  # answered in another tab since: begin another one
        return start_with(kind, catalogue=offers, **said)


def _first_page(request: OnboardingRequest, fitted: Fitted) -> str:
    """An unusual value is looked at where it can be corrected."""
    return pages.step_url(request, Step.IDENTIFY) if fitted.questions else next_page(request, catalogue.load())


def _tell(http: HtmxHttpRequest, fitted: Fitted) -> None:
    if fitted.dropped:
        messages.info(http, entry_page.dropped_words(fitted))
    for question in fitted.questions:
        messages.info(http, question)


def _speaking(response: HttpResponse, link: Link) -> HttpResponse:
    """Keep the link's language for the pages that follow."""
    return keep(response, link.language) if link.language else response
