"""Whether a portal that grows stays as fast: `bin/with-postgres python -m benchmarks.growth [REQUESTS ...]`.

One database for each number of requests (and as many mails, links, wishes and so on), all on one PostgreSQL. Each page,
claim and sweep is asked of them in turns, round by round. What counts is the processor time of this process and of the
database's own, as the scheduler has it: other work on the machine hardly shows. Requests that are not over, or came to
their end lately, are as many in each: that depends on how many come in a day, not on how many there were. Exits with 1
when a median in the largest is beyond the goal, compared with the smallest; below half a millisecond it is noise.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
if __name__ == "__main__":
    quiet = {"LOG_LEVEL": "ERROR", "EMAIL_URL": "dummymail://", "REALTO_MAX_CALLS_PER_SECOND": "0"}
    os.environ |= {"LOCAL": "true"} | quiet

import django
from django.conf import settings

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from benchmarks import desk, many_others, many_requests
from benchmarks.many_requests import execute
from onboarding.catalogue import availability, refresh
from onboarding.management.commands.worker import works
from onboarding.models import Device, OnboardingRequest
from onboarding.request.work_queues import QUEUES
from onboarding.retention import keeper
from realto_portal.retention_settings import USUAL_DAYS
from tests.customers import GUIDES_VIN, Customer

SIZES, GOAL = (1_000, 10_000, 100_000), 1.3
ROUNDS, CALLS = 4, 5
NOISE_MS = 0.5
STILL_OPEN, DUE, LATELY = 100, 20, 40
BASE = "growth_base"
# So that of everything some has gone and some is next, at any size.
DAYS = dict.fromkeys(USUAL_DAYS, 690)
Ask = Callable[[], object]


@dataclass
class Place:
    """A portal with so many requests: its database, and what is asked of it by name with what each call cost."""

    size: int
    database: BaseDatabaseWrapper
    asks: dict[str, Ask] = field(default_factory=dict)
    costs: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def entered(self) -> Iterator[None]:
        connections["default"] = self.database
        yield

    def spent_ms(self) -> float:
        backend = self.database.connection.info.backend_pid
        of_database = Path(f"/proc/{backend}/schedstat").read_text().split()[0]
        return time.process_time() * 1000 + int(of_database) / 1e6

    def measure(self, name: str) -> None:
        with self.entered():
            self.asks[name]()
            for _call in range(CALLS):
                before = self.spent_ms()
                self.asks[name]()
                self.costs.setdefault(name, []).append(self.spent_ms() - before)

    def median(self, name: str) -> float:
        return statistics.median(self.costs[name])


def database_named(name: str) -> BaseDatabaseWrapper:
    connections.settings["default"]["NAME"] = name
    return connections.create_connection("default")


def make_base() -> None:
    """Migrate once, into a database that the others are copies of."""
    execute(f"CREATE DATABASE {BASE}")
    connections["default"] = database_named(BASE)
    call_command("migrate", verbosity=0)
    refresh.refresh_catalogue()
    User.objects.create_superuser("bench")
    connection.close()


def make_place(size: int, server: BaseDatabaseWrapper) -> Place:
    connections["default"] = server
    execute(f"CREATE DATABASE growth_{size} TEMPLATE {BASE}")
    place = Place(size, database_named(f"growth_{size}"))
    began = time.monotonic()
    with place.entered():
        many_requests.fill(size)
        many_others.fill(size)
        keep_few_open()
        keep_few_devices_waiting()
        keep_few_recent()
        keeper_is_done()
        execute("VACUUM ANALYZE")
        place.asks = dict(all_asks())
    print(f"{size:,} requests, made in {time.monotonic() - began:.0f} s", flush=True)
    return place


def keep_few_open() -> None:
    """Let as many requests be under way as everywhere, and as many of these be due."""
    table = OnboardingRequest._meta.db_table
    is_open = f"NOT {many_requests.IS_OVER}"
    first = f"SELECT id FROM {table} WHERE {is_open} ORDER BY id LIMIT"
    over = "state = 'connected', finished_at = created_at, due_at = NULL, needs_staff = '', trouble = ''"
    execute(f"UPDATE {table} SET {over} WHERE {is_open} AND id NOT IN ({first} {STILL_OPEN})")
    execute(f"UPDATE {table} SET due_at = now() + interval '1 day' WHERE due_at IS NOT NULL")
    due = f"SELECT id FROM {table} WHERE state = 'following' ORDER BY id LIMIT {DUE}"
    execute(f"UPDATE {table} SET due_at = now() - interval '1 minute', needs_staff = '' WHERE id IN ({due})")


def keep_few_devices_waiting() -> None:
    """Let as many connected devices be quiet, be due, and come to their end soon, as everywhere."""
    table = Device._meta.db_table
    first = f"SELECT id FROM {table} WHERE health <> 'ended' ORDER BY id LIMIT"
    execute(f"UPDATE {table} SET health = 'flowing' WHERE health <> 'ended'")
    execute(f"UPDATE {table} SET health = 'quiet' WHERE id IN ({first} {STILL_OPEN})")
    for column in ("due_at", "remind_at"):
        execute(f"UPDATE {table} SET {column} = now() + interval '1 day' WHERE {column} IS NOT NULL")
        execute(f"UPDATE {table} SET {column} = now() - interval '1 minute' WHERE id IN ({first} {DUE})")


def keep_few_recent() -> None:
    """Let as many requests have come to their end within thirty days as everywhere."""
    table = OnboardingRequest._meta.db_table
    recent = f"{many_requests.IS_OVER} AND finished_at > now() - interval '30 days'"
    first = f"SELECT id FROM {table} WHERE {recent} ORDER BY id LIMIT {LATELY}"
    columns = ("created_at", "updated_at", "consented_at", "sent_at", "finished_at", "turn_since")
    moved = ", ".join(f"{column} = {column} - interval '40 days'" for column in columns)
    execute(f"UPDATE {table} SET {moved} WHERE {recent} AND id NOT IN ({first})")


def keeper_is_done() -> None:
    """Be where workers keep up: nothing waits to go."""
    call_command("retention", stdout=io.StringIO())


def all_asks() -> Iterator[tuple[str, Ask]]:
    yield from customers_asks()
    yield from workers_asks()
    yield from desks_asks()


def customers_asks() -> Iterator[tuple[str, Ask]]:
    waiting = Customer(Client(SERVER_NAME="localhost")).submit()
    now = timezone.now()
    followed = {"state": "following", "platform_id": "bench", "action_type": "Redirect", "sent_at": now}
    later = {"due_at": now + timedelta(days=1), "checked_at": now}
    OnboardingRequest.objects.filter(reference=waiting.reference).update(**followed, **later)
    version = waiting.request.shown_version
    panel = f"{waiting.url('status')}panel/?v={version}"
    yield "poll, unchanged", lambda: answered(waiting.client.get(panel, headers={"HX-Request": "true"}), 204)
    yield "status page", lambda: answered(waiting.get("status"))
    yield "first page", lambda: answered(waiting.client.get("/"))
    yield "devices", lambda: answered(waiting.client.get("/devices/"))
    writing = Customer(Client(SERVER_NAME="localhost")).start().choose("EV", "Audi")
    writing.post("identify", vin=GUIDES_VIN)
    for step in ("type", "manufacturer", "identify", "check"):
        yield f"{step} page", lambda step=step: answered(writing.get(step))
    yield "identify answered", lambda: answered(writing.post("identify", vin=GUIDES_VIN), 302)


def workers_asks() -> Iterator[tuple[str, Ask]]:
    for work in works(is_queueing=False):
        if work.claim and work.next_due:
            yield f"{work.name}: claim", lambda claim=work.claim: taken_back(claim)
            yield f"{work.name}: next due", work.next_due
        elif work.name not in {"refresh_if_due", "measure_if_due"}:
            yield work.name, work.do
    yield "availability", availability.measure_manufacturers
    yield "what goes when", lambda: keeper.survey(timezone.now())


def taken_back(claim: Ask) -> None:
    with transaction.atomic():
        claim()
        transaction.set_rollback(True)


def desks_asks() -> Iterator[tuple[str, Ask]]:
    staff = Client(SERVER_NAME="localhost")
    staff.force_login(User.objects.get())
    cars = OnboardingRequest.objects.filter(state="connected", type="EV").order_by("reference")
    row = next(row for row in cars.iterator(chunk_size=10) if "vin" in row.attributes)  # of the oldest it went
    pages = {
        "first page": "/admin/",
        "list": desk.LIST,
        "list, failed": f"{desk.LIST}?state__exact=failed",
        **{f"queue {queue.name}": f"{desk.LIST}?queue={queue.name}" for queue in QUEUES},
        "a request": f"{desk.LIST}{row.pk}/change/",
        "search, support code": f"{desk.LIST}?q={row.support_code}",
        "search, VIN": f"{desk.LIST}?q={row.attributes['vin']}",
        "search, end of a VIN": f"{desk.LIST}?q={row.attributes['vin'][-6:]}",
        "catalogue": "/admin/onboarding/cataloguesnapshot/",
        **{name: f"/admin/onboarding/{name}/" for name in ("invitation", "event", "mail", "webhookdelivery")},
    }
    for title, url in pages.items():
        yield f"desk: {title}", lambda url=url: answered(staff.get(url), 200, 302)


def answered(response: object, *statuses: int) -> None:
    status = response.status_code  # type: ignore[attr-defined]
    assert status in (statuses or (200,)), (response, status)


def report(places: list[Place]) -> bool:
    """Print a table. Tells whether something is beyond the goal."""
    print(f"\n| processor time, ms | {' | '.join(f'{place.size:,}' for place in places)} | ratio |")
    print(f"|---|{'---:|' * (len(places) + 1)}")
    is_over = False
    for name in places[0].asks:
        medians = [place.median(name) for place in places]
        ratio = medians[-1] / medians[0]
        is_beyond = ratio > GOAL and medians[-1] - medians[0] > NOISE_MS
        is_over |= is_beyond
        shown = " | ".join(f"{median:.2f}" for median in medians)
        print(f"| {name} | {shown} | {ratio:.2f}{' OVER' if is_beyond else ''} |")
    return is_over


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requests", type=int, nargs="*", default=SIZES)
    sizes = parser.parse_args().requests
    if connection.vendor != "postgresql":
        sys.exit("This needs PostgreSQL: bin/with-postgres python -m benchmarks.growth")
    server = connections["default"]
    make_base()
    places = [make_place(size, server) for size in sorted(sizes)]
    for _round in range(ROUNDS):
        for name in places[0].asks:
            for place in places:
                place.measure(name)
    if report(places):
        sys.exit(f"More than {GOAL} times as much in the largest as in the smallest.")


if __name__ == "__main__":
    with override_settings(STORAGES=settings.STORAGES | desk.STORAGES, RETENTION_DAYS=DAYS):
        main()
