"""The platform's answers as Django responses: JSON, errors in two formats, and what proxies say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse

from sandbox.intake import Problem

# How many seconds an answer takes. Whoever carries the answer removes this header and waits (or gives up).
DELAY_HEADER = "X-Sandbox-Delay"

PROXY_PAGE = "<html><head><title>{status}</title></head><body><h1>{status} {words}</h1></body></html>"
WORDS = {502: "Bad Gateway", 503: "Service Unavailable"}


class AwayResponse(HttpResponse):
    """What a proxy says while the platform is away; in-process it becomes a refused connection."""

    status_code = 503


def errors(status: int, problems: Iterable[Problem], headers: dict[str, str] | None = None) -> JsonResponse:
    """Answer with the documented list of errors; `description` carries the field that is meant, if one is."""
    listed = [{"code": p.code, "description": p.field or None, "message": p.message} for p in problems]
    return JsonResponse({"errors": listed}, status=status, headers=headers)


def error(
    status: int, code: str, message: str, *, field: str = "", headers: dict[str, str] | None = None
) -> JsonResponse:
    return errors(status, [Problem(code, field, message)], headers)


def problem_json(field: str, message: str) -> JsonResponse:
    """Answer 400 in the other format in which the platform may refuse."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": "One or more validation errors occurred.",
        "status": 400,
        "detail": message,
        "errors": {field: [message]},
    }
    return JsonResponse(body, status=400, content_type="application/problem+json")


def unauthorized(message: str) -> JsonResponse:
    return error(401, "Unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


def not_found(what: str) -> JsonResponse:
    return error(404, "NotFound", f"There is no such {what}.")


def not_allowed(methods: Iterable[str]) -> JsonResponse:
    return error(405, "MethodNotAllowed", "This method is not available here.", headers={"Allow": ", ".join(methods)})


def proxy_page(status: int) -> HttpResponse:
    return HttpResponse(PROXY_PAGE.format(status=status, words=WORDS[status]), status=status)


def away() -> HttpResponse:
    return AwayResponse(PROXY_PAGE.format(status=503, words=WORDS[503]))


def delayed(response: HttpResponse, seconds: float) -> HttpResponse:
    if seconds:
        response[DELAY_HEADER] = str(seconds)
    return response


def take_delay(response: HttpResponse) -> float:
    """Remove the delay from an answer and return it, in seconds."""
    seconds = float(response.get(DELAY_HEADER, "0"))
    del response[DELAY_HEADER]
    return seconds
