"""Pages for requests that cannot be answered, in the portal's own design."""

import logging
from collections.abc import Callable
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render

from onboarding.branding import brand
from onboarding.catalogue.catalogue import CatalogueMissing
from onboarding.lib import faults
from onboarding.lib.sealed import CannotOpen
from onboarding.portal.unsent import kept

from .input import is_unstorable

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a good token: without any cookie, what is wrong is not how long the page was open."""
    return render(request, "403_csrf.html", {"has_no_cookie": reason == REASON_NO_CSRF_COOKIE}, status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a crash with the portal's name and support contact on the page, which Django's own view leaves out."""
    return render(request, "500.html", {"brand": brand.last_known()}, status=500)


def _bad_request(request: HttpRequest, problem: Exception) -> HttpResponse:
    """Answer what no column can hold. It should have met a form or a check before: it is logged, and staff are told."""
    logger.error("Answered 400 instead of storing what was sent.", exc_info=problem)
    faults.note("input", type(problem).__name__)
    return render(request, "400.html", status=400)


def _unreadable(request: HttpRequest) -> HttpResponse:
    """Answer a page that needs what does not open, see `onboarding.lib.sealed`: the log names it, staff are told."""
    faults.note("sealed", CannotOpen.__name__)
    return render(request, "unreadable.html", status=500)


def _unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503: a page that is looked at comes again by itself, and what was sent waits on it to be sent again."""
    tries_itself = request.method == "GET"
    context = {"brand": brand.last_known(), "tries_itself": tries_itself} | kept(request)
    response = render(request, "503.html", context, status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    if tries_itself:
        response["Refresh"] = str(RETRY_SECONDS)
    return response


class UnavailableMiddleware:
    """Turn "not ready right now" into a 503 page that tries again by itself, instead of a crash.

    No error page of any kind is kept by a cache: the next try may work, and a 404 may be somebody else's page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            response.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if is_unstorable(exception):
            return _bad_request(request, exception)
        if isinstance(exception, CannotOpen):
            return _unreadable(request)
        if not isinstance(exception, CatalogueMissing | OperationalError | InterfaceError):
            return None
        logger.error("Answered 503: %s %s", type(exception).__name__, exception)
        return _unavailable(request)
