"""The way in: the Start button, and the links of companies that lead to it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from onboarding import actions, catalogue, entry, entry_page, pages
from onboarding.entry import Fitted, Link
from onboarding.htmx import HtmxHttpRequest, render_panel
from onboarding.languages import follow_link, keep
from onboarding.models import OnboardingRequest
from onboarding.ownership import remember_browser
from onboarding.steps import Step

from .guards import own_pages_or_token
from .wizard import next_page


@own_pages_or_token
@require_http_methods(["GET", "HEAD", "POST"])
def begin(http: HtmxHttpRequest) -> HttpResponse:
    """Begin by the button; a GET shows what a link fills in, and begins nothing."""
    try:
        link = entry.read((http.POST if http.method == "POST" else http.GET).dict())
    except entry.BadLink:
        context = {"title": _("This link does not work any more")}
        return render_panel(http, "onboarding/bad_link.html", context, status=410)
    follow_link(http, link.language)
    return _begin(http, link) if http.method == "POST" else _show(http, link)


def _show(http: HtmxHttpRequest, link: Link) -> HttpResponse:
    fitted = Fitted() if link.is_empty else entry.fit(link.answers, catalogue.load())
    if not (fitted.given or link.token or link.language):
        return redirect("onboarding:start")
    return render_panel(http, "onboarding/entry.html", entry_page.entry_context(link, fitted))


def _begin(http: HtmxHttpRequest, link: Link) -> HttpResponse:
    language = get_language() or "en"
    if link.is_empty:
        request = actions.start(browser=remember_browser(http), language=language)
        return _speaking(redirect(pages.step_url(request, Step.TYPE)), link)
    offers = catalogue.load()
    fitted = entry.fit(link.answers, offers)
    try:
        request = actions.start_from_link(
            fitted.answers, link.origin, browser=remember_browser(http), language=language, catalogue=offers
        )
    except actions.StaleDraft:  # answered in another tab since: begin another one
        return _begin(http, link)
    _tell(http, fitted)
    return _speaking(redirect(_first_page(request, fitted)), link)


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
