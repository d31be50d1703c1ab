"""`python manage.py refresh_catalogue`: fetch the list of devices from the platform now."""

from typing import Any

from django.core.management.base import BaseCommand

from onboarding.catalogue import refresh


class Command(BaseCommand):
    help = "Fetches what can be connected from the platform; the last good copy stays when that fails."

    def handle(self, *args: Any, **options: Any) -> None:
        fetched = refresh.refresh_catalogue()
        self.stdout.write("The list of devices is fresh." if fetched else "The list of devices could not be fetched.")
