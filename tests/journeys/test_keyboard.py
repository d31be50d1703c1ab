"""With the keyboard alone: from the start to a connected device, and to its end."""

import pytest
from playwright.sync_api import expect

from .customers import BrowserCustomer
from .keyboard import Keyboard

VIN = "WA1DMAFE0D0000805"
CONNECTED = "Your device is connected"


@pytest.fixture
def keyboard(in_browser: BrowserCustomer) -> Keyboard:
    in_browser.visit("/")
    return Keyboard(in_browser)


def assert_at_heading(keyboard: Keyboard, heading: str) -> None:
    """After a page change the focus is where reading begins."""
    expect(keyboard.page.locator("h1")).to_have_text(heading)
    expect(keyboard.page.locator("h1")).to_be_focused()


class TestJourney:
    def test_leads_from_start_to_connected_and_to_the_end(self, keyboard: Keyboard) -> None:
        keyboard.go_to("Start")
        keyboard.enter()
        assert_at_heading(keyboard, "What would you like to connect?")
        choose_type(keyboard, "EV")
        assert_at_heading(keyboard, "Which brand is your car?")
        choose_manufacturer(keyboard, "Audi")
        assert_at_heading(keyboard, "Your Audi")
        keyboard.go_to("Vehicle identification number")
        keyboard.type(VIN)
        keyboard.enter()
        agree(keyboard)
        keyboard.customer.wait_for_heading(CONNECTED)

        keyboard.go_to("Your consent, receipts, and how to stop")
        keyboard.enter()
        keyboard.go_to("Stop this connection")
        keyboard.enter()
        assert_at_heading(keyboard, "Stop this connection?")
        keyboard.go_to("Stop and disconnect")
        keyboard.enter()
        keyboard.customer.wait_for_heading("Your device is disconnected")

    def test_needs_no_choice_to_be_made_anew_on_the_way_back(self, keyboard: Keyboard) -> None:
        keyboard.go_to("Start")
        keyboard.enter()
        choose_type(keyboard, "PV")
        assert keyboard.tab("Shift+Tab").words == "Back"
        keyboard.enter()

        keyboard.go_to("Solar")
        keyboard.press("ArrowDown", "ArrowUp")
        expect(keyboard.page.locator("[value=PV]")).to_be_checked()


class TestSkipLink:
    def test_comes_first_and_leads_to_the_content(self, keyboard: Keyboard) -> None:
        assert keyboard.tab().words == "Skip to the content"

        keyboard.press("Enter")
        expect(keyboard.page.locator("#main")).to_be_focused()
        keyboard.tab()
        assert keyboard.page.evaluate("document.querySelector('#main').contains(document.activeElement)")


class TestErrorSummary:
    @pytest.mark.parametrize("type", ["EV", "SmartMeter"])
    def test_takes_the_focus_and_its_links_lead_to_the_fields(self, keyboard: Keyboard, type: str) -> None:
        keyboard.customer.choose(type, "Audi" if type == "EV" else "Fluvius")
        keyboard.go_to("Continue")
        keyboard.enter()
        summary = keyboard.page.locator(".error-summary")
        expect(summary).to_be_focused()

        targets = [link.get_attribute("href") for link in summary.get_by_role("link").all()]
        assert targets
        for number, target in enumerate(targets, start=1):
            summary.focus()
            for _link in range(number):
                keyboard.tab()
            keyboard.press("Enter")
            expect(keyboard.page.locator(str(target))).to_be_focused()

    def test_is_gone_once_it_is_right(self, keyboard: Keyboard) -> None:
        keyboard.customer.choose("EV", "Audi")
        keyboard.go_to("Vehicle identification number")
        keyboard.type(VIN[:-3])
        keyboard.enter()
        keyboard.tab()
        keyboard.press("Enter", "End")
        keyboard.type(VIN[-3:])
        keyboard.enter()
        assert_at_heading(keyboard, "Check and agree")


class TestDisclosure:
    @pytest.mark.parametrize("key", ["Enter", "Space"])
    def test_opens_and_closes_and_keeps_the_focus(self, keyboard: Keyboard, key: str) -> None:
        keyboard.customer.choose("EV", "Audi")
        details = keyboard.page.locator("details.where")
        keyboard.go_to("Where do I find this?")
        keyboard.press(key)
        expect(details).to_have_attribute("open", "")
        keyboard.press(key)
        expect(details).not_to_have_attribute("open", "")
        assert keyboard.focus.words == "Where do I find this?"


class TestEveryStop:
    """Tab visits all there is, in the order of the page, and leads out again; so it does backwards."""

    @pytest.mark.parametrize("step", ["type", "manufacturer", "identify", "check", "status", "device", "stop"])
    def test_is_reached_once(self, keyboard: Keyboard, step: str) -> None:
        customer = keyboard.customer
        if step in ("status", "device", "stop"):
            customer.submit("EV", "Audi", vin=VIN)
            customer.wait_for_heading(CONNECTED)
        else:
            customer.choose("EV", "Audi")
            customer.answer(vin=VIN)
        customer.visit(f"/onboarding/{customer.reference}/{step}/")

        assert keyboard.stops() == keyboard.reachable()
        assert keyboard.stops("Shift+Tab") == keyboard.reachable()[::-1]


def choose_type(keyboard: Keyboard, type: str) -> None:
    """Go into the group with Tab and along it with the arrow keys."""
    page = keyboard.page
    keyboard.tab()
    keyboard.press("Space")
    for _choice in range(page.locator("[name=type]").count()):
        if page.locator(f"[value={type}]").is_checked():
            break
        keyboard.press("ArrowDown")
    expect(page.locator(f"[value={type}]")).to_be_focused()
    keyboard.go_to("Continue")
    keyboard.enter()


def choose_manufacturer(keyboard: Keyboard, manufacturer: str) -> None:
    """Type into the search, which narrows the list and keeps the focus, and choose with the space bar."""
    keyboard.go_to("Search by name")
    keyboard.type(manufacturer.lower())
    expect(keyboard.page.locator(".maker")).to_have_count(1)
    expect(keyboard.page.locator("#search")).to_be_focused()
    keyboard.go_to("Search")
    keyboard.tab()
    keyboard.press("Space")
    expect(keyboard.page.locator(f"[value={manufacturer}]")).to_be_checked()
    keyboard.go_to("Continue")
    keyboard.enter()


def agree(keyboard: Keyboard) -> None:
    keyboard.go_to("I agree")
    keyboard.press("Space")
    expect(keyboard.page.locator("[name=consent]")).to_be_checked()
    keyboard.go_to("Agree and connect")
    keyboard.enter()
