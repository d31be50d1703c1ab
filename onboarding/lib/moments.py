"""Days and times as people say them beside what happened: "today at 14:03", "on 3 November"; and whole ones."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def full_day(at: datetime) -> str:
    """Name a day with its year, on the clocks of the portal's own time zone, e.g. "3 November 2026"."""
    return date_format(timezone.localtime(at), "DATE_FORMAT")


def short_moment(at: datetime | None) -> str:
    """Write a moment as tables have it; nothing for none."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""


def on_day(at: datetime) -> str:
    """Name a day, with its year unless that is this one, e.g. "3 November"."""
    day, today = timezone.localtime(at), timezone.localtime()
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == today.year else "DATE_FORMAT")


def at_last(at: datetime) -> str:
    """Say when something happened last, as a part of a sentence: with the time of day while that is of interest."""
    moment = timezone.localtime(at)
    days = (timezone.localdate() - moment.date()) / timedelta(days=1)
    time = date_format(moment, "TIME_FORMAT")
    if days < 1:
        return _("today at %(time)s") % {"time": time}
    if days < 2:
        return _("yesterday at %(time)s") % {"time": time}
    return _("on %(date)s") % {"date": on_day(at)}
