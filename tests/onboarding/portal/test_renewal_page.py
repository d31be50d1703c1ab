"""The page behind the mails that ask to renew: what ends when, what happens then, and one press."""

from datetime import timedelta

import pytest
from django.utils import timezone

from onboarding.models import Consent, Device, OnboardingRequest
from tests.customers import Customer, work_until
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.portal.test_wizard import text_of


@pytest.fixture
def connected(customer: Customer) -> Customer:
    work_until(customer.submit().request, "connected")
    return customer


def ends_in(*, consent: float | None = None, mandate: float | None = None) -> None:
    now = timezone.now()
    OnboardingRequest.objects.update(consent_ends_at=consent and now + timedelta(days=consent))
    Device.objects.update(valid_until=mandate and now + timedelta(days=mandate))


def agree(customer: Customer) -> str:
    sha256 = customer.get("consent").context["page_sha256"]
    answer = customer.post("consent", consent="on", page_sha256=sha256)
    return answer.headers["Location"]


class TestConsentThatEnds:
    def test_is_explained_and_renewed_by_one_press(self, connected: Customer) -> None:
        publish(valid_days=365)
        ends_in(consent=30)
        assert "Renew it if you would like to keep this device connected." in text_of(connected.get("device"))
        page = text_of(connected.get("consent"))
        assert "Your consent ends on" in page
        assert "If you do nothing, your device is disconnected that day" in page
        assert "one more step" not in page
        assert agree(connected) == connected.url("device")
        assert "You agreed again" in text_of(connected.get("device"))
        assert Consent.objects.latest("pk").act.endswith("pressed “Agree and stay connected”.")

    def test_in_a_year_asks_for_nothing(self, connected: Customer) -> None:
        ends_in(consent=365)
        assert "Renew it" not in text_of(connected.get("device"))
        assert "There is nothing that you have to do now" in text_of(connected.get("consent"))


class TestMandateThatEnds:
    def test_leads_to_connecting_it_again(self, connected: Customer) -> None:
        ends_in(mandate=30)
        assert "Your permission at Audi ends on" in text_of(connected.get("device"))
        assert "Permission at Audi ends on" in text_of(connected.get("device"))
        assert connected.get("consent").headers["Location"] == connected.url("reconnect")
        page = text_of(connected.get("reconnect"))
        assert "There is one more step, at Audi." in page
        assert "It may be" not in page
        assert "Allow it once more" in page
        assert "Your permission at Audi ends on" in page
        assert "a new password" not in page

    def test_is_renewed_by_a_connection_in_its_place(self, connected: Customer) -> None:
        ends_in(mandate=30)
        answer = connected.post("reconnect")
        newer = OnboardingRequest.objects.latest("pk")
        assert answer.headers["Location"].endswith(f"/{newer.reference}/status/")
        work_until(newer, "connected")
        assert OnboardingRequest.objects.get(pk=newer.retry_of_id).ended_as == "replaced"

    def test_with_the_consent_leads_through_both(self, connected: Customer) -> None:
        publish(valid_days=365)
        ends_in(consent=40, mandate=35)
        page = text_of(connected.get("consent"))
        assert "Your consent, and your permission at Audi, end on" in page
        assert "Afterwards there is one more step, at Audi." in page
        assert agree(connected) == connected.url("reconnect")
        page = text_of(connected.get("reconnect"))
        assert "Thank you. You agreed again" in page
        assert "What you agree to" not in page  # they just did
        assert "Connect it again" in page

    def test_after_new_words_were_published_asks_for_consent_first(self, connected: Customer) -> None:
        publish(asks_again=True, accessed="More than before.")
        ends_in(mandate=30)
        page = text_of(connected.get("consent"))
        assert "The text that you agreed to has changed since." in page
        assert agree(connected) == connected.url("reconnect")
