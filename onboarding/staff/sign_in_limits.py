"""The one place that is asked before a password or a code of a colleague is checked, and told how it went.

`LIMITS` says how often a name may fail from one address, an address with any name, and a name from anywhere: the last
far more often, so that no stranger locks an administrator out. Nor does the last one stop whoever is in, or a name
from a network where it got in lately.
"""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.limits import rate_limits
from onboarding.limits.limit_table import SCOPES
from onboarding.portal import too_many

from . import record
from .models import StaffSignIn
from .record import Outcome

LIMIT = "sign-in"
# So long a network is known as one where a name got in.
KNOWN_FOR = timedelta(days=30)
LOCK_LASTS = timedelta(minutes=15)


def check(request: HttpRequest, name: str) -> None:
    """Take one of the tries that are left.

    Raises: ValidationError that says when to try again.
    """
    verdict = rate_limits.hit(LIMIT, **_whose(request, name))
    if verdict.is_over:
        note_lock(request, name)
        words = _("Too many tries. Try again at %(time)s.") % {"time": too_many.until(verdict)}
        raise ValidationError(words, code="locked")


def passed(request: HttpRequest, name: str) -> None:
    """Give the try back: only failures count."""
    rate_limits.give_back(LIMIT, **_whose(request, name))


def failed(request: HttpRequest, name: str, outcome: StaffSignIn.Outcome = Outcome.FAILED, **more: Any) -> None:
    """Put a failure on the record; it was counted beforehand."""
    record.note(request, outcome, name=name, **more)


def canonical(name: str) -> str:
    return name.strip().casefold()


def note_lock(request: HttpRequest, name: str) -> None:
    """Put it on the record when it begins; what comes while it lasts would only fill the table."""
    user = record.find_named(name)
    whose = {"user": user} if user else {"user": None, "address": record.network_of(rate_limits.address_of(request))}
    recent = StaffSignIn.objects.filter(outcome=Outcome.LOCKED, at__gt=timezone.now() - LOCK_LASTS, **whose)
    if not recent.exists():
        record.note(request, Outcome.LOCKED, name=name)


def _whose(request: HttpRequest, name: str) -> dict[str, Any]:
    """Say whose counts a try is: what strangers can fill stops nobody who is in, or got in lately from here."""
    subject, address = canonical(name), rate_limits.address_of(request)
    if request.user.is_authenticated:
        return {"subject": subject, "address": f"signed in: {request.user.pk}", "scopes": ("pair",)}
    scopes = ("pair", "address") if _is_known_here(name, address) else SCOPES
    return {"subject": subject, "address": address, "scopes": scopes}


def _is_known_here(name: str, address: str) -> bool:
    user, network = record.find_named(name.strip()), record.network_of(address)
    if user is None or not network:
        return False
    lines = StaffSignIn.objects.filter(user_id=user.pk, outcome=Outcome.SIGNED_IN, address=network)
    return lines.filter(at__gt=timezone.now() - KNOWN_FOR).exists()
