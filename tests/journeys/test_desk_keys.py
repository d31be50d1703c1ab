"""The desk by its keys: into a list, from row to row, on to the next; and how they are turned off."""

import pytest
from playwright.sync_api import Page, expect

from .customers import BrowserCustomer

LIST = "/admin/onboarding/onboardingrequest/"
REFUSED_VIN = "WA1DMAFE0D0000400"


@pytest.fixture
def desk(in_browser: BrowserCustomer) -> Page:
    """The list of what customers have to do, with two requests in it, open to a colleague."""
    page = in_browser.page
    for _time in range(2):
        in_browser.visit("/")
        page.context.clear_cookies()
        in_browser.submit("EV", "Audi", vin=REFUSED_VIN)
        in_browser.wait_for_heading("One answer needs another look")
    in_browser.visit("/admin/")
    page.fill("[name=username]", "agent")
    page.fill("[name=password]", "sandbox-demo")
    page.click("[type=submit]")
    in_browser.visit(f"{LIST}?queue=customer")
    return page


def rows(page: Page) -> list[str]:
    return page.locator("#result_list tbody th a").all_inner_texts()


def focus(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_slash_goes_to_the_search_box_and_arrows_through_the_list(desk: Page) -> None:
    codes = rows(desk)
    desk.keyboard.press("/")
    assert focus(desk) == "find"
    assert desk.input_value("#find") == ""
    for key, place in (("ArrowDown", codes[0]), ("ArrowDown", codes[1]), ("ArrowUp", codes[0]), ("ArrowUp", "find")):
        desk.keyboard.press(key)
        assert focus(desk) == place
    desk.keyboard.press("ArrowDown")
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_contain_text(codes[0])


def test_n_goes_on_to_the_next_of_the_queue(desk: Page) -> None:
    codes = rows(desk)
    desk.locator("#result_list tbody th a").first.click()
    expect(desk.locator("h1")).to_contain_text(codes[0])
    desk.keyboard.press("n")
    expect(desk.locator("h1")).to_contain_text(codes[1])


def test_takes_no_key_from_who_types(desk: Page) -> None:
    desk.focus("#find")
    desk.keyboard.type("12/34n")
    assert desk.input_value("#find") == "12/34n"
    desk.keyboard.press("Tab")
    desk.keyboard.press("Control+/")
    assert focus(desk) == "Search"


def test_leaves_the_arrows_to_the_page_outside_a_list(desk: Page) -> None:
    desk.focus("#content-start")
    desk.keyboard.press("ArrowDown")
    assert focus(desk) not in rows(desk)


def test_can_be_turned_off_for_good(desk: Page) -> None:
    desk.locator(".desk-me > summary").click()
    desk.get_by_label("Keys").uncheck()
    desk.reload()
    desk.keyboard.press("/")
    assert focus(desk) != "find"
    desk.locator(".desk-me > summary").click()
    expect(desk.get_by_label("Keys")).not_to_be_checked()
    desk.get_by_label("Keys").check()
    desk.reload()
    desk.keyboard.press("/")
    assert focus(desk) == "find"
