"""A thread that is lost is noticed, replaced and told to staff."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from onboarding.desk import health
from onboarding.gateway import upstream
from onboarding.jobs.crew import MOST_REPLACED, Crew, Runner
from onboarding.models import PlatformHealth
from tests.racing import shared_database
from tests.security import slow_tasks

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST = 0.5


@pytest.fixture(autouse=True)
def one_database(tmp_path: Path) -> Iterator[None]:
    """Let each thread close what it opened: Django leaves a database in memory open."""
    with shared_database(tmp_path):
        yield


@pytest.fixture
def crew(one_database: None) -> Iterator[Crew]:
    stop = threading.Event()
    crew = Crew(stop, longest=lambda: LONGEST, on_lost=upstream.note_lost_threads)
    slow_tasks.end.clear()
    yield crew
    stop.set()
    slow_tasks.end.set()
    crew.finish(10)
    for thread in threading.enumerate():
        if isinstance(thread, Runner):
            thread.join(10)


def wait_until(is_so: Callable[[], bool], seconds: float = 15) -> None:
    ends_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


def workers_sign() -> str:
    return next(sign.trouble for sign in health.read_signs(timezone.now()) if str(sign.title) == "Workers")


class TestCrew:
    def test_replaces_a_thread_that_hangs_and_says_where(
        self, crew: Crew, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        hung = crew.start("requests")
        crew.give("slow_tasks.hang", slow_tasks.hang, "requests")
        wait_until(lambda: hung.busy_seconds > LONGEST)
        assert crew.look_after() == 1
        assert "slow_tasks.hang, for " in caplog.text
        assert "end.wait(20)" in caplog.text
        crew.give("note", (tmp_path / "note").touch, "requests")
        wait_until((tmp_path / "note").exists)
        assert hung.is_alive()
        assert crew.look_after() == 0
        assert workers_sign() == "A thread hung or died and was replaced; 1 so far."

    def test_lets_the_lost_one_end_after_its_task(self, crew: Crew) -> None:
        hung = crew.start("requests")
        crew.give("slow_tasks.hang", slow_tasks.hang, "requests")
        wait_until(lambda: hung.busy_seconds > LONGEST)
        crew.look_after()
        slow_tasks.end.set()
        hung.join(10)
        assert not hung.is_alive()
        assert len(crew.runners) == 1

    def test_replaces_a_thread_that_died(self, crew: Crew, caplog: pytest.LogCaptureFixture) -> None:
        dead = crew.start("webhooks")
        dead.retire()
        dead.join(10)
        assert crew.look_after() == 1
        assert "it died" in caplog.text
        assert [runner.lane for runner in crew.runners] == ["webhooks"]

    def test_leaves_alone_who_is_busy_for_no_longer_than_any_can_be(self, crew: Crew) -> None:
        crew.longest = lambda: 60
        busy = crew.start("requests")
        crew.give("slow_tasks.hang", slow_tasks.hang, "requests")
        wait_until(lambda: busy.busy_seconds > LONGEST)
        assert crew.look_after() == 0
        assert not PlatformHealth.objects.filter(lost_threads__gt=0)

    def test_replaces_no_more_than_a_process_can_bear(self, crew: Crew) -> None:
        crew.replaced = MOST_REPLACED
        dead = crew.start("requests")
        dead.retire()
        dead.join(10)
        assert crew.look_after() == 1
        assert crew.runners == []
        assert crew.stop.is_set()

    def test_that_is_worn_out_ends_its_process_as_failed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def lose_all(_works: object, crew: Crew, _news: object) -> None:
            crew.replaced = MOST_REPLACED
            crew.runners[0].retire()
            crew.runners[0].join(10)
            crew.look_after()

        monkeypatch.setattr("onboarding.management.commands.worker.hand_out_until_told", lose_all)
        monkeypatch.setattr("signal.signal", lambda *_given: None)
        with pytest.raises(SystemExit) as ended:
            call_command("worker", threads=1)
        assert ended.value.code == 1

    def test_does_not_wait_for_a_lost_one_at_the_end(self, crew: Crew) -> None:
        hung = crew.start("requests")
        crew.give("slow_tasks.hang", slow_tasks.hang, "requests")
        wait_until(lambda: hung.busy_seconds > LONGEST)
        crew.look_after()
        crew.stop.set()
        started = time.monotonic()
        crew.finish(9)
        assert time.monotonic() - started < 5
        assert hung.is_alive()


class TestSign:
    def test_is_quiet_again_after_a_day(self) -> None:
        PlatformHealth.objects.create(
            pk=1, lost_threads=3, thread_lost_at=timezone.now() - timedelta(days=1, minutes=1)
        )
        assert workers_sign() == ""
