"""One portal and one browser for all journeys, and a customer of each kind for each of them."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from .camera import Camera
from .customers import BrowserCustomer, Customer, HtmxCustomer
from .inspector import Inspector
from .portal import Portal

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# The first has no window to draw, and needs half the time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "google-chrome")
# What takes longest is begun first, so that no process is at it alone in the end.
LONGEST = ("test_every_page.py", "test_every_desk_page.py", "test_connect.py", "test_polling.py")
NO_BROWSER = "The journeys need a Chromium: run `make test-tools`, or set CHROMIUM to the path of one. "


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def find_chromium() -> str | None:
    """Return the path of the one that CHROMIUM names, else of one that is installed; None leaves it to Playwright."""
    return next(filter(None, [os.environ.get("CHROMIUM"), *map(shutil.which, CHROMIUMS)]), None)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    portal = Portal(tmp_path_factory.mktemp("portal"))
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()


# Of the package, not of the session: Playwright's event loop would keep later tests from their database.
@pytest.fixture(scope="package")
def launch() -> Iterator[Callable[..., Browser]]:
    """Start Chromiums, with arguments of their own."""
    with sync_playwright() as playwright:
        yield partial(start_chromium, playwright)


def start_chromium(playwright: Playwright, *arguments: str) -> Browser:
    try:
        return playwright.chromium.launch(executable_path=find_chromium(), args=[*ARGUMENTS, *arguments])
    except Error as error:
        pytest.fail(NO_BROWSER + error.message.splitlines()[0], pytrace=False)


@pytest.fixture(scope="package")
def browser(launch: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@contextmanager
def opening(portal: Portal, browser: Browser) -> Iterator[Callable[..., BrowserCustomer]]:
    """Open browsers that know nothing of each other; what goes wrong in one fails the test."""
    opened: list[BrowserCustomer] = []

    def open_one(*, scripts: bool = True, **options: Any) -> BrowserCustomer:
        opened.append(BrowserCustomer(portal, browser, scripts=scripts, **options))
        return opened[-1]

    yield open_one
    for customer in opened:
        customer.close()


@pytest.fixture
def open_browser(portal: Portal, browser: Browser) -> Iterator[Callable[..., BrowserCustomer]]:
    with opening(portal, browser) as open_one:
        yield open_one


@pytest.fixture
def in_browser(open_browser: Callable[..., BrowserCustomer]) -> BrowserCustomer:
    """A customer at a Chromium with scripts."""
    return open_browser()


@pytest.fixture
def inspector() -> Iterator[Inspector]:
    """Look at pages, and complain in the end about all that was found on them."""
    inspector = Inspector(Camera() if os.environ.get("SCREENSHOTS") == "1" else None)
    yield inspector
    assert not inspector.found, "\n".join(inspector.found)


@pytest.fixture(params=["scripts off", "htmx", "browser"])
def customer(request: pytest.FixtureRequest, portal: Portal) -> Iterator[Customer]:
    """The same journey, three ways."""
    if request.param == "htmx":
        customer = HtmxCustomer(portal)
        yield customer
        customer.client.close()
    else:
        open_browser = request.getfixturevalue("open_browser")
        yield open_browser(scripts=request.param == "browser")


@pytest.fixture(autouse=True)
def nothing_crashed(portal: Portal) -> Iterator[None]:
    """Fail the test in which one of the portal's processes wrote a traceback."""
    before = portal.log().count("Traceback")
    yield
    assert portal.log().count("Traceback") == before, portal.log()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show the end of the portal's log with a failure."""
    outcome = yield
    report = outcome.get_result()
    portal = getattr(item, "funcargs", {}).get("portal")
    if report.failed and portal:
        report.sections.append(("the portal's log", portal.log()[-4000:]))
