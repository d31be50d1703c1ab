"""What stands before a view."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from onboarding.limits import rate_limits
from onboarding.portal import too_many
from onboarding.portal.htmx import HtmxHttpRequest
from onboarding.request import family
from onboarding.request.models import OnboardingRequest

View = Callable[[HtmxHttpRequest], HttpResponse]


def own_pages_or_token(view: View) -> View:
    """Protect against forged forms without a cookie, which a page that only shows something must not set.

    Browsers say from where a form comes; one of our own pages needs no token. Without that word, a token it is.
    """
    protected = csrf_protect(view)

    @wraps(view)
    def guarded(http: HtmxHttpRequest) -> HttpResponse:
        own = {f"{http.scheme}://{http.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
        return view(http) if http.headers.get("Origin") in own else protected(http)

    return csrf_exempt(guarded)


def moved(request: OnboardingRequest, page: str) -> HttpResponse | None:
    """Lead from a request that another one took the place of to the same page of that one."""
    newer = family.present(request)
    return None if newer.pk == request.pk else redirect(f"onboarding:{page}", newer.reference)


def limited[**P, H: HttpRequest](
    name: str | Callable[..., str], *, subject: str = "", only_failures: bool = False
) -> Callable[[Callable[Concatenate[H, P], HttpResponse]], Callable[Concatenate[H, P], HttpResponse]]:
    """Let what a view does by POST happen only as often as `LIMITS[name]` says; `name` may depend on the address.

    `subject`: the part of the address that says what it is about, e.g. "reference". `only_failures`: what leads to
    another page went well, and does not count.
    """

    def guard(view: Callable[Concatenate[H, P], HttpResponse]) -> Callable[Concatenate[H, P], HttpResponse]:
        @wraps(view)
        def guarded(http: H, /, *args: P.args, **parts: P.kwargs) -> HttpResponse:
            if http.method != "POST":
                return view(http, *args, **parts)
            called = name if isinstance(name, str) else name(**parts)
            whose: dict[str, Any] = {"address": rate_limits.address_of(http), "subject": parts.get(subject, "")}
            verdict = rate_limits.hit(called, **whose)
            if verdict.is_over:
                return too_many.page(http, verdict)
            response = view(http, *args, **parts)
            if only_failures and response.status_code == HTTPStatus.FOUND:
                rate_limits.give_back(called, **whose)
            return response

        guarded.limit = name  # type: ignore[attr-defined]
        return guarded

    return guard


def limited_search[**P, H: HttpRequest](
    view: Callable[Concatenate[H, P], HttpResponse],
) -> Callable[Concatenate[H, P], HttpResponse]:
    """Let a search by GET happen only as often as `LIMITS["search"]` says; without words to look for it is none."""

    @wraps(view)
    def guarded(http: H, /, *args: P.args, **parts: P.kwargs) -> HttpResponse:
        if http.GET.get("q", "").strip():
            verdict = rate_limits.hit("search", address=rate_limits.address_of(http))
            if verdict.is_over:
                return too_many.page(http, verdict)
        return view(http, *args, **parts)

    return guarded
