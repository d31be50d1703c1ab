"""What customers meet when a connection failed: why, what helps, what is kept, and whom to ask."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from onboarding.models import ActionText, OnboardingRequest
from sandbox import magic
from tests.customers import Customer, work, work_until
from tests.onboarding.portal.test_wizard import text_of

UNREACHABLE, DENIED = "0700", "0800"


def failed(customer: Customer, code: str, *, type: str = "EV", manufacturer: str = "Audi") -> Customer:
    customer.submit(vin=magic.BY_ENDING[UNREACHABLE].vin)
    work_until(customer.request, "failed")
    errors = [{"code": code, "message": "In their own words."}]
    OnboardingRequest.objects.update(type=type, manufacturer=manufacturer, errors=errors)
    return customer


class TestFailedRequest:
    @pytest.mark.parametrize(
        ("code", "device", "headline", "advice"),
        [
            ("DeviceNotReachable", ("EV", "Audi"), "Audi could not reach your car", "Park it where your phone has"),
            ("DeviceNotReachable", ("PV", "SMA"), "SMA could not reach your inverter", "sleep in the dark"),
            ("DeviceNotReachable", ("Boiler", "X"), "X could not reach your device", "switched on and online"),
            ("NotFound", ("SmartMeter", "Fluvius"), "Fluvius does not find this meter", "link the meter to your Mijn"),
            ("NotFound", ("SmartMeter", "Liander"), "Liander does not know this meter", "on your bill"),
            (
                "NotFound",
                ("PV", "Huawei"),
                "FusionSolar does not show your plant",
                "that of an installer is not enough",
            ),
            (
                "ConsentExpired",
                ("PV", "SMA"),
                "Nobody approved the e-mail from SMA in time",
                "look in your spam folder",
            ),
            ("ConsentDenied", ("EV", "Audi"), "The connection was not allowed", "somebody said no there"),
            ("Whatever", ("EV", "Audi"), "This did not work", "ask us for help"),
        ],
    )
    def test_says_why_and_what_helps(
        self, customer: Customer, code: str, device: tuple[str, str], headline: str, advice: str
    ) -> None:
        page = text_of(failed(customer, code, type=device[0], manufacturer=device[1]).get("status"))
        assert headline in page
        assert advice in page

    def test_is_told_in_words_of_staff_where_they_wrote_some(self, customer: Customer) -> None:
        words = {"headline": "{manufacturer} sleeps", "sentence": "Wake it by its key."}
        ActionText.objects.create(action="failed-unreachable", type="EV", manufacturer="Audi", **words)
        page = text_of(failed(customer, "DeviceNotReachable").get("status"))
        assert "Audi sleeps" in page
        assert "Wake it by its key." in page

    def test_is_their_turn_if_they_like(self, customer: Customer) -> None:
        page = text_of(failed(customer, "DeviceNotReachable").get("status"))
        assert "Your turn, if you like" in page
        assert "Nobody needs to do anything" not in page

    @pytest.mark.parametrize(("code", "is_help_first"), [("AlreadyConnected", True), ("DeviceNotReachable", False)])
    def test_puts_help_before_trying_again_where_that_alone_helps(
        self, customer: Customer, code: str, is_help_first: bool
    ) -> None:
        page = failed(customer, code).get("status").content.decode()
        assert (page.index("Would you like help?") < page.index('id="again-button"')) is is_help_first
        assert ("button--secondary" in page) is is_help_first

    def test_says_until_when_answers_are_kept(self, customer: Customer, settings: Settings) -> None:
        settings.RETENTION_DAYS = settings.RETENTION_DAYS | {"failed": 30}
        failed(customer, "DeviceNotReachable")
        finished_at = timezone.now() - timedelta(days=27)
        OnboardingRequest.objects.update(finished_at=finished_at)
        until = date_format(timezone.localtime(finished_at + timedelta(days=30)), "DATE_FORMAT")
        assert f"We keep your answers until {until}" in text_of(customer.get("status"))

    def test_names_no_day_that_is_over(self, customer: Customer, settings: Settings) -> None:
        settings.RETENTION_DAYS = settings.RETENTION_DAYS | {"failed": 30}
        failed(customer, "Whatever")
        OnboardingRequest.objects.update(finished_at=timezone.now() - timedelta(days=31), needs_staff="too-old")
        assert "We keep your answers, so that you do not have" in text_of(customer.get("status"))

    def test_is_kept_for_good_where_nothing_is_deleted(self, customer: Customer, settings: Settings) -> None:
        settings.RETENTION_DAYS = settings.RETENTION_DAYS | {"failed": 0}
        assert "We keep your answers, so that" in text_of(failed(customer, "DeviceNotReachable").get("status"))

    def test_names_whom_to_ask_and_the_code_to_read_aloud(self, customer: Customer, settings: Settings) -> None:
        settings.SUPPORT_CONTACT = "0800 1234"
        page = text_of(failed(customer, "DeviceNotReachable").get("status"))
        assert "Would you like help? 0800 1234 Have the support code below at hand." in page

    def test_has_the_platforms_words_behind_details(self, customer: Customer) -> None:
        page = failed(customer, "DeviceNotReachable").get("status").content.decode()
        _before, details = page.split("<details", 1)
        assert "In their own words." in details.split("</details>")[0]

    def test_promises_no_stop_where_nothing_runs(self, customer: Customer) -> None:
        page = text_of(failed(customer, "DeviceNotReachable").get("status"))
        assert "how to stop" not in page
        assert "Your consent and receipts" in page
        assert "Open this on another phone or computer" in page

    def test_of_an_unknown_device_leads_back_to_its_number(self, customer: Customer) -> None:
        page = text_of(failed(customer, "NotFound").get("status"))
        assert "Correct it and try again" in page
        assert customer.post("again").headers["Location"].endswith("/identify/")

    def test_of_an_unknown_device_without_a_number_leads_on(self, customer: Customer) -> None:
        customer.submit("PV", "Huawei")
        work_until(customer.request, "following")
        OnboardingRequest.objects.update(state="failed", due_at=None, errors=[{"code": "NotFound", "message": ""}])
        place = customer.post("again").headers["Location"]
        assert customer.client.get(place).headers["Location"].endswith("/check/")

    def test_after_consent_was_taken_back_asks_for_nothing(self, customer: Customer) -> None:
        failed(customer, "DeviceNotReachable")
        OnboardingRequest.objects.update(withdrawn_at=timezone.now(), entity_id="")
        page = text_of(customer.get("status"))
        assert "your consent is over, and the connection was not made" in page
        assert "Your turn" not in page


class TestMail:
    def test_tells_why_what_is_kept_and_the_code(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING[UNREACHABLE].vin)
        OnboardingRequest.objects.update(contact_email="ann@example.org")
        work_until(customer.request, "failed")
        work()
        [letter] = [sent for sent in mail.outbox if sent.subject.startswith("Audi could not reach your car")]
        for words in ("Park it where your phone has reception", "We keep your answers until", "See what you can do"):
            assert words in " ".join(str(letter.body).split())
        assert customer.request.spoken_support_code in letter.body

    def test_reminds_nobody_of_what_failed(self, customer: Customer) -> None:
        customer.submit(vin=magic.BY_ENDING[UNREACHABLE].vin)
        OnboardingRequest.objects.update(contact_email="ann@example.org")
        failed = work_until(customer.request, "failed")
        failed.mails.create(kind="reminder", key="r", step=1, to="ann@example.org", due_at=timezone.now())
        work()
        assert failed.mails.get(kind="reminder").ended == "no longer their turn"
        assert timezone.now() - customer.request.finished_at < timedelta(minutes=5)
