"""How a worker hands out what is due: to threads that are free, each kind of work in its turn."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.tasks import default_task_backend
from pytest_django import Settings

from onboarding.jobs.crew import Crew
from onboarding.jobs.work import Work, hand_out, hand_out_until
from onboarding.management.commands import worker
from onboarding.models import OnboardingRequest
from tests.customers import Customer
from tests.racing import shared_database


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    stop = threading.Event()
    yield stop
    stop.set()


@pytest.fixture
def crew(stop: threading.Event) -> Iterator[Crew]:
    crew = Crew(stop, longest=lambda: 60.0, on_lost=lambda _count: None)
    yield crew
    crew.finish(10)


def tokens(*given: str) -> Callable[[], str]:
    """Be a claim that gives these, and then nothing."""
    left = iter(given)
    return lambda: next(left, "")


class Held:
    """A job that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.end = threading.Event()

    def do(self, token: str) -> None:
        self.begun.append(token)
        self.end.wait(10)


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


class TestWork:
    def test_is_claimed_only_for_a_thread_that_is_free(self, crew: Crew) -> None:
        held, claims = Held(), tokens("a", "b", "c")
        for _number in range(2):
            crew.start()
        works = [Work("held", held.do, claim=claims)]
        assert [hand_out(works, crew) for _round in range(3)] == [True, True, False]
        wait_until(lambda: sorted(held.begun) == ["a", "b"])
        held.end.set()
        wait_until(lambda: crew.has_room("default"))
        assert claims() == "c"

    def test_of_all_kinds_has_its_turn_with_one_thread(self, crew: Crew) -> None:
        done: list[str] = []
        kinds = [Work(kind, done.append, claim=tokens(*(f"{kind}{n}" for n in range(50)))) for kind in "abc"]
        crew.start()
        ends_at = time.monotonic() + 10
        while len(done) < 9 and time.monotonic() < ends_at:
            hand_out(kinds, crew)
        assert sorted(done[:9]) == ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]

    def test_in_a_lane_of_its_own_holds_up_no_other(self, crew: Crew) -> None:
        slow, quick = Held(), list[str]()
        crew.start()
        crew.start("webhooks")
        works = [
            Work("slow", slow.do, claim=tokens("w1", "w2"), lane="webhooks"),
            Work("quick", quick.append, claim=tokens("a", "b")),
        ]
        hand_out(works, crew)
        wait_until(lambda: quick == ["a"] and crew.has_room("default"))
        hand_out(works, crew)
        wait_until(lambda: quick == ["a", "b"])
        assert slow.begun == ["w1"]
        slow.end.set()

    def test_is_looked_for_again_at_once_while_there_is_some(self) -> None:
        done: list[str] = []
        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        works = [Work("rare", done.append, claim=tokens("a", "b", "", "c"), every=3600)]
        assert [hand_out(works, crew) for _round in range(5)] == [True, True, False, False, False]
        assert done == ["a", "b"]

    def test_by_the_clock_comes_once_each_time(self) -> None:
        done: list[bool] = []
        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        works = [Work("hourly", lambda: done.append(True), every=3600)]
        assert [hand_out(works, crew) for _round in range(2)] == [True, False]
        assert done == [True]

    def test_that_is_done_makes_room_at_once(self, crew: Crew, stop: threading.Event) -> None:
        """A hundred short jobs take far less than a look every fifth of a second would."""
        done: list[str] = []
        crew.start()
        works = [Work("short", done.append, claim=tokens(*map(str, range(100))))]
        main = threading.Thread(target=hand_out_until, args=(stop, works, crew))
        main.start()
        wait_until(lambda: len(done) == 100)
        stop.set()
        main.join(10)
        assert done == [*map(str, range(100))]


@pytest.mark.django_db
class TestSeam:
    def test_leaves_what_is_claimed_to_another_engine(self, customer: Customer, settings: Settings) -> None:
        settings.TASKS = {
            "default": settings.TASKS["default"] | {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}
        }
        customer.submit()
        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        hand_out(worker.works(is_queueing=True), crew)
        queued = [result for result in default_task_backend.results if result.task.name == "advance"]
        assert [result.args for result in queued] == [[customer.request.lease]]
        assert customer.request.state == "queued"
        queued[0].task.call(*queued[0].args)
        assert customer.request.state == "following"

    def test_does_everything_itself_without_one(self, customer: Customer) -> None:
        customer.submit()
        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        hand_out(worker.works(is_queueing=True), crew)
        assert customer.request.state == "following"


def run_worker() -> None:
    try:
        call_command("worker", threads=2)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_worker_does_all_that_waits_and_stops_when_told(
    tmp_path: Path, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: list[Callable[[int, None], None]] = []
    monkeypatch.setattr("signal.signal", lambda _name, handler: handlers.append(handler))
    with shared_database(tmp_path):
        customer.submit()
        running = threading.Thread(target=run_worker)
        running.start()
        wait_until(lambda: OnboardingRequest.objects.get().state != "queued")
        handlers[0](15, None)
        running.join(15)
        assert not running.is_alive()
