"""Too often: a calm page that says until when, keeps what was typed, and sends it again."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from .customers import BrowserCustomer
from .inspector import Inspector

TRIES = 20  # wrong codes, before somebody is asked to wait


def use_up(customer: BrowserCustomer) -> None:
    """Try as many wrong codes as one address may, quickly."""
    form = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
    found = form.search(customer.context.request.get("/code/").text())
    assert found
    for _try in range(TRIES):
        wrong = {"csrfmiddlewaretoken": found[1], "code": "ACDE-FH34"}
        assert customer.context.request.post("/code/", form=wrong).status == 200


class TestTooManyTries:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_are_told_until_when_and_lose_nothing(
        self, open_browser: Callable[..., BrowserCustomer], inspector: Inspector, scripts: bool
    ) -> None:
        customer = open_browser(scripts=scripts)
        use_up(customer)
        customer.visit("/code/")
        customer.fill("code", "ACDE-FH77")
        customer.press("Continue")
        assert customer.heading == "Please wait a little"
        assert re.search(r"Please wait until \d\d:\d\d\.", customer.text)
        customer.go_back()
        expect(customer.page.locator("h1")).to_have_text("Enter the code")
        customer.hand_in(code="ACDE-FH77")
        customer.press("Try again")
        assert customer.heading == "Please wait a little"
        if scripts:
            expect(customer.page.locator("h1")).to_be_focused()
            inspector.look(customer, "too-many", redo=lambda: customer.hand_in(code="ACDE-FH77"))
        customer.expect_problem("429")

    def test_lose_nothing_in_another_language_either(self, in_browser: BrowserCustomer) -> None:
        use_up(in_browser)
        in_browser.visit("/code/")
        in_browser.fill("code", "ACDE-FH77")
        in_browser.press("Continue")
        assert in_browser.heading == "Please wait a little"
        in_browser.press("Nederlands")
        assert in_browser.page.locator("html").get_attribute("lang") == "nl"
        assert in_browser.value("code") == "ACDE-FH77"
        in_browser.expect_problem("429")


class TestFirstAnswer:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_by_a_double_click_begins_one_draft(
        self, open_browser: Callable[..., BrowserCustomer], scripts: bool
    ) -> None:
        customer = open_browser(scripts=scripts)
        customer.start()
        assert customer.path == "/start/type/"
        if scripts:
            customer.page.locator("label", has_text="Electric car").dblclick()
        else:
            customer.fill("type", "EV")
            customer.page.get_by_role("button", name="Continue").dblclick()
        customer.page.wait_for_url("**/onboarding/*/manufacturer/")
        customer.visit("/")
        expect(customer.page.locator(".request-card")).to_have_count(1)

    def test_can_be_changed_by_going_back(self, in_browser: BrowserCustomer) -> None:
        in_browser.start()
        in_browser.choose_type("EV")
        in_browser.go_back()
        in_browser.choose_type("PV")
        in_browser.choose_manufacturer("Huawei")
        in_browser.visit("/")
        expect(in_browser.page.locator(".request-card")).to_have_count(1)
