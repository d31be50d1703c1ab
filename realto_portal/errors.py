"""Pages for requests that cannot be answered, in the portal's own design."""

import logging
from collections.abc import Callable

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from onboarding.catalogue import CatalogueMissing

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


class UnavailableMiddleware:
    """Turn "not ready right now" into a 503 page that tries again by itself, instead of a crash."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, CatalogueMissing | OperationalError):
            return None
        logger.error("Answered 503: %s", type(exception).__name__)
        response = render(request, "503.html", status=503)
        response["Retry-After"] = str(RETRY_SECONDS)
        if request.method == "GET":
            response["Refresh"] = str(RETRY_SECONDS)
        response["Cache-Control"] = "no-store"
        return response
