"""One operation for many requests: each once, whatever happens to the tasks that do it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from onboarding.models import BulkJob, Event, OnboardingRequest
from onboarding.support import bulk
from onboarding.support.bulk import claim, run_bulk, start_bulk
from tests.customers import do, work
from tests.platforms import Killed

ADDRESS = "ann@example.org"
NOTE = {"note": "Called them all."}


def make(count: int = 1, **columns: Any) -> list[int]:
    known: dict[str, Any] = {"browser": "b", "state": "following", "type": "EV", "manufacturer": "Audi"}
    return [OnboardingRequest.objects.create(**known | columns).pk for _number in range(count)]


def start(keys: list[int], action: str = "add_note", detail: dict[str, str] | None = None, page: str = "") -> BulkJob:
    page = page or secrets.token_hex(16)
    return start_bulk(action, keys, by="ann", page=page, detail=NOTE if detail is None else detail)


def now_of(job: BulkJob) -> BulkJob:
    return BulkJob.objects.get(pk=job.pk)


def counts(job: BulkJob) -> tuple[int, int, int]:
    job = now_of(job)
    return job.done, job.skipped, job.failed


def notes() -> list[int]:
    """List the requests with a note of ours, as often as they have one."""
    return sorted(Event.objects.filter(name="noted", by="ann").values_list("request_id", flat=True))


@pytest.mark.django_db
class TestJob:
    def test_is_one_however_often_its_page_is_sent(self) -> None:
        keys = make(2)
        assert start(keys, page="p") == start(keys, page="p")
        work()
        assert notes() == keys

    def test_is_done_by_a_worker_for_each_request_with_an_event_of_its_own(self) -> None:
        keys = make(3)
        job = start(keys)
        assert notes() == []  # nothing in the process that asked
        work()
        assert notes() == keys
        assert {event.detail["note"] for event in Event.objects.all()} == {"Called them all."}
        assert counts(job) == (3, 0, 0)
        assert now_of(job).finished_at

    @pytest.mark.parametrize(
        ("action", "detail", "event"),
        [
            ("resume", {"reason": "All of them."}, "resumed"),
            ("resend_mail", {"what": "link", "reason": "All of them."}, "mail-sent-again"),
            ("mark_handled", {"reason": "All of them."}, "closed"),
        ],
    )
    def test_signs_with_who_and_why(self, action: str, detail: dict[str, str], event: str) -> None:
        start(make(state="queued", needs_staff="unanswered", contact_email=ADDRESS), action, detail)
        work()
        told = Event.objects.get(name=event, actor="staff").detail
        assert (told["by"], told["reason"]) == ("ann", "All of them.")

    def test_skips_what_it_does_not_apply_to_and_what_is_gone(self) -> None:
        waiting = make(due_at=timezone.now() + timedelta(hours=1))
        job = start([*waiting, *make(state="connected"), 10**9], "check_now", {"reason": ""})
        work()
        assert counts(job) == (1, 2, 0)
        assert Event.objects.get(name="hurried").request_id == waiting[0]

    def test_goes_on_after_one_that_fails_and_keeps_nothing_of_that(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        keys = make(3)
        job = start(keys)
        with breaking(monkeypatch, at=keys[1], error=RuntimeError("a mistake of ours")):
            work()
        assert counts(job) == (2, 0, 1)
        assert notes() == [keys[0], keys[2]]
        assert f"Bulk job {job.pk} failed" in caplog.text

    def test_keeps_no_address_that_somebody_typed(self) -> None:
        assert ADDRESS not in str(start(make(), detail={"note": f"Ask {ADDRESS}."}).detail)

    def test_forgets_what_was_typed_once_it_is_done(self) -> None:
        """Erasing identifiers empties the timeline; it would not come here."""
        job = start(make(2))
        work()
        assert (now_of(job).detail, now_of(job).keys, now_of(job).total) == ({}, [], 2)

    def test_of_too_many_is_refused(self) -> None:
        with pytest.raises(ValueError, match="10001"):
            start(list(range(bulk.MOST_IN_BULK + 1)))
        assert not BulkJob.objects.exists()

    def test_of_an_unknown_action_is_refused(self) -> None:
        with pytest.raises(ValueError, match="withdraw"):
            start(make(), "withdraw")

    def test_without_requests_is_finished_at_once(self) -> None:
        job = start([])
        work()
        assert now_of(job).finished_at


@pytest.mark.django_db
class TestTask:
    def test_that_runs_twice_does_nothing_twice(self) -> None:
        keys = make(3)
        job = start(keys)
        for _time in range(3):
            do(job)
        assert notes() == keys
        assert counts(job) == (3, 0, 0)

    def test_that_comes_before_its_job_does_nothing(self) -> None:
        run_bulk.call("of a job that is gone")
        assert not BulkJob.objects.exists()

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_that_is_killed_loses_nothing(self, monkeypatch: pytest.MonkeyPatch, place: int) -> None:
        """Killed after the operation and before it is counted: both are taken back together."""
        keys = make(3)
        job = start(keys)
        with breaking(monkeypatch, at=keys[place], error=Killed()), pytest.raises(Killed):
            do(job)
        assert notes() == keys[:place]
        assert counts(job) == (place, 0, 0)
        let_lease_run_out(job)
        do(job)
        assert notes() == keys

    def test_that_was_killed_is_taken_over_when_its_lease_is_over(self) -> None:
        keys = make(2)
        job = start(keys)
        assert claim()
        assert claim() == ""
        work()
        assert notes() == []
        let_lease_run_out(job)
        work()
        assert notes() == keys
        assert now_of(job).finished_at
        assert claim() == ""

    def test_gives_others_their_turn_after_a_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bulk, "BATCH", 2)
        keys = make(5)
        job = start(keys)
        work()
        assert counts(job) == (2, 0, 0)
        for _sweep in range(2):
            work()
        assert notes() == keys
        assert now_of(job).finished_at

    def test_counts_nothing_while_the_database_is_at_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys = make(2)
        job = start(keys)
        with breaking(monkeypatch, at=keys[1], error=OperationalError("locked")), pytest.raises(OperationalError):
            do(job)
        assert counts(job) == (1, 0, 0)
        let_lease_run_out(job)
        do(job)
        assert notes() == keys


def let_lease_run_out(job: BulkJob) -> None:
    """Be half a minute later, when whoever had the job is taken for dead."""
    BulkJob.objects.filter(pk=job.pk).update(lease_expires_at=timezone.now())


@contextmanager
def breaking(monkeypatch: pytest.MonkeyPatch, *, at: int, error: BaseException) -> Iterator[None]:
    """Let the operation for one request end with an error, after it wrote what it writes."""
    whole = bulk.OPERATIONS["add_note"]

    def broken(row: OnboardingRequest, **told: str) -> bool:
        done = whole(row, **told)
        if row.pk == at:
            raise error
        return done

    with monkeypatch.context() as patch:
        patch.setitem(bulk.OPERATIONS, "add_note", broken)
        yield
