"""Short storms, with the real processes. `make chaos` lets long ones rage."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.chaos.storm import Customer, Plan, Portal, rage, wait_until

SENDING = "from onboarding.models import OnboardingRequest as R; print(R.objects.filter(state='sending').count())"
EVENTS = "from onboarding.models import Event; print(list(Event.objects.order_by('pk').values_list('name', flat=True)))"


@pytest.fixture(autouse=True)
def sockets_to_this_machine(socket_enabled: None) -> None:
    """Storms talk to their own processes."""


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@contextmanager
def running(folder: Path, plan: Plan) -> Iterator[Portal]:
    portal = Portal(folder, plan)
    portal.prepare()
    try:
        portal.start(plan.workers)
        Customer.insist(lambda: httpx.get(f"{portal.url}/healthz/"))
        yield portal
    finally:
        portal.stop()


class TestStorm:
    def test_loses_and_doubles_nothing(self, tmp_path: Path) -> None:
        plan = Plan(onboardings=40, faults=0.3, kills=5, web_kills=2)
        figures = rage(plan, tmp_path)
        assert figures.is_clean(plan), figures
        assert (figures.kills, figures.reconnected) == (5, 10)
        assert figures.withdrawn >= 8

    def test_that_does_not_come_costs_one_call_each(self, tmp_path: Path) -> None:
        plan = Plan(onboardings=20, faults=0, withdrawals=0, reconnections=0, kills=0, web_kills=0, cuts=0)
        figures = rage(plan, tmp_path)
        assert figures.is_clean(plan), figures
        assert (figures.posts, figures.lookups) == (1.0, 0.0)


class TestRush:
    def test_of_fifty_submits_of_one_draft_sends_one(self, tmp_path: Path, cleanup: ExitStack) -> None:
        with running(tmp_path, Plan(faults=0, workers=2)) as portal:
            customer = Customer(portal.url, 1)
            cleanup.callback(customer.http.close)
            check = customer.go_to("/check/")
            with ThreadPoolExecutor(50) as pool:
                clicks = [pool.submit(customer.send, check.url.path, check, customer.answers(check)) for _ in range(50)]
            assert {click.result().url.path for click in clicks} == {check.url.path.replace("/check/", "/status/")}
            wait_until(lambda: portal.is_done)
            assert portal.calls()["POST"] == 1
            assert portal.count() | {"consented": 1, "duplicated": 0, "lost": 0} == portal.count()


class TestFrozenWorker:
    def test_neither_doubles_nor_overwrites_when_it_wakes(self, tmp_path: Path) -> None:
        """A worker is stopped in the middle of a POST until another has done its work; then it goes on."""
        with running(tmp_path, Plan(faults=0, workers=1, hold=3.0)) as portal:
            Customer(portal.url, 1).connect()
            wait_until(lambda: portal.calls()["POST"] == 1, pause=0.01)
            time.sleep(0.5)  # the platform has it, the worker waits for the answer
            frozen = portal.workers[0]
            os.kill(frozen.pid, signal.SIGSTOP)
            assert portal.manage("shell", "-v0", "-c", SENDING).strip() == "1"
            portal.workers.append(portal.run("manage.py", "worker"))
            wait_until(lambda: portal.is_done)
            os.kill(frozen.pid, signal.SIGCONT)
            time.sleep(3)
            count = portal.count()
            assert (count["duplicated"], count["unresolved"], count["not_connected"]) == (0, 0, 0)
            told = portal.manage("shell", "-v0", "-c", EVENTS)
            assert "attempt-abandoned" in told
            assert told.count("accepted") == 0
            assert told.count("'found'") == 1


class TestStoppedWorker:
    def test_finishes_the_call_that_is_under_way(self, tmp_path: Path) -> None:
        """SIGTERM in the middle of a POST: its outcome is written, and the process is gone within ten seconds."""
        with running(tmp_path, Plan(faults=0, workers=1, hold=3.0)) as portal:
            Customer(portal.url, 1).connect()
            wait_until(lambda: portal.calls()["POST"] == 1, pause=0.01)
            worker, told_at = portal.workers[0], time.monotonic()
            worker.terminate()
            assert worker.wait(timeout=10) == 0
            assert time.monotonic() - told_at > 1, "it did not wait for the call"
            assert "'accepted'" in portal.manage("shell", "-v0", "-c", EVENTS)


class TestDeadWorker:
    def test_leaves_work_that_the_next_one_picks_up_within_two_minutes(self, tmp_path: Path) -> None:
        """Its lease outlasts whatever it may still be asking the platform: here 42 seconds, and 20 in reserve."""
        with running(tmp_path, Plan(faults=0, workers=1, hold=3.0)) as portal:
            Customer(portal.url, 1).connect()
            wait_until(lambda: portal.calls()["POST"] == 1, pause=0.01)
            portal.kill_worker()
            wait_until(lambda: portal.is_done, seconds=120)
            count = portal.count()
            assert (count["unresolved"], count["duplicated"], count["lost"]) == (0, 0, 0)
