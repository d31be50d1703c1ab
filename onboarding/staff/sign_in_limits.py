"""The one place that is asked before a password or a code of a colleague is checked, and told how it went.

`LIMITS` says how often a name may fail from one address, an address with any name, and a name from anywhere: the last
far more often, so that no stranger locks an administrator out.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from onboarding import rate_limits
from onboarding.models import StaffSignIn

from . import record
from .record import Outcome

LIMIT = "sign-in"
LOCK_LASTS = timedelta(minutes=15)


def check(request: HttpRequest, name: str) -> None:
    """Take one of the tries that are left.

    Raises: ValidationError that says when to try again.
    """
    verdict = rate_limits.hit(LIMIT, address=rate_limits.address_of(request), subject=canonical(name))
    if verdict.is_over:
        note_lock(request, name)
        until = datetime.fromtimestamp(verdict.ends_at, tz=UTC)
        at = date_format(timezone.localtime(until), "TIME_FORMAT")
        raise ValidationError(_("Too many tries. Try again at %(time)s.") % {"time": at}, code="locked")


def passed(request: HttpRequest, name: str) -> None:
    """Give the try back: only failures count."""
    rate_limits.give_back(LIMIT, address=rate_limits.address_of(request), subject=canonical(name))


def failed(request: HttpRequest, name: str, outcome: StaffSignIn.Outcome = Outcome.FAILED, **more: Any) -> None:
    """Put a failure on the record; it was counted beforehand."""
    record.note(request, outcome, name=name, **more)


def canonical(name: str) -> str:
    return name.strip().casefold()


def note_lock(request: HttpRequest, name: str) -> None:
    """Put it on the record when it begins; what comes while it lasts would only fill the table."""
    user = record.find_named(name)
    known = user.get_username() if user else record.masked(name)
    recent = StaffSignIn.objects.filter(outcome=Outcome.LOCKED, name=known, at__gt=timezone.now() - LOCK_LASTS)
    if not recent.exists():
        record.note(request, Outcome.LOCKED, name=name)
