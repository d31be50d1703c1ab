"""Telling this browser when something changes: the customer's choice, and the script that hears of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from onboarding.access.browsers import browser_of, get_mine
from onboarding.push import subscriptions

from .guards import limited


@require_POST
@limited("change", subject="reference")
def choose(http: HttpRequest, reference: str) -> HttpResponse:
    """Begin to tell this browser of a request, or end it."""
    request, browser = get_mine(http, reference), browser_of(http)
    if "stop" in http.POST:
        subscriptions.unsubscribe(request, browser)
        messages.success(http, _("We no longer tell you in this browser."))
    else:
        given = {name: http.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
        try:
            if subscriptions.subscribe(request, browser=browser, **given):
                messages.success(http, _("We tell you in this browser when something changes."))
        except subscriptions.BadSubscription:
            messages.error(http, _("This browser cannot be told. You can hear from us by e-mail instead."))
    return redirect("onboarding:status", reference)


@require_safe
def worker(http: HttpRequest) -> HttpResponse:
    """Give the script that shows messages; browsers look for a new one by themselves."""
    response = render(http, "onboarding/push_worker.js", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response
