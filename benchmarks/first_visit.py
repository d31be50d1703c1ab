"""What a first visit to each page costs on a phone: `python -m benchmarks.first_visit`.

Real processes, and a real Chromium with an empty cache that measures by its own performance entries. The phone is the
one that Lighthouse takes: 412 x 823 at 1.75, a processor four times as slow as this machine's. Its network is what
DevTools calls "Fast 4G": 9 Mbit/s down, 1.5 Mbit/s up and 60 ms away, which DevTools applies as 165 ms before each
answer and nine tenths of the speed. Before each visit the browser shows a page of one word, so that its own start is
not counted; the row of that page says what this machine takes for nothing at all.

The first two times are the clock's and mean something on an idle machine only. The third is the processor's, from
visits of their own at full speed, four times: there the waiting for others is not in it, and of these visits the
least counts. Of all else the median does. Exits with 1 when one of them breaks a limit.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.journeys.conftest import ARGUMENTS, find_chromium
from tests.journeys.customers import BrowserCustomer
from tests.journeys.portal import Portal
from tests.journeys.wire import Wire

from .trace import longest_task_ms, traced

VISITS = 5
PHONE: dict[str, Any] = {"viewport": {"width": 412, "height": 823}, "device_scale_factor": 1.75, "is_mobile": True}
SLOWER_PROCESSOR = 4
MEGABIT = 1_000_000 / 8
FAST_4G = {
    "offline": False,
    "latency": 60 * 2.75,
    "downloadThroughput": 9 * MEGABIT * 0.9,
    "uploadThroughput": 1.5 * MEGABIT * 0.9,
}
VIN = "WA1DMAFE0D0000802"  # stays at the step that waits for the customer
SETTLE_MS = 500
NOTHING = "/healthz/"
OBSERVE = """
  window.seen = {shift: 0, paint: 0, task: 0};
  const observe = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note))
    .observe({type, buffered: true});
  observe("layout-shift", (entry) => { seen.shift += entry.value; });
  observe("largest-contentful-paint", (entry) => { seen.paint = entry.startTime; });
  observe("longtask", (entry) => { seen.task = Math.max(seen.task, entry.duration); });
"""


@dataclass(frozen=True)
class Figures:
    """What one visit costs: bytes, requests, a sum of layout shifts, and times in milliseconds.

    `task` is the longest that the browser reports, 0 below 50; `work` is the longest in the phone's processor time.
    """

    bytes: float
    requests: float
    shift: float
    paint: float
    task: float
    work: float

    def row(self) -> str:
        times = f"{self.paint:.0f} | {self.task:.0f} | {self.work:.0f}"
        return f"{self.bytes / 1024:.1f} | {self.requests:.0f} | {self.shift:.3f} | {times}"

    def breaks(self, limits: "Figures") -> bool:
        return any(mine > limit for mine, limit in zip(astuple(self), astuple(limits), strict=True))


# Largest contentful paint within a second, no task longer than what a finger notices.
LIMITS = Figures(bytes=60 * 1024, requests=6, shift=0.01, paint=1000, task=50, work=50)


def main() -> None:
    print("| page | KB | requests | layout shift | largest paint, ms | longest task, ms | its work, ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    is_broken = False
    with portal() as running, chromium() as browser:
        for page, (customer, path) in pages(running, browser).items():
            visits = [visit(browser, customer, path) for _visit in range(1 + VISITS)][1:]  # the server warms up once
            figures = summary(visits)
            print(f"| {page} | {figures.row()} |", flush=True)
            is_broken |= path != NOTHING and figures.breaks(LIMITS)
    print(f"| at most | {LIMITS.row()} |\n\nLoad of this machine meanwhile: {os.getloadavg()[0]:.1f}")
    sys.exit(is_broken)


def summary(visits: list[Figures]) -> Figures:
    """Give the medians; of the processor time the least, to which other processes only add."""
    medians = Figures(*(statistics.median(column) for column in zip(*map(astuple, visits), strict=True)))
    return replace(medians, work=min(visit.work for visit in visits))


def pages(running: Portal, browser: Browser) -> dict[str, tuple[BrowserCustomer, str]]:
    """Give who visits which page: one customer at the check page, one at the status page."""
    nobody, checking, waiting = (BrowserCustomer(running, browser) for _customer in range(3))
    checking.choose("EV", "Audi")
    checking.answer(vin=VIN)
    waiting.submit("EV", "Audi", vin=VIN)
    waiting.wait_for_heading("One step for you at Audi")
    steps = ("type", "manufacturer", "identify", "check")
    visits = {step: (checking, f"/onboarding/{checking.reference}/{step}/") for step in steps}
    return {"(one word)": (nobody, NOTHING), "start": (nobody, "/"), **visits, "status": (waiting, waiting.path)}


def visit(browser: Browser, customer: BrowserCustomer, path: str) -> Figures:
    """Open a page as a phone that never saw the portal, and yet is this customer's."""
    with fresh_page(browser, customer) as page:
        session = page.context.new_cdp_session(page)
        wire = Wire(session)
        session.send("Network.emulateNetworkConditions", FAST_4G)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER_PROCESSOR})
        page.add_init_script(OBSERVE)
        page.goto(path)
        page.wait_for_timeout(SETTLE_MS)
        while not (seen := page.evaluate("seen"))["paint"]:
            page.wait_for_timeout(SETTLE_MS)
    return Figures(bytes=wire.bytes, requests=len(wire.urls), work=work(browser, customer, path), **seen)


def work(browser: Browser, customer: BrowserCustomer, path: str) -> float:
    """Measure the processor time of the longest task of a page, for a phone: from a trace at this machine's speed."""
    with fresh_page(browser, customer) as page:
        with traced(page) as events:
            page.goto(path)
            page.wait_for_timeout(SETTLE_MS)
        return longest_task_ms(events, page.url) * SLOWER_PROCESSOR


@contextmanager
def fresh_page(browser: Browser, customer: BrowserCustomer) -> Iterator[Page]:
    state = customer.context.storage_state()
    with browser.new_context(base_url=customer.portal.url, storage_state=state, **PHONE) as context:
        page = context.new_page()
        page.goto(NOTHING, wait_until="networkidle")
        yield page


@contextmanager
def portal() -> Iterator[Portal]:
    with tempfile.TemporaryDirectory() as folder:
        running = Portal(Path(folder))
        try:
            running.start()
            yield running
        finally:
            running.stop()


@contextmanager
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright, playwright.chromium.launch(executable_path=path, args=ARGUMENTS) as browser:
        yield browser


if __name__ == "__main__":
    main()
