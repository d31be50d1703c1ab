"""The only file that knows htmx's headers: page or fragment, decided in one place.

A template for `render_panel` defines a partial named `panel`, which stands inside its page. Plain browsers get the
page; htmx gets the panel of the same template with the same context.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from onboarding.branding import brand


class HtmxHttpRequest(HttpRequest):
    htmx: HtmxDetails


def wants_fragment(http: HtmxHttpRequest) -> bool:
    return bool(http.htmx) and not http.htmx.history_restore_request


def is_for_fragment(http: HtmxHttpRequest, target: str) -> bool:
    """Tell whether htmx will put the answer into this element, and not into the page's panel."""
    return bool(http.htmx) and http.htmx.target == target


def render_panel(
    http: HtmxHttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """Answer with the whole page, or with its panel when htmx will put that into the page it has."""
    if wants_fragment(http):
        heading = format_html("<title>{} – {}</title>", context["title"], brand.current().name)
        panel = render_to_string(f"{template}#panel", dict(context), http)
        response = HttpResponse(heading + panel, status=status)
        if http.method == "GET":
            response["HX-Push-Url"] = http.get_full_path()
    else:
        response = render(http, template, dict(context), status=status)
    return personal(response)


def render_fragment(http: HtmxHttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """Answer with one fragment that leaves the address bar alone: a poll, a live search."""
    return personal(render(http, template, dict(context)))


def leave_for(http: HttpRequest, url: str) -> HttpResponse:
    """Lead the whole page elsewhere, also when htmx asked for a part of it."""
    if getattr(http, "htmx", None):
        return HttpResponseClientRedirect(url)
    return redirect(url)


def unchanged() -> HttpResponse:
    """Tell htmx to leave the page as it is."""
    return personal(HttpResponse(status=204))


def personal(response: HttpResponse) -> HttpResponse:
    """Keep caches from storing somebody's page, or mixing up page and fragment."""
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    response["Cache-Control"] = "no-store"
    return response
