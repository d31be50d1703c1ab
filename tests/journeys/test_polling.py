"""The status page while it is watched: it moves by itself, and disturbs nobody."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Response, expect

from .customers import BrowserCustomer
from .portal import Portal
from .test_connect import CONNECTED

# Waits for the maker's page for ever: nothing changes.
PARKED_VIN = "WA1DMAFE0D0000802"
# Goes from Pending to Done without anybody.
STEADY_VIN = "WA1DMAFE0D0000803"
REDIRECT_VIN = "WA1DMAFE0D0000800"
SLOW_STEP = 2.0

RECORDER = """() => {
  window.seen = { swaps: 0, announcements: [] };
  document.addEventListener("htmx:afterSwap", () => { window.seen.swaps += 1; });
  new MutationObserver(() => {
    const said = document.getElementById("announcement").textContent.trim();
    if (said) window.seen.announcements.push(said);
  }).observe(document.getElementById("announcement"), { childList: true, characterData: true, subtree: true });
}"""
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


class Watch:
    """Counts what the status page asks, swaps and says from now on."""

    def __init__(self, customer: BrowserCustomer) -> None:
        self.page = customer.page
        self.answers: list[int] = []
        self.page.on("response", self._count)
        self.page.evaluate(RECORDER)

    def _count(self, response: Response) -> None:
        if "/status/panel/" in response.url:
            self.answers.append(response.status)

    def until_asked(self, times: int, *, seconds: float) -> None:
        for _turn in range(int(seconds / 0.25)):
            if len(self.answers) >= times:
                return
            self.wait(0.25)

    def until_changed(self, times: int) -> None:
        for _turn in range(100):
            if self.swaps >= times:
                return
            self.wait(0.25)
        raise AssertionError(f"Only {self.swaps} changes.")

    def wait(self, seconds: float) -> None:
        self.page.wait_for_timeout(seconds * 1000)

    @property
    def swaps(self) -> int:
        swaps: int = self.page.evaluate("window.seen.swaps")
        return swaps

    @property
    def announcements(self) -> list[str]:
        said: list[str] = self.page.evaluate("window.seen.announcements")
        return said


class TestUnchanged:
    def test_leaves_the_page_alone_for_twenty_polls(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "Audi", vin=PARKED_VIN)
        in_browser.wait_for_heading("One step for you at Audi")
        watch = Watch(in_browser)
        checked_at = in_browser.page.locator("#checked-at").inner_text()

        watch.until_asked(20, seconds=50)

        assert watch.answers == [204] * 20
        assert watch.swaps == 0
        assert watch.announcements == []
        assert in_browser.page.locator("#checked-at").inner_text() > checked_at


class TestHiddenTab:
    def test_asks_nothing_and_looks_at_once_when_it_is_seen_again(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "Audi", vin=PARKED_VIN)
        in_browser.wait_for_heading("One step for you at Audi")
        in_browser.page.evaluate(HIDE, True)
        watch = Watch(in_browser)

        watch.wait(5)
        assert watch.answers == []

        in_browser.page.evaluate(HIDE, False)
        watch.until_asked(1, seconds=1)
        assert watch.answers == [204]


@pytest.mark.usefixtures("slow_platform")
class TestChanged:
    @pytest.fixture(scope="class")
    @staticmethod
    def slow_platform(portal: Portal) -> Iterator[None]:
        with portal.pace(SLOW_STEP):
            yield

    def test_keeps_the_focus_on_a_link_that_stays(self, in_browser: BrowserCustomer) -> None:
        watch = self.watch_steady_progress(in_browser)
        in_browser.page.locator("#check-now").focus()

        watch.until_changed(2)

        assert in_browser.focused == "check-now"

    def test_keeps_typed_text_the_caret_and_the_focus(self, in_browser: BrowserCustomer) -> None:
        watch = self.watch_steady_progress(in_browser)
        in_browser.page.evaluate("document.getElementById('live').insertAdjacentHTML('afterend', '<input id=note>')")
        note = in_browser.page.locator("#note")
        words = "Ask about the second car, too"
        note.press_sequentially(words, delay=5000 / len(words))

        assert watch.swaps >= 1
        assert note.input_value() == words
        expect(note).to_be_focused()
        assert note.evaluate("input => input.selectionStart") == len(words)

    def test_is_announced_once_and_polling_ends_with_the_last_change(self, in_browser: BrowserCustomer) -> None:
        watch = self.watch_steady_progress(in_browser)
        in_browser.wait_for_heading(CONNECTED)
        asked = len(watch.answers)

        assert len(watch.announcements) == watch.answers.count(200)
        assert watch.announcements[-1] == f"{CONNECTED}. 3 of 3 steps done."
        assert in_browser.page.title().startswith(CONNECTED)
        assert in_browser.transactions == ["Done", "Done", "Done"]

        watch.wait(4.5)
        assert len(watch.answers) == asked

    def test_never_says_the_same_twice(self, in_browser: BrowserCustomer) -> None:
        watch = self.watch_steady_progress(in_browser)
        in_browser.wait_for_heading(CONNECTED)

        assert len(set(watch.announcements)) == len(watch.announcements)

    def test_moves_every_transaction_from_pending_to_done(self, in_browser: BrowserCustomer) -> None:
        self.watch_steady_progress(in_browser)
        seen = [in_browser.transactions]
        while in_browser.heading != CONNECTED:
            if seen[-1] != in_browser.transactions:
                seen.append(in_browser.transactions)
            in_browser.page.wait_for_timeout(250)

        assert seen[0] == ["Pending"] * 3
        assert any("In progress" in words for words in seen)

    @staticmethod
    def watch_steady_progress(customer: BrowserCustomer) -> Watch:
        customer.submit("EV", "Audi", vin=STEADY_VIN)
        customer.wait_for_heading("Your device is being connected")
        return Watch(customer)


class TestFocusOnSomethingThatGoes:
    def test_does_not_jump_into_the_page(self, in_browser: BrowserCustomer, portal: Portal) -> None:
        in_browser.submit("EV", "Audi", vin=REDIRECT_VIN)
        in_browser.wait_for_heading("One step for you at Audi")
        in_browser.page.locator("#continue-link").focus()

        portal.allow(in_browser.reference)
        in_browser.wait_for_heading(CONNECTED)

        assert in_browser.focused in ("", "main", "page")
