"""`python manage.py erase SUPPORT-CODE --by NAME --reason WHY`: erase a request, as a customer or staff may ask for."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.lib import folding
from onboarding.privacy import erasure
from onboarding.request.models import OnboardingRequest


class Command(BaseCommand):
    help = "Has a request erased as soon as nothing of it runs. Consent words, hashes and times stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("support_code")
        parser.add_argument("--by", required=True, help="who does it")
        parser.add_argument("--reason", required=True, help="why, e.g. the customer's request of 3 May")

    def handle(self, *args: Any, **options: Any) -> None:
        code = folding.code(options["support_code"])
        request = OnboardingRequest.objects.filter(support_code=code).first()
        if request is None:
            raise CommandError("There is no request with this support code.")
        is_new = erasure.ask(request, erasure.act_of_staff(request, by=options["by"], reason=options["reason"]))
        words = "is erased, now or by a worker once nothing of it runs" if is_new else "was to be erased already"
        self.stdout.write(f"{request.spoken_support_code} {words}.")
