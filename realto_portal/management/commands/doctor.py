"""`python manage.py doctor`: look at settings and services, and say in sentences what must be mended.

Exits with 1 when something must. Changes nothing, sends nothing, prints no secret.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from django.core.management.base import BaseCommand

from realto_portal.doctor import inside, outside
from realto_portal.doctor.findings import Finding, kind_of, trouble

EXAMINATIONS: tuple[Callable[[], Iterator[Finding]], ...] = (
    inside.check_settings,
    inside.check_keys,
    inside.check_proxy,
    inside.check_database,
    inside.check_rate_limits,
    inside.check_static_files,
    inside.check_disk,
    outside.check_platform,
    outside.check_tenant,
    outside.check_mail,
    outside.check_webhooks,
)


class Command(BaseCommand):
    help = "Says of all settings and services whether they are well, and what to do where they are not."
    requires_system_checks = []  # they are a part of it

    def handle(self, *args: Any, **options: Any) -> None:
        ill = 0
        for examine in EXAMINATIONS:
            for finding in findings(examine):
                ill += finding.is_trouble
                self.stdout.write(str(finding))
        if ill:
            self.stdout.write(f"{ill} to be mended.")
            sys.exit(1)
        self.stdout.write("All is well.")


def findings(examine: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Examine one part; an examination that fails is a finding too, and ends none of the others."""
    try:
        yield from examine()
    except Exception as problem:  # noqa: BLE001  whatever it is, the other parts are still worth knowing
        yield trouble(
            examine.__name__.removeprefix("check_").capitalize(), f"It cannot be examined: {kind_of(problem)}."
        )
