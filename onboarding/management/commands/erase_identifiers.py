"""`python manage.py erase_identifiers SUPPORT-CODE --by NAME --reason WHY`: forget whose device it was."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.consent import records
from onboarding.lib import folding
from onboarding.request.lifecycle import IllegalMove
from onboarding.request.models import OnboardingRequest


class Command(BaseCommand):
    help = "Erases the identifiers of a request that is over. Consent words, hashes and times stay."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("support_code")
        parser.add_argument("--by", required=True, help="who does it")
        parser.add_argument("--reason", required=True, help="why, e.g. the customer's request of 3 May")

    def handle(self, *args: Any, **options: Any) -> None:
        code = folding.code(options["support_code"])
        request = OnboardingRequest.objects.filter(support_code=code).first()
        if request is None:
            raise CommandError("There is no request with this support code.")
        try:
            records.erase_identifiers(request, by=options["by"], reason=options["reason"])
        except IllegalMove as problem:
            raise CommandError(f"This request is not over: {problem}. Withdraw it first.") from problem
        self.stdout.write(f"The identifiers of {request.spoken_support_code} are erased.")
