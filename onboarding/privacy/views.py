"""A customer's own data: a copy of it, and erasing it, all of it or one device's."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from onboarding.access.browsers import get_mine, requests_of
from onboarding.catalogue.help_texts import type_help
from onboarding.portal import pages
from onboarding.portal.htmx import HtmxHttpRequest, personal, render_panel
from onboarding.portal.views.guards import limited
from onboarding.request import family
from onboarding.request.models import OnboardingRequest

from . import erasure, own_data

MY_DATA = "onboarding:my_data"


@require_safe
def my_data(http: HtmxHttpRequest) -> HttpResponse:
    context = {
        "title": _("Your data"),
        "has_any": own_data.holds_anything(http),
        "is_left": own_data.is_left(http),
        "waiting": [pages.card(request) for request in own_data.being_erased(http)],
    }
    return render_panel(http, "onboarding/my_data.html", context)


@require_POST
@limited("own-data")
def download(http: HttpRequest) -> HttpResponse:
    """Give a ZIP with everything that this browser may have, if that is nothing, too."""
    return personal(as_file(own_data.copy_of(http)))


@require_http_methods(["GET", "HEAD", "POST"])
@limited("own-data")
def erase_all(http: HtmxHttpRequest) -> HttpResponse:
    if http.method == "POST":
        own_data.erase_all(http)
        return _done(http)
    context = _what_runs(list(requests_of(http)), back_url=reverse(MY_DATA))
    return render_panel(http, "onboarding/erase.html", context | {"title": _("Erase everything?")})


@require_http_methods(["GET", "HEAD", "POST"])
@limited("change", subject="reference")
def erase(http: HtmxHttpRequest, reference: str) -> HttpResponse:
    request = get_mine(http, reference)
    if http.method == "POST":
        erasure.ask(request, own_data.act_of_erasing())
        return _done(http)
    same = [request, *filter(None, [family.alive(request)])]  # of the same device, and erased with it
    context = _what_runs(same, back_url=request.get_absolute_url())
    context |= {"title": _("Erase this device?"), "one": request, "device": type_help(request.type)}
    return render_panel(http, "onboarding/erase.html", context)


def as_file(content: bytes) -> HttpResponse:
    """Give the bytes of a ZIP as a file."""
    response = HttpResponse(content, content_type="application/zip")
    name = f"my-data-{timezone.localdate().isoformat()}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _what_runs(requests: list[OnboardingRequest], *, back_url: str) -> dict[str, Any]:
    return {
        "back_url": back_url,
        "is_running": any(request.is_withdrawable for request in requests),
        "was_agreed": any(request.consented_at for request in requests),
        "has_address": any(request.contact_email for request in requests),
    }


def _done(http: HttpRequest) -> HttpResponse:
    """Say what became of it: nothing is left to wait for, or something is to be disconnected first."""
    if own_data.being_erased(http).exists():
        words = _("We erase it. What runs is disconnected first, and you get a last mail if we know your address.")
    else:
        words = _("It is erased.")
    messages.success(http, words)
    return redirect(MY_DATA)
