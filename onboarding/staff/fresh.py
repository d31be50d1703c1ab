"""Who proved who they are a moment ago; and asking those who did not, before what needs it.

What allauth remembers of a session is the truth here: by what somebody proved who they are, and when.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from onboarding.lib.safe_links import page_before
from onboarding.portal.htmx import leave_for

from .desk import is_desk_address

View = Callable[..., HttpResponse]
# Proves more than that somebody knows a password. A provider asks for a second factor itself.
STRONG = frozenset({"mfa", "socialaccount"})


def is_wanted() -> bool:
    """Fresh proofs are asked for where a second factor is: everywhere but on one's own machine."""
    return bool(settings.STAFF_SECOND_FACTOR)


def proofs_of(request: HttpRequest, user: Any = None) -> list[dict[str, Any]]:
    """Return by what and when somebody proved who they are in this session, the latest last."""
    return list(get_authentication_records(request, user or request.user))


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether this session was begun, or gone on with, by more than a password."""
    return any(proof.get("method") in STRONG for proof in proofs_of(request))


def came_by_provider(request: HttpRequest, user: Any) -> bool:
    """Tell whether the company's provider vouched for somebody in this session lately."""
    latest = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return any(
        proof.get("method") == "socialaccount" and proof.get("at", 0) > latest for proof in proofs_of(request, user)
    )


def is_fresh(request: HttpRequest) -> bool:
    """Tell whether somebody proved who they are lately. What was typed on a page that was fresh then still counts."""
    seconds = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT * (2 if request.method == "POST" else 1)
    return any(time.time() - proof.get("at", 0) < seconds for proof in proofs_of(request))


def ask(request: HttpRequest) -> HttpResponse | None:
    """Send somebody whose proof is too old to give another; None when it is fresh enough.

    They come back to the page they were on: the one with the button, if they pressed one.
    """
    if not is_wanted() or is_fresh(request):
        return None
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied
    if request.method == "POST":
        messages.info(request, _("Nothing was done yet: press the button once more."))
    return leave_for(request, with_next(methods[0]["url"], page_of(request)))


def first(view: View) -> View:
    """Ask for a fresh proof before a method of a page of the admin."""

    @wraps(view)
    def asked(page: Any, request: HttpRequest, *args: Any, **more: Any) -> HttpResponse:
        return ask(request) or view(page, request, *args, **more)

    return asked


def page_of(request: HttpRequest) -> str:
    """Return the address of the desk's page on which a button was pressed, or of the one that was asked for."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    parts = urlsplit(page_before(request))
    return parts._replace(scheme="", netloc="").geturl() if is_desk_address(parts.path) else reverse("admin:index")


def with_next(url: str, next_page: str) -> str:
    query = QueryDict(mutable=True)
    query["next"] = next_page
    return f"{url}?{query.urlencode(safe='/')}"
