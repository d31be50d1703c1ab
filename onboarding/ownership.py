"""Whose request is it: customers own what their browser started, or holds by a link. Others get a 404."""

import hashlib
import secrets

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from .models import Holder, OnboardingRequest

SESSION_KEY = "browser"


def browser_of(http: HttpRequest) -> str:
    """Return the stored form of this browser's key, empty when it has none yet. Changes nothing."""
    key = http.session.get(SESSION_KEY, "")
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


def remember_browser(http: HttpRequest) -> str:
    """Give this browser a key of its own, unless it has one, and return its stored form."""
    if not http.session.get(SESSION_KEY):
        http.session[SESSION_KEY] = secrets.token_urlsafe(32)
    return browser_of(http)


def forget_browser(http: HttpRequest) -> None:
    """Take the key back that this browser was given a moment ago, for nothing."""
    http.session.pop(SESSION_KEY, None)


def requests_of(http: HttpRequest) -> QuerySet[OnboardingRequest]:
    browser = browser_of(http)
    if not browser:
        return OnboardingRequest.objects.none()
    held = Holder.objects.filter(browser=browser).values("request")
    return OnboardingRequest.objects.filter(Q(browser=browser) | Q(pk__in=held))


def get_mine(http: HttpRequest, reference: str) -> OnboardingRequest:
    """Return this browser's request.

    Raises: Http404, the same for an unknown reference and for somebody else's.
    """
    request = requests_of(http).filter(reference=reference).first()
    if request is None:
        raise Http404
    return request
