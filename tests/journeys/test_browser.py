"""What people notice only when it is missing: back, reload, two tabs, double clicks, the focus, strangers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from .customers import BrowserCustomer, Customer
from .test_connect import CONNECTED, GUIDES_VIN

OpenBrowser = Callable[..., BrowserCustomer]

OTHER_VIN = "WAUZZZ00000000001"
VOLKSWAGENS_VIN = "WVWZZZ00000000001"
EAN_WITH_WRONG_CHECK_DIGIT = "541448820000000009"
UNHEARD_REDIRECT_VIN = "WA1DMAFE0D0000802"


def assert_whole_page(customer: BrowserCustomer, step: str) -> None:
    """It is the page of this step, complete, under its own address."""
    assert customer.step == step
    for part in ("header.site-header", "main#main", "footer.site-footer", "h1", ".sandbox-banner"):
        expect(customer.page.locator(part)).to_have_count(1)


class TestBackAndForward:
    def test_show_whole_pages_under_their_own_address(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin=GUIDES_VIN)
        way = ["type", "manufacturer", "identify", "check"]

        for step in reversed(way[:-1]):
            in_browser.go_back()
            assert_whole_page(in_browser, step)
        for step in way[1:]:
            in_browser.go_forward()
            assert_whole_page(in_browser, step)

    def test_from_the_status_page_sends_nothing_twice(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "Audi", vin=GUIDES_VIN)
        in_browser.go_back()

        assert_whole_page(in_browser, "status")
        in_browser.wait_for_heading(CONNECTED)
        assert len(in_browser.received) == 1


class TestReload:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_keeps_every_answer(self, open_browser: OpenBrowser, scripts: bool) -> None:
        customer = open_browser(scripts=scripts)
        customer.choose("SmartMeter", "Fluvius")
        customer.answer(ean="541448820000000008", properties__flow="B2B")

        customer.page.reload()
        assert all(words in customer.text for words in ("Smart meter", "Fluvius", "541448820000000008", "business"))

        customer.follow("Change: EAN")
        customer.page.reload()
        assert customer.value("ean") == "541448820000000008"
        expect(customer.page.locator('[value="B2B"]')).to_be_checked()

    def test_of_the_start_page_offers_to_go_on(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.visit("/")
        assert "Electric car, Audi" in in_browser.text

        in_browser.follow("Continue: Electric car Audi")
        assert in_browser.step == "identify"


class TestDoubleClick:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_on_agree_sends_one_request(self, open_browser: OpenBrowser, scripts: bool) -> None:
        customer = open_browser(scripts=scripts)
        customer.choose("EV", "Audi")
        customer.answer(vin=GUIDES_VIN)
        customer.fill("consent", "on")

        customer.page.get_by_role("button", name="Agree and connect").dblclick()

        customer.page.wait_for_url("**/status/")
        customer.wait_for_heading(CONNECTED)
        assert customer.received == [{"type": "EV", "manufacturer": "Audi", "vin": GUIDES_VIN}]

    def test_on_start_begins_one_draft_that_is_kept(self, in_browser: BrowserCustomer) -> None:
        in_browser.visit("/")
        in_browser.page.get_by_role("button", name="Start").dblclick()
        in_browser.page.wait_for_url("**/type/")
        in_browser.choose_type("EV")

        in_browser.visit("/")
        expect(in_browser.page.locator(".request-card")).to_have_count(1)


class TestTwoTabs:
    def test_land_on_the_same_status_page(self, in_browser: BrowserCustomer) -> None:
        other = self.both_at_check(in_browser)
        in_browser.agree()
        other.agree()

        assert other.url == in_browser.url
        in_browser.wait_for_heading(CONNECTED)
        assert len(in_browser.received) == 1

    def test_ask_again_when_the_make_changed_in_the_other(self, in_browser: BrowserCustomer) -> None:
        other = self.both_at_check(in_browser)
        other.follow("Change: Brand")
        other.choose_manufacturer("Tesla")

        in_browser.agree()

        assert in_browser.step in ("identify", "check")
        assert "Tesla" in in_browser.text
        assert in_browser.received == []

    def test_send_no_answer_that_was_not_on_the_page(self, in_browser: BrowserCustomer) -> None:
        other = self.both_at_check(in_browser)
        other.follow("Change: Vehicle")
        other.answer(vin=OTHER_VIN)
        assert GUIDES_VIN in in_browser.text

        in_browser.agree()

        assert in_browser.step == "check"
        assert OTHER_VIN in in_browser.text
        assert in_browser.received == []

    @staticmethod
    def both_at_check(customer: BrowserCustomer) -> BrowserCustomer:
        customer.choose("EV", "Audi")
        customer.answer(vin=GUIDES_VIN)
        other = customer.in_another_tab()
        other.visit(customer.path)
        return other


class TestBadAnswer:
    def test_moves_the_focus_to_what_is_wrong(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin="WA1DMAFE0D0000")

        expect(in_browser.page.locator(".error-summary")).to_be_focused()
        [error] = in_browser.errors
        assert error == "This has 14 characters; a VIN has 17. 3 characters are missing."
        assert in_browser.value("vin") == "WA1DMAFE0D0000"

        in_browser.page.get_by_role("link", name=error).click()
        assert in_browser.focused == "field-vin"

    @pytest.mark.parametrize("step", ["type", "manufacturer", "check"])
    def test_is_explained_where_nothing_was_chosen(self, in_browser: BrowserCustomer, step: str) -> None:
        self.go_to(in_browser, step)
        in_browser.press("Agree" if step == "check" else "Continue")

        expect(in_browser.page.locator(".error-summary")).to_be_focused()
        in_browser.page.locator(".error-summary a").first.click()
        assert in_browser.focused == ("field-consent" if step == "check" else f"field-{step}")

    @staticmethod
    def go_to(customer: BrowserCustomer, step: str) -> None:
        customer.start()
        if step != "type":
            customer.choose_type("PV")
        if step == "check":
            customer.choose_manufacturer("Huawei")

    def test_of_i_and_o_is_spelled_out(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin="WAIDMAFEODOOOOOOO")

        assert in_browser.errors == ["A VIN never contains I, O or Q. Did you mean WA1DMAFE0D0000000?"]


class TestManufacturerSearch:
    def test_narrows_while_somebody_types(self, in_browser: BrowserCustomer) -> None:
        self.choose_type(in_browser)
        search = in_browser.page.locator("#search")
        search.press_sequentially("vol", delay=30)

        expect(self.makers(in_browser)).to_have_text(["Volkswagen", "Volvo"])
        assert in_browser.focused == "search"
        search.press_sequentially("v", delay=30)
        expect(self.makers(in_browser)).to_have_text(["Volvo"])
        assert search.input_value() == "volv"
        assert "list" not in in_browser.path

        in_browser.choose_manufacturer("Volvo")
        assert in_browser.heading == "Your Volvo"

    def test_forgives_accents(self, in_browser: BrowserCustomer) -> None:
        self.choose_type(in_browser)
        in_browser.fill("q", "skoda")

        expect(self.makers(in_browser)).to_have_text(["Škoda"])

    def test_says_so_when_nothing_is_found(self, in_browser: BrowserCustomer) -> None:
        self.choose_type(in_browser)
        in_browser.fill("q", "zzz")

        expect(in_browser.page.locator("#makers")).to_contain_text("We cannot find “zzz”.")

    def test_works_without_scripts(self, open_browser: OpenBrowser) -> None:
        customer = open_browser(scripts=False)
        self.choose_type(customer)
        customer.fill("q", "vol")
        customer.press("Search")

        expect(self.makers(customer)).to_have_text(["Volkswagen", "Volvo"])
        assert customer.value("q") == "vol"
        customer.choose_manufacturer("Volvo")
        assert customer.heading == "Your Volvo"

    @staticmethod
    def choose_type(customer: BrowserCustomer) -> None:
        customer.start()
        customer.choose_type("EV")

    @staticmethod
    def makers(customer: BrowserCustomer) -> Locator:
        return customer.page.locator(".maker > bdi")


class TestIsThisRight:
    def test_is_asked_once_about_another_makers_vin(self, customer: Customer) -> None:
        customer.choose("EV", "Audi")
        customer.answer(vin=VOLKSWAGENS_VIN)
        assert customer.step == "identify"
        assert customer.errors == []
        assert "This looks like a VIN of Volkswagen, and you chose Audi. Is it right?" in customer.text

        customer.press("Yes, it is right")
        assert customer.step == "check"

        customer.follow("Change: Vehicle")
        customer.press("Continue")
        assert customer.step == "check"

    def test_is_asked_once_about_an_ean_whose_check_digit_fails(self, customer: Customer) -> None:
        customer.choose("SmartMeter", "Enexis")
        customer.answer(ean=EAN_WITH_WRONG_CHECK_DIGIT)
        assert customer.step == "identify"
        assert "The last digit does not fit the others: one digit is probably mistyped." in customer.text

        customer.press("Yes, it is right")
        assert customer.step == "check"

    def test_lets_the_unusual_value_through_as_it_is(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("SmartMeter", "Enexis")
        in_browser.answer(ean=EAN_WITH_WRONG_CHECK_DIGIT)
        in_browser.press("Yes, it is right")
        in_browser.agree()

        in_browser.wait_for_heading(CONNECTED)
        assert in_browser.received == [
            {"type": "SmartMeter", "manufacturer": "Enexis", "ean": EAN_WITH_WRONG_CHECK_DIGIT}
        ]

    def test_is_asked_anew_about_another_value(self, in_browser: BrowserCustomer) -> None:
        in_browser.choose("EV", "Audi")
        in_browser.answer(vin=VOLKSWAGENS_VIN)
        in_browser.fill("vin", "VF100000000000001")
        in_browser.press("Yes, it is right")

        assert in_browser.step == "identify"
        assert "This looks like a VIN of Renault" in in_browser.text


class TestSomebodyElse:
    PAGES = ("", "type/", "manufacturer/", "manufacturer/list/", "identify/", "check/", "not-listed/", "status/")

    def test_finds_none_of_the_requests_pages(self, open_browser: OpenBrowser) -> None:
        owner, stranger = open_browser(), open_browser()
        owner.choose("EV", "Audi")

        for page in self.PAGES:
            response = stranger.page.goto(f"/onboarding/{owner.reference}/{page}")
            assert response
            assert response.status == 404
            assert stranger.heading == "This page is not here"
            assert "Audi" not in stranger.page.content()
        stranger.expect_problem("404")

    def test_finds_no_status_page(self, open_browser: OpenBrowser) -> None:
        owner, stranger = open_browser(), open_browser()
        owner.submit("EV", "Audi", vin=UNHEARD_REDIRECT_VIN)

        response = stranger.page.goto(owner.path)

        assert response
        assert response.status == 404
        stranger.expect_problem("404")


class TestComingBack:
    def test_in_another_browser_shows_nothing_private(self, open_browser: OpenBrowser) -> None:
        owner, stranger = open_browser(), open_browser(scripts=False)
        owner.submit("EV", "BMW", vin="WBA00000000000001")
        code = owner.page.locator(".support-code").inner_text()

        stranger.visit(f"/return/{owner.reference}/?status=ok")

        assert stranger.heading == "You are back"
        assert "Your request is being checked." in stranger.text
        said = stranger.page.content()
        assert not [word for word in ("BMW", "WBA00000000000001", code, owner.reference) if word in said]
        assert stranger.context.cookies() == []

    def test_in_the_same_browser_leads_to_the_status_page(self, in_browser: BrowserCustomer) -> None:
        in_browser.submit("EV", "BMW", vin="WBA00000000000001")
        status_page = in_browser.url

        in_browser.visit(f"/return/{in_browser.reference}/?status=ok")

        assert in_browser.url == status_page
        assert in_browser.heading != CONNECTED
