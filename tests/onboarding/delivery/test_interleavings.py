"""Customer, worker, platform and crash in any order: whatever happens, nothing is lost and nothing happens twice."""

import contextlib
import itertools
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from pytest_django import Settings

from onboarding.consent import records
from onboarding.consent.texts import consent_words
from onboarding.delivery import lease, look_up, tracking
from onboarding.delivery.submission import return_url
from onboarding.intake import withdrawal
from onboarding.intake.draft import give_consent
from onboarding.models import OnboardingRequest, PlatformHealth
from onboarding.platform_api import connection
from onboarding.request import lifecycle
from onboarding.request.lifecycle import State
from onboarding.support import operations
from tests import platforms
from tests.customers import GUIDES_VIN, claim, do, let_time_pass
from tests.platforms import MODEL, Killed

FAULTS = ["", "", "refused", "cut before", "cut after", "killed before", "killed after", "429", "500", "html", "403"]
REFUSALS = ["400 vin", "400"]
ENDS = ["Succeeded", "Failed", "Canceled"]
STATUSES = ["Pending", "InProgress", "OnHold", "Succeeded", "Failed", "Canceled"]


class Interleavings(RuleBasedStateMachine):
    """One request, and all that can befall it."""

    def __init__(self) -> None:
        super().__init__()
        MODEL.__init__()  # type: ignore[misc]
        PlatformHealth.objects.all().delete()
        draft = OnboardingRequest.objects.create(
            browser="b", type="EV", manufacturer="Audi", attributes={"vin": GUIDES_VIN}
        )
        self.key = draft.pk
        self.seen = draft
        self.frozen: OnboardingRequest | None = None
        self.consent()

    @property
    def row(self) -> OnboardingRequest:
        return OnboardingRequest.objects.get(pk=self.key)

    def consent(self) -> None:
        words = consent_words(type="EV", device="Electric car", manufacturer="Audi")
        give_consent(self.row, words, records.ConsentAct("said yes"))

    @rule(fault=st.sampled_from(FAULTS + REFUSALS))
    def worker_runs(self, fault: str) -> None:
        MODEL.fault = fault
        with contextlib.suppress(Killed):  # whatever it held, it holds until its lease expires
            do(self.row)

    @rule(seconds=st.sampled_from([1, 10, 60, 600]))
    def time_passes(self, seconds: int) -> None:
        let_time_pass(self.row, seconds)
        PlatformHealth.objects.update(next_probe_at=timezone.now(), next_call_at=None)

    @precondition(lambda self: self.seen.state == State.FOLLOWING)
    @rule(fault=st.sampled_from(["", "", "killed after", "500"]))
    def nobody_acts_for_a_month(self, fault: str) -> None:
        """The manufacturer's step is open, and stays so until a worker looks for the last time."""
        for held in MODEL.held.values():
            held["action"] = {"type": "Redirect"}
        row, now = OnboardingRequest.objects.filter(pk=self.key), timezone.now()
        row.update(due_at=now)
        self.time_passes(600)  # whoever held it is gone
        self.worker_runs("")
        row.filter(state=State.FOLLOWING).update(turn_since=now - timedelta(days=31), due_at=now)
        self.worker_runs(fault)

    @rule(status=st.sampled_from(STATUSES))
    def platform_goes_on(self, status: str) -> None:
        """On to where it is said to be; what is over stays over."""
        for held in MODEL.held.values():
            if held["status"] not in ENDS:
                held["status"] = status

    @precondition(lambda self: self.seen.state == State.REJECTED)
    @rule()
    def customer_corrects(self) -> None:
        self.consent()

    @rule()
    def customer_takes_consent_back(self) -> None:
        row = self.row
        if row.is_withdrawable:
            assert withdrawal.withdraw(row, records.ConsentAct("stopped"))
        elif row.withdrawn_at:
            assert withdrawal.withdraw(row, records.ConsentAct("stopped")) is None

    @rule()
    def customer_clicks_again(self) -> None:
        row = self.row
        if not lifecycle.is_editable(State(row.state)):
            with pytest.raises(lifecycle.IllegalMove):
                self.consent()

    @precondition(lambda self: self.frozen is None)
    @rule()
    def worker_freezes_with_a_claim(self) -> None:
        self.frozen = next(iter(lease.claimed(claim(self.row))), None)

    @precondition(lambda self: self.frozen is not None)
    @rule()
    def frozen_worker_wakes(self) -> None:
        """It writes what it had in mind, if the row is still its own."""
        frozen, self.frozen = self.frozen, None
        assert frozen
        is_its_own = self.row.lease == frozen.lease
        try:
            with lease.holding(frozen) as row:
                assert is_its_own
                row.trouble = "Late"
        except lease.LeaseLost:
            assert not is_its_own

    @precondition(lambda self: self.seen.state == State.QUEUED)
    @rule()
    def attempt_is_lost_without_a_trace(self) -> None:
        """Chance alone seldom goes this way, which leads to staff."""
        self.worker_runs("cut before")
        self.time_passes(60)
        self.worker_runs("")

    @rule()
    def staff_lets_it_go_on(self) -> None:
        operations.resume(self.row, by="ann")

    @rule()
    def staff_checks_now(self) -> None:
        operations.check_now(self.row, by="ann")

    @rule()
    def staff_marks_it_as_handled(self) -> None:
        operations.mark_handled(self.row, by="ann", reason="Called them.")

    @invariant()
    def everything_holds(self) -> None:
        """Reading the row costs more than all else: once after each step is enough, also for what may come next."""
        self.seen = self.row
        self.nothing_is_there_twice()
        self.what_is_followed_is_there()
        self.what_was_taken_back_does_not_run()
        self.what_staff_closed_is_not_there()
        self.somebody_will_look_after_it()
        self.the_timeline_follows_the_lifecycle()

    def nothing_is_there_twice(self) -> None:
        assert all(count == 1 for count in Counter(held["returnUrl"] for held in MODEL.held.values()).values())

    def what_is_followed_is_there(self) -> None:
        row = self.seen
        if row.platform_id:
            assert MODEL.held[row.platform_id]["returnUrl"] == return_url(row)
        assert bool(row.platform_id) == bool(row.sent_at)

    def what_was_taken_back_does_not_run(self) -> None:
        row = self.seen
        if row.state == State.WITHDRAWN:
            over = {"Failed", "Canceled"}
            alive = {held["data"]["entity"]["id"] for held in MODEL.held.values() if held["status"] not in over}
            assert alive <= set(MODEL.let_go)
        if row.withdrawn_at:
            ends = row.consents.filter(kind__in=("withdrawn", "timed-out"))
            assert [record.kind for record in ends] == [row.ended_as]
            assert row.consents.order_by("-pk")[0].kind == row.ended_as

    def what_staff_closed_is_not_there(self) -> None:
        row = self.seen
        if row.state == State.CANCELED and row.events.filter(name="closed").exists():
            assert not MODEL.held

    def somebody_will_look_after_it(self) -> None:
        row = self.seen
        if row.state in lifecycle.OPEN:
            assert row.due_at or row.needs_staff
        elif row.state in lifecycle.FINAL:
            assert row.due_at is None

    def the_timeline_follows_the_lifecycle(self) -> None:
        """Every move has a line of its own, written with it."""
        row = self.seen
        states = [State(state) for state in row.events.order_by("pk").values_list("state", flat=True)]
        assert states[-1] == row.state
        for current, following in itertools.pairwise(states):
            assert current == following or following in lifecycle.MOVES[current], states

    def teardown(self) -> None:
        """After the storm: everything comes to an end."""
        MODEL.fault = ""
        for _round in range(12):
            self.platform_goes_on("Succeeded")
            row = self.row
            if row.state in {*lifecycle.FINAL, State.REJECTED}:
                break
            tracking.resume_work(row, by="ann")
            self.time_passes(3600)
            do(self.row)
        assert self.row.state in {*lifecycle.FINAL, State.REJECTED}
        self.nothing_is_there_twice()


class WithThePlatform(Interleavings):
    """One that the platform has from the beginning, and that waits for its customer."""

    def __init__(self) -> None:
        super().__init__()
        self.worker_runs("")
        for held in MODEL.held.values():
            held["action"] = {"type": "Redirect"}
        self.time_passes(600)
        self.worker_runs("")
        self.seen = self.row
        assert self.seen.has_action


@pytest.fixture
def model(
    db: None, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> platforms.ModelPlatform:
    caplog.set_level("CRITICAL")
    monkeypatch.setattr(look_up, "MOST_UNANSWERED", 1)  # so that staff have something to do
    settings.SANDBOX_TRANSPORT = "tests.platforms.ModelTransport"
    settings.REALTO_MAX_CALLS_PER_SECOND = 0
    connection.reset()
    return MODEL


class TestAnyOrder:
    def test_loses_and_doubles_nothing(self, model: platforms.ModelPlatform) -> None:
        run(Interleavings, examples=60, steps=25)

    def test_of_what_waits_for_its_customer_loses_and_doubles_nothing(self, model: platforms.ModelPlatform) -> None:
        run(WithThePlatform, examples=40, steps=8)


def run(machine: type[Interleavings], *, examples: int, steps: int) -> None:
    """Try this many orders of events, each in a transaction of its own."""

    def in_a_transaction_of_its_own() -> Interleavings:
        return machine()

    with transaction.atomic():
        run_state_machine_as_test(
            in_a_transaction_of_its_own,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
