"""The switch at the foot of every page: it leads back to the same page, in the language that was chosen."""

from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_http_methods

from onboarding.access.browsers import requests_of
from onboarding.intake.language import set_language
from onboarding.lib.languages import PARAMETER, is_spoken, keep
from onboarding.lib.safe_links import page_before
from onboarding.portal.htmx import HtmxHttpRequest, personal

from .guards import limited, own_pages_or_token

# These speak the language of their link, so the choice has to stand in their address.
LINKS = frozenset({"onboarding:begin", "onboarding:continue", "onboarding:owner_step"})


@own_pages_or_token
@require_http_methods(["GET", "HEAD", "POST"])
@limited("language")
def choose(http: HtmxHttpRequest) -> HttpResponse:
    """Keep a choice, for pages and for mails; a GET, as after an error page, only leads back to the start."""
    language = http.POST.get(PARAMETER, "")
    if not is_spoken(language):
        return redirect("onboarding:start")
    set_language(requests_of(http), language)
    return personal(keep(redirect(_back(http, language)), language))


def _back(http: HtmxHttpRequest, language: str) -> str:
    """Return the page that was looked at, as the browser tells it: htmx changes pages without their footer."""
    page = page_before(http)
    if not page:
        return reverse("onboarding:start")
    parts = urlsplit(page)
    if not _is_link(parts.path):
        return page
    query = QueryDict(parts.query, mutable=True)
    query[PARAMETER] = language
    return parts._replace(query=query.urlencode()).geturl()


def _is_link(path: str) -> bool:
    try:
        return resolve(path).view_name in LINKS
    except Resolver404:
        return False
