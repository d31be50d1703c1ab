"""Every part of `make bench` runs, at its smallest: how fast anything is, is for `make bench` to say.

The first visit of a browser is tried in tests/journeys/test_weight.py.
"""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client, override_settings

from benchmarks import desk, growth, idle, load, makers, memory, pages, sqlite_writes, upstream_calls, workers
from benchmarks.running import Running, running
from onboarding.catalogue import refresh
from onboarding.models import OnboardingRequest
from tests.journeys.portal import ROOT

from .plans import filled

TRIED = (desk, growth, idle, load, makers, memory, pages, sqlite_writes, upstream_calls, workers)
SMALLEST = (
    *((pages, name, 1) for name in ("ROUNDS", "REQUESTS", "WARM_UP")),
    *((idle, "SECONDS", 0.1), (sqlite_writes, "CUSTOMERS", 2)),
    *((load, "PAGES", 3), (load, "PER_SECOND", 2)),
    *((makers, "WARM_UP", 0), (makers, "ASKED", 2)),
    *((memory, "CUSTOMERS_PER_SECOND", 2), (memory, "SECONDS", 1)),
    *((workers, "CUSTOMERS_PER_SECOND", 2), (workers, "SECONDS", 1)),
    *((workers, "COUNTS", (1,)), (workers, "BACKLOG", 4), (workers, "PROMPT", 1)),
    *((growth, "CALLS", 1), (upstream_calls, "COUNTS", (10,))),
)
FEW_REQUESTS, FEW_MAKERS = 200, 5


@pytest.fixture(autouse=True)
def smallest(monkeypatch: pytest.MonkeyPatch) -> None:
    for part, name, value in SMALLEST:
        monkeypatch.setattr(part, name, value)


@pytest.fixture
def portal() -> Iterator[Running]:
    with running(LOG_LEVEL="INFO", REALTO_MAX_CALLS_PER_SECOND="0", SANDBOX_STEP_SECONDS="0.1") as portal:
        portal.serve()
        portal.work()
        yield portal


class TestMakefile:
    def test_has_no_part_that_is_not_tried(self) -> None:
        listed = re.findall(r"BENCHES := (.*)", (ROOT / "Makefile").read_text())
        parts = set(re.findall(r"(?<![-\w])[a-z_]+", " ".join(listed)))  # and no options
        assert parts == {part.__name__.rpartition(".")[2] for part in TRIED} | {"first_visit"}


class TestWithRealProcesses:
    # One test: the processes are what it costs, and they are the same for all.
    def test_every_part_runs(self, portal: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        site = pages.Site(portal.url, portal.pid_of("web"))
        with site.http, pages.peers(tmp_path) as others:
            pages.report(pages.measured(pages.our_pages(site) | pages.peers_pages(others)))
        idle.measure(dict(portal.processes), portal.database_url)
        assert set(sqlite_writes.store(portal.url, 2, sqlite_writes.Waits())) == {302}
        load.open_pages(portal, 1)
        load.customers(portal, 1)
        few, many = makers.Shop(portal, FEW_MAKERS), makers.Shop(portal, FEW_MAKERS + 1)
        asyncio.run(makers.measure(few, many))
        makers.report(few, many)
        self.let_workers_work(portal)
        memory.serving_customers(portal)
        memory.serving_one_word(portal)
        memory.start_worker(portal)
        printed = capsys.readouterr().out
        assert "customers a second" in printed
        assert "1 workers" in printed

    def let_workers_work(self, portal: Running) -> None:
        portal.stop("worker")
        workers.move_platform(portal)
        workers.is_prompt(portal)
        workers.grows(portal, "following")


@pytest.mark.django_db(transaction=True)
class TestInOneProcess:
    @pytest.fixture
    def staff(self) -> Iterator[Client]:
        with filled(FEW_REQUESTS), override_settings(RETENTION_DAYS=growth.DAYS):
            refresh.refresh_catalogue()
            staff = Client(SERVER_NAME="localhost")
            staff.force_login(User.objects.create_superuser("bench"))
            yield staff

    def test_the_desk_and_growth_run(self, staff: Client) -> None:
        rows = list(OnboardingRequest.objects.order_by("reference"))
        for title, urls in (desk.pages(rows) | desk.searches(rows)).items():
            assert urls, title
        assert desk.measure(staff, desk.FIRST, ["/admin/"]).queries <= desk.MOST_QUERIES_THERE
        growth.keep_few_open()
        growth.keep_few_devices_waiting()
        growth.keep_few_recent()
        growth.keeper_is_done()
        place = growth.Place(FEW_REQUESTS, connections["default"])
        place.asks = dict(growth.all_asks())
        for name in place.asks:
            place.measure(name)
        assert not growth.report([place, place])

    def test_the_calls_of_an_hour_are_counted(self) -> None:
        assert 0 < upstream_calls.calls_per_minute(10, tabs=0) <= upstream_calls.calls_per_minute(10, tabs=1)
