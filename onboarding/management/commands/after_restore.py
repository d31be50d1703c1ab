"""`python manage.py after_restore --since 2026-11-28T03:00`: make a restored backup safe to work on."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from onboarding.delivery import restore
from onboarding.gateway.upstream import NotNow
from onboarding.platform_api.errors import PlatformError


class Command(BaseCommand):
    help = "After a backup was restored, before workers start: nothing is sent twice, and strays are listed for staff."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", required=True, help="when the backup was made, e.g. 2026-11-28T03:00+01:00")

    def handle(self, *args: Any, since: str, **options: Any) -> None:
        made_at = moment(since)
        looked_for = restore.look_before_sending()
        self.stdout.write(f"{looked_for} unsent requests are looked for at the platform before they are sent.")
        try:
            known, strays = restore.list_strays(since=made_at)
        except (PlatformError, NotNow) as problem:
            raise CommandError(
                f"The platform cannot be asked ({type(problem).__name__}). Workers may start; run this again later, "
                "to list what the platform has and this database does not know."
            ) from problem
        self.stdout.write(f"{known} of the platform's are known. {strays} are not: they are listed at the desk.")


def moment(text: str) -> datetime:
    """Read a moment; without a zone it is that of the portal.

    Raises: CommandError.
    """
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError("--since needs a day and a time, e.g. 2026-11-28T03:00+01:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
