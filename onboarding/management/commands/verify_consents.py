"""`python manage.py verify_consents`: hash all consent records anew and compare."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.models import Consent


class Command(BaseCommand):
    help = "Checks that no consent record was changed or removed since it was stored."

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
        if broken:
            raise CommandError(f"{broken} of {checked} consent records are not what was stored.")
        self.stdout.write(f"{checked} consent records are as they were stored; identifiers erased in {erased}.")
