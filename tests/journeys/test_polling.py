"""The status page while it is watched: it moves by itself, and disturbs nobody."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Response, expect

from .customers import BrowserCustomer
from .portal import Portal
from .test_connect import CONNECTED

# Waits for the maker's page for ever: nothing changes.
PARKED_VIN = "WA1DMAFE0D0000802"
# Goes from Pending to Done without anybody.
STEADY_VIN = "WA1DMAFE0D0000803"
REDIRECT_VIN = "WA1DMAFE0D0000800"
SLOW_STEP = 2.5  # longer than from one poll to the next

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
        if response.request.headers.get("hx-target") == "live":
            self.answers.append(response.status)

    @property
    def swaps(self) -> int:
        swaps: int = self.page.evaluate("window.seen.swaps")
        return swaps

    @property
    def announcements(self) -> list[str]:
        said: list[str] = self.page.evaluate("window.seen.announcements")
        return said

    def until(self, is_so: Callable[[], bool], *, seconds: float) -> None:
        for _turn in range(int(seconds / 0.1)):
            if is_so():
                return
            self.wait(0.1)
        raise AssertionError(f"Waited in vain: {self.answers}, {self.swaps} swaps, {self.announcements}")

    def wait(self, seconds: float) -> None:
        self.page.wait_for_timeout(seconds * 1000)


@pytest.fixture(scope="module")
def parked(portal: Portal, browser: Browser) -> Iterator[BrowserCustomer]:
    """A status page on which nothing can change."""
    customer = BrowserCustomer(portal, browser)
    customer.submit("EV", "Audi", vin=PARKED_VIN)
    customer.wait_for_heading("One step for you at Audi")
    yield customer
    customer.close()


@pytest.fixture(scope="module", autouse=True)
def long_watch(parked: BrowserCustomer) -> Watch:
    """Looks at the parked page from the first test of this module to the last."""
    return Watch(parked)


@dataclass
class Story:
    """What one customer saw between consent and connected, and a while longer."""

    customer: BrowserCustomer
    watch: Watch
    transactions: list[list[str]] = field(default_factory=list)
    asked_until_connected: int = 0

    def watch_to_the_end(self) -> None:
        while self.customer.heading != CONNECTED:
            self._note()
            self.watch.wait(0.1)
        self._note()
        self.asked_until_connected = len(self.watch.answers)
        self.watch.wait(4.5)

    def _note(self) -> None:
        shown = self.customer.transactions
        if shown and shown not in self.transactions[-1:]:
            self.transactions.append(shown)


@pytest.fixture(scope="class")
def slow_platform(portal: Portal) -> Iterator[None]:
    with portal.pace(SLOW_STEP):
        yield


@pytest.fixture(scope="class")
def story(slow_platform: None, portal: Portal, browser: Browser) -> Iterator[Story]:
    customer = BrowserCustomer(portal, browser)
    customer.submit("EV", "Audi", vin=STEADY_VIN)
    story = Story(customer, Watch(customer))
    story.watch_to_the_end()
    yield story
    customer.close()


@pytest.mark.usefixtures("slow_platform")
class TestChanges:
    def test_move_every_transaction_from_pending_to_done(self, story: Story) -> None:
        assert story.transactions[0] == ["Pending"] * 3
        assert any("In progress" in words for words in story.transactions)
        assert story.transactions[-1] == ["Done"] * 3

    def test_are_announced_and_nothing_else_is(self, story: Story) -> None:
        changes = story.watch.answers.count(200)

        assert story.watch.swaps >= changes > 1
        assert len(story.watch.announcements) == changes
        assert story.watch.announcements[-1].split("\n")[0] == f"{CONNECTED}. 3 of 3 steps done."
        assert "No data yet." in story.watch.announcements[-1]

    def test_are_told_in_the_title_of_the_tab(self, story: Story) -> None:
        assert story.customer.page.title().startswith(CONNECTED)

    def test_slow_the_polling_down_when_only_first_data_is_to_come(self, story: Story) -> None:
        """Seconds later nothing was asked yet."""
        assert len(story.watch.answers) == story.asked_until_connected
        assert story.customer.page.locator("#live").get_attribute("data-poll") == "slowly"

    def test_keep_the_focus_on_a_link_that_stays(self, in_browser: BrowserCustomer) -> None:
        watch = self.watch_from_start(in_browser)
        in_browser.page.locator("#check-now").focus()
        before = watch.swaps

        watch.until(lambda: watch.swaps >= before + 2, seconds=20)

        assert in_browser.focused == "check-now"

    def test_keep_typed_text_the_caret_and_the_focus(self, in_browser: BrowserCustomer) -> None:
        watch = self.watch_from_start(in_browser)
        in_browser.page.evaluate("document.getElementById('live').insertAdjacentHTML('afterend', '<input id=note>')")
        note = in_browser.page.locator("#note")
        words = "Ask about the second car, too"
        note.press_sequentially(words, delay=5000 / len(words))

        assert watch.swaps >= 1
        assert note.input_value() == words
        expect(note).to_be_focused()
        assert note.evaluate("input => input.selectionStart") == len(words)

    @staticmethod
    def watch_from_start(customer: BrowserCustomer) -> Watch:
        customer.submit("EV", "Audi", vin=STEADY_VIN)
        return Watch(customer)


class TestFocusOnALinkThatGoes:
    def test_does_not_jump_into_the_page(self, in_browser: BrowserCustomer, portal: Portal) -> None:
        in_browser.submit("EV", "Audi", vin=REDIRECT_VIN)
        in_browser.wait_for_heading("One step for you at Audi")
        in_browser.page.locator("#continue-link").focus()

        portal.allow(in_browser.reference)
        in_browser.wait_for_heading(CONNECTED)

        assert in_browser.page.evaluate("document.activeElement === document.body")


class TestHiddenTab:
    def test_asks_nothing_and_looks_at_once_when_it_is_seen_again(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "Audi", vin=PARKED_VIN)
        in_browser.page.evaluate(HIDE, True)
        in_browser.page.wait_for_timeout(500)  # what was under way comes to its end
        watch = Watch(in_browser)

        watch.wait(4.5)
        assert watch.answers == []

        with in_browser.page.expect_request("**/status/panel/*") as asked:
            in_browser.page.evaluate(HIDE, False)
        watch.until(lambda: len(watch.answers) == 1, seconds=1)
        assert "came-back" in asked.value.headers

    def test_says_of_no_other_poll_that_somebody_came_back(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "Audi", vin=PARKED_VIN)
        with in_browser.page.expect_request("**/status/panel/*") as asked:
            pass
        assert "came-back" not in asked.value.headers


class TestPhonePage:
    def test_is_left_alone_until_the_phone_takes_over_and_says_so_once(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer]
    ) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.follow("Continue later, or on your phone")
        in_browser.press("Show the code")
        watch = Watch(in_browser)
        in_browser.page.get_by_role("link", name="Look again").focus()
        watch.until(lambda: len(watch.answers) >= 2, seconds=20)
        assert (set(watch.answers), watch.swaps, watch.announcements) == ({204}, 0, [])
        expect(in_browser.page.get_by_role("link", name="Look again")).to_be_focused()

        phone = open_browser()
        phone.visit("/code/")
        phone.fill("code", in_browser.page.locator(".support-code").inner_text())
        phone.press("Continue")
        in_browser.wait_for_heading("Your phone took over")

        watch.until(lambda: watch.announcements != [], seconds=5)
        assert watch.announcements == ["Your phone took over"]


class TestUnchanged:
    """Comes last: the page was watched all the while."""

    def test_leaves_the_page_alone_for_twenty_polls(self, parked: BrowserCustomer, long_watch: Watch) -> None:
        long_watch.until(lambda: len(long_watch.answers) >= 20, seconds=60)

        assert set(long_watch.answers) == {204}
        assert long_watch.swaps == 0
        assert long_watch.announcements == []

    def test_shows_when_it_was_checked_last(self, parked: BrowserCustomer, long_watch: Watch) -> None:
        checked_at = parked.page.locator("#checked-at")
        before = checked_at.inner_text()

        long_watch.until(lambda: checked_at.inner_text() != before, seconds=15)

        assert checked_at.inner_text() > before
        assert long_watch.swaps == 0
