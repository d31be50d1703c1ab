"""`python manage.py entry_link --type EV --manufacturer Audi --answer vin=...`: print a signed link for a customer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.catalogue import catalogue
from onboarding.intake import entry_links
from onboarding.intake.entry_link_form import EntryLinkForm

NAMES = ("type", "manufacturer", "own_reference", "contact_email", "language", "return_address")


class Command(BaseCommand):
    help = "Prints a link that fills in answers for a customer; docs/entry-links.md says what it may carry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in NAMES:
            parser.add_argument(f"--{name.replace('_', '-')}", default="")
        parser.add_argument("--answer", action="append", default=[], metavar="NAME=VALUE", help="may be repeated")
        parser.add_argument("--tenant", default="", dest="tenant_id", metavar="UUID")
        parser.add_argument("--collective", default="", dest="collective_id", metavar="UUID")
        parser.add_argument("--owner", default="", dest="owner_id", metavar="UUID")
        parser.add_argument(
            "--days", type=int, default=entry_links.DAYS, help="how long it holds; %(default)s unless told"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        said = {name: options[name] for name in (*NAMES, "tenant_id", "collective_id", "owner_id", "days")}
        try:
            form = EntryLinkForm(said | {"answers": "\n".join(options["answer"])}, catalogue=catalogue.load())
        except catalogue.CatalogueMissing as problem:
            raise CommandError("There is no list of devices yet. Run refresh_catalogue first.") from problem
        if not form.is_valid():
            problems = [f"{name}: {message}" for name, messages in form.errors.items() for message in messages]
            raise CommandError(" ".join(problem.removeprefix("__all__: ") for problem in problems))
        self.stdout.write(form.url())
