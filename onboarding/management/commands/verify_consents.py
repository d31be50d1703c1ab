"""`python manage.py verify_consents`: hash all consent records anew and compare; look for those that are missing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef, QuerySet

from onboarding.consent.models import Consent
from onboarding.request.models import OnboardingRequest

ENDS = (
    *(Consent.Kind.WITHDRAWN, Consent.Kind.EXPIRED, Consent.Kind.ELSEWHERE),
    *(Consent.Kind.TIMED_OUT, Consent.Kind.REPLACED),
)
BEGINNINGS = (Consent.Kind.GIVEN, Consent.Kind.CONTINUED)


class Command(BaseCommand):
    help = "Checks that no consent record was changed since it was stored, and that none is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        newest: dict[int, str] = {}
        checked = erased = broken = 0
        for record in Consent.objects.order_by("pk").iterator():
            problems = record.problems()
            if record.previous_sha256 != newest.get(record.request_id, ""):
                problems.append("the record before it")
            newest[record.request_id] = record.record_sha256
            checked, erased, broken = checked + 1, erased + bool(record.erased_at), broken + bool(problems)
            if problems:
                self.stderr.write(f"{record.record_id}: {', '.join(problems)} changed")
        for request in incomplete():
            broken += 1
            self.stderr.write(f"{request.spoken_support_code}: a record is missing")
        if broken:
            raise CommandError(f"{broken} problems in {checked} consent records: they are not what was stored.")
        self.stdout.write(f"{checked} consent records are as they were stored; identifiers erased in {erased}.")


def incomplete() -> QuerySet[OnboardingRequest]:
    """Find requests that were consented to, or withdrawn, without a record of it."""
    records = Consent.objects.filter(request=OuterRef("pk"))
    consented = OnboardingRequest.objects.exclude(consented_at=None)
    without = consented.filter(~Exists(records.filter(kind__in=BEGINNINGS)))
    without_end = consented.exclude(withdrawn_at=None).filter(~Exists(records.filter(kind__in=ENDS)))
    return without | without_end
