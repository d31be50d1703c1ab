"""What a first visit to each page costs on the wire."""

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser

from benchmarks.first_visit import visit

from .customers import BrowserCustomer
from .portal import Portal
from .wire import Wire

MOST_BYTES = 60 * 1024
MOST_REQUESTS = 6
GUIDES_VIN = "WA1DMAFE0D0000000"
WAITING_VIN = "WA1DMAFE0D0000802"


def first_visit(browser: Browser, customer: BrowserCustomer, path: str) -> Wire:
    """Open a page in a browser that has seen nothing, with the cookies of a customer."""
    state = customer.context.storage_state()
    with browser.new_context(base_url=customer.portal.url, storage_state=state) as context:
        page = context.new_page()
        wire = Wire(context.new_cdp_session(page))
        page.goto(path, wait_until="load" if "status" in path else "networkidle")
        page.wait_for_timeout(300)
    return wire


def check(wire: Wire, portal: Portal) -> None:
    assert 5_000 < wire.bytes <= MOST_BYTES
    assert 3 < len(wire.urls) <= MOST_REQUESTS, wire.urls
    assert {urlsplit(url).netloc for url in wire.urls} == {urlsplit(portal.url).netloc}


class TestFirstVisit:
    def test_can_be_measured_on_a_phone(self, in_browser: BrowserCustomer, browser: Browser) -> None:
        figures = visit(browser, in_browser, "/")
        assert figures.requests > 3
        assert figures.work > 0

    @pytest.mark.parametrize("step", ["type", "manufacturer", "identify", "check"])
    def test_of_a_wizard_page_weighs_little(self, in_browser: BrowserCustomer, browser: Browser, step: str) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin=GUIDES_VIN)
        check(first_visit(browser, in_browser, f"/onboarding/{in_browser.reference}/{step}/"), in_browser.portal)

    def test_of_the_start_page_weighs_little(self, in_browser: BrowserCustomer, browser: Browser) -> None:
        check(first_visit(browser, in_browser, "/"), in_browser.portal)

    def test_of_the_status_page_weighs_little(self, in_browser: BrowserCustomer, browser: Browser) -> None:
        in_browser.submit("EV", "Audi", vin=WAITING_VIN)
        in_browser.wait_for_heading("One step for you at Audi")
        check(first_visit(browser, in_browser, in_browser.path), in_browser.portal)


class TestStaticFiles:
    def test_are_hashed_compressed_and_kept_for_ever(self, portal: Portal, in_browser: BrowserCustomer) -> None:
        in_browser.visit("/")
        sources = in_browser.page.eval_on_selector_all(
            "link[rel=stylesheet], script[src]", "all => all.map(one => one.href || one.src)"
        )
        assert len(sources) == 3
        for source in sources:
            answer = httpx.get(source, headers={"Accept-Encoding": "gzip"})
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
            name = source.rpartition("/")[2].split(".")
            assert len(name[-2]) == 12, source
