"""Connected devices at the desk: facts on the page of a request, and one line for each manufacturer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from onboarding.models import Device, MakerHealth, OnboardingRequest
from tests.desk import sign_in

pytestmark = pytest.mark.django_db

NOW = timezone.now()
PAGE = "/admin/onboarding/onboardingrequest/{}/change/"


def words(answer: HttpResponse) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


@pytest.fixture
def desk() -> Client:
    return sign_in("viewer")


def make(**columns: object) -> OnboardingRequest:
    return OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi", state="connected", **columns)


class TestPageOfARequest:
    def test_tells_how_its_device_is(self, desk: Client) -> None:
        day = datetime(2024, 11, 3, 13, 3, tzinfo=UTC)
        Device.objects.create(
            request=make(),
            health="quiet",
            health_since=NOW - timedelta(days=4),
            last_data_at=day,
            due_at=day + timedelta(days=1),
            valid_until=day + timedelta(days=2),
        )
        page = words(desk.get(PAGE.format(OnboardingRequest.objects.get().pk)))
        assert "<h2>Since it was connected</h2>" in page
        assert '<dt>Data</dt><dd dir="auto">No data any more, for 4 days</dd>' in page
        assert '<dt>Last data</dt><dd dir="auto">3 Nov 2024, 14:03</dd>' in page
        assert '<dt>Next look</dt><dd dir="auto">4 Nov 2024, 14:03</dd>' in page
        assert 'permission ends</dt><dd dir="auto">5 Nov 2024, 14:03</dd>' in page
        assert "First data" not in page
        assert "<strong>No data since 3 November 2024</strong>" in page
        assert "Whose turn: the customer&#x27;s, for 4 days" in page

    def test_has_nothing_of_that_before_there_is_one(self, desk: Client) -> None:
        assert "Since it was connected" not in words(desk.get(PAGE.format(make().pk)))


class TestManufacturers:
    def test_have_a_line_each_the_silent_one_first(self, desk: Client) -> None:
        MakerHealth.objects.create(type="PV", manufacturer="SMA", devices=90, flowing=88, quiet=2)
        MakerHealth.objects.create(
            type="EV",
            manufacturer="Audi",
            devices=20,
            quiet=12,
            silent_since=datetime(2024, 11, 3, 13, 3, tzinfo=UTC),
            first_data_seconds=4 * 3600,
            usual_silence_seconds=9 * 24 * 3600,
        )
        page = words(desk.get("/admin/onboarding/makerhealth/"))
        assert page.index("Electric car") < page.index("Solar panels")
        assert "3 Nov 2024, 14:03" in page
        assert "up to 4 hours" in page
        assert "up to 9 days" in page

    def test_are_for_who_may_see_them(self) -> None:
        assert sign_in("nobody").get("/admin/onboarding/makerhealth/").status_code == 403
