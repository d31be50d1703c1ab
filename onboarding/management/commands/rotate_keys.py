"""Seal everything with the first of DATA_KEYS, so that an earlier one can be taken away."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from onboarding.lib.resealing import count_left, reseal, sealed_models
from onboarding.support.rehashing import rehash


class Command(BaseCommand):
    help = (
        "Seals what an earlier key sealed with the first of DATA_KEYS, while web and workers run. It can be stopped "
        "at any time, and goes on where it was. Says how many rows are left: at 0 the earlier key can go."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only count what is left.")
        parser.add_argument(
            "--hashes", action="store_true", help="After a new INDEX_KEY, while web and workers are stopped."
        )

    def handle(self, *args: Any, check: bool, hashes: bool, **options: Any) -> None:
        if hashes:
            self._rehash()
            return
        left = 0
        for model in sealed_models():
            if not check:
                outcome = reseal(model)
                self._say(model, f"{outcome.resealed} sealed anew, {outcome.unreadable} do not open")
            left += (still := count_left(model))
            self._say(model, f"{still} left")
        if left:
            raise CommandError(f"{left} rows need an earlier key. Keep it, and run this again.")
        self.stdout.write("Nothing needs an earlier key any more.")

    def _rehash(self) -> None:
        done, unreadable = rehash()
        self.stdout.write(f"{done} rows are hashed anew.")
        if unreadable:
            raise CommandError(f"{unreadable} rows do not open, and are found by nothing.")

    def _say(self, model: Any, words: str) -> None:
        self.stdout.write(f"{model._meta.db_table}: {words}")
