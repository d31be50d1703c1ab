"""A worker whose clock is wrong: it begins nothing, and abandons what it is at."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.jobs import clock, heartbeat
from onboarding.jobs.clock import Clock
from onboarding.jobs.crew import Crew
from onboarding.jobs.news import News
from onboarding.jobs.work import Work, hand_out_until_told
from onboarding.management.commands import worker
from onboarding.models import (
    BulkJob,
    Heartbeat,
    Lease,
    Mail,
    OnboardingRequest,
    PlatformHealth,
    PushSubscription,
    WebhookDelivery,
)
from tests.receiver import endpoint

HOUR = timedelta(hours=1)


class Machine:
    """Its clock is so many seconds ahead of the database's."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.looks = 0

    def seconds_ahead(self) -> float:
        self.looks += 1
        return self.ahead

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(clock, "seconds_ahead", machine.seconds_ahead)
    monkeypatch.setattr(clock, "time", SimpleNamespace(time=machine.time, monotonic=time.monotonic))
    return machine


@pytest.fixture
def crew() -> Iterator[Crew]:
    crew = Crew(threading.Event(), longest=lambda: 60.0, on_lost=lambda _count: None)
    yield crew
    crew.stop.set()
    for runner in crew.runners:
        runner.join(10)


class SilentNews(News):
    """Of a database that nobody asks."""

    def look(self) -> None:
        pass

    def write_quietly(self, write: Callable[[], object]) -> None:
        write()


class DeafNews(News):
    """Of a database that is away for a moment."""

    def look(self) -> None:
        raise OperationalError


class TestClock:
    def test_that_jumps_is_noticed_at_once(self, machine: Machine) -> None:
        looked = Clock()
        looked.look()
        looked.look()
        assert (looked.is_right, machine.looks) == (True, 1)
        machine.ahead = -90.0
        looked.look()
        assert not looked.is_right

    @pytest.mark.parametrize(("ahead", "is_right"), [(59, True), (61, False), (-59, True), (-61, False)])
    def test_may_be_a_minute_apart(self, machine: Machine, ahead: float, is_right: bool) -> None:
        machine.ahead = ahead
        looked = Clock()
        looked.look()
        assert looked.is_right == is_right

    @pytest.mark.django_db
    def test_says_so_where_somebody_asks(self, machine: Machine) -> None:
        heartbeat.beat()
        assert "clock: ok" in Client().get("/readyz/").content.decode()
        machine.ahead = 90_000.0
        response = Client().get("/readyz/")
        assert (response.status_code, "clock: not ok" in response.content.decode()) == (503, True)


@pytest.mark.django_db
class TestWorker:
    def test_begins_nothing_and_gives_no_sign_of_life(self, machine: Machine, crew: Crew) -> None:
        machine.ahead = 90_000.0
        done: list[int] = []
        crew.freed = SimpleNamespace(clear=lambda: None, wait=lambda _seconds: crew.stop.set())  # type: ignore[assignment]
        hand_out_until_told([Work("duty", lambda: done.append(1), lane="chores", every=0)], crew, SilentNews())
        assert (done, Heartbeat.objects.count(), crew.is_abandoned) == ([], 0, False)

    def test_begins_nothing_while_the_clock_could_not_be_compared(self, machine: Machine, crew: Crew) -> None:
        machine.ahead = 90_000.0
        done: list[int] = []
        crew.freed = SimpleNamespace(clear=lambda: None, wait=lambda _seconds: crew.stop.set())  # type: ignore[assignment]
        work = Work("duty", lambda: done.append(1), lane="chores", every=0)
        hand_out_until_told([work], crew, DeafNews())
        assert done == []

    def test_begins_once_the_clock_is_right(self, machine: Machine, crew: Crew) -> None:
        machine.ahead = 90_000.0

        def mend(_seconds: float) -> None:
            machine.ahead = 0.0

        crew.freed = SimpleNamespace(clear=lambda: None, wait=mend)  # type: ignore[assignment]
        hand_out_until_told([Work("duty", crew.stop.set, lane="chores", every=0)], crew, SilentNews())
        assert Heartbeat.objects.count() == 1

    @pytest.mark.parametrize("is_duty", [True, False])
    def test_abandons_what_it_is_at_when_the_clock_goes_wrong(
        self, machine: Machine, crew: Crew, *, is_duty: bool
    ) -> None:
        begun, end = threading.Event(), threading.Event()

        def job(_token: str = "") -> None:
            begun.set()
            machine.ahead = 90_000.0
            end.wait(20)

        crew.start("requests")
        tokens = iter(["a"])
        work = Work("job", job, claim=None if is_duty else lambda: next(tokens, ""), lane="requests")
        patience = threading.Timer(5, crew.stop.set)
        patience.start()
        hand_out_until_told([work], crew, SilentNews())
        patience.cancel()
        began = time.monotonic()
        crew.finish(10)
        end.set()
        assert (begun.is_set(), crew.is_abandoned, time.monotonic() - began < 5) == (True, True, True)


def a_request() -> OnboardingRequest:
    return OnboardingRequest.objects.create(browser="b", due_at=timezone.now())


def a_bulk_job() -> BulkJob:
    return BulkJob.objects.create(action="add_note", by="ann", key="k", due_at=timezone.now())


def a_mail() -> Mail:
    return Mail.objects.create(request=a_request(), kind=Mail.Kind.CONNECTED, key="k", to="ann@example.org")


def a_push() -> PushSubscription:
    return PushSubscription.objects.create(request=a_request(), browser="b", endpoint="https://push.example/a")


def a_webhook() -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        endpoint=endpoint(), request=a_request(), kind="connected", occurrence=1, due_at=timezone.now()
    )


@pytest.mark.django_db
class TestMomentsThatAWrongClockChose:
    @pytest.mark.parametrize(
        ("make", "days"), [(a_request, 1), (a_webhook, 1), (a_bulk_job, 1), (a_push, 1), (a_mail, 4)]
    )
    def test_are_waited_for_no_longer_than_any_other(self, make: Callable[[], Lease], days: int) -> None:
        row = make()
        farthest = timezone.now() + timedelta(days=days)
        for due_at in (farthest, farthest + 25 * HOUR):
            type(row)._default_manager.filter(pk=row.pk).update(due_at=due_at)
            worker.bring_back()
            row.refresh_from_db()
            assert (row.due_at == farthest) == (due_at == farthest)
        assert row.due_at
        assert row.due_at <= timezone.now()

    def test_are_not_told_by_a_clock_that_was_set_a_moment_ago(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A machine comes up with an old time, and its database with it: nobody is reminded days too early."""
        now = SimpleNamespace(wall=time.time(), since_boot=1000.0)
        times = SimpleNamespace(time=lambda: now.wall, monotonic=lambda: now.since_boot)
        monkeypatch.setattr(clock, "time", times)
        monkeypatch.setattr(timezone, "now", lambda: datetime.fromtimestamp(now.wall, UTC))
        reminder, duty = a_mail(), worker.BringBack()
        due_at = timezone.now() + timedelta(days=4)
        Mail.objects.update(due_at=due_at)

        def is_brought_back(*, seconds: float, by: float = 0.0) -> bool:
            now.since_boot += seconds
            now.wall += seconds + by
            duty()
            reminder.refresh_from_db()
            return reminder.due_at != due_at

        month = timedelta(days=30).total_seconds()
        assert not is_brought_back(seconds=1, by=-month)
        assert not is_brought_back(seconds=300)
        assert not is_brought_back(seconds=60, by=month)
        assert not is_brought_back(seconds=worker.EVEN_SECONDS)
        assert not is_brought_back(seconds=1, by=-month)
        assert is_brought_back(seconds=worker.EVEN_SECONDS)

    def test_hold_nothing(self) -> None:
        job = a_bulk_job()
        for expires_at, lease in ((timezone.now() + HOUR / 2, "x"), (timezone.now() + 25 * HOUR, "")):
            BulkJob.objects.update(lease="x", lease_expires_at=expires_at)
            worker.bring_back()
            job.refresh_from_db()
            assert job.lease == lease

    def test_hold_up_no_attempt_that_nobody_answered(self) -> None:
        row, far = a_request(), timezone.now() + 90 * 24 * HOUR
        OnboardingRequest.objects.update(state="unknown", settles_at=far, due_at=far)
        worker.bring_back()
        row.refresh_from_db()
        assert row.settles_at == row.due_at
        assert timezone.now() < row.settles_at < timezone.now() + HOUR

    def test_hold_up_no_call(self) -> None:
        far = timezone.now() + 25 * HOUR
        PlatformHealth.objects.create(pk=1, next_call_at=far, next_probe_at=far, away_since=far)
        assert upstream.bring_back() == 2
        health = PlatformHealth.objects.get()
        assert health.next_call_at is None
        assert health.next_probe_at
        assert health.next_probe_at <= timezone.now()
