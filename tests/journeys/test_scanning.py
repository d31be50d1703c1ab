"""Codes in front of a camera: what a phone reads, where it lands, and what the page for it may."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, expect

from .conftest import opening
from .customers import BrowserCustomer
from .inspector import Inspector
from .portal import Portal

CODES = Path(__file__).with_name("codes")
VIN, EAN = "WA1DMAFE0D0000803", "541448820000000008"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SCAN = "Scan it with the camera"
# A browser that reads codes by itself, as those on Android do.
READS_BY_ITSELF = """window.BarcodeDetector = class {
  static getSupportedFormats = async () => ["qr_code", "data_matrix", "code_39", "code_128", "ean_13"];
  detect = async (video) => video.videoWidth ? [{ rawValue: "WA1DMAFE0D0000803" }] : [];
};"""

Holding = Callable[..., AbstractContextManager[BrowserCustomer]]


@pytest.fixture
def holding(portal: Portal, launch: Callable[..., Browser], tmp_path: Path) -> Holding:
    """A phone that is held over some of `codes/`, one below the other."""

    @contextmanager
    def hold(*codes: str, is_allowed: bool = True) -> Iterator[BrowserCustomer]:
        film = tmp_path / "seen.mjpeg"
        film.write_bytes(photograph(*codes) * 2)
        answer = "--use-fake-ui-for-media-stream" + ("" if is_allowed else "=deny")
        browser = launch(answer, "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
        with opening(portal, browser) as open_one:
            yield open_one(**PHONE)
        browser.close()

    return hold


def photograph(*codes: str) -> bytes:
    """Take a picture as a hand does: a little turned, a little blurred, with something around it."""
    picture = Image.new("L", (1280, 720), 205)
    for number, code in enumerate(codes):
        with Image.open(CODES / f"{code}.png") as drawn:
            label = drawn.convert("L").resize((drawn.width * 2, drawn.height * 2), Image.Resampling.NEAREST)
        sheet = Image.new("L", (label.width + 60, label.height + 60), 255)
        sheet.paste(label, (30, 30))
        held = sheet.rotate(3, expand=True, fillcolor=205, resample=Image.Resampling.BICUBIC)
        picture.paste(held, (60, 40 + 330 * number))
    film = BytesIO()
    picture.filter(ImageFilter.GaussianBlur(0.8)).convert("RGB").save(film, "JPEG", quality=85)
    return film.getvalue()


def scan(customer: BrowserCustomer) -> None:
    customer.page.get_by_role("link", name=SCAN).click()
    customer.page.wait_for_url("**/scan/**")


def assert_filled_in(customer: BrowserCustomer, name: str, value: str) -> None:
    """It stands in its field, to be compared, and nothing was handed in."""
    customer.page.wait_for_url("**/identify/")
    expect(customer.page.locator(f"[name={name}]")).to_have_value(value)
    expect(customer.page.get_by_text("This is what the camera read.")).to_be_focused()


class TestCode:
    @pytest.mark.parametrize("code", ["vin-code-39", "vin-code-128", "vin-data-matrix", "vin-qr"])
    def test_of_a_car_is_filled_in_and_checked_like_what_is_typed(self, holding: Holding, code: str) -> None:
        with holding(code) as customer:
            customer.choose("EV", "Audi")
            scan(customer)
            assert_filled_in(customer, "vin", VIN)
            customer.press("Continue")
            assert customer.step == "check"
            assert VIN in customer.text

    def test_of_a_meter_leaves_the_other_answers_alone(self, holding: Holding) -> None:
        with holding("ean-code-128") as customer:
            customer.choose("SmartMeter", "Fluvius")
            customer.fill("properties.flow", "B2B")
            scan(customer)
            assert_filled_in(customer, "ean", EAN)
            expect(customer.page.locator("[value=B2B]")).to_be_checked()

    def test_of_a_dongle_keeps_its_capital_and_small_letters(self, holding: Holding) -> None:
        with holding("dongle-qr") as customer:
            customer.choose("SmartMeter", "re.alto")
            scan(customer)
            assert_filled_in(customer, "code", "Ab-12 cD")

    def test_is_told_from_others_beside_it(self, holding: Holding) -> None:
        with holding("other-code-128", "vin-code-39") as customer:
            customer.choose("EV", "Audi")
            scan(customer)
            assert_filled_in(customer, "vin", VIN)

    def test_that_says_something_else_is_not_taken(self, holding: Holding) -> None:
        with holding("other-code-128") as customer:
            customer.choose("EV", "Audi")
            customer.fill("vin", "WA1")
            scan(customer)
            expect(customer.page.get_by_text("This code does not have what we need.")).to_be_visible()
            customer.follow("Type it instead")
            assert customer.step == "identify"
            assert customer.value("vin") == "WA1"

    def test_brings_along_nothing_that_was_typed_for_another_request(self, holding: Holding) -> None:
        with holding("other-code-128") as customer:
            customer.choose("EV", "Audi")
            other = '{"path": "/onboarding/another/identify/", "values": [["vin", "WVWZZZ"]]}'
            customer.page.evaluate("kept => sessionStorage.setItem('unsent', kept)", other)
            customer.page.goto(customer.page.url.replace("/identify/", "/scan/vin/"))
            customer.follow("Type it instead")
            assert customer.step == "identify"
            assert customer.value("vin") == ""

    def test_is_read_by_the_browser_itself_where_it_can(self, holding: Holding) -> None:
        with holding("other-code-128") as customer:
            customer.context.add_init_script(READS_BY_ITSELF)
            asked: list[str] = []
            customer.page.on("request", lambda request: asked.append(request.url))
            customer.choose("EV", "Audi")
            scan(customer)
            assert_filled_in(customer, "vin", VIN)
            assert [url for url in asked if "zxing" in url] == []


class TestPicture:
    def test_stays_on_the_phone_and_the_reader_comes_when_it_is_needed(self, holding: Holding) -> None:
        with holding("vin-code-39") as customer:
            asked: list[tuple[str, str]] = []
            customer.page.on("request", lambda request: asked.append((request.method, request.url)))
            customer.choose("EV", "Audi")
            assert not [url for _method, url in asked if "zxing" in url]
            asked.clear()
            scan(customer)
            assert_filled_in(customer, "vin", VIN)
            assert {method for method, _url in asked} == {"GET"}
            assert {url.rpartition("/")[2].split(".")[0] for _method, url in asked if "zxing" in url} == {
                "zxing_reader"
            }
            assert all(url.startswith(customer.portal.url) and VIN not in url for _method, url in asked)

    def test_is_not_taken_without_leave(self, holding: Holding, inspector: Inspector) -> None:
        with holding("vin-code-39", is_allowed=False) as customer:
            customer.choose("EV", "Audi")
            scan(customer)
            expect(customer.page.get_by_text("We may not use the camera.")).to_be_visible()
            inspector.look(customer, "scan-denied")


class TestOffer:
    def test_is_made_to_a_hand_that_holds_a_camera(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        expect(in_browser.page.locator("[data-scan]")).to_be_hidden()

    def test_is_not_made_where_nothing_is_printed(self, holding: Holding) -> None:
        with holding("vin-qr") as customer:
            customer.choose("PV", "SMA")
            expect(customer.page.locator("[data-scan]")).to_have_count(0)


class TestPage:
    def test_looks_well_while_it_looks(self, holding: Holding, inspector: Inspector) -> None:
        with holding("other-code-128") as customer:
            customer.choose("EV", "Audi")
            scan(customer)
            other = customer.page.get_by_text("This code does not have what we need.")
            expect(other).to_be_visible()
            inspector.look(customer, "scan")
