"""`python manage.py prepare_local`: what `make run` does before it starts the processes. Safe to repeat."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

DEMO_STAFF = "demo"
DEMO_PASSWORD = settings.DEMO_PASSWORD  # made only while the sandbox is in use, printed on the screen


class Command(BaseCommand):
    help = "Migrates, collects static files, fetches the catalogue, makes the demo staff login, prints the address."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("This is for trying the portal on your own machine: it needs LOCAL=true.")
        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        call_command("refresh_catalogue", stdout=self.stdout)
        self.stdout.write(f"\n  The portal:   {settings.PUBLIC_URL}/")
        self.stdout.write(f"  Support desk: {settings.PUBLIC_URL}/admin/")
        if settings.USES_EMBEDDED_SANDBOX:
            _make_demo_staff()
            self.stdout.write(f"                sign in as {DEMO_STAFF} with {settings.DEMO_PASSWORD}")
            roles = ", ".join(_make_demo_roles())
            self.stdout.write(f"                or, to see what others see, as one of: {roles}")
            self.stdout.write(f"  The sandbox:  {settings.PUBLIC_URL}/sandbox/")
        self.stdout.write("\n  Ctrl-C stops all of it.\n")


def _make_demo_staff() -> None:
    users = get_user_model().objects
    if not users.filter(username=DEMO_STAFF).exists():
        users.create_superuser(DEMO_STAFF, email="", password=settings.DEMO_PASSWORD)


def _make_demo_roles() -> list[str]:
    """Make a login for each group of staff, with the name of the group. Returns the names."""
    users, groups = get_user_model().objects, Group.objects.order_by("pk")
    for group in groups.exclude(name__in=users.values("username")):
        users.create_user(group.name, password=settings.DEMO_PASSWORD, is_staff=True).groups.add(group)
    return [group.name for group in groups]
