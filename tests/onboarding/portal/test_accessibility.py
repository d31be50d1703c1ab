"""What the portal says about its accessibility, and how it speaks to those who do not see the page move."""

import pytest
from django.test import Client
from pytest_django import Settings

from onboarding.models import AccessLink
from tests.customers import Customer
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.portal.test_wizard import text_of

POLL = {"HX-Request": "true", "HX-Target": "live"}

pytestmark = pytest.mark.django_db


class TestStatement:
    def test_is_linked_from_every_page(self, client: Client) -> None:
        for path in ("/", "/code/", "/nothing/"):
            assert 'href="/accessibility/"' in client.get(path).content.decode()

    def test_says_what_was_not_tested_and_whom_to_tell(self, client: Client, settings: Settings) -> None:
        settings.SUPPORT_CONTACT = "help@example.org"
        words = text_of(client.get("/accessibility/"))
        assert "WCAG) 2.2, level AA" in words
        assert "People with disabilities have not tried the portal" in words
        assert "help@example.org" in words

    def test_needs_no_browser_that_is_known(self, client: Client) -> None:
        assert client.get("/accessibility/").cookies == {}


class TestConsentText:
    def test_in_another_language_says_in_which(self, customer: Customer) -> None:
        publish(type="EV", language="nl")
        customer.start().choose("EV", "Audi").post("identify", vin="WA1DMAFE0D0000000")
        page = customer.get("check").content.decode()
        assert '<html lang="en">' in page
        assert '<section lang="nl">' in page
        assert '<span lang="nl">' in page


class TestPhonePage:
    @pytest.fixture
    def code(self, customer: Customer) -> str:
        customer.start().choose("EV", "Audi")
        customer.client.post(customer.url("phone/new"))
        return AccessLink.objects.get(kind="phone").spoken_code

    @pytest.mark.usefixtures("code")
    def test_is_left_alone_while_nothing_happens(self, customer: Customer) -> None:
        assert customer.client.get(customer.url("phone"), headers=POLL).status_code == 204

    def test_announces_that_the_phone_took_over(self, customer: Customer, code: str) -> None:
        Client().post("/code/", {"code": code})
        page = customer.client.get(customer.url("phone"), headers=POLL).content.decode()
        assert '<p id="announcement" hx-swap-oob="innerHTML">Your phone took over</p>' in page
