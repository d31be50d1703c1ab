"""The support desk with a million requests: `bin/with-postgres python -m benchmarks.desk [ROWS]`.

Fills an empty PostgreSQL, signs a member of staff in, and asks for each page as a browser does, each time for another
request. Fails when a median is over the limit: run it on a machine that does nothing else.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
os.environ.setdefault("LOCAL", "true")

import django
from django.conf import settings

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from benchmarks import many_others, many_requests
from onboarding.models import OnboardingRequest
from onboarding.request.work_queues import QUEUES

CALLS = 25
LIMIT_MS = 150
MOST_QUERIES = 15
# The first page looks at every queue, and at nine signs of how everything is doing.
FIRST, MOST_QUERIES_THERE = "first page", 25
LIST = "/admin/onboarding/onboardingrequest/"
# Without a collected set of static files.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@dataclass(frozen=True)
class Measured:
    title: str
    milliseconds: list[float]
    own: list[float]
    queries: int

    @property
    def is_over(self) -> bool:
        most = MOST_QUERIES_THERE if self.title == FIRST else MOST_QUERIES
        return statistics.median(self.milliseconds) > LIMIT_MS or self.queries > most

    def __str__(self) -> str:
        slowest = sorted(self.milliseconds)[int(len(self.milliseconds) * 0.95)]
        median = statistics.median(self.milliseconds)
        own = statistics.median(self.own)
        over = " OVER" if self.is_over else ""
        return f"| {self.title} | {median:.0f} | {slowest:.0f} | {own:.0f} | {self.queries} |{over}"


def measure(desk: Client, title: str, urls: Iterable[str]) -> Measured:
    taken, own = [], []
    for url in urls:
        began, busy = time.perf_counter(), time.process_time()
        answer = desk.get(url)
        taken.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - busy) * 1000)
        assert answer.status_code in {200, 302}, (url, answer.status_code)
        assert "e=1" not in answer.headers.get("Location", ""), url
    with CaptureQueriesContext(connection) as queries:
        desk.get(url)
    return Measured(title, taken, own, len(queries))


def searches(rows: list[OnboardingRequest]) -> dict[str, list[str]]:
    """Return what to look for, by kind."""
    cars, meters = ([row for row in rows if name in row.attributes][:CALLS] for name in ("vin", "ean"))
    return {
        "support code": [row.spoken_support_code for row in rows[:CALLS]],
        "end of a support code": [row.support_code[-6:] for row in rows[:CALLS]],
        "VIN": [row.attributes["vin"] for row in cars],
        "end of a VIN": [row.attributes["vin"][-6:] for row in cars],
        "EAN in groups": [f"{row.attributes['ean'][:6]} {row.attributes['ean'][6:]}" for row in meters],
        "serial number": [row.attributes["reference"] for row in rows if "reference" in row.attributes][:CALLS],
        "e-mail": [row.contact_email for row in rows if row.contact_email][:CALLS],
        "platform id": [row.platform_id for row in rows if row.platform_id][:CALLS],
        "entity id": [row.entity_id for row in rows if row.entity_id][:CALLS],
        "our reference": [row.reference for row in rows[:CALLS]],
        "the company's reference": [row.own_reference for row in rows if row.own_reference][:CALLS],
        "e-mail and VIN": [f"{row.contact_email} {row.attributes['vin']}" for row in cars],
        "nothing there": [f"nobody{number}@example.org" for number in range(CALLS)],
    }


def pages(rows: list[OnboardingRequest]) -> dict[str, list[str]]:
    return {
        FIRST: ["/admin/"] * CALLS,
        "list": [LIST] * CALLS,
        "list, page 300": [f"{LIST}?p=300"] * CALLS,
        "list, failed": [f"{LIST}?state__exact=failed"] * CALLS,
        "list, too old": [f"{LIST}?needs_staff__exact=too-old"] * CALLS,
        **{f"queue: {queue.title}": [f"{LIST}?queue={queue.name}"] * CALLS for queue in QUEUES},
        "request": [f"{LIST}{row.pk}/change/" for row in rows[:CALLS]],
        "invitations": ["/admin/onboarding/invitation/"] * CALLS,
        "invitations, not opened": ["/admin/onboarding/invitation/?opened=no"] * CALLS,
        "invitations, mine": ["/admin/onboarding/invitation/?by=me"] * CALLS,
        "events": ["/admin/onboarding/event/"] * CALLS,
        **{
            f"{name}s of a request": [f"/admin/onboarding/{name}/?q={row.support_code}" for row in rows[:CALLS]]
            for name in ("event", "mail", "webhookdelivery", "disclosure")
        },
        "mails to an address": [f"/admin/onboarding/mail/?q={row.contact_email}" for row in rows if row.contact_email][
            :CALLS
        ],
        "wishes of an address": [f"/admin/onboarding/wish/?q=nobody{number}@example.org" for number in range(CALLS)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    count = parser.parse_args().rows
    if connection.vendor != "postgresql":
        sys.exit("This needs PostgreSQL: bin/with-postgres python -m benchmarks.desk")
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    many_requests.fill(count)
    many_others.fill_devices()
    many_requests.execute("VACUUM ANALYZE")
    print(f"{count:,} requests, made in {time.monotonic() - began:.0f} s\n")
    desk = Client(SERVER_NAME="localhost")
    desk.force_login(User.objects.create_superuser("bench"))
    rows = list(OnboardingRequest.objects.order_by("reference")[: 40 * CALLS])
    print("| page | median, ms | 95 %, ms | of it our own processor time | queries |\n|---|---:|---:|---:|---:|")
    results = []
    for title, urls in pages(rows).items():
        results.append(measure(desk, title, urls))
        print(results[-1], flush=True)
    for title, terms in searches(rows).items():
        results.append(measure(desk, f"search: {title}", [f"{LIST}?q={term}" for term in terms]))
        print(results[-1], flush=True)
    if any(result.is_over for result in results):
        sys.exit(f"Over {LIMIT_MS} ms, or {MOST_QUERIES} queries ({MOST_QUERIES_THERE} on the first page).")


if __name__ == "__main__":
    with override_settings(STORAGES=settings.STORAGES | STORAGES):
        main()
