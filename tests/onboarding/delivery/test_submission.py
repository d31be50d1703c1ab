"""Sending and following, against the in-process sandbox and its magic identifiers."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.catalogue import refresh
from onboarding.delivery import dispatch, lease
from onboarding.delivery.tracking import absorb
from onboarding.models import CatalogueSnapshot, Event, OnboardingRequest
from onboarding.platform_api import connection, resources
from onboarding.request.lifecycle import State
from sandbox import bench, magic
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, claim, claimed, do, let_time_pass, work, work_until
from tests.onboarding.portal.test_wizard import text_of
from tests.platforms import ModelPlatform

CONNECTED, FAILED, CANCELED = "connected", "failed", "canceled"


def vin(ending: str) -> str:
    return magic.BY_ENDING[ending].vin


def names_of(request: OnboardingRequest) -> list[str]:
    return list(Event.objects.filter(request=request).order_by("pk").values_list("name", flat=True))


class TestSending:
    def test_sends_what_the_guide_sends_and_the_way_back(self, customer: Customer, settings: Settings) -> None:
        customer.submit()
        work()
        sent = SandboxRequest.objects.get()
        assert sent.payload == {
            "type": "EV",
            "manufacturer": "Audi",
            "vin": GUIDES_VIN,
            "returnUrl": f"{settings.PUBLIC_URL}/return/{customer.reference}/",
        }

    def test_adds_tenant_and_collective_when_configured(self, customer: Customer, settings: Settings) -> None:
        settings.REALTO_TENANT_ID = "7b1c6d8e-0000-4000-8000-000000000001"
        settings.REALTO_COLLECTIVE_ID = "7b1c6d8e-0000-4000-8000-000000000002"
        customer.submit("PV", "SMA", reference="1234567", email="ann@example.org")
        work()
        payload = SandboxRequest.objects.get().payload
        assert payload["tenantId"] == settings.REALTO_TENANT_ID
        assert payload["collectiveId"] == settings.REALTO_COLLECTIVE_ID
        assert (payload["reference"], payload["email"]) == ("1234567", "ann@example.org")

    def test_sends_a_member_of_properties_as_one(self, customer: Customer) -> None:
        customer.submit("SmartMeter", "Fluvius", ean=magic.BY_ENDING["0803"].ean, properties__flow="B2C")
        work()
        assert SandboxRequest.objects.get().payload["properties"] == {"flow": "B2C"}

    def test_sends_names_as_the_platform_lists_them(self, customer: Customer) -> None:
        bench.offer(" Sauna", "Harvia ", ["vin"])
        refresh.refresh_catalogue()
        customer.submit(" Sauna", "Harvia ", vin=GUIDES_VIN)
        work_until(customer.request, CONNECTED)
        sent = SandboxRequest.objects.get().payload
        assert (sent["type"], sent["manufacturer"]) == (" Sauna", "Harvia ")

    def test_keeps_whose_it_is_at_the_platform(self, customer: Customer) -> None:
        customer.submit()
        work()
        request, there = customer.request, SandboxRequest.objects.get()
        assert request.platform_tenant_id == str(there.tenant_id) != "None"
        assert (request.platform_principal_id, request.platform_owner_id) == (str(there.principal_id),) * 2
        assert request.platform_collective_id == ""

    def test_does_not_forget_whose_it_is_when_an_answer_leaves_it_out(self, customer: Customer) -> None:
        customer.submit()
        work()
        request = customer.request
        known = request.platform_tenant_id
        absorb(request, resources.OnboardingRequest(id=request.platform_id, status="Pending"), now=timezone.now())
        assert request.platform_tenant_id == known

    def test_follows_to_connected(self, customer: Customer) -> None:
        customer.submit()
        request = work_until(customer.request, CONNECTED)
        assert [item.status for item in request.transactions.order_by("position")] == ["Done", "Done", "Done"]
        assert request.finished_at
        assert request.due_at is None
        assert names_of(request)[4:7] == ["consented", "attempt-started", "accepted"]

    def test_sends_once_however_often_the_task_runs(self, customer: Customer) -> None:
        customer.submit()
        for _run in range(3):
            do(customer.request)
        assert SandboxRequest.objects.count() == 1

    def test_leaves_a_request_alone_that_another_worker_holds(self, customer: Customer) -> None:
        customer.submit()
        assert claim(customer.request)
        do(customer.request)
        assert not SandboxRequest.objects.exists()

    def test_sends_once_when_a_task_comes_again_while_it_is_at_it(self, customer: Customer) -> None:
        customer.submit()
        token = lease.claim()
        [mine] = lease.claimed(token)
        with lease.holding(mine, release=False) as row:
            row.move_to(State.SENDING, Event.Actor.WORKER, "attempt-started", now=timezone.now())
        dispatch.advance.call(token)
        assert customer.request.state == "sending"
        assert "attempt-abandoned" not in names_of(customer.request)

    def test_writes_nothing_once_the_lease_is_lost(self, customer: Customer) -> None:
        customer.submit()
        mine = claimed(customer.request)
        OnboardingRequest.objects.update(lease="somebody else's")
        with pytest.raises(lease.LeaseLost), lease.holding(mine) as row:
            row.status = "written too late"
        assert customer.request.status == ""


class TestAPlatformThatFindsNothing:
    def test_has_not_refused_it_for_good(self, customer: Customer, settings: Settings) -> None:
        """As when its gateway is set up wrongly: 404 for everything, without a word of the platform's."""
        customer.submit()
        settings.SANDBOX_TRANSPORT = "tests.onboarding.delivery.test_offboarding.FindsNothing404"
        connection.reset()
        for _round in range(9):
            work()
            let_time_pass(customer.request)
        request = customer.request
        assert (request.state, request.trouble, request.needs_staff) == ("queued", "NotFound", "")
        settings.SANDBOX_TRANSPORT = "sandbox.transport.SandboxTransport"
        connection.reset()
        work_until(customer.request, CONNECTED)
        assert SandboxRequest.objects.count() == 1


class TestAnswers:
    @pytest.mark.parametrize("ending", ["0400", "0409", "0422"])
    def test_lead_back_to_a_refused_field(self, customer: Customer, ending: str) -> None:
        customer.submit(vin=vin(ending))
        request = work_until(customer.request, "rejected")
        assert list(request.rejections) == ["vin"]
        assert request.attributes == {"vin": vin(ending)}
        page = customer.client.get(f"/onboarding/{customer.reference}/", follow=True)
        assert page.redirect_chain[-1][0] == customer.url("identify")
        assert "Audi did not accept this" in page.content.decode()
        assert vin(ending) in page.content.decode()

    @pytest.mark.parametrize(
        ("type", "manufacturer", "refused", "words"),
        [
            ("Sauna", "Harvia", "type", "This is not on offer at the moment."),
            ("EV", "Umbra", "manufacturer", "This one is not on offer for your device."),
        ],
    )
    def test_lead_back_to_a_refused_choice(
        self, customer: Customer, type: str, manufacturer: str, refused: str, words: str
    ) -> None:
        offering = bench.offer(type, manufacturer, ["vin"])
        refresh.refresh_catalogue()
        offering.delete()
        customer.submit(type, manufacturer, vin=GUIDES_VIN)
        request = work_until(customer.request, "rejected")
        assert list(request.rejections) == [refused]
        page = customer.client.get(f"/onboarding/{customer.reference}/", follow=True)
        assert page.redirect_chain[-1][0] == customer.url(refused)
        assert words in page.content.decode()
        assert CatalogueSnapshot.objects.get().is_wanted

    def test_go_on_with_another_choice(self, customer: Customer) -> None:
        offering = bench.offer("EV", "Umbra", ["vin"])
        refresh.refresh_catalogue()
        offering.delete()
        customer.submit("EV", "Umbra", vin=GUIDES_VIN)
        work_until(customer.request, "rejected")
        refresh.refresh_catalogue()
        assert customer.post("manufacturer", manufacturer="Audi").headers["Location"] == customer.url("check")
        customer.consent()
        work_until(customer.request, CONNECTED)
        assert SandboxRequest.objects.get().manufacturer == "Audi"

    def test_let_a_corrected_answer_be_sent_after_new_consent(self, customer: Customer) -> None:
        customer.submit(vin=vin("0400"))
        work_until(customer.request, "rejected")
        assert customer.post("identify", vin=GUIDES_VIN).headers["Location"] == customer.url("check")
        customer.consent()
        request = work_until(customer.request, CONNECTED)
        assert request.consents.count() == 2
        assert SandboxRequest.objects.get().payload["vin"] == GUIDES_VIN

    def test_end_in_failure_when_refused_without_a_field(
        self, customer: Customer, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = ModelPlatform()
        model.fault = "400"
        monkeypatch.setattr("tests.platforms.MODEL", model)
        settings.SANDBOX_TRANSPORT = "tests.platforms.ModelTransport"
        connection.reset()
        customer.submit()
        request = work_until(customer.request, FAILED)
        assert request.errors[0]["code"] == "No"

    def test_wait_for_our_own_settings(self, customer: Customer, settings: Settings) -> None:
        settings.REALTO_OWNER_ID = "not-a-uuid"
        customer.submit()
        work()
        assert (customer.request.state, customer.request.trouble) == ("queued", "NotAuthorized")

    def test_keep_waiting_for_our_own_credentials(
        self, customer: Customer, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.REALTO_CLIENT_SECRET = "wrong"
        connection.reset()
        customer.submit()
        with caplog.at_level(logging.ERROR):
            work()
        request = customer.request
        assert (request.state, request.trouble, request.attempt) == ("queued", "NotAuthorized", 0)
        assert "credentials" in caplog.text

    def test_keep_waiting_when_the_platform_does_not_let_us(self, customer: Customer) -> None:
        customer.submit(vin=vin("0403"))
        work()
        assert (customer.request.state, customer.request.trouble) == ("queued", "NotAuthorized")

    def test_wait_as_long_as_the_platform_asks(self, customer: Customer) -> None:
        customer.submit(vin=vin("0429"))
        work()
        request = customer.request
        assert (request.state, request.trouble) == ("queued", "RateLimited")
        assert request.due_at
        assert request.due_at - timezone.now() > timedelta(seconds=2.5)
        assert work_until(request, CONNECTED).attempt == 3

    def test_about_our_settings_wait_until_these_are_right(
        self, customer: Customer, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = ModelPlatform()
        monkeypatch.setattr("tests.platforms.MODEL", model)
        settings.SANDBOX_TRANSPORT = "tests.platforms.ModelTransport"
        connection.reset()
        customer.submit()
        for _try in range(3):
            model.fault = "400 tenant"
            let_time_pass(customer.request)
            work()
        request = customer.request
        assert (request.state, request.trouble, request.needs_staff) == ("queued", "NotAuthorized", "")
        assert "Something on our side has to be put right first" in text_of(customer.get("status"))
        let_time_pass(request)
        work()
        assert (customer.request.state, len(model.held)) == ("following", 1)

    def test_try_again_after_a_platform_that_was_away(self, customer: Customer) -> None:
        bench.go_away()
        customer.submit()
        work()
        assert (customer.request.state, customer.request.trouble) == ("queued", "PlatformUnavailable")
        bench.come_back()
        work_until(customer.request, CONNECTED)
        assert SandboxRequest.objects.count() == 1


class TestAmbiguity:
    @pytest.mark.parametrize("ending", ["0502", "0503", "0504"])
    def test_adopts_what_arrived_without_an_answer(self, customer: Customer, ending: str) -> None:
        customer.submit(vin=vin(ending))
        work()
        assert customer.request.state == "unknown"
        request = work_until(customer.request, CONNECTED, FAILED)
        assert (request.state, request.attempt) == (CONNECTED, 1)
        assert request.platform_id == str(SandboxRequest.objects.get().pk)
        assert "found" in names_of(request)

    @pytest.mark.parametrize("ending", ["0500", "0411"])
    def test_sends_again_only_what_is_not_there(self, customer: Customer, ending: str) -> None:
        customer.submit(vin=vin(ending))
        request = work_until(customer.request, CONNECTED)
        assert request.attempt == 3
        assert SandboxRequest.objects.count() == 1

    def test_does_not_send_again_before_the_settle_window_is_over(self, customer: Customer, settings: Settings) -> None:
        settings.REALTO_SETTLE_SECONDS = 60
        customer.submit(vin=vin("0500"))
        work()
        let_time_pass(customer.request, seconds=10)
        work()
        request = customer.request
        assert (request.state, request.attempt) == ("unknown", 1)
        assert request.due_at == request.settles_at

    def test_of_several_is_settled_by_one_list(self, customer: Customer, stranger: Customer) -> None:
        customer.submit(vin=vin("0504"))  # arrived, but the answer did not
        stranger.submit(vin=vin("0500"))  # never arrived
        work()
        assert {customer.request.state, stranger.request.state} == {"unknown"}
        let_time_pass(customer.request)
        let_time_pass(stranger.request)
        token = lease.claim()
        assert lease.claim() == ""
        dispatch.advance.call(token)
        assert "found" in names_of(customer.request)
        assert "not-found" in names_of(stranger.request)

    def test_waits_for_a_list_that_can_be_read(self, customer: Customer) -> None:
        customer.submit(vin=vin("0504"))
        work()
        bench.go_away()
        let_time_pass(customer.request)
        work()
        request = customer.request
        assert (request.state, request.trouble, request.lease) == ("unknown", "PlatformUnavailable", "")
        assert request.failures == 2
        bench.come_back()
        assert work_until(request, CONNECTED).attempt == 1

    def test_holds_on_to_its_lease_while_a_long_list_is_read(self, customer: Customer) -> None:
        customer.submit()
        mine = claimed(customer.request)
        mine.lease_expires_at = timezone.now() + timedelta(seconds=1)
        lease.renew([mine])
        assert customer.request.lease_expires_at == mine.lease_expires_at > timezone.now() + lease.lease_time() / 2

    def test_does_not_take_another_customers_request_for_its_own(self, customer: Customer, stranger: Customer) -> None:
        stranger.submit(vin=vin("0500").replace("0500", "0803"))
        work()
        customer.submit(vin=vin("0500"))
        request = work_until(customer.request, CONNECTED)
        assert request.platform_id != stranger.request.platform_id

    def test_adopts_the_oldest_of_several_and_tells_staff(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        oldest = SandboxRequest.objects.get()
        SandboxRequest.objects.create(
            client_id=oldest.client_id,
            principal_id=oldest.principal_id,
            type=oldest.type,
            manufacturer=oldest.manufacturer,
            payload=oldest.payload,
            behaviour=oldest.behaviour,
        )
        OnboardingRequest.objects.update(state="unknown", platform_id="", due_at=timezone.now(), settles_at=None)
        work()
        request = customer.request
        assert (request.state, request.platform_id) == ("following", str(oldest.pk))
        assert request.needs_staff == "several"
        assert request.due_at

    def test_looks_before_it_sends_again_after_a_worker_died(self, customer: Customer) -> None:
        customer.submit()
        work()
        arrived = SandboxRequest.objects.get()
        # As a worker leaves it that died after the platform accepted and before the answer was written.
        OnboardingRequest.objects.update(
            state="sending", platform_id="", lease="of the dead", lease_expires_at=timezone.now()
        )
        request = work_until(customer.request, CONNECTED)
        assert request.platform_id == str(arrived.pk)
        assert SandboxRequest.objects.count() == 1
        assert "attempt-abandoned" in names_of(request)


class TestFollowing:
    @pytest.mark.parametrize(
        ("ending", "state"), [("0700", FAILED), ("0701", CANCELED), ("0601", CONNECTED), ("0603", CONNECTED)]
    )
    def test_ends_as_the_platform_says(self, customer: Customer, ending: str, state: str) -> None:
        customer.submit(vin=vin(ending))
        assert work_until(customer.request, CONNECTED, FAILED, CANCELED).state == state

    def test_keeps_why_it_failed(self, customer: Customer) -> None:
        customer.submit(vin=vin("0700"))
        request = work_until(customer.request, FAILED)
        assert request.errors[0]["code"] == "DeviceNotReachable"

    def test_never_takes_an_unknown_status_for_success(self, customer: Customer) -> None:
        customer.submit(vin=vin("0600"))
        for _round in range(5):
            work()
            let_time_pass(customer.request)
        assert (customer.request.state, customer.request.status) == ("following", "OnHold")

    def test_bumps_the_version_only_when_something_changed(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        before = customer.request
        let_time_pass(before)
        work()
        assert customer.request.version == before.version
        assert customer.request.checked_at != before.checked_at

    def test_keeps_the_customers_state_while_the_platform_is_away(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        bench.go_away()
        let_time_pass(customer.request)
        work()
        request = customer.request
        assert (request.state, request.trouble, request.failures) == ("following", "PlatformUnavailable", 1)
        bench.come_back()
        settings.SANDBOX_STEP_SECONDS = 0.001
        assert work_until(request, CONNECTED).trouble == ""

    def test_keeps_a_request_that_the_platform_forgot_for_staff(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        SandboxRequest.objects.all().delete()
        let_time_pass(customer.request)
        work()
        assert (customer.request.state, customer.request.trouble) == ("following", "NotFound")

    @pytest.mark.parametrize(
        ("status", "action"), [("Pending", "Redirect"), ("InProgress", ""), ("inprogress", ""), ("OnHold", "Redirect")]
    )
    def test_waits_for_nobody_once_the_status_went_on(self, customer: Customer, status: str, action: str) -> None:
        customer.submit()
        work()
        request = customer.request
        told = {"id": request.platform_id, "status": status, "action": {"type": "Redirect"}}
        absorb(request, resources.OnboardingRequest.from_json(told), now=timezone.now())
        assert request.action_type == action

    def test_is_the_customers_turn_until_it_goes_on(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit(vin=vin("0806"))
        work()
        bench.let_steps_pass(2)
        let_time_pass(customer.request)
        work()
        assert (customer.request.action_type, customer.request.actor) == ("Redirect", "customer")
        bench.let_steps_pass(2)
        let_time_pass(customer.request)
        work()
        assert (customer.request.status, customer.request.action_type) == ("InProgress", "")
        assert customer.request.actor == "manufacturer"

    def test_never_shows_a_step_going_back(self, customer: Customer) -> None:
        customer.submit()
        work()
        request = customer.request
        for status in ("Pending", "Done", "InProgress", "Pending"):
            told = {
                "id": request.platform_id,
                "status": "Pending",
                "transactions": [{"type": "Connect", "status": status}],
            }
            absorb(request, resources.OnboardingRequest.from_json(told), now=timezone.now())
        assert request.transactions.get(position=0).status == "Done"


class TestClaims:
    def test_leaves_drafts_and_outcomes_alone(self, customer: Customer) -> None:
        customer.start()
        OnboardingRequest.objects.update(due_at=timezone.now())
        assert lease.claim() == ""

    def test_asks_first_about_those_without_an_answer(self, customer: Customer, stranger: Customer) -> None:
        stranger.submit()
        customer.submit()
        now = timezone.now()
        OnboardingRequest.objects.update(due_at=now - timedelta(seconds=5))
        OnboardingRequest.objects.filter(pk=customer.request.pk).update(state="unknown", due_at=now)
        assert [lease.claim(), lease.claim()] == [customer.request.lease, stranger.request.lease]
        assert lease.claim() == ""
