"""A database with many rows of everything that grows, what the portal asks of it, and how it answers."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks import desk, many_others, many_requests
from onboarding.catalogue import refresh
from onboarding.delivery import sharing
from onboarding.desk.queue_pages import with_queue
from onboarding.management.commands.worker import works
from onboarding.models import Campaign, OnboardingRequest
from onboarding.request import family
from onboarding.request.work_queues import MOST_COUNTED, QUEUES
from onboarding.retention import keeper
from realto_portal.retention_settings import USUAL_DAYS
from tests import pristine
from tests.customers import GUIDES_VIN, Customer

COUNT = 20_000
HURRY = {
    "SANDBOX_STEP_SECONDS": 0.001,
    "REALTO_TIMEOUT_SECONDS": 0.05,
    "REALTO_SETTLE_SECONDS": 0.2,
    "REALTO_MAX_CALLS_PER_SECOND": 0,
    "PUSH_KEY": base64.b64encode(bytes(range(32))).decode(),
    "STORAGES": {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    # So that of everything some is old, as it is where workers keep up.
    "RETENTION_DAYS": dict.fromkeys(USUAL_DAYS, 690),
}
ASKED = ("SELECT", "UPDATE", "DELETE", "WITH")


@dataclass
class Plan:
    """How a statement was answered: which tables it read from end to end, and how many rows in vain, by table."""

    of: str
    sql: str
    read_whole: set[str] = field(default_factory=set)
    in_vain: Counter[str] = field(default_factory=Counter)

    def __repr__(self) -> str:
        return f"{self.of}: {sorted(self.read_whole)} {dict(self.in_vain)} {self.sql[:1500]}"

    def note(self, node: dict[str, Any]) -> None:
        """Take in what one node of the plan did; a page may read as many rows as are counted for it."""
        table, times = node.get("Relation Name", ""), node.get("Actual Loops", 1)
        dropped = times * (node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0))
        read = dropped + times * node.get("Actual Rows", COUNT)
        if node["Node Type"] == "Seq Scan" and read > MOST_COUNTED + 1:
            self.read_whole.add(table)
        self.in_vain[table] += dropped


@contextmanager
def filled(count: int = COUNT) -> Iterator[None]:
    """Fill the database, and bring it back in the end."""
    # Of 20,000 rows the planner would read all for 500 of them.
    few = patch.object(keeper, "BATCH", 20)
    with pristine.kept() as bring_back, override_settings(**HURRY), few:
        try:
            many_requests.fill(count)
            many_others.fill(count)
            yield
        finally:
            tables = [model._meta.db_table for model in (OnboardingRequest, *many_others.OTHERS)]
            many_requests.execute("SET session_replication_role = replica")
            many_requests.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
            many_requests.execute("SET session_replication_role = DEFAULT")
            bring_back()


def plans_of(title: str, do: Callable[[], object]) -> list[Plan]:
    """Do something, and ask how the database goes about what was asked of it."""
    with CaptureQueriesContext(connection) as queries:
        do()
    asked = {query["sql"] for query in queries.captured_queries if query["sql"].startswith(ASKED)}
    return [plan_of(title, sql) for sql in sorted(asked)]


def plan_of(title: str, sql: str) -> Plan:
    options = "ANALYZE, TIMING OFF, FORMAT JSON" if sql.startswith("SELECT") else "FORMAT JSON"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}) {sql}")
        (found,) = cursor.fetchone()
    tree = json.loads(found) if isinstance(found, str) else found
    plan = Plan(title, sql)
    for node in nodes(tree[0]["Plan"]):
        plan.note(node)
    return plan


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from nodes(below)


def customers_way() -> Iterator[tuple[str, Callable[[], object]]]:
    """Go the way of a customer, page by page, and watch it."""
    customer = Customer(Client())
    yield "start", lambda: customer.client.get("/")
    yield "begin", customer.start
    for step, answers in (("type", {"type": "EV"}), ("manufacturer", {"manufacturer": "Audi"})):
        yield f"{step} shown", lambda step=step: customer.get(step)
        yield f"{step} answered", lambda step=step, answers=answers: customer.post(step, **answers)
    yield "identify shown", lambda: customer.get("identify")
    yield "identify answered", lambda: customer.post("identify", vin=GUIDES_VIN)
    yield "check shown", lambda: customer.get("check")
    yield "agreed", customer.consent
    yield "status", lambda: customer.get("status")
    yield "poll", lambda: customer.client.get(f"{customer.url('status')}panel/?v=1", headers={"HX-Request": "true"})
    yield "elsewhere", lambda: customer.get("elsewhere")
    yield "device", lambda: customer.get("device")
    yield "devices", lambda: customer.client.get("/devices/")
    yield "a code that is none", lambda: customer.client.post("/code/", {"code": "ABCD-EFGH"})


def way_of_what_comes_anew() -> Iterator[tuple[str, Callable[[], object]]]:
    """Look for the other requests of a device, as who connects it again or stops it does, and a worker that lets go."""
    row = OnboardingRequest.objects.filter(state="connected").order_by("reference")[0]
    yield "a family", lambda: family.family_of(row.pk)
    yield "what is under way", lambda: family.under_way(row)
    for look in (sharing.is_in_use, sharing.may_come_into_use, sharing.was_let_go):
        yield look.__name__, lambda look=look: look(row, "5f0c2c1e-dddd-4eee-8fff-0123456789ab")


def workers_way() -> Iterator[tuple[str, Callable[[], object]]]:
    """Claim, do and look ahead as a worker does, and do its duties."""
    for work in works(is_queueing=False):
        if work.claim is None:
            yield work.name, work.do
            continue
        yield f"{work.name}, next due", work.next_due or (lambda: None)
        for turn in range(5):
            token: list[str] = []
            yield f"{work.name}, claim {turn}", lambda work=work, token=token: token.append(work.claim())
            if token and token[0]:
                yield f"{work.name}, done {turn}", lambda work=work, token=token: work.do(token[0])
    yield "what goes when", lambda: keeper.survey(timezone.now())


def desks_way() -> Iterator[tuple[str, Callable[[], object]]]:
    """Open the pages of the desk and search it, as `benchmarks.desk` does."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("plans"))
    rows = list(OnboardingRequest.objects.order_by("reference")[: 40 * desk.CALLS])
    searched = {f"search: {title}": f"{desk.LIST}?q={terms[0]}" for title, terms in desk.searches(rows).items()}
    campaign = f"/admin/onboarding/campaign/{Campaign.objects.order_by('-pk')[0].pk}/"
    campaigns = {"a campaign": f"{campaign}change/", "a campaign's answers": f"{campaign}answers.csv"}
    opened = {title: urls[0] for title, urls in desk.pages(rows).items()} | OTHER_PAGES | campaigns
    following = {
        f"next in a queue: {queue.name}": with_queue(f"{desk.LIST}{rows[0].pk}/change/", queue) for queue in QUEUES
    }
    for title, url in (opened | searched | following).items():
        yield title, lambda url=url: client.get(url)
        if client.get(url).status_code not in {200, 302}:
            raise AssertionError(url)


TODAY = timezone.localdate()
MONTH_AGO = TODAY - timedelta(days=30)
OTHER_PAGES = {
    name: f"/admin/onboarding/{name}/"
    for name in (
        *("mail", "wish", "demand", "transaction", "disclosure", "staffsignin", "consent", "webhookdelivery"),
        *("bulkjob", "campaign", "cataloguechange", "ratelimittally", "cataloguesnapshot", "cspreport"),
    )
} | {
    "figures": "/admin/figures/",
    "what a figure counted": f"/admin/onboarding/onboardingrequest/?figure=sent&first={MONTH_AGO}&last={TODAY}",
    "files of invitations": "/admin/onboarding/invitation/file/",
    "what goes when, as a page": "/admin/retention/",
}


def all_plans() -> list[Plan]:
    """Fill a database, and ask it everything."""
    cache.clear()
    with filled():
        refresh.refresh_catalogue()
        ways = (customers_way, way_of_what_comes_anew, desks_way, workers_way)
        return [plan for way in ways for title, do in way() for plan in plans_of(title, do)]
