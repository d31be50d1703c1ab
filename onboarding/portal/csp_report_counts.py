"""Counting what browsers report. Anybody may send that, so a day has few rows, and none of them counts for ever."""

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from .models import CspReport


def count_reports(reports: Iterable[tuple[str, str]]) -> None:
    """Count reports, as (directive, blocked). What a full day has no row for is not counted."""
    day = timezone.localdate()
    for directive, blocked in reports:
        row = CspReport.objects.filter(day=day, directive=directive, blocked=blocked)
        known = row.values_list("times", flat=True).first()
        if known is None:
            _add(CspReport(day=day, directive=directive, blocked=blocked))
        elif known < CspReport.MOST_TIMES:
            row.update(times=F("times") + 1)


def _add(row: CspReport) -> None:
    """Store a row while the day has room; of two at the same moment one may be lost, and none is too many."""
    row.slot = CspReport.objects.filter(day=row.day).count()
    if row.slot < CspReport.MOST_A_DAY:
        CspReport.objects.bulk_create([row], ignore_conflicts=True)
