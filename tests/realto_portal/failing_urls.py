"""The portal's site map, and pages that fail in ways that are hard to bring about."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from realto_portal import urls

SECRET = "a-detail-that-is-nobodys-business"


def break_down(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError(SECRET)


def lose_database(_request: HttpRequest) -> HttpResponse:
    raise OperationalError(SECRET)


def lose_connection(_request: HttpRequest) -> HttpResponse:
    raise InterfaceError(SECRET)


urlpatterns = [
    path("breaks/", break_down),
    path("no-database/", lose_database),
    path("no-connection/", lose_connection),
    *urls.urlpatterns,
]
