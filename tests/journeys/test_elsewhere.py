"""From one browser to another: by a code, and by a link in a mail."""

import secrets
import time
from collections.abc import Callable

from playwright.sync_api import expect

from .customers import BrowserCustomer, Customer, until

VIN = "WA1DMAFE0D0000021"


class TestPhone:
    def test_takes_over_and_neither_loses_anything(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer]
    ) -> None:
        desktop, phone = in_browser, open_browser()
        desktop.choose("EV", "Audi")
        desktop.follow("Continue later, or on your phone")
        desktop.press("Show the code")
        code = desktop.page.locator(".support-code").inner_text()

        phone.visit("/")
        phone.follow("Enter its code")
        phone.fill("code", code)
        phone.press("Continue")
        assert phone.step == "identify"
        desktop.wait_for_heading("Your phone took over")

        phone.answer(vin=VIN)
        desktop.follow("Continue here instead")
        assert desktop.step == "check"
        assert VIN in desktop.text
        phone.agree()
        phone.wait_for_heading("Your device is connected")
        assert len(phone.received) == 1


class TestLink:
    def test_leads_back_from_anywhere(self, customer: Customer, open_browser: Callable[..., BrowserCustomer]) -> None:
        customer.choose("EV", "Audi")
        reference = customer.reference
        customer.follow("Continue later, or on your phone")
        customer.fill("contact_email", f"ann.{secrets.token_hex(4)}@example.org")  # one mailbox gets only so many
        before = customer.portal.mailed_links()
        customer.press("Send me a link")
        assert "We sent you a link" in customer.text

        elsewhere = open_browser(scripts=False)
        elsewhere.visit(mailed_link(customer, before))
        assert "Electric car, Audi" in elsewhere.text
        elsewhere.press("Continue here")
        assert elsewhere.path == f"/onboarding/{reference}/identify/"
        elsewhere.visit("/devices/")
        assert "Electric car, Audi" in elsewhere.text
        elsewhere.press("Leave")
        elsewhere.visit("/devices/")
        assert "Electric car, Audi" not in elsewhere.text


class TestLeaving:
    def test_in_one_tab_is_noticed_in_the_others(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        other = in_browser.context.new_page()
        other.goto(in_browser.url)
        expect(other.get_by_label("Vehicle identification number")).to_be_visible()
        in_browser.visit("/devices/")
        in_browser.press("Leave")
        expect(other).to_have_url(f"{in_browser.portal.url}/")


class TestLanguage:
    def test_keeps_what_was_typed_and_not_sent(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("SmartMeter", "Fluvius")
        in_browser.fill("ean", "5414 4882")
        in_browser.fill("properties.flow", "B2B")
        in_browser.press("Nederlands")
        assert in_browser.page.locator("html").get_attribute("lang") == "nl"
        assert in_browser.value("ean") == "5414 4882"
        assert in_browser.page.locator("[name='properties.flow']:checked").get_attribute("value") == "B2B"
        in_browser.visit(in_browser.path)
        assert in_browser.value("ean") == "", "it was kept for one page only"

    def test_keeps_a_field_empty_that_was_emptied(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin=VIN)
        in_browser.visit(f"/onboarding/{in_browser.reference}/identify/")
        assert in_browser.value("vin") == VIN
        in_browser.fill("vin", "")
        in_browser.press("Nederlands")
        assert in_browser.value("vin") == ""


def mailed_link(customer: Customer, before: list[str]) -> str:
    """The link that was mailed since, as the worker's console shows it."""
    links = customer.portal.mailed_links
    until(lambda: links() != before, meanwhile=lambda: time.sleep(0.3), complaint=lambda: "No mail came.")
    return links()[-1]
