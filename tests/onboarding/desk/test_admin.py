"""The support desk, first cut."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding.consent import triggers
from onboarding.models import Consent, OnboardingRequest
from tests.customers import GUIDES_VIN, Customer, work_until


@pytest.fixture
def desk(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff"))
    return client


@pytest.fixture
def connected(customer: Customer) -> OnboardingRequest:
    customer.submit()
    return work_until(customer.request, "connected")


LIST = "/admin/onboarding/onboardingrequest/"


class TestDesk:
    def test_shows_the_timeline_and_masks_identifiers(self, desk: Client, connected: OnboardingRequest) -> None:
        page = desk.get(f"{LIST}{connected.pk}/change/").content.decode()
        for words in (
            "The customer agreed.",
            "We began to send it",
            "The platform accepted it.",
            "is connected.",
        ):
            assert words in page
        assert GUIDES_VIN not in page
        assert "•0000" in page

    def test_shows_whose_it_is_at_the_platform_and_masks_a_person(
        self, desk: Client, connected: OnboardingRequest
    ) -> None:
        owner = "6d0c9e1f-7a1b-4c2d-9e3f-5a5a5a5a0017"
        OnboardingRequest.objects.update(platform_owner_id=owner)
        page = desk.get(f"{LIST}{connected.pk}/change/").content.decode()
        assert connected.platform_tenant_id in page
        assert connected.platform_principal_id in page
        assert owner not in page
        assert "•0017" in page

    def test_names_the_device_of_each_request(self, desk: Client, connected: OnboardingRequest) -> None:
        for url in (LIST, f"{LIST}{connected.pk}/change/"):
            assert "Electric car, Audi" in desk.get(url).content.decode()

    def test_asks_no_more_often_for_a_longer_list(self, desk: Client, connected: OnboardingRequest) -> None:
        desk.get(LIST)
        with CaptureQueriesContext(connection) as for_one:
            desk.get(LIST)
        OnboardingRequest.objects.bulk_create(OnboardingRequest(type="EV", state="connected") for _row in range(10))
        with CaptureQueriesContext(connection) as for_eleven:
            assert len(desk.get(LIST).context["cl"].result_list) == 11
        assert len(for_eleven) == len(for_one)

    def test_changes_nothing(self, desk: Client, connected: OnboardingRequest) -> None:
        assert desk.post(f"{LIST}{connected.pk}/change/", {"state": "draft"}).status_code == 403
        assert desk.get(f"{LIST}add/").status_code == 403
        assert desk.post(f"{LIST}{connected.pk}/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize(
        "model", ["consent", "event", "transaction", "cataloguesnapshot", "platformhealth", "wish"]
    )
    def test_lists_everything_that_the_portal_keeps(
        self, desk: Client, connected: OnboardingRequest, model: str
    ) -> None:
        assert desk.get(f"/admin/onboarding/{model}/").status_code == 200

    def test_tells_whether_consent_words_are_unchanged(self, desk: Client, connected: OnboardingRequest) -> None:
        consent = Consent.objects.get()
        url = f"/admin/onboarding/consent/{consent.pk}/change/"
        assert 'alt="True"' in desk.get(url).content.decode()
        triggers.take_down(connection)
        Consent.objects.update(words="others")
        assert 'alt="False"' in desk.get(url).content.decode()

    def test_links_to_the_magic_identifiers(self, desk: Client) -> None:
        assert 'href="/sandbox/"' in desk.get("/admin/").content.decode()

    def test_asks_strangers_to_sign_in(self, client: Client, db: None) -> None:
        assert client.get(LIST).status_code == 302
