"""Words that are 40 % longer than the English ones fit everywhere, on a narrow phone and on a desktop."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from tests.pseudo import LANGUAGE, pseudo, write_catalogue

from .customers import BrowserCustomer
from .portal import Portal

WIDTHS = (320, 1280)
# What sticks out of its box, or is cut off by it; but for what is decoration, or only there for screen readers.
MISFITS = """
() => [...document.querySelectorAll("body, body *:not(svg, svg *, input, .skip-link, .celebration)")].filter(box => {
  const style = getComputedStyle(box), place = box.getBoundingClientRect();
  if (!place.width || style.display === "inline" || box.closest(".visually-hidden, thead")) return false;
  const isCut = style.overflowY !== "visible" && box.scrollHeight > box.clientHeight + 2;
  return isCut || box.scrollWidth > box.clientWidth + 2 || place.right > innerWidth + 1 || place.left < -1;
}).map(box => `${box.tagName}.${box.className}: ${box.textContent.trim().slice(0, 60)}`)
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal of its own that speaks the language of long words."""
    folder: Path = tmp_path_factory.mktemp("long-words")
    portal = Portal(folder)
    portal.environment["PSEUDO_LOCALE"] = str(write_catalogue(folder / "locale"))
    portal.environment["DJANGO_SETTINGS_MODULE"] = "tests.journeys.pseudo_settings"
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()


@pytest.fixture
def reader(portal: Portal, browser: Browser) -> Iterator[BrowserCustomer]:
    customer = BrowserCustomer(portal, browser)
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": LANGUAGE, "url": portal.url}
    customer.context.add_cookies([cookie])
    yield customer
    customer.close()


def assert_all_fits(customer: BrowserCustomer) -> None:
    assert "[" in customer.heading
    for where in customer.page.locator("details:not([open]) > summary").all():
        where.click()
    for width in WIDTHS:
        customer.page.set_viewport_size({"width": width, "height": 800})
        overflow = customer.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{customer.path} is {overflow} px too wide at {width} px"
        assert customer.page.evaluate(MISFITS) == [], f"{customer.path} at {width} px"


def go_on(customer: BrowserCustomer) -> None:
    """Press the page's first big button."""
    customer.press(customer.page.locator("main form[method=post] button.button").first.inner_text())


class TestLongWords:
    def test_fit_from_the_start_to_the_end(self, reader: BrowserCustomer) -> None:
        reader.visit("/")
        assert_all_fits(reader)
        go_on(reader)
        for value in ("EV", "Audi"):
            assert_all_fits(reader)
            reader.tap(value)
        assert_all_fits(reader)
        identify = reader.path
        reader.visit(identify.replace("identify", "scan/vin"))
        assert_all_fits(reader)
        reader.visit(identify)
        reader.fill("vin", "WA1")
        go_on(reader)
        assert_all_fits(reader)
        reader.fill("vin", "WA1DMAFE0D0000803")
        go_on(reader)
        assert_all_fits(reader)
        reader.fill("consent", "on")
        go_on(reader)
        reader.wait_for_heading(pseudo("Your device is connected"))
        assert_all_fits(reader)
        for page in ("device", "stop", "consent", "elsewhere"):
            reader.visit(f"/onboarding/{reader.reference}/{page}/")
            assert_all_fits(reader)

    @pytest.mark.parametrize(
        ("ending", "heading"),
        [
            ("0802", "One step for you at %(manufacturer)s"),
            ("0400", "One answer needs another look"),
            ("0700", "%(manufacturer)s could not reach your car"),
        ],
    )
    def test_fit_whatever_comes_of_it(self, reader: BrowserCustomer, ending: str, heading: str) -> None:
        reader.visit(f"/start/?type=EV&manufacturer=Audi&vin=WA1DMAFE0D000{ending}")
        assert_all_fits(reader)
        go_on(reader)
        reader.fill("consent", "on")
        go_on(reader)
        reader.wait_for_heading(pseudo(heading) % {"manufacturer": "Audi"})
        assert_all_fits(reader)

    @pytest.mark.parametrize("path", ["/devices/", "/code/", "/sandbox/"])
    def test_fit_on_other_pages(self, reader: BrowserCustomer, path: str) -> None:
        reader.visit(path)
        assert_all_fits(reader)

    def test_fit_on_a_page_that_is_not_there(self, reader: BrowserCustomer) -> None:
        reader.visit("/nothing/here/")
        assert_all_fits(reader)
        reader.expect_problem("404")
