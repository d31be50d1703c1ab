"""Connecting a device again: for who holds it, by its own page; for who comes by the mail about it, by the link."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from onboarding.access.browsers import get_mine
from onboarding.intake.reconnection import ReadFirst
from onboarding.intake.reconnection import reconnect as begin
from onboarding.portal import reconnect_page
from onboarding.portal.htmx import HtmxHttpRequest, render_panel
from onboarding.request.models import OnboardingRequest

from .guards import limited


@require_http_methods(["GET", "HEAD", "POST"])
@limited("agree", subject="reference")
def reconnect(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    """Show what it takes; the button is all of it, or reading and agreeing where that has to be."""
    request = get_mine(http, reference)
    if not reconnect_page.is_connected(request):
        return redirect("onboarding:resume", reference)
    return connect_again(http, request)


def connect_again(
    http: HtmxHttpRequest, request: OnboardingRequest, let_in: Callable[[], None] | None = None
) -> HttpResponse:
    """Show the page, or begin. `let_in`: for who comes by mail; lets the browser hold the request, or raises."""
    data, is_mailed = http.POST if http.method == "POST" else None, let_in is not None
    page = reconnect_page.look(request, data, is_mailed=is_mailed)
    if data is not None and page.may_begin:
        if let_in:
            let_in()
        try:
            newer = begin(request, given=page.given, act=page.act)
        except ReadFirst:  # the words changed a moment ago
            return connect_again(http, request, let_in)
        return redirect("onboarding:status", newer.reference)
    return render_panel(http, "onboarding/reconnect.html", reconnect_page.context(page, is_mailed=is_mailed))
