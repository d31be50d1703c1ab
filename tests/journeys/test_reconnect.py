"""Connecting again: a device that sends nothing, the mail about it, two clicks, and data that flows."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .customers import BrowserCustomer, until
from .inspector import Inspector
from .keyboard import Keyboard
from .portal import Portal

OpenBrowser = Callable[..., BrowserCustomer]
# A car for each test; its ending lets it be quiet until it is connected again.
VINS = (f"WA1DMAFE0D00{number}0909" for number in range(10))
CONNECTED = "Your device is connected"


@pytest.fixture
def quiet(portal: Portal, in_browser: BrowserCustomer) -> str:
    """The link in the mail about a car whose data stopped weeks ago; it was connected in another browser."""
    customer = in_browser
    customer.choose("EV", "Audi")
    customer.answer(vin=next(VINS))
    customer.fill("contact_email", "ann@example.org")
    customer.agree()
    customer.answer_at_manufacturer("Audi", "Allow")
    customer.wait_for_heading(CONNECTED)
    return portal.let_fall_quiet(customer.reference)


class TestTwoClicks:
    @pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
    def test_on_a_phone_and_data_flows(
        self, quiet: str, portal: Portal, in_browser: BrowserCustomer, open_browser: OpenBrowser, scripts: bool
    ) -> None:
        old = in_browser.reference
        phone = open_browser(scripts=scripts, viewport={"width": 360, "height": 800})
        phone.visit(quiet)
        assert phone.heading.startswith("No data since")
        assert "0909" not in phone.text
        phone.press("Connect it again")  # the first click
        new = phone.reference
        assert new != old
        phone.answer_at_manufacturer("Audi", "Allow")  # the second, and whatever the manufacturer asks
        phone.wait_for_heading(CONNECTED)
        until(lambda: portal.state(old) == "withdrawn", meanwhile=lambda: None, complaint=lambda: phone.heading)
        phone.visit(f"/onboarding/{old}/")
        assert phone.reference == new
        portal.let_be_looked_at(new, until="flowing")


class TestPage:
    def test_is_for_everybody_and_for_the_keyboard_alone(
        self, quiet: str, in_browser: BrowserCustomer, open_browser: OpenBrowser, inspector: Inspector
    ) -> None:
        in_browser.visit(f"/onboarding/{in_browser.reference}/reconnect/")
        inspector.look(in_browser, "reconnect")
        phone = open_browser()
        phone.visit(quiet)
        inspector.look(phone, "reconnect-by-mail", languages=("en",))  # that of its link
        keyboard = Keyboard(phone)
        keyboard.go_to("Connect it again")
        keyboard.enter()
        expect(keyboard.page.locator("h1")).to_be_focused()
        assert phone.step == "status"
