"""A colleague on the desk: one masked value, with scripts and without; and a caller's request, with keys only."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .customers import BrowserCustomer
from .keyboard import Keyboard

VIN, CALLERS_VIN = "WA1DMAFE0D0000804", "WA1DMAFE0D0000808"


@pytest.mark.parametrize("scripts", [True, False], ids=["htmx", "no-scripts"])
class TestReveal:
    def test_shows_the_value_when_it_is_asked_for(
        self, open_browser: Callable[..., BrowserCustomer], scripts: bool
    ) -> None:
        customer = open_browser(scripts=scripts)
        customer.submit("EV", "Audi", vin=VIN)
        customer.visit("/admin/")
        page = customer.page
        page.fill("[name=username]", "agent")
        page.fill("[name=password]", "sandbox-demo")
        page.click("[type=submit]")
        customer.visit("/admin/onboarding/onboardingrequest/")
        page.locator("#result_list tbody th a").first.click()
        address = page.url
        assert VIN not in page.content()

        page.get_by_role("button", name="Show Vehicle identification number").click()
        shown = page.locator("output")
        shown.wait_for()
        assert shown.inner_text() == VIN
        assert (page.url == address) == scripts
        if scripts:
            expect(shown).to_be_focused()  # htmx moves the focus a moment after the value is there

        customer.visit(address)
        assert VIN not in page.content()
        assert "agent looked at: Vehicle identification number (VIN)." in page.content()


class TestKeyboard:
    def test_finds_a_callers_request_and_notes_the_call(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "Audi", vin=CALLERS_VIN)
        in_browser.wait_for_heading("Your device is connected")
        code = in_browser.page.locator(".support-code").first.inner_text()
        in_browser.visit("/admin/")
        keyboard = Keyboard(in_browser)
        expect(in_browser.page.locator("[name=username]")).to_be_focused()
        keyboard.type("agent")
        assert keyboard.tab().words.startswith("Password")
        keyboard.type("sandbox-demo")
        keyboard.enter()

        keyboard.go_to("Find a request")
        keyboard.type(code.lower().replace("-", " "))
        keyboard.enter()
        assert code in keyboard.page.locator("h1").inner_text()

        keyboard.go_to("Add a note")
        keyboard.enter()
        keyboard.go_to("Note")
        keyboard.type("Called, and was told that all is well.")
        keyboard.go_to("Add a note")
        keyboard.enter()
        assert "Called, and was told that all is well." in keyboard.page.locator(".timeline").first.inner_text()

        keyboard.go_to("Show")
        keyboard.press("Enter")
        shown = keyboard.page.locator("output")
        expect(shown).to_have_text(CALLERS_VIN)
        expect(shown).to_be_focused()
