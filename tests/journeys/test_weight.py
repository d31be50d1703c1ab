"""What a first visit to each page costs on the wire."""

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from .customers import BrowserCustomer
from .portal import Portal

LIMIT = 60 * 1024
GUIDES_VIN = "WA1DMAFE0D0000000"


class Visit:
    """A first visit by a browser that has seen nothing, with the cookies of a customer."""

    def __init__(self, browser: Browser, customer: BrowserCustomer, path: str) -> None:
        state = customer.context.storage_state()
        self.context = browser.new_context(base_url=customer.portal.url, storage_state=state)
        self.page: Page = self.context.new_page()
        self.bytes, self.urls = 0, list[str]()
        wire = self.context.new_cdp_session(self.page)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", self._count)
        self.page.on("request", lambda request: self.urls.append(request.url))
        self.page.goto(path, wait_until="networkidle" if "status" not in path else "load")
        self.page.wait_for_timeout(300)
        self.context.close()

    def _count(self, event: dict[str, float]) -> None:
        self.bytes += int(event["encodedDataLength"])


class TestFirstVisit:
    @pytest.mark.parametrize("step", ["type", "manufacturer", "identify", "check"])
    def test_of_a_wizard_page_weighs_little(self, in_browser: BrowserCustomer, browser: Browser, step: str) -> None:
        in_browser.start()
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin=GUIDES_VIN)
        visit = Visit(browser, in_browser, f"/onboarding/{in_browser.reference}/{step}/")
        assert 5_000 < visit.bytes <= LIMIT
        assert {urlsplit(url).netloc for url in visit.urls} == {urlsplit(in_browser.portal.url).netloc}

    def test_of_the_start_page_weighs_little(self, in_browser: BrowserCustomer, browser: Browser) -> None:
        assert 5_000 < Visit(browser, in_browser, "/").bytes <= LIMIT


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
