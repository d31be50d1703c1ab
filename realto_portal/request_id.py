"""The id of a web request: the proxy's, if there is one and it gave one, else ours. Every line of the log tells it."""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from onboarding.lib import log_context

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class RequestIdMiddleware:
    """Gives a request its id, and the answer too, so that whoever complains can name it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = id_of(request)
        log_context.begin(request_id)
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


def id_of(request: HttpRequest) -> str:
    """Return the id that the proxy gave, or a new one: what comes from elsewhere is anybody's to choose."""
    told = request.META.get("HTTP_X_REQUEST_ID", "") if settings.BEHIND_PROXY else ""
    return told if WELL_FORMED.fullmatch(told) else secrets.token_hex(8)
