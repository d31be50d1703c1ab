"""What browsers send, before anything of ours reads it.

No database column, header or file name of ours holds a NUL, and PostgreSQL takes none: an address with one leads
nowhere, a question with one cannot be answered, and a cookie with one is none of ours. Forms say so by themselves.
"""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse

NUL = "\x00"
# What the databases' drivers say about a value that no column can hold.
UNSTORABLE = ("NUL (0x00)", "too large to convert to SQLite INTEGER", "surrogates not allowed")


class InputMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if NUL in name + value]:
            del request.COOKIES[name]
        if NUL in request.path_info:
            raise Http404
        if any(NUL in text for name, values in request.GET.lists() for text in (name, *values)):
            raise BadRequest("NUL in the query")
        return self.get_response(request)


def is_unstorable(problem: Exception) -> bool:
    """Tell whether an error is that of a value which no column can hold: too long, too large, or no text."""
    if isinstance(problem, DataError):
        return True
    is_about_value = isinstance(problem, ValueError | OverflowError)
    return is_about_value and any(words in str(problem) for words in UNSTORABLE)
