"""`python manage.py tombstones > FILE` and `--apply FILE`: make a restored backup forget again."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.privacy.restored import forget_again
from onboarding.privacy.tombstones import Mark, UnreadableLine, marks


class Command(BaseCommand):
    help = "Prints a line for everything that was erased; with --apply, erases what of a file is back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", type=Path, metavar="FILE", help="the lines that were kept elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["apply"] is None:
            for mark in marks():
                self.stdout.write(str(mark))
            return
        try:
            found = [Mark.read(line) for line in options["apply"].read_text().splitlines() if line.strip()]
        except OSError as problem:
            raise CommandError(f"The file cannot be read: {problem}") from problem
        except UnreadableLine as problem:
            raise CommandError(f"Nothing was erased: this is no line of ours: {problem}") from problem
        requests, wishes = forget_again(found)
        self.stdout.write(f"{len(found)} lines: {requests} requests and {wishes} wishes are erased again.")
