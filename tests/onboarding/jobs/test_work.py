"""How a worker hands out what is due: to threads that are free, each kind of work in its turn."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.tasks import default_task_backend
from django.utils import timezone
from pytest_django import Settings

from onboarding.jobs.crew import Crew
from onboarding.jobs.news import News
from onboarding.jobs.work import Work, hand_out, hand_out_until_told
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


class NoNews(News):
    """Of a database that nobody asks."""

    def look(self) -> None:
        pass

    def write_quietly(self, write: Callable[[], object]) -> None:
        pass


class Held:
    """A job that goes on until it is let go."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.end = threading.Event()

    def do(self, token: str) -> None:
        self.begun.append(token)
        self.end.wait(10)


def run(works: list[Work], crew: Crew) -> None:
    """Be the main thread of a worker, and leave no connection behind."""
    try:
        hand_out_until_told(works, crew, NoNews())
    finally:
        connection.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.01)


class TestWork:
    def test_is_claimed_only_for_a_thread_that_is_free(self, crew: Crew) -> None:
        held, claims = Held(), tokens("a", "b", "c")
        for _number in range(2):
            crew.start("requests")
        works = [Work("held", held.do, claim=claims, lane="requests")]
        assert [hand_out(works, crew) for _round in range(3)] == [True, True, False]
        wait_until(lambda: sorted(held.begun) == ["a", "b"])
        held.end.set()
        wait_until(lambda: crew.has_room("requests"))
        assert claims() == "c"

    def test_of_all_kinds_has_its_turn_with_one_thread(self, crew: Crew) -> None:
        done: list[str] = []
        kinds = [
            Work(kind, done.append, claim=tokens(*(f"{kind}{n}" for n in range(50))), lane="requests") for kind in "abc"
        ]
        crew.start("requests")
        ends_at = time.monotonic() + 10
        while len(done) < 9 and time.monotonic() < ends_at:
            hand_out(kinds, crew)
        assert sorted(done[:9]) == ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"]

    def test_in_a_lane_of_its_own_holds_up_no_other(self, crew: Crew) -> None:
        slow, quick = Held(), list[str]()
        crew.start("requests")
        crew.start("webhooks")
        works = [
            Work("slow", slow.do, claim=tokens("w1", "w2"), lane="webhooks"),
            Work("quick", quick.append, claim=tokens("a", "b"), lane="requests"),
        ]
        hand_out(works, crew)
        wait_until(lambda: quick == ["a"] and crew.has_room("requests"))
        hand_out(works, crew)
        wait_until(lambda: quick == ["a", "b"])
        assert slow.begun == ["w1"]
        slow.end.set()

    def test_is_looked_for_again_at_once_while_there_is_some(self) -> None:
        done: list[str] = []
        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        works = [Work("rare", done.append, claim=tokens("a", "b", "", "c"), every=3600, lane="requests")]
        assert [hand_out(works, crew) for _round in range(5)] == [True, True, False, False, False]
        assert done == ["a", "b"]

    def test_by_the_clock_comes_once_each_time(self) -> None:
        done: list[bool] = []
        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        works = [Work("hourly", lambda: done.append(True), every=3600, lane="requests")]
        assert [hand_out(works, crew) for _round in range(2)] == [False, False]  # nothing more to claim because of it
        assert done == [True]

    def test_is_not_begun_once_the_worker_is_to_stop(self, stop: threading.Event) -> None:
        done: list[str] = []
        crew = Crew(stop, longest=lambda: 60.0, on_lost=lambda _count: None)
        works = [
            Work("last", lambda _token: stop.set(), claim=tokens("a"), lane="requests"),
            Work("more", done.append, claim=tokens("b"), lane="requests"),
        ]
        assert hand_out(works, crew)
        assert done == []

    def test_that_went_wrong_rests_for_a_while(self) -> None:
        tried: list[str] = []

        def fail(token: str) -> None:
            tried.append(token)
            raise OperationalError

        crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
        works = [Work("fail", fail, claim=tokens("a", "b", "c"), lane="requests")]
        for _round in range(3):
            hand_out(works, crew)
        assert tried == ["a"]

    def test_goes_on_when_nobody_can_be_told_of_a_lost_thread(self, stop: threading.Event) -> None:
        told: list[int] = []

        def tell(count: int) -> None:
            told.append(count)
            if len(told) == 1:
                raise OperationalError

        crew = Crew(stop, longest=lambda: 60.0, on_lost=tell)
        dead = crew.start("requests")
        dead.retire()
        dead.join(10)
        main = threading.Thread(target=run, args=([], crew))
        main.start()
        wait_until(lambda: len(told) == 2)
        stop.set()
        main.join(10)
        crew.finish(10)
        assert told == [1, 1]

    def test_that_is_done_makes_room_at_once(self, crew: Crew, stop: threading.Event) -> None:
        """A hundred short jobs take far less than a look every fifth of a second would."""
        done: list[str] = []
        crew.start("requests")
        works = [Work("short", done.append, claim=tokens(*map(str, range(100))), lane="requests")]
        main = threading.Thread(target=run, args=(works, crew))
        main.start()
        wait_until(lambda: len(done) == 100)
        stop.set()
        main.join(10)
        assert done == [*map(str, range(100))]


class TestLooking:
    """Costs something, so it is done when something was written, or when a row is due by the clock."""

    @pytest.fixture
    def looked(self) -> list[str]:
        return []

    def work(self, looked: list[str], *, due_in: float | None) -> Work:
        def claim() -> str:
            looked.append("")
            return ""

        due_at = None if due_in is None else timezone.now() + timedelta(seconds=due_in)
        return Work("rows", print, claim=claim, next_due=lambda: due_at, every=0, lane="requests")

    def test_is_left_alone_while_there_is_no_news(self, looked: list[str]) -> None:
        rows = self.work(looked, due_in=60)
        for news in (1, 1, 1, 2, 2):
            assert rows.take(news) is None
        assert len(looked) == 2

    def test_is_done_again_when_a_row_is_due(self, looked: list[str]) -> None:
        rows = self.work(looked, due_in=0.1)
        assert [rows.take(1) for _round in range(5)] == [None] * 5
        assert len(looked) == 1
        time.sleep(0.15)
        assert rows.take(1) is None
        assert len(looked) == 2

    @pytest.mark.parametrize("due_in", [None, 3600])
    def test_is_done_within_seconds_in_any_case(
        self, looked: list[str], monkeypatch: pytest.MonkeyPatch, due_in: float | None
    ) -> None:
        monkeypatch.setattr("onboarding.jobs.work.PATIENCE_SECONDS", 0.1)
        rows = self.work(looked, due_in=due_in)
        assert rows.take(1) is rows.take(1) is None
        assert len(looked) == 1
        time.sleep(0.15)
        assert rows.take(1) is None
        assert len(looked) == 2

    def test_goes_on_at_once_while_a_row_is_held_by_another(self, looked: list[str]) -> None:
        rows = self.work(looked, due_in=-1)
        assert [rows.take(1) for _round in range(3)] == [None] * 3
        assert len(looked) == 3


class TestLanes:
    """However long a mail server, a receiver, a bulk job or a chore takes: requests have threads of their own."""

    def test_are_those_of_one_kind_each(self, crew: Crew) -> None:
        worker.start_threads(crew, 4)
        threads = Counter(runner.lane for runner in crew.runners)
        others = dict.fromkeys(("pushes", "bulk", "webhooks", "devices", "chores"), 1)
        assert threads == {"requests": 4, "mails": 2} | others
        lanes = {work.name: work.lane for work in worker.works(is_queueing=False)}
        claimed = {"advance": "requests", "run_bulk": "bulk", "run_campaign": "bulk", "deliver": "webhooks"}
        claimed |= {"look_at_devices": "devices"}
        claimed |= {"send_mail": "mails", "send_push": "pushes"}  # nobody's way out may be open to push services
        assert {name: lane for name, lane in lanes.items() if lane != "chores"} == claimed

    def test_have_a_thread_each_at_least(self, crew: Crew) -> None:
        worker.start_threads(crew, 1)
        lanes = sorted(runner.lane for runner in crew.runners)
        assert lanes == ["bulk", "chores", "devices", "mails", "pushes", "requests", "webhooks"]

    def test_cannot_be_fewer_than_none(self, crew: Crew) -> None:
        with pytest.raises(CommandError, match="WORKER_THREADS"):
            worker.start_threads(crew, -1)


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
