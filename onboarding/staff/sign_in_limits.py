"""The one place that is asked before a password or a code of a colleague is checked, and told how it went.

Five failures of a name from one address, or thirty from one address, and it is locked for a while; a name as a whole
only after many more, so that no stranger locks an administrator out. `COUNTER` counts, for all processes.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from onboarding.models import StaffSignIn

from . import record
from .record import Outcome

LOCK_LASTS = timedelta(minutes=15)


class Counter(Protocol):
    """Counts failures. A try is taken beforehand, so that many at the same moment are not more than were left."""

    def locked_until(self, name: str, address: str) -> datetime | None:
        """Take a try; or say until when there are none, for this name from this address."""

    def succeeded(self, name: str, address: str) -> None:
        """Give the tries of this name from this address back."""


class NoCounter:
    def locked_until(self, name: str, address: str) -> datetime | None:
        return None

    def succeeded(self, name: str, address: str) -> None:
        """Nothing was counted."""


COUNTER: Counter = NoCounter()


def check(request: HttpRequest, name: str) -> None:
    """Take one of the tries that are left.

    Raises: ValidationError that says when to try again.
    """
    until = COUNTER.locked_until(canonical(name), record.client_of(request))
    if until is not None:
        note_lock(request, name)
        at = date_format(timezone.localtime(until), "TIME_FORMAT")
        raise ValidationError(_("Too many tries. Try again at %(time)s.") % {"time": at}, code="locked")


def passed(request: HttpRequest, name: str) -> None:
    """Forget the failures before: whoever it is knows the password or has the code."""
    COUNTER.succeeded(canonical(name), record.client_of(request))


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
