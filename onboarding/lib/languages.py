"""Which language a page is in: the link's that led to it, then the customer's choice, then the browser's, then English.

The last three are Django's `LocaleMiddleware`, with its cookie; here is the first, and how a language is kept.
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.formats import date_format, get_format

# In the address of a link it goes before the language that the link brings along: the switch writes it there.
PARAMETER = "language"


def spoken() -> list[tuple[str, str]]:
    """Return (code, name) of each language that the portal speaks, as a field's choices."""
    return list(settings.LANGUAGES)


def is_spoken(language: str) -> bool:
    return language in dict(spoken())


def to_the_second(at: datetime) -> str:
    """Write a time of day with its seconds, as the language writes times: 14:05:09, 14 h 05 min 09 s."""
    pattern = get_format("TIME_FORMAT")
    return date_format(at, pattern.replace("i", "i:s") if ":" in pattern else pattern + r" \m\i\n s \s")


def follow_link(http: HttpRequest, language: str) -> None:
    """Answer in the language of a link, unless its address names another one."""
    wanted = (http.GET.get(PARAMETER, ""), language)
    if found := next(filter(is_spoken, wanted), ""):
        translation.activate(found)


def keep(response: HttpResponse, language: str) -> HttpResponse:
    """Let this browser's next pages speak a language."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response
