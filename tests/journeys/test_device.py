"""After consent: the manufacturer's page and back, somebody else's step, receipts, and stopping."""

from collections.abc import Callable

from .customers import BrowserCustomer, Customer

BMW_VIN = "WBA00000000000002"
CONNECTED = "Your device is connected"
DISCONNECTED = "Your device is disconnected"


class TestStop:
    def test_is_as_easy_as_it_was_to_start(self, customer: Customer) -> None:
        customer.submit("EV", "Audi", vin="WA1DMAFE0D0000011")
        customer.wait_for_heading(CONNECTED)
        reference = customer.reference

        customer.visit(customer.path)
        customer.follow("Your consent, receipts, and how to stop")
        customer.follow("Stop this connection")
        assert customer.heading == "Stop this connection?"
        customer.press("Stop and disconnect")

        customer.wait_for_heading(DISCONNECTED)
        assert customer.portal.is_offboarded(reference)
        customer.visit(customer.path)
        customer.follow("Your consent and receipts")
        assert "Your consent is taken back" in customer.text
        assert "You agreed" in customer.text
        assert "Stop this connection" not in customer.text

    def test_lets_the_same_device_be_connected_again(self, customer: Customer) -> None:
        customer.submit("EV", "Audi", vin="WA1DMAFE0D0000012")
        customer.wait_for_heading(CONNECTED)
        customer.visit(f"/onboarding/{customer.reference}/stop/")
        customer.press("Stop and disconnect")
        customer.wait_for_heading(DISCONNECTED)
        customer.press("Connect it again")
        assert customer.step == "check"
        assert "WA1DMAFE0D0000012" in customer.text


class TestReceipt:
    def test_has_every_word_of_the_consent(self, customer: Customer) -> None:
        customer.submit("EV", "Audi", vin="WA1DMAFE0D0000013")
        customer.follow("Your consent, receipts, and how to stop")
        customer.follow("Receipt")
        assert customer.heading == "You agreed"
        assert "Never your password" in customer.text
        assert "WA1DMAFE0D0000013" in customer.text

    def test_can_be_saved(self, in_browser: BrowserCustomer) -> None:
        customer = in_browser
        customer.submit("EV", "Audi", vin="WA1DMAFE0D0000014")
        customer.follow("Your consent, receipts, and how to stop")
        customer.follow("Receipt")
        with customer.page.expect_download() as download:
            customer.page.get_by_role("link", name="Save as PDF").click()
        assert download.value.suggested_filename.startswith("receipt-")
        assert download.value.path().read_bytes().startswith(b"%PDF-")


class TestManufacturersPage:
    def test_left_without_an_answer_can_be_opened_again(self, customer: Customer) -> None:
        customer.submit("EV", "BMW", vin=BMW_VIN)
        customer.answer_at_manufacturer("BMW", "Come back later")
        customer.wait_for_heading("One step for you at BMW")
        assert "You were there, and they have not told us yet" in customer.text
        customer.follow("Continue to BMW")
        customer.press("Allow")
        customer.come_back()
        customer.wait_for_heading(CONNECTED)
        assert len(customer.received) == 1

    def test_is_opened_by_somebody_else(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer]
    ) -> None:
        """The customer sends the step; the owner of the account allows it on another phone."""
        customer, owner = in_browser, open_browser()
        customer.submit("EV", "BMW", vin=BMW_VIN)
        customer.wait_for_heading("One step for you at BMW")
        customer.follow("Send this step to somebody else")
        assert "Support code:" not in customer.text
        link = customer.page.locator("#step-link").input_value()
        assert customer.page.locator(".qr-code").evaluate("image => image.complete && image.naturalWidth > 0")

        owner.visit(link)
        assert owner.heading == "Allow a connection at BMW"
        assert BMW_VIN not in owner.page.content()
        owner.follow("Continue to BMW")
        owner.press("Allow")
        owner.page.wait_for_url("**/return/**")
        assert owner.heading == "You are back"
        assert BMW_VIN not in owner.page.content()

        customer.visit(f"/onboarding/{customer.path.split('/')[2]}/status/")
        customer.wait_for_heading(CONNECTED)
        owner.visit(link)
        owner.wait_for_heading("Nothing to do here any more")

    def test_sends_another_browser_back_that_learns_nothing(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer]
    ) -> None:
        customer, other = in_browser, open_browser(scripts=False)
        customer.submit("EV", "BMW", vin=BMW_VIN)
        customer.wait_for_heading("One step for you at BMW")
        customer.portal.allow(customer.reference)
        other.visit(f"/return/{customer.reference}/?status=denied")
        assert other.heading == "You are back"
        assert "BMW" not in other.text
        customer.wait_for_heading(CONNECTED)
