"""The gate to the platform: one circuit breaker and one ceiling for all processes."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.delivery import dispatch, lease, tracking
from onboarding.gateway import upstream
from onboarding.gateway.upstream import NotNow, platform
from onboarding.models import OnboardingRequest, PlatformHealth
from onboarding.platform_api.errors import NotFound, PlatformUnavailable, RateLimited
from sandbox import bench
from sandbox.models import SandboxRequest
from tests.customers import Customer, let_time_pass, work, work_until
from tests.onboarding.portal.test_wizard import text_of

pytestmark = pytest.mark.django_db


def fail(times: int, error: Exception | None = None) -> None:
    for _call in range(times):
        with pytest.raises(type(error or PlatformUnavailable())), platform():
            raise error or PlatformUnavailable


class TestCircuit:
    def test_opens_at_the_fifth_failure_in_a_row(self) -> None:
        fail(4)
        with platform():
            pass
        fail(4)
        assert not PlatformHealth.objects.get().away_since
        fail(1)
        assert PlatformHealth.objects.get().away_since
        with pytest.raises(NotNow) as wait, platform():
            pytest.fail("nothing may be called")
        assert wait.value.is_away

    def test_takes_a_refusal_for_an_answer(self) -> None:
        fail(4)
        fail(1, NotFound())
        fail(4)
        assert not PlatformHealth.objects.get().away_since

    def test_lets_one_call_through_every_ten_seconds(self) -> None:
        fail(5)
        PlatformHealth.objects.update(next_probe_at=timezone.now())
        fail(1)
        with pytest.raises(NotNow), platform():
            pytest.fail("the next probe is ten seconds away")

    def test_closes_when_a_probe_is_answered(self) -> None:
        fail(5)
        PlatformHealth.objects.update(next_probe_at=timezone.now())
        with platform():
            pass
        health = PlatformHealth.objects.get()
        assert (health.away_since, health.failures) == (None, 0)

    def test_costs_one_read_on_a_day_without_trouble(self, platform: object) -> None:
        with upstream.platform():
            pass
        assert not PlatformHealth.objects.filter(failures__gt=0).exists()


class TestCeiling:
    @pytest.fixture(autouse=True)
    def one_call_per_hour(self, settings: Settings) -> None:
        settings.REALTO_MAX_CALLS_PER_SECOND = 1 / 3600

    def test_refuses_a_call_whose_moment_is_far_away(self) -> None:
        upstream.take_turn()
        with pytest.raises(RateLimited) as refused:
            upstream.take_turn()
        assert refused.value.retry_after > 3500

    def test_spaces_calls_evenly(self, settings: Settings) -> None:
        settings.REALTO_MAX_CALLS_PER_SECOND = 50
        started = timezone.now()
        for _call in range(6):
            upstream.take_turn()
        assert timezone.now() - started >= timedelta(milliseconds=100)

    def test_is_off_at_zero(self, settings: Settings) -> None:
        settings.REALTO_MAX_CALLS_PER_SECOND = 0
        for _call in range(3):
            upstream.take_turn()
        assert not PlatformHealth.objects.exists()


class TestPause:
    def test_is_as_long_as_the_platform_asks(self) -> None:
        PlatformHealth.objects.create(pk=1)
        fail(1, RateLimited(retry_after=60))
        with pytest.raises(NotNow) as wait, platform():
            pytest.fail("we were asked to wait")
        assert not wait.value.is_away
        assert wait.value.until - timezone.now() > timedelta(seconds=55)


class TestBacklog:
    def test_waits_while_the_platform_is_away_and_is_sent_once_when_it_is_back(
        self, customer: Customer, stranger: Customer
    ) -> None:
        bench.go_away()
        customer.submit()
        for _round in range(6):
            work()
            let_time_pass(customer.request)
        assert PlatformHealth.objects.get().away_since
        stranger.submit()
        work()
        assert "We cannot reach the platform right now" in text_of(stranger.get("status"))
        assert stranger.request.attempt == 0
        bench.come_back()
        PlatformHealth.objects.update(next_probe_at=timezone.now())
        for waiting in (customer, stranger):
            work_until(waiting.request, "connected")
        assert SandboxRequest.objects.count() == 2


class TestMany:
    @pytest.fixture
    def crowd(self, customer: Customer, settings: Settings) -> list[OnboardingRequest]:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        first = customer.request
        for _copy in range(24):
            customer.submit()
            work()
        assert first.state == "following"
        return list(OnboardingRequest.objects.order_by("pk"))

    def test_are_read_in_pages(self, crowd: list[OnboardingRequest], caplog: pytest.LogCaptureFixture) -> None:
        bench.let_steps_pass(10)
        OnboardingRequest.objects.update(due_at=timezone.now())
        token = lease.claim()
        assert OnboardingRequest.objects.filter(lease=token).count() == 25
        dispatch.advance.call(token)
        assert OnboardingRequest.objects.filter(state="connected").count() == 25

    def test_that_the_list_leaves_out_are_read_one_by_one(self, crowd: list[OnboardingRequest]) -> None:
        OnboardingRequest.objects.filter(pk=crowd[0].pk).update(platform_id="5b0c9a52-1111-4222-8333-444455556666")
        OnboardingRequest.objects.update(due_at=timezone.now())
        work()
        assert OnboardingRequest.objects.get(pk=crowd[0].pk).trouble == "NotFound"
        assert OnboardingRequest.objects.filter(trouble="", lease="").count() == 24


class TestPuttingOff:
    def test_puts_off_all_but_what_another_worker_took_over(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _request in range(3):
            customer.submit()
            work()
        keys = list(OnboardingRequest.objects.order_by("pk").values_list("pk", flat=True))
        OnboardingRequest.objects.update(state="unknown", settles_at=None, due_at=timezone.now())
        until = timezone.now() + timedelta(hours=1)

        def look(_claimed: object) -> None:
            OnboardingRequest.objects.filter(pk=keys[0]).update(lease="of-another")
            raise NotNow(until, is_away=True)

        monkeypatch.setattr("onboarding.delivery.look_up.look", look)
        dispatch.advance.call(lease.claim())
        put_off = OnboardingRequest.objects.filter(due_at=until, lease="", trouble="PlatformUnavailable")
        assert list(put_off.order_by("pk").values_list("pk", flat=True)) == keys[1:]
        assert OnboardingRequest.objects.get(pk=keys[0]).lease == "of-another"


class TestStaff:
    def test_get_a_request_that_the_platform_never_answers(self, customer: Customer) -> None:
        customer.submit()
        work()
        OnboardingRequest.objects.update(state="unknown", platform_id="", unanswered=7, settles_at=None)
        SandboxRequest.objects.all().delete()
        OnboardingRequest.objects.update(due_at=timezone.now())
        work()
        request = customer.request
        assert (request.needs_staff, request.is_with_staff, request.state) == ("unanswered", True, "queued")
        assert "We are looking into it" in text_of(customer.get("status"))
        assert tracking.resume_work(request, by="ann")
        assert work_until(request, "connected").needs_staff == ""

    def test_get_a_request_that_the_platform_forgot(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        SandboxRequest.objects.all().delete()
        for _round in range(8):
            let_time_pass(customer.request)
            work()
        assert (customer.request.state, customer.request.needs_staff) == ("following", "forgotten")

    def test_get_a_request_after_thirty_days(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        ago = timezone.now() - timedelta(days=31)
        OnboardingRequest.objects.update(sent_at=ago, turn_since=ago, due_at=timezone.now())
        work()
        assert customer.request.needs_staff == "too-old"

    def test_have_nothing_to_resume_otherwise(self, customer: Customer) -> None:
        customer.submit()
        assert not tracking.resume_work(customer.request, by="ann")
