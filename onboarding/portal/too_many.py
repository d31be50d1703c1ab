"""What somebody meets who did something too often: when to try again, and nothing lost."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from onboarding.limits.rate_limits import Verdict

from .htmx import HtmxHttpRequest, render_panel
from .unsent import kept


def page(http: HttpRequest, verdict: Verdict, *, keeps_answers: bool = True) -> HttpResponse:
    """Answer 429 with the time from which it works again.

    `keeps_answers`: offer to send once more what was typed; without it, what was typed is typed again.
    """
    context = {"title": _("Please wait a little"), "until": until(verdict)} | kept(http, is_allowed=keeps_answers)
    status = HTTPStatus.TOO_MANY_REQUESTS
    response = render_panel(cast("HtmxHttpRequest", http), "too_many.html", context, status=status)
    response["Retry-After"] = str(verdict.seconds)
    return response


def until(verdict: Verdict) -> str:
    """Say from when on, e.g. "14:05"; with the day, when that is not today."""
    return clock_time(datetime.fromtimestamp(verdict.ends_at, tz=UTC) + timedelta(seconds=59))


def clock_time(moment: datetime) -> str:
    """Write a moment down for customers, with the day when that is not today."""
    at = timezone.localtime(moment)
    is_today = at.date() == timezone.localdate()
    return date_format(at, "TIME_FORMAT" if is_today else "DATETIME_FORMAT")
