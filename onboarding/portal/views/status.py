"""How it goes: the status page, its polls, and the way back from the manufacturer."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from onboarding.access.browsers import browser_of, get_mine, requests_of
from onboarding.catalogue import catalogue
from onboarding.delivery import tracking
from onboarding.intake.draft import start_again
from onboarding.portal import pages
from onboarding.portal.htmx import HtmxHttpRequest, render_fragment, render_panel, unchanged
from onboarding.portal.status_page import checked_at, status_context
from onboarding.request import family
from onboarding.request.steps import Step
from onboarding.status.view import is_about_answers

from .guards import limited, moved
from .wizard import next_page

# What an unchanged poll has to know.
POLLED = ("version", "state", "trouble", "due_at", "checked_at", "returned_at", "seen_at", "redirect_link")


@require_safe
def status(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    if request.state == "draft":
        return redirect("onboarding:resume", reference)
    if elsewhere := moved(request, "status"):
        return elsewhere
    tracking.saw_status(request, is_asking=True)
    return render_panel(http, "onboarding/status.html", status_context(request, browser_of(http)))


@require_safe
def status_panel(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Answer a poll: nothing (204) while the version that the page shows is still the newest."""
    request = get_mine(http, reference, *POLLED)
    if not http.htmx:
        return redirect("onboarding:status", reference)
    tracking.saw_status(request, is_back="Came-Back" in http.headers)
    if http.GET.get("v") == request.shown_version:
        response = unchanged()
    else:
        context = status_context(get_mine(http, reference), browser_of(http)) | {"is_poll": True}
        response = render_fragment(http, "onboarding/status.html#live", context)
    response["Checked-At"] = quote(checked_at(request))  # a header has only plain letters
    return response


@require_POST
@limited("change", subject="reference")
def again(http: HttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    if other := family.alive(request):  # by another connection of the same device: nothing is connected twice
        return redirect("onboarding:reconnect", other.reference)
    draft, offers = start_again(request), catalogue.load()
    if draft.is_editable and is_about_answers(request):
        return redirect(pages.step_url(draft, Step.IDENTIFY))  # which leads on when there is nothing to identify
    return redirect(next_page(draft, offers))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def come_back(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Receive a browser from the manufacturer's page: any browser, so nothing private, and no word of the query.

    Some send it by a form. Browsers bring no cookie with that, so it is asked to come once more; nothing is read.
    """
    if http.method == "POST":
        return redirect("onboarding:return", reference)
    if http.method == "GET":
        tracking.came_back(reference)
    if requests_of(http).filter(reference=reference).exists():
        return redirect("onboarding:status", reference)
    return render_panel(http, "onboarding/come_back.html", {"title": _("You are back")})
