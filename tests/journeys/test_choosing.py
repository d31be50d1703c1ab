"""Choosing a type and a manufacturer: one tap for a finger, no surprise for keys, Enter for the only one found."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .customers import BrowserCustomer
from .keyboard import Keyboard

OpenBrowser = Callable[..., BrowserCustomer]


@pytest.fixture
def at_makers(in_browser: BrowserCustomer) -> BrowserCustomer:
    in_browser.start()
    in_browser.choose_type("EV")
    return in_browser


class TestOneTap:
    def test_on_a_choice_goes_on(self, in_browser: BrowserCustomer) -> None:
        in_browser.start()
        in_browser.and_wait(in_browser.page.get_by_text("Electric car").click)
        assert in_browser.step == "manufacturer"
        in_browser.and_wait(in_browser.page.locator(".maker", has_text="Audi").click)
        assert in_browser.step == "identify"

    def test_on_what_is_chosen_already_goes_on_too(self, at_makers: BrowserCustomer) -> None:
        at_makers.go_back()
        at_makers.tap("EV")
        assert at_makers.step == "manufacturer"

    def test_by_a_finger_goes_on(self, open_browser: OpenBrowser) -> None:
        customer = open_browser(has_touch=True)
        customer.start()
        customer.and_wait(customer.page.get_by_text("Solar panels").tap)
        assert customer.step == "manufacturer"

    def test_is_not_what_the_space_bar_and_the_arrow_keys_do(self, in_browser: BrowserCustomer) -> None:
        in_browser.start()
        in_browser.page.locator("[value=EV]").focus()
        keyboard = Keyboard(in_browser)
        keyboard.press("Space", "ArrowDown", "ArrowDown")
        in_browser.page.wait_for_timeout(400)
        assert in_browser.step == "type"
        expect(in_browser.page.locator("[value=SmartMeter]")).to_be_checked()
        keyboard.enter()
        assert in_browser.step == "manufacturer"

    def test_needs_scripts_and_else_there_is_a_button(self, open_browser: OpenBrowser) -> None:
        customer = open_browser(scripts=False)
        customer.start()
        customer.page.get_by_text("Electric car").click()
        assert customer.step == "type"
        customer.press("Continue")
        assert customer.step == "manufacturer"


class TestEnter:
    def test_takes_the_only_one_that_is_found(self, at_makers: BrowserCustomer) -> None:
        at_makers.fill("q", "audi")
        expect(at_makers.page.locator(".maker")).to_have_count(1)
        Keyboard(at_makers).enter()
        assert at_makers.heading == "Your Audi"

    def test_takes_it_also_before_the_list_has_followed(self, at_makers: BrowserCustomer) -> None:
        at_makers.page.locator("#search").focus()
        at_makers.page.keyboard.type("audi")
        at_makers.page.keyboard.press("Enter")
        at_makers.wait_for_heading("Your Audi")

    @pytest.mark.parametrize("query", ["vol", "volkswagon", "zzz"])
    def test_only_looks_where_it_is_not_sure(self, at_makers: BrowserCustomer, query: str) -> None:
        at_makers.fill("q", query)
        Keyboard(at_makers).enter()
        at_makers.page.wait_for_timeout(400)
        assert at_makers.step == "manufacturer"
        assert at_makers.value("q") == query

    def test_chooses_for_the_button_without_scripts(self, open_browser: OpenBrowser) -> None:
        customer = open_browser(scripts=False)
        customer.start()
        customer.choose_type("EV")
        customer.fill("q", "audi")
        customer.press("Search")
        customer.press("Continue")
        assert customer.heading == "Your Audi"


class TestNotListed:
    def test_is_the_way_on_when_nothing_is_found_and_knows_the_words(self, at_makers: BrowserCustomer) -> None:
        at_makers.fill("q", "Trabant 601")
        expect(at_makers.page.locator("#makers")).to_contain_text("We cannot find “Trabant 601”.")
        expect(at_makers.page.get_by_role("button", name="Continue")).to_have_count(0)
        at_makers.follow("Mine is not listed")
        assert at_makers.value("manufacturer") == "Trabant 601"


class TestContinue:
    @pytest.mark.parametrize("step", ["type", "manufacturer"])
    def test_is_in_reach_on_a_phone(self, open_browser: OpenBrowser, step: str) -> None:
        customer = open_browser(viewport={"width": 360, "height": 640})
        customer.start()
        if step == "manufacturer":
            customer.choose_type("EV")
        expect(customer.page.get_by_role("button", name="Continue")).to_be_in_viewport(ratio=1)
