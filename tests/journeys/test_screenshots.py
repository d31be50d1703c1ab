"""Pictures of every page, on a phone and a desktop, light and dark. `make screenshots` keeps them in `docs/`."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from django.conf import settings
from PIL import Image

from .customers import BrowserCustomer, until
from .portal import Portal

KEPT = Path(settings.BASE_DIR) / "docs" / "screenshots"
SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
VIN = "WA1DMAFE0D000{}"
# Of the dark ones `docs/` keeps a few; a test looks at all of them.
KEPT_DARK = {
    "start",
    "identify",
    "check",
    "status-following",
    "status-redirect",
    "status-connected",
    "device",
    "owner-step",
}
OTHER_MAKERS_VIN = "WVWZZZ1KZAW000001"


class Camera:
    """Takes a page in all sizes and colours, and looks whether it is whole."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch

    def shoot(self, customer: BrowserCustomer, name: str, *, full_page: bool = True) -> None:
        """Take it whole, or only what fits the screen where a page is long."""
        page = customer.page
        page.mouse.move(0, 0)
        assert page.locator("h1").count() == 1, name
        assert page.title().strip(), name
        for size, viewport in SIZES.items():
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert overflow <= 0, f"{name} on a {size} is {overflow} px too wide"
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                is_kept = scheme == "light" or name in KEPT_DARK
                path = (self.folder if is_kept else self.scratch) / f"{size}-{scheme}" / f"{name}.png"
                page.screenshot(path=path, full_page=full_page, animations="disabled", caret="hide")
                assert path.stat().st_size > 2_000, name
                if path.is_relative_to(KEPT):
                    make_smaller(path)


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    return Camera(KEPT if os.environ.get("SCREENSHOTS") == "1" else tmp_path, tmp_path)


def make_smaller(path: Path) -> None:
    """256 colours are enough for a page, and a third of the bytes."""
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


class TestPictures:
    def test_of_the_way_through(self, in_browser: BrowserCustomer, camera: Camera) -> None:
        customer = in_browser
        customer.visit("/")
        camera.shoot(customer, "start")
        customer.start()
        camera.shoot(customer, "type")
        customer.choose_type("EV")
        camera.shoot(customer, "manufacturer")
        customer.visit(f"/onboarding/{customer.reference}/manufacturer/?q=vo")
        camera.shoot(customer, "manufacturer-search")
        customer.follow("Mine is not listed")
        camera.shoot(customer, "not-listed")
        customer.visit(f"/onboarding/{customer.reference}/manufacturer/")
        customer.choose_manufacturer("Audi")
        camera.shoot(customer, "identify")
        customer.page.locator("details.where summary").click()
        camera.shoot(customer, "identify-where")
        customer.answer(vin="WA1DMAFE0D00")
        camera.shoot(customer, "identify-error")
        customer.answer(vin=OTHER_MAKERS_VIN)
        camera.shoot(customer, "identify-question")
        customer.fill("vin", VIN.format("0000"))
        customer.press("Yes, it is right")
        camera.shoot(customer, "check")
        customer.visit("/")
        camera.shoot(customer, "start-again")

    @pytest.mark.parametrize(
        ("ending", "heading", "name"),
        [
            ("0802", "One step for you at Audi", "status-redirect"),
            ("0400", "One answer needs another look", "status-rejected"),
            ("0700", "This did not work", "status-failed"),
            ("0701", "This request was canceled", "status-canceled"),
            ("0803", "Your device is connected", "status-connected"),
        ],
    )
    def test_of_what_can_come_of_it(
        self, in_browser: BrowserCustomer, camera: Camera, ending: str, heading: str, name: str
    ) -> None:
        in_browser.submit("EV", "Audi", vin=VIN.format(ending))
        in_browser.wait_for_heading(heading)
        camera.shoot(in_browser, name)
        if name == "status-rejected":
            in_browser.follow("Correct it")
            camera.shoot(in_browser, "identify-rejected")

    def test_of_the_moment_after_agreeing(self, in_browser: BrowserCustomer, camera: Camera, portal: Portal) -> None:
        with portal.without_worker():
            in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
            in_browser.wait_for_heading("Sending your request")
            camera.shoot(in_browser, "status-sending")

    def test_of_the_time_in_between(self, in_browser: BrowserCustomer, camera: Camera, portal: Portal) -> None:
        with portal.pace(2.5):
            in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
            in_browser.page.locator(".transaction--done").first.wait_for()
            camera.shoot(in_browser, "status-following")

    def test_of_an_approval_elsewhere(self, in_browser: BrowserCustomer, camera: Camera, portal: Portal) -> None:
        with portal.pace(5):
            in_browser.submit("EV", "Audi", vin=VIN.format("0801"))
            in_browser.wait_for_heading("Please say yes to Audi")
            camera.shoot(in_browser, "status-consent")

    def test_of_the_step_for_somebody_else(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer], camera: Camera
    ) -> None:
        in_browser.submit("SmartMeter", "Fluvius", ean="541448820000000008", properties__flow="B2C")
        in_browser.wait_for_heading("One step for you at Mijn Fluvius")
        camera.shoot(in_browser, "status-grid-operator")
        in_browser.follow("Send this step to somebody else")
        camera.shoot(in_browser, "send-step")
        owner = open_browser()
        owner.visit(in_browser.page.locator("#step-link").input_value())
        camera.shoot(owner, "owner-step")
        owner.follow("Continue to Fluvius")
        owner.press("Come back later")
        owner.page.wait_for_url("**/return/**")
        in_browser.visit(f"/onboarding/{in_browser.path.split('/')[2]}/status/")
        camera.shoot(in_browser, "status-back")

    def test_of_going_on_elsewhere(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer], camera: Camera, portal: Portal
    ) -> None:
        customer = in_browser
        customer.choose("EV", "Audi")
        customer.follow("Go on later, or on your phone")
        camera.shoot(customer, "elsewhere")
        before = portal.mailed_links()
        customer.fill("contact_email", "ann@example.org")
        customer.press("Send me a link")
        customer.press("Show the code")
        camera.shoot(customer, "phone")
        customer.visit("/code/")
        camera.shoot(customer, "code")
        customer.visit("/devices/")
        camera.shoot(customer, "devices")
        until(lambda: portal.mailed_links() != before, meanwhile=lambda: time.sleep(0.3), complaint=lambda: "No mail.")
        other = open_browser()
        other.visit(portal.mailed_links()[-1])
        camera.shoot(other, "continue")
        other.visit("/continue/nothing/")
        other.expect_problem("404")
        camera.shoot(other, "link-void")

    def test_of_a_companys_link_and_a_device_known_again(self, in_browser: BrowserCustomer, camera: Camera) -> None:
        customer = in_browser
        link = f"/start/?type=EV&manufacturer=Audi&vin={VIN.format('0803')}"
        customer.visit(link)
        camera.shoot(customer, "entry")
        customer.press("Start")
        customer.agree()
        customer.wait_for_heading("Your device is connected")
        customer.visit(link)
        customer.press("Start")
        camera.shoot(customer, "check-duplicate")
        customer.visit("/start/?k=made-up")
        customer.expect_problem("410")
        camera.shoot(customer, "entry-void")

    def test_of_mails(self, in_browser: BrowserCustomer, camera: Camera) -> None:
        in_browser.visit("/admin/")
        in_browser.page.fill("[name=username]", "demo")
        in_browser.page.fill("[name=password]", "sandbox-demo")
        in_browser.page.click("[type=submit]")
        for kind in ("link", "needs-you", "connected"):
            in_browser.visit(f"/admin/onboarding/mail/previews/{kind}/")
            camera.shoot(in_browser, f"mail-{kind}")

    def test_of_a_denial(self, in_browser: BrowserCustomer, camera: Camera) -> None:
        in_browser.submit("EV", "BMW", vin="WBA00000000000003")
        in_browser.answer_at_manufacturer("BMW", "Deny")
        in_browser.wait_for_heading("The connection was not allowed")
        camera.shoot(in_browser, "status-denied")

    def test_of_a_device_and_its_end(self, in_browser: BrowserCustomer, camera: Camera, portal: Portal) -> None:
        customer = in_browser
        customer.submit("EV", "Audi", vin=VIN.format("0803"))
        customer.wait_for_heading("Your device is connected")
        status_page = customer.path
        customer.follow("Your consent, receipts, and how to stop")
        camera.shoot(customer, "device")
        customer.follow("Receipt")
        customer.page.locator("details.where summary").click()
        camera.shoot(customer, "receipt")
        customer.visit(status_page.replace("status", "consent"))
        camera.shoot(customer, "renew")
        customer.visit(status_page.replace("status", "stop"))
        camera.shoot(customer, "stop")
        with portal.without_worker():
            customer.press("Stop and disconnect")
            camera.shoot(customer, "status-withdrawing")
        customer.wait_for_heading("Your device is disconnected")
        camera.shoot(customer, "status-withdrawn")

    def test_of_other_pages(
        self, in_browser: BrowserCustomer, open_browser: Callable[..., BrowserCustomer], camera: Camera
    ) -> None:
        in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
        elsewhere = open_browser()
        elsewhere.visit(f"/return/{in_browser.reference}/")
        camera.shoot(elsewhere, "come-back")
        elsewhere.visit("/nothing/here/")
        camera.shoot(elsewhere, "not-found")
        elsewhere.expect_problem("404")
        elsewhere.visit("/sandbox/")
        camera.shoot(elsewhere, "sandbox", full_page=False)

    def test_of_the_support_desk(self, in_browser: BrowserCustomer, camera: Camera) -> None:
        in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
        in_browser.wait_for_heading("Your device is connected")
        in_browser.visit("/admin/")
        in_browser.page.fill("[name=username]", "demo")
        in_browser.page.fill("[name=password]", "sandbox-demo")
        in_browser.page.click("[type=submit]")
        in_browser.visit("/admin/onboarding/onboardingrequest/")
        assert in_browser.page.locator("#result_list tbody tr").count() >= 1
        camera.shoot(in_browser, "desk-list", full_page=False)
        in_browser.page.locator("#result_list tbody th a").first.click()
        in_browser.page.get_by_text("Timeline").first.wait_for()
        camera.shoot(in_browser, "desk-request", full_page=False)

    # Last: after it, the worker waits a while before it trusts the platform again.
    def test_of_a_platform_that_is_away(self, in_browser: BrowserCustomer, camera: Camera, portal: Portal) -> None:
        with portal.platform_away():
            in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
            in_browser.wait_for_heading("We have your request")
            camera.shoot(in_browser, "status-away")
