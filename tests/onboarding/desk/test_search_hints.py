"""A search that finds nothing, or too much, says how it was read and what would help."""

import html

import pytest
from django.test import Client

from onboarding.models import OnboardingRequest
from tests.desk import sign_in

pytestmark = pytest.mark.django_db

VIN, OTHER = "WA1DMAFE0D0000417", "WVWZZZ1KZAW000417"


@pytest.fixture
def desk() -> Client:
    return sign_in("agent")


def page(desk: Client, term: str) -> str:
    response = desk.get("/admin/onboarding/onboardingrequest/", {"q": term})
    assert response.status_code == 200
    return html.unescape(response.content.decode())


class TestNothingFound:
    @pytest.mark.parametrize(
        ("term", "hint"),
        [
            ("nobody@mail.example", "Nobody wrote this e-mail address."),
            ("WA1", "Fewer than six characters find nothing."),
            ("ACDE-FH3", "A support code has 8 letters and digits, and this has 7."),
            (VIN[:-1], "A VIN has 17 letters and digits, and this has 16."),
            ("54144 8800 0000 0001", "An EAN has 18 digits, and this has 17."),
            ("123e4567-e89b-42d3-a456-426614174000", "This is an id of the platform's or of ours"),
            (VIN, "Only whole codes, addresses and numbers are found"),
            ("Dear team, my car with the number below does not work", "That is a long text."),
        ],
    )
    def test_says_what_to_ask_for(self, desk: Client, term: str, hint: str) -> None:
        assert hint in page(desk, term)

    def test_offers_to_invite_who_is_new(self, desk: Client) -> None:
        assert 'href="/admin/onboarding/invitation/prepare/"' in page(desk, VIN)
        nobody_invites = page(sign_in("viewer"), VIN)
        assert 'href="/admin/onboarding/invitation/prepare/"' not in nobody_invites

    def test_takes_a_paste_apart_that_is_of_two_requests(self, desk: Client) -> None:
        OnboardingRequest.objects.create(attributes={"vin": VIN})
        OnboardingRequest.objects.create(contact_email="jan@mail.example", attributes={"vin": OTHER})
        found = page(desk, f"{VIN} jan@mail.example nonsense")
        assert "Your words are of different requests." in found
        assert f'<a href="?q={VIN}">{VIN}</a>: 1 request' in found
        assert '<a href="?q=jan%40mail.example">jan@mail.example</a>: 1 request' in found
        assert ">nonsense</a>" not in found


class TestManyFound:
    def test_by_the_end_of_a_number_asks_for_all_of_it(self, desk: Client) -> None:
        for vin in (VIN, OTHER):
            OnboardingRequest.objects.create(attributes={"vin": vin})
        assert "Several numbers end like this." in page(desk, VIN[-6:])

    def test_by_an_address_asks_for_the_device(self, desk: Client) -> None:
        for vin in (VIN, OTHER):
            OnboardingRequest.objects.create(contact_email="jan@mail.example", attributes={"vin": vin})
        assert "All of them have this e-mail address." in page(desk, "jan@mail.example")

    def test_by_a_whole_number_says_how_that_comes(self, desk: Client) -> None:
        for _time in range(2):
            OnboardingRequest.objects.create(attributes={"vin": VIN})
        assert "Several requests have this number" in page(desk, VIN)


class TestEmptyLists:
    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("onboardingrequest/?queue=us", "Nothing waits here."),
            ("onboardingrequest/?state__exact=failed", "Try other dates or fewer filters."),
            ("onboardingrequest/", "Invite a customer"),
            ("mail/", "There is nothing here yet."),
            ("mail/?kind__exact=receipt", "Try other words, other dates or fewer filters."),
        ],
    )
    def test_say_what_to_do(self, desk: Client, path: str, words: str) -> None:
        assert words in desk.get(f"/admin/onboarding/{path}").content.decode()
