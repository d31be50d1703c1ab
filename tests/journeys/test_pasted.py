"""What people paste into a browser, a device of each type: the platform gets what it means."""

import pytest
from playwright.sync_api import Route

from .customers import BrowserCustomer
from .test_connect import assert_connected

VIN = "WA1DMAFE0D0000000"


def paste(customer: BrowserCustomer, **answers: str) -> None:
    for name, value in answers.items():
        customer.page.locator(f"[name='{name}']").focus()
        customer.page.keyboard.insert_text(value)
    customer.press("Continue")


class TestPasted:
    @pytest.mark.parametrize(
        "vin",
        [
            "VIN:\u00a0WA1\u2011DMAFE0\u2011D0000000\u200b.",
            "\ufeff*IWA1DMAFE0D0000000*",
            "(E)\u00a0wa1 dmafe0 d0000000\ufe0f",
        ],
    )
    def test_car(self, in_browser: BrowserCustomer, vin: str) -> None:
        in_browser.choose("EV", "Audi")
        paste(in_browser, vin=vin)
        in_browser.agree()
        assert_connected(in_browser, type="EV", manufacturer="Audi", vin=VIN)

    def test_car_with_letters_of_another_alphabet(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        paste(in_browser, vin=VIN.replace("A", "\u0410").replace("M", "\u041c"))
        assert f"Did you mean {VIN}?" in " ".join(in_browser.errors)
        in_browser.press(f"Use {VIN}")
        in_browser.agree()
        assert_connected(in_browser, type="EV", manufacturer="Audi", vin=VIN)

    def test_meter(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("SmartMeter", "Enexis")
        paste(in_browser, ean="EAN-code elektriciteit:\u00a08716\u20118590\u20110000\u20110000\u201104.")
        in_browser.agree()
        assert_connected(in_browser, type="SmartMeter", manufacturer="Enexis", ean="871685900000000004")

    def test_gas_meter_with_a_reader(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("RetrofitMeter", "Xenn")
        paste(in_browser, reference="\u201c\uff301000000000\u201d,", code="123\u202f456.")
        in_browser.agree()
        assert_connected(in_browser, type="RetrofitMeter", manufacturer="Xenn", reference="P1000000000", code="123456")

    def test_dongle(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("SmartMeter", "re.alto")
        paste(in_browser, code="\u00ab\u00a0aB3\u2013x9K\u00a0\u00bb.")
        in_browser.agree()
        assert_connected(in_browser, type="SmartMeter", manufacturer="re.alto", code="aB3-x9K")

    def test_solar_panels(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("PV", "SMA")
        paste(in_browser, reference="4711\u2060\u00a0", email="Jos\u00e9 Peeters <mailto@stra\u00dfe.example>,")
        in_browser.agree()
        assert_connected(
            in_browser, type="PV", manufacturer="SMA", reference="4711", email="mailto@xn--strae-oqa.example"
        )


class TestMeantInstead:
    def test_is_what_counts_also_when_the_portal_answers_only_at_the_second_try(
        self, in_browser: BrowserCustomer
    ) -> None:
        in_browser.choose("PV", "SMA")
        in_browser.answer(reference="4711", email="jan@gmial.com")
        assert "Did you mean jan@gmail.com?" in in_browser.text
        in_browser.page.route("**/identify/", refuse_scripts)
        in_browser.press("Use jan@gmail.com")
        in_browser.expect_problem("503")
        in_browser.agree()
        assert_connected(in_browser, type="PV", manufacturer="SMA", reference="4711", email="jan@gmail.com")

    @pytest.mark.parametrize("width", [320, 1280])
    def test_fits_on_its_button_however_long(self, in_browser: BrowserCustomer, width: int) -> None:
        in_browser.page.set_viewport_size({"width": width, "height": 800})
        in_browser.choose("PV", "SMA")
        in_browser.answer(reference="\u0420" * 190, email=f"{'j' * 60}@gmial.com")
        assert in_browser.page.evaluate("document.documentElement.scrollWidth") == width


def refuse_scripts(route: Route) -> None:
    """Answer 503 to what htmx asks, as a portal does that is being restarted, and let plain forms through."""
    route.fulfill(status=503) if "hx-request" in route.request.headers else route.continue_()
