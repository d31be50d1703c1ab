"""Repair: a device that was connected and does not work any more is connected anew, with what we know."""

import pytest
from django.http import HttpResponse

from onboarding.catalogue import refresh
from onboarding.models import Event, OnboardingRequest
from sandbox import bench
from sandbox.models import SandboxOffering
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.onboarding.portal.test_wizard import text_of


@pytest.fixture
def connected(customer: Customer) -> Customer:
    work_until(customer.submit().request, "connected")
    return customer


def repair(customer: Customer) -> HttpResponse:
    return customer.client.post(customer.url("repair"))


def newest() -> OnboardingRequest:
    return OnboardingRequest.objects.order_by("-pk")[0]


def address(request: OnboardingRequest, page: str) -> str:
    return f"/onboarding/{request.reference}/{page}/"


class TestRepair:
    def test_is_offered_for_what_is_connected(self, connected: Customer) -> None:
        page = connected.get("device")
        assert "Does it no longer work?" in text_of(page)
        assert f'action="{connected.url("repair")}"' in page.content.decode()

    def test_is_not_offered_on_the_way(self, customer: Customer) -> None:
        customer.submit()
        assert "Does it no longer work?" not in text_of(customer.get("device"))

    def test_fills_in_what_we_know(self, connected: Customer) -> None:
        OnboardingRequest.objects.update(tenant_id="a", own_reference="K-17", contact_email="ann@example.org")
        response = repair(connected)
        draft = newest()
        assert response.headers["Location"] == address(draft, "identify")
        assert GUIDES_VIN in connected.client.get(address(draft, "identify")).content.decode()
        assert (draft.state, draft.retry_of) == ("draft", connected.request)
        assert (draft.type, draft.manufacturer, draft.attributes) == ("EV", "Audi", {"vin": GUIDES_VIN})
        assert (draft.tenant_id, draft.own_reference, draft.contact_email) == ("a", "K-17", "ann@example.org")

    def test_leaves_what_runs_as_it_is(self, connected: Customer) -> None:
        before = OnboardingRequest.objects.values().get(pk=connected.request.pk)
        repair(connected)
        assert OnboardingRequest.objects.values().get(pk=connected.request.pk) == before

    def test_is_on_the_timeline(self, connected: Customer) -> None:
        repair(connected)
        event = Event.objects.get(request=newest())
        assert (event.name, event.detail) == ("started", {"repairs": connected.request.spoken_support_code})

    def test_goes_to_the_check_page_for_a_maker_that_needs_nothing(self, customer: Customer) -> None:
        work_until(customer.submit("PV", "Huawei").request, "following")
        OnboardingRequest.objects.update(state="connected", due_at=None)
        assert repair(customer).headers["Location"] == address(newest(), "check")

    def test_asks_for_another_maker_when_this_one_is_gone(self, customer: Customer) -> None:
        bench.offer("EV", "Trabant", ["vin"])
        refresh.refresh_catalogue()
        work_until(customer.submit("EV", "Trabant", vin=GUIDES_VIN).request, "connected")
        SandboxOffering.objects.all().delete()
        refresh.refresh_catalogue()
        assert repair(customer).headers["Location"] == address(newest(), "manufacturer")

    def test_is_one_draft_however_often_it_is_pressed(self, connected: Customer) -> None:
        assert len({repair(connected).headers["Location"] for _click in range(3)}) == 1
        assert OnboardingRequest.objects.count() == 2

    def test_leads_to_the_repair_that_is_under_way(self, connected: Customer) -> None:
        repair(connected)
        again = Customer(connected.client)
        again.reference = newest().reference
        again.post("identify", vin=GUIDES_VIN)
        again.consent()
        assert repair(connected).headers["Location"] == again.url("status")
        work_until(again.request, "connected")
        assert repair(connected).headers["Location"] == address(newest(), "identify")
        assert OnboardingRequest.objects.count() == 3

    @pytest.mark.parametrize("state", ["failed", "canceled"])
    def test_of_what_failed_is_another_try(self, customer: Customer, state: str) -> None:
        customer.submit()
        OnboardingRequest.objects.update(state=state, due_at=None)
        location = repair(customer).headers["Location"]
        assert location == address(newest(), "check")
        assert customer.client.post(customer.url("again")).headers["Location"] == location

    def test_of_what_was_refused_leads_to_the_answer(self, customer: Customer) -> None:
        customer.submit()
        OnboardingRequest.objects.update(state="rejected", rejections={"vin": ["?"]}, due_at=None)
        assert repair(customer).headers["Location"] == customer.url("identify")
        assert OnboardingRequest.objects.count() == 1

    def test_is_done_by_the_button_only_and_by_nobody_else(self, connected: Customer, stranger: Customer) -> None:
        stranger.start()
        assert connected.client.get(connected.url("repair")).status_code == 405
        assert stranger.client.post(connected.url("repair")).status_code == 404
        assert not OnboardingRequest.objects.exclude(retry_of=None).exists()
