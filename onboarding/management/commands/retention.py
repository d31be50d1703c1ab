"""`python manage.py retention [--dry-run]`: let go now of everything whose time is over, or say what that would be."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from onboarding.retention.keeper import let_go
from onboarding.retention.kinds import Kind, kinds


class Command(BaseCommand):
    help = "Lets go of everything whose time is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how much of what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        is_dry = options["dry_run"]
        for kind in kinds():
            term = f"{kind.days} days" if kind.days else "kept"
            count = kind.waiting(timezone.now()).count() if is_dry else self.let_all_go(kind)
            self.stdout.write(f"{kind.name}: {term}, {count} {'would go' if is_dry else 'went'}")

    def let_all_go(self, kind: Kind) -> int:
        total = 0
        while went := let_go(kind):
            total += went
        return total
