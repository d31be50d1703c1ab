"""Every page and state that customers meet, visited once, looked at in every way. `make screenshots` takes pictures."""

import time
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Route

from .customers import BrowserCustomer, until
from .inspector import Inspector
from .portal import Portal

OpenBrowser = Callable[..., BrowserCustomer]

VIN = "WA1DMAFE0D000{}"
SHORT_VIN = "WA1DMAFE0D00"
OTHER_MAKERS_VIN = "WVWZZZ1KZAW000001"
CONNECTED = "Your device is connected"
MISTYPED = f"ann.{'very.' * 8}long@gmial.com"
# Pages that speak the language of their link, or English alone, or are made where nobody's language is known.
AS_IT_IS = ("en",)


class TestTheWayThrough:
    def test_to_consent(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        customer = in_browser
        customer.visit("/")
        inspector.look(customer, "start")
        customer.start()
        inspector.look(customer, "type")
        customer.choose_type("EV")
        inspector.look(customer, "manufacturer")
        customer.choose_manufacturer("Audi")
        inspector.look(customer, "identify")
        customer.page.locator("details.where summary").click()
        inspector.look(customer, "identify-where", redo=customer.page.locator("details.where summary").click)
        customer.answer(vin=OTHER_MAKERS_VIN)
        inspector.look(customer, "identify-question", redo=lambda: customer.hand_in(vin=OTHER_MAKERS_VIN))
        customer.fill("vin", VIN.format("0000"))
        customer.press("Yes, it is right")
        inspector.look(customer, "check")
        customer.visit("/")
        inspector.look(customer, "start-again")

    def test_with_nothing_or_something_wrong_in_it(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        customer = in_browser

        def get_wrong(name: str, **answers: str) -> None:
            customer.hand_in(**answers)
            assert customer.errors, name
            inspector.look(customer, name, redo=lambda: customer.hand_in(**answers))

        customer.start()
        get_wrong("type-error")
        customer.choose_type("EV")
        get_wrong("manufacturer-error")
        customer.choose_manufacturer("Audi")
        get_wrong("identify-error", vin=SHORT_VIN)
        get_wrong("identify-lookalikes", vin=VIN.format("0000").replace("A", "\u0410"))
        customer.answer(vin=VIN.format("0000"))
        get_wrong("check-error", contact_email="ann")
        customer.hand_in(contact_email=MISTYPED)
        inspector.look(customer, "check-question", redo=lambda: customer.hand_in(contact_email=MISTYPED))
        customer.visit(f"/onboarding/{customer.reference}/elsewhere/")
        get_wrong("elsewhere-error", contact_email="ann")
        customer.visit(f"/onboarding/{customer.reference}/not-listed/")
        get_wrong("not-listed-error", contact_email="ann")
        customer.visit("/code/")
        get_wrong("code-error", code="ACDE-FH34")

    def test_for_makes_that_are_looked_for(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        customer = in_browser
        customer.start()
        customer.choose_type("EV")
        step = customer.path
        customer.visit(f"{step}?q=vo")
        inspector.look(customer, "manufacturer-search")
        customer.visit(f"{step}?q=zzz")
        inspector.look(customer, "manufacturer-not-found")
        customer.follow("Mine is not listed")
        inspector.look(customer, "not-listed")

    def test_for_a_meter(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.choose("SmartMeter", "Fluvius")
        inspector.look(in_browser, "identify-meter")
        in_browser.hand_in()
        inspector.look(in_browser, "identify-meter-error", redo=in_browser.hand_in)


class TestStatus:
    @pytest.mark.parametrize(
        ("ending", "heading", "name"),
        [
            ("0802", "One step for you at Audi", "status-redirect"),
            ("0400", "One answer needs another look", "status-rejected"),
            ("0700", "Audi could not reach your car", "status-failed"),
            ("0701", "This request was canceled", "status-canceled"),
            ("0601", CONNECTED, "status-unknown-transaction"),
            ("0803", CONNECTED, "status-connected"),
        ],
    )
    def test_of_what_can_come_of_it(
        self, in_browser: BrowserCustomer, inspector: Inspector, ending: str, heading: str, name: str
    ) -> None:
        in_browser.submit("EV", "Audi", vin=VIN.format(ending))
        in_browser.wait_for_heading(heading)
        inspector.look(in_browser, name)
        if name == "status-rejected":
            in_browser.follow("Correct it")
            inspector.look(in_browser, "identify-rejected")

    def test_of_the_moment_after_agreeing(
        self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal
    ) -> None:
        with portal.without_worker():
            in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
            in_browser.wait_for_heading("Sending your request")
            inspector.look(in_browser, "status-sending")

    def test_of_the_time_in_between(self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal) -> None:
        with portal.pace(5):
            in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
            in_browser.page.locator(".transaction--active").first.wait_for()
            inspector.look(in_browser, "status-following")

    def test_of_an_approval_elsewhere(self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal) -> None:
        with portal.pace(5):
            in_browser.submit("EV", "Audi", vin=VIN.format("0801"))
            in_browser.wait_for_heading("Please say yes to Audi")
            inspector.look(in_browser, "status-consent")

    def test_of_an_action_nobody_has_heard_of(
        self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal
    ) -> None:
        with portal.pace(5):
            in_browser.submit("EV", "Audi", vin=VIN.format("0602"))
            in_browser.wait_for_heading("One step for you at Audi")
            inspector.look(in_browser, "status-unknown-action")

    def test_of_a_denial(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.submit("EV", "BMW", vin="WBA00000000000003")
        in_browser.answer_at_manufacturer("BMW", "Deny")
        in_browser.wait_for_heading("The connection was not allowed")
        inspector.look(in_browser, "status-denied")

    def test_of_a_device_and_its_end(self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal) -> None:
        customer = in_browser
        customer.submit("EV", "Audi", vin=VIN.format("0803"))
        customer.wait_for_heading(CONNECTED)
        status_page = customer.path
        customer.follow("Your consent, receipts, and how to stop")
        inspector.look(customer, "device")
        customer.follow("Receipt")
        customer.page.locator("details.where summary").click()
        inspector.look(customer, "receipt", redo=customer.page.locator("details.where summary").click)
        customer.visit(status_page.replace("status", "consent"))
        inspector.look(customer, "renew")
        customer.visit(status_page.replace("status", "stop"))
        inspector.look(customer, "stop")
        with portal.without_worker():
            customer.press("Stop and disconnect")
            inspector.look(customer, "status-withdrawing")
        customer.wait_for_heading("Your device is disconnected")
        inspector.look(customer, "status-withdrawn")

    def test_of_a_device_whose_data_stopped(
        self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal
    ) -> None:
        customer = in_browser
        customer.submit("EV", "Audi", vin=VIN.format("0803"))
        customer.wait_for_heading(CONNECTED)
        status_page, reference = customer.path, customer.reference
        for health in ("flowing", "gone", "quiet"):
            portal.let_device_be(reference, health)
            customer.visit(status_page)
            inspector.look(customer, f"status-{health}")
        customer.visit(status_page.replace("status", "device"))
        inspector.look(customer, "device-quiet")
        customer.visit("/devices/")
        inspector.look(customer, "devices-quiet")
        portal.time_out(reference)
        customer.visit("/devices/")
        inspector.look(customer, "devices-ended")
        customer.visit(status_page)
        inspector.look(customer, "status-timed-out")

    # After it, the worker waits a while before it trusts the platform again: a fresh one does not.
    def test_of_a_platform_that_is_away(
        self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal
    ) -> None:
        with portal.pace(0.1), portal.platform_away():
            in_browser.submit("EV", "Audi", vin=VIN.format("0803"))
            in_browser.wait_for_heading("We have your request")
            inspector.look(in_browser, "status-away")


class TestOwnData:
    def test_as_a_copy_and_erased(self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal) -> None:
        customer = in_browser
        customer.visit("/my-data/")
        inspector.look(customer, "my-data-none")
        customer.submit("EV", "Audi", vin=VIN.format("0803"))
        customer.wait_for_heading(CONNECTED)
        customer.visit("/devices/")
        customer.follow("Your data: a copy, or erase it")
        inspector.look(customer, "my-data")
        with customer.page.expect_download() as downloading:
            customer.page.get_by_role("button", name="Download all you hold about me").click()
        assert downloading.value.suggested_filename.endswith(".zip")
        customer.follow("Erase everything")
        inspector.look(customer, "erase")
        with portal.without_worker():
            customer.press("Erase it")
            inspector.look(customer, "my-data-being-erased")
        until(
            lambda: "This browser holds nothing" in customer.page.content(),
            meanwhile=lambda: (time.sleep(1), customer.visit("/my-data/")),
            complaint=lambda: "It is not erased.",
        )


class TestElsewhere:
    def test_the_step_for_somebody_else(
        self, in_browser: BrowserCustomer, open_browser: OpenBrowser, inspector: Inspector
    ) -> None:
        in_browser.submit("SmartMeter", "Fluvius", ean="541448820000000008", properties__flow="B2C")
        in_browser.wait_for_heading("One step for you at Mijn Fluvius")
        inspector.look(in_browser, "status-grid-operator")
        in_browser.follow("Send this step to somebody else")
        inspector.look(in_browser, "send-step")
        owner = open_browser()
        link = in_browser.page.locator("#step-link").input_value()
        owner.visit(link)
        inspector.look(owner, "owner-step", languages=AS_IT_IS)
        owner.follow("Continue to Fluvius")
        owner.press("Come back later")
        owner.page.wait_for_url("**/return/**")
        inspector.look(owner, "come-back")
        in_browser.visit(f"/onboarding/{in_browser.path.split('/')[2]}/status/")
        inspector.look(in_browser, "status-back")
        in_browser.portal.allow(in_browser.reference)
        in_browser.wait_for_heading(CONNECTED)
        owner.visit(link)
        inspector.look(owner, "owner-step-done", languages=AS_IT_IS)

    def test_going_on_there(
        self, in_browser: BrowserCustomer, open_browser: OpenBrowser, inspector: Inspector, portal: Portal
    ) -> None:
        customer, other = in_browser, open_browser()
        customer.choose("EV", "Audi")
        customer.follow("Continue later, or on your phone")
        inspector.look(customer, "elsewhere")
        elsewhere, before = customer.path, portal.mailed_links()
        customer.fill("contact_email", "ann@example.org")
        customer.press("Send me a link")
        inspector.look(customer, "elsewhere-sent")
        until(lambda: portal.mailed_links() != before, meanwhile=lambda: time.sleep(0.3), complaint=lambda: "No mail.")
        other.visit(portal.mailed_links()[-1])
        inspector.look(other, "continue", languages=AS_IT_IS)
        portal.expire_links()
        other.visit(portal.mailed_links()[-1])
        inspector.look(other, "link-expired", languages=AS_IT_IS)
        other.press("Send me a new one")
        inspector.look(other, "link-expired-sent", languages=AS_IT_IS)
        customer.visit(elsewhere)
        customer.press("Show the code")
        inspector.look(customer, "phone")
        code = customer.page.locator(".support-code").inner_text()
        other.visit("/code/")
        inspector.look(other, "code")
        other.fill("code", code)
        other.press("Continue")
        customer.wait_for_heading("Your phone took over")
        inspector.look(customer, "phone-taken")
        customer.visit("/devices/")
        inspector.look(customer, "devices")
        customer.press("Leave")
        customer.visit("/devices/")
        inspector.look(customer, "devices-none")

    def test_a_companys_link_and_a_device_known_again(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        customer = in_browser
        link = f"/start/?type=EV&manufacturer=Audi&vin={VIN.format('0803')}"
        customer.visit(link)
        inspector.look(customer, "entry")
        customer.press("Start")
        customer.agree()
        customer.wait_for_heading(CONNECTED)
        customer.visit(link)
        customer.press("Start")
        inspector.look(customer, "check-duplicate")


class TestErrors:
    @pytest.mark.parametrize(
        ("path", "problem", "name"),
        [
            ("/nothing/here/", "404", "not-found"),
            ("/start/?k=made-up", "410", "entry-void"),
            ("/continue/nothing/", "404", "link-void"),
        ],
    )
    def test_of_addresses(
        self, in_browser: BrowserCustomer, inspector: Inspector, path: str, problem: str, name: str
    ) -> None:
        in_browser.visit(path)
        inspector.look(in_browser, name)
        in_browser.expect_problem(problem)

    def test_of_a_browser_that_keeps_no_cookie(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/code/")
        in_browser.context.clear_cookies()
        in_browser.press("Continue")
        in_browser.wait_for_heading("Your browser sent no cookie")
        inspector.look(in_browser, "no-cookie")
        in_browser.expect_problem("403")

    def test_of_a_page_that_was_open_for_too_long(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/code/")
        in_browser.page.locator("#main [name=csrfmiddlewaretoken]").evaluate("field => { field.value = 'old' }")
        in_browser.press("Continue")
        in_browser.wait_for_heading("This page was open for too long")
        inspector.look(in_browser, "too-long-open")
        in_browser.expect_problem("403")

    def test_of_our_side(self, in_browser: BrowserCustomer, inspector: Inspector, portal: Portal) -> None:
        for status, page in portal.error_pages().items():
            in_browser.page.route(f"**/{status}/", partial(Route.fulfill, body=page, content_type="text/html"))
            in_browser.visit(f"/{status}/")
            inspector.look(in_browser, f"error-{status}", languages=AS_IT_IS)


class TestOtherPages:
    def test_about_accessibility(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/accessibility/")
        inspector.look(in_browser, "accessibility")

    def test_about_whether_it_works(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/status/")
        inspector.look(in_browser, "connecting-works")

    def test_for_developers_alone(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/styleguide/")
        inspector.look(in_browser, "styleguide", languages=AS_IT_IS)

    def test_of_the_sandbox(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/sandbox/")
        inspector.look(in_browser, "sandbox", full_page=False)
        in_browser.submit("EV", "Audi", vin=VIN.format("0800"))
        in_browser.wait_for_heading("One step for you at Audi")
        reference = in_browser.reference
        in_browser.follow("Continue to Audi")
        page = in_browser.path
        inspector.look(in_browser, "sandbox-consent")
        in_browser.portal.allow(reference)
        in_browser.visit(page)
        inspector.look(in_browser, "sandbox-consent-given")
        in_browser.visit(page.replace("consent", "documentation"))
        inspector.look(in_browser, "sandbox-documentation")
        in_browser.visit("/sandbox/entities/")
        inspector.look(in_browser, "sandbox-entities")
