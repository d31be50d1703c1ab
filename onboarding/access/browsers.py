"""Whose request is it: customers own what their browser started, or holds by a link. Others get a 404.

A browser is known by a key in a signed cookie of its own. It is no session: what staff do at the desk in the same
browser does not touch it, and pages of customers ask no session store.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import connection
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from onboarding.lib import log_context
from onboarding.request.models import OnboardingRequest

from .models import Holder

SALT = "onboarding.browser"
# A device belongs to the browser that connected it, and can be stopped there. Browsers keep no cookie for longer.
KEPT_SECONDS = 400 * 24 * 3600
# Whoever comes back after that keeps it as long again.
RENEWED_SECONDS = 24 * 3600
READ, TO_KEEP = "browser_key", "browser_key_to_keep"


def browser_of(http: HttpRequest) -> str:
    """Return the stored form of this browser's key, empty when it has none yet. Changes nothing."""
    key = _key_of(http)
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


def remember_browser(http: HttpRequest) -> str:
    """Give this browser a key of its own, unless it has one, and return its stored form."""
    if not _key_of(http):
        _keep(http, secrets.token_urlsafe(32))
    return browser_of(http)


def forget_browser(http: HttpRequest) -> None:
    """Take this browser's key away; what it held has to be let go of before."""
    _keep(http, "")


def keep_browser(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Put what became of the key in this request into the answer: the one place that writes the cookie."""

    def middleware(http: HttpRequest) -> HttpResponse:
        response = get_response(http)
        key = getattr(http, TO_KEEP, None)
        if key:
            response.set_cookie(
                settings.BROWSER_COOKIE_NAME,
                TimestampSigner(salt=SALT).sign(key),
                max_age=KEPT_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        elif key is not None:
            response.delete_cookie(settings.BROWSER_COOKIE_NAME, samesite="Lax")
        return response

    return middleware


def requests_of(http: HttpRequest) -> QuerySet[OnboardingRequest]:
    browser = browser_of(http)
    if not browser:
        return OnboardingRequest.objects.none()
    begun = OnboardingRequest.objects.filter(browser=browser).order_by().values("pk")
    held = Holder.objects.filter(browser=browser).values("request")
    return OnboardingRequest.objects.filter(pk__in=begun.union(held))  # an OR would read the whole table


def get_mine(http: HttpRequest, reference: str, *columns: str) -> OnboardingRequest:
    """Return this browser's request, with these columns at once and others when they are asked for; with none, all.

    It is the rule of `requests_of` as SQL, because every page and poll asks it: to compose it anew takes the ORM
    thrice as long as the answer, and to find out anew which column is what as long as the answer.
    Raises: Http404, the same for an unknown reference and for somebody else's.
    """
    browser, mine, found = browser_of(http), _mine(columns), None
    if browser:
        with connection.cursor() as cursor:
            found = cursor.execute(mine.sql, [reference, browser, browser]).fetchone()
    if found is None:
        raise Http404
    request = OnboardingRequest.from_db(connection.alias, mine.names, mine.converted(found))
    log_context.note(request.spoken_support_code)
    return request


@dataclass(frozen=True)
class Mine:
    """How this browser's request is read: `names` are its fields, in the order of the columns."""

    sql: str
    names: list[str]
    converters: dict[int, Any]

    def converted(self, values: Sequence[Any]) -> Sequence[Any]:
        """Return what the database gave as the fields have it."""
        if not self.converters:
            return values
        row = list(values)
        for place, (converters, expression) in self.converters.items():
            for convert in converters:
                row[place] = convert(row[place], expression, connection)
        return row


@cache
def _mine(columns: tuple[str, ...]) -> Mine:
    wanted = {"id", "support_code", *columns}
    fields = [one for one in OnboardingRequest._meta.concrete_fields if not columns or one.attname in wanted]
    table, held = OnboardingRequest._meta.db_table, Holder._meta.db_table
    sql = (
        f"SELECT {', '.join(str(one.column) for one in fields)} FROM {table} WHERE reference = %s"  # noqa: S608
        f" AND (browser = %s OR id IN (SELECT request_id FROM {held} WHERE browser = %s))"
    )
    compiler = OnboardingRequest.objects.all().query.get_compiler(connection=connection)
    converters = compiler.get_converters([one.get_col(table) for one in fields])
    return Mine(sql, [one.attname for one in fields], converters)


def _key_of(http: HttpRequest) -> str:
    if not hasattr(http, READ):
        setattr(http, READ, _read(http))
    return str(getattr(http, READ))


def _read(http: HttpRequest) -> str:
    """Read the cookie; one that is old is written anew, one that is too old or not from us is none."""
    cookie = http.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    if key := _unsigned(cookie, RENEWED_SECONDS, fallback_keys=[]):  # one of an earlier SECRET_KEY is dropped some day
        return key
    if key := _unsigned(cookie, KEPT_SECONDS):
        setattr(http, TO_KEEP, key)
    return key


def _unsigned(cookie: str, seconds: int, *, fallback_keys: list[bytes | str] | None = None) -> str:
    with suppress(BadSignature):
        return TimestampSigner(salt=SALT, fallback_keys=fallback_keys).unsign(cookie, max_age=seconds)
    return ""


def _keep(http: HttpRequest, key: str) -> None:
    setattr(http, READ, key)
    setattr(http, TO_KEEP, key)
