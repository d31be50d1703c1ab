"""What was begun on each day, and what became of it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count
from django.db.models.functions import TruncDate

from onboarding.request.models import OnboardingRequest

from .figure_stages import CONNECTED, FAILED, Wanted, begun, words_of

COUNTED = ("started", "consented", "connected", "failed")


@dataclass(frozen=True)
class Counts:
    """What was begun within a time, and what became of it."""

    started: int = 0
    consented: int = 0
    connected: int = 0
    failed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, name) + getattr(other, name) for name in COUNTED))


def count_days(wanted: Wanted) -> dict[date, Counts]:
    """Count what was begun on each of these days and of as many before."""
    both = Wanted(wanted.before.first, wanted.last)
    rows = (
        OnboardingRequest.objects.filter(begun(both), **words_of(wanted))
        .order_by()
        .values(day=TruncDate("created_at"))
        .annotate(
            started=Count("pk"),
            consented=Count("consented_at"),
            connected=Count("pk", filter=CONNECTED),
            failed=Count("pk", filter=FAILED),
        )
    )
    return {row["day"]: Counts(row["started"], row["consented"], row["connected"], row["failed"]) for row in rows}
