"""Taking consent back: recorded at once, and brought to the platform whatever happens."""

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent.records import ConsentAct
from onboarding.delivery import lease, submission, tracking
from onboarding.intake import withdrawal
from onboarding.models import Consent, Event, OnboardingRequest
from onboarding.platform_api import connection
from onboarding.request.lifecycle import IllegalMove, State
from sandbox import bench, magic
from sandbox.models import SandboxOffboarding, SandboxRequest
from sandbox.transport import SandboxTransport
from tests.customers import Customer, claim, claimed, let_time_pass, work, work_until
from tests.onboarding.delivery.test_submission import names_of

ACT = ConsentAct("Pressed “Stop and disconnect”.")


def withdraw(request: OnboardingRequest) -> Consent | None:
    return withdrawal.withdraw(OnboardingRequest.objects.get(pk=request.pk), ACT)


@pytest.fixture
def connected(customer: Customer) -> OnboardingRequest:
    return work_until(customer.submit().request, "connected")


class TestOfWhatIsConnected:
    def test_offboards_it(self, connected: OnboardingRequest) -> None:
        withdraw(connected)
        request = work_until(connected, "withdrawn")
        assert SandboxOffboarding.objects.get().request.entity_id.hex == request.entity_id.replace("-", "")
        assert names_of(request)[-4:] == ["consent-withdrawn", "withdrawing", "offboarding-accepted", "offboarded"]

    def test_is_recorded_at_once_with_the_words_that_it_ends(self, connected: OnboardingRequest) -> None:
        record = withdraw(connected)
        given = Consent.objects.get(kind="given")
        assert record
        assert (record.kind, record.words, record.previous_sha256) == ("withdrawn", given.words, given.record_sha256)
        assert (record.act, record.is_intact) == (ACT.words, True)
        request = OnboardingRequest.objects.get()
        assert (request.state, request.withdrawn_at) == ("withdrawing", record.at)

    def test_counts_once(self, connected: OnboardingRequest) -> None:
        assert withdraw(connected)
        assert withdraw(connected) is None
        assert Consent.objects.filter(kind="withdrawn").count() == 1

    def test_waits_for_a_platform_that_is_away(self, connected: OnboardingRequest) -> None:
        bench.go_away()
        withdraw(connected)
        work()
        request = OnboardingRequest.objects.get()
        assert (request.state, request.trouble) == ("withdrawing", "PlatformUnavailable")
        bench.come_back()
        work_until(connected, "withdrawn")

    def test_is_over_when_the_platform_let_it_go_before(self, connected: OnboardingRequest) -> None:
        """As after an answer that was lost: the second offboarding is in conflict with the first."""
        OnboardingRequest.objects.update(offboarding_status="Asked")
        entity = SandboxRequest.objects.get()
        SandboxOffboarding.objects.create(request=entity, principal_id=entity.principal_id)
        withdraw(connected)
        assert names_of(work_until(connected, "withdrawn"))[-1] == "let-go-before"
        assert SandboxOffboarding.objects.count() == 1

    def test_is_for_staff_when_the_conflict_is_not_with_us(self, connected: OnboardingRequest) -> None:
        entity = SandboxRequest.objects.get()
        SandboxOffboarding.objects.create(request=entity, principal_id=entity.principal_id)
        withdraw(connected)
        for _round in range(4):
            work()
            let_time_pass(connected)
        request = OnboardingRequest.objects.get()
        assert (request.state, request.needs_staff) == ("withdrawing", "not-let-go")

    @pytest.mark.parametrize("transport", ["SlipsOnce404", "SlipsOnce400"])
    def test_is_not_over_by_a_slip_of_the_platforms(
        self, customer: Customer, settings: Settings, transport: str
    ) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        request = customer.submit(vin=magic.BY_ENDING["0803"].vin).request
        work()
        settings.SANDBOX_TRANSPORT = f"tests.onboarding.delivery.test_offboarding.{transport}"
        connection.reset()
        withdraw(request)
        work()
        assert customer.request.state == "withdrawing"
        assert names_of(work_until(request, "withdrawn"))[-1] == "canceled"

    def test_goes_on_when_calling_off_is_refused(self, customer: Customer, settings: Settings) -> None:
        """A 400 for "too late": what becomes connected is offboarded."""
        settings.SANDBOX_STEP_SECONDS = 60
        settings.SANDBOX_TRANSPORT = "tests.onboarding.delivery.test_offboarding.RefusesToCancel"
        connection.reset()
        request = customer.submit(vin=magic.BY_ENDING["0803"].vin).request
        work()
        withdraw(request)
        work()
        assert (customer.request.state, customer.request.needs_staff) == ("withdrawing", "")
        bench.let_steps_pass(9)
        let_time_pass(request)
        work()
        assert SandboxOffboarding.objects.count() == 1

    def test_that_finds_no_end_reaches_staff_within_a_day(self, connected: OnboardingRequest) -> None:
        bench.go_away()
        withdraw(connected)
        OnboardingRequest.objects.update(
            withdrawn_at=timezone.now() - timedelta(hours=25),
            checked_at=timezone.now() - timedelta(hours=26),
            sent_at=timezone.now() - timedelta(days=40),
            created_at=timezone.now() - timedelta(days=40),
        )
        work()
        request = OnboardingRequest.objects.get()
        assert request.is_with_staff
        bench.come_back()
        assert tracking.resume_work(request, by="ann")
        work_until(connected, "withdrawn")

    def test_is_not_over_while_the_platform_has_it_twice(self, connected: OnboardingRequest) -> None:
        OnboardingRequest.objects.update(needs_staff="several")
        withdraw(connected)
        for _round in range(6):
            work()
            bench.let_steps_pass(3)
            let_time_pass(connected)
        request = OnboardingRequest.objects.get()
        assert (request.state, request.needs_staff, request.is_with_staff) == ("withdrawing", "several", True)
        assert tracking.resume_work(request, by="ann")
        work_until(connected, "withdrawn")

    def test_is_over_when_the_platform_does_not_know_it_any_more(self, connected: OnboardingRequest) -> None:
        SandboxRequest.objects.all().delete()
        withdraw(connected)
        assert names_of(work_until(connected, "withdrawn"))[-1] == "not-there"

    def test_is_handed_to_staff_when_the_platform_refuses(
        self, connected: OnboardingRequest, settings: Settings
    ) -> None:
        settings.SANDBOX_TRANSPORT = "tests.onboarding.delivery.test_offboarding.RefusesOffboarding"
        connection.reset()
        withdraw(connected)
        work()
        request = OnboardingRequest.objects.get()
        assert (request.state, request.needs_staff, request.is_with_staff) == ("withdrawing", "not-let-go", True)
        settings.SANDBOX_TRANSPORT = "sandbox.transport.SandboxTransport"
        connection.reset()
        assert tracking.resume_work(request, by="ann")
        work_until(connected, "withdrawn")

    def test_is_over_when_the_platform_cannot_be_asked_about_it(
        self, connected: OnboardingRequest, settings: Settings
    ) -> None:
        settings.SANDBOX_TRANSPORT = "tests.onboarding.delivery.test_offboarding.TellsNothingOfOffboardings"
        connection.reset()
        withdraw(connected)
        work_until(connected, "withdrawn")
        assert SandboxOffboarding.objects.count() == 1


class TestOfWhatIsOnItsWay:
    def test_before_it_was_sent_sends_nothing(self, customer: Customer) -> None:
        customer.submit()
        withdraw(customer.request)
        assert customer.request.state == "withdrawn"
        work()
        assert not SandboxRequest.objects.exists()

    def test_cancels_what_is_pending(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        withdraw(customer.request)
        assert names_of(work_until(customer.request, "withdrawn"))[-1] == "canceled"
        assert SandboxRequest.objects.get().canceled_at

    def test_too_late_to_cancel_offboards_what_becomes_connected(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit(vin=magic.BY_ENDING["0803"].vin)
        work()
        bench.let_steps_pass(1)
        withdraw(customer.request)
        work()
        assert customer.request.state == "withdrawing"
        bench.let_steps_pass(5)
        let_time_pass(customer.request)
        work()
        assert SandboxOffboarding.objects.count() == 1
        bench.let_steps_pass(5)
        work_until(customer.request, "withdrawn")

    def test_while_the_call_is_out_waits_for_its_outcome(self, customer: Customer) -> None:
        """The worker has it; consent is taken back; the platform accepts; so it is let go again."""
        customer.submit()
        claim(customer.request)
        OnboardingRequest.objects.update(state="sending", attempt=1)
        withdraw(customer.request)
        assert customer.request.state == "sending"
        let_time_pass(customer.request)  # the worker died with its call
        assert work_until(customer.request, "withdrawn").attempt == 1
        assert not SandboxRequest.objects.exists()

    @pytest.mark.parametrize(("ending", "arrived"), [("0504", 1), ("0500", 0)])
    def test_without_an_answer_looks_first(self, customer: Customer, ending: str, arrived: int) -> None:
        customer.submit(vin=magic.BY_ENDING[ending].vin)
        work()
        assert customer.request.state == "unknown"
        withdraw(customer.request)
        request = work_until(customer.request, "withdrawn")
        assert request.attempt == 1
        assert SandboxRequest.objects.count() == arrived

    def test_is_not_undone_by_a_worker_that_was_at_it(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        let_time_pass(customer.request)
        mine = claimed(customer.request)
        withdraw(customer.request)
        with pytest.raises(lease.LeaseLost), lease.holding(mine):
            pass
        assert customer.request.state == "withdrawing"

    def test_by_an_answer_that_comes_after_all_lets_go_what_it_tells(
        self, customer: Customer, settings: Settings
    ) -> None:
        """A worker hangs for longer than its lease; nothing is found meanwhile, so it seems over; then it sends."""
        settings.SANDBOX_STEP_SECONDS = 60
        request = customer.submit(vin=magic.BY_ENDING["0803"].vin).request
        mine = claimed(request)
        with lease.holding(mine, release=False) as row:
            row.move_to(State.SENDING, Event.Actor.WORKER, "attempt-started", now=timezone.now())
        withdraw(request)
        let_time_pass(request)
        work_until(request, "withdrawn")
        accepted = submission.upstream.connection.get_client().create_onboarding(
            type="EV", manufacturer="Audi", attributes=request.attributes, return_url=submission.return_url(request)
        )
        submission.keep(mine, accepted)
        assert customer.request.state == "withdrawing"
        assert work_until(request, "withdrawn").platform_id == accepted.id
        assert SandboxRequest.objects.get().canceled_at

    def test_of_a_refused_answer_ends_it(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0400"].vin)
        work_until(customer.request, "rejected")
        withdraw(customer.request)
        assert customer.request.state == "withdrawn"

    def test_is_refused_where_nothing_runs(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING["0700"].vin)
        work_until(customer.request, "failed")
        with pytest.raises(IllegalMove):
            withdraw(customer.request)


class TestExpiry:
    def test_ends_what_was_agreed_to_for_a_time(self, connected: OnboardingRequest) -> None:
        OnboardingRequest.objects.update(consent_ends_at=timezone.now() - timedelta(seconds=1))
        assert withdrawal.end_expired_consents() == 1
        assert withdrawal.end_expired_consents() == 0
        record = Consent.objects.order_by("pk").last()
        assert record
        assert (record.kind, record.channel) == ("expired", "system")
        work_until(connected, "withdrawn")

    def test_looks_again_before_it_ends_one(self, connected: OnboardingRequest) -> None:
        """The customer agreed again while the worker came to it."""
        OnboardingRequest.objects.update(consent_ends_at=timezone.now() + timedelta(days=365))
        assert withdrawal.withdraw(connected, ConsentAct(""), Consent.Kind.EXPIRED) is None
        assert not Consent.objects.filter(kind="expired").exists()

    def test_leaves_the_others_alone(self, connected: OnboardingRequest) -> None:
        OnboardingRequest.objects.update(consent_ends_at=timezone.now() + timedelta(days=1))
        assert withdrawal.end_expired_consents() == 0


class RefusesOffboarding(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "offboarding" in request.url.path:
            return httpx.Response(400, json={"errors": [{"code": "No", "message": "not today"}]})
        return SandboxTransport().handle_request(request)


class RefusesToCancel(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            return httpx.Response(400, json={"errors": [{"code": "TooLate", "message": "too late"}]})
        return SandboxTransport().handle_request(request)


class SlipsOnce(httpx.BaseTransport):
    status = 404

    def __init__(self) -> None:
        self.has_slipped = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and not self.has_slipped:
            self.has_slipped = True
            return httpx.Response(self.status)
        return SandboxTransport().handle_request(request)


class SlipsOnce404(SlipsOnce):
    pass


class SlipsOnce400(SlipsOnce):
    status = 400


class TellsNothingOfOffboardings(httpx.BaseTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and "offboarding" in request.url.path:
            return httpx.Response(405)
        return SandboxTransport().handle_request(request)
