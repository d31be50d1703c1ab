"""Colleagues at the door of a desk that asks for a second factor: an app, a passkey, recovery codes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.security.colleagues import code_of

from .customers import BrowserCustomer
from .inspector import Inspector
from .portal import Portal

PASSWORD = "sandbox-demo"
# A laptop with a fingerprint reader.
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal that is as strict as in production, at a name: passkeys belong to names."""
    portal = Portal(tmp_path_factory.mktemp("strict"))
    portal.url = portal.url.replace("127.0.0.1", "localhost")
    portal.environment |= {"STAFF_SECOND_FACTOR": "true", "PUBLIC_URL": portal.url}
    try:
        portal.start()
        yield portal
    finally:
        portal.stop()


@pytest.fixture
def open_strict(strict: Portal, browser: Browser) -> Iterator[Callable[..., BrowserCustomer]]:
    opened: list[BrowserCustomer] = []

    def open_one(*, scripts: bool = True, **options: Any) -> BrowserCustomer:
        opened.append(BrowserCustomer(strict, browser, scripts=scripts, **options))
        return opened[-1]

    yield open_one
    for customer in opened:
        customer.close()


def sign_in(staff: BrowserCustomer, name: str) -> None:
    staff.visit("/admin/")
    staff.page.fill("[name=username]", name)
    staff.page.fill("[name=password]", PASSWORD)
    staff.page.get_by_role("button", name="Sign in", exact=True).click()


def keep_codes(page: Page) -> list[str]:
    codes = page.get_by_label("Recovery codes").input_value().split()
    page.get_by_role("link", name="I have kept them").click()
    return codes


class TestApp:
    def test_is_set_up_and_used_without_scripts(self, open_strict: Callable[..., BrowserCustomer]) -> None:
        staff = open_strict(scripts=False)
        page = staff.page
        sign_in(staff, "agent")
        page.get_by_role("link", name="Codes from an app").click()
        key = page.locator(".card-key").inner_text()
        page.fill("[name=code]", code_of(key))
        page.get_by_role("button", name="Set up").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        codes = keep_codes(page)
        assert download.value.path().read_text().split() == codes
        assert len(codes) == 10
        expect(page.get_by_role("heading", level=1)).to_have_text("What people connect")
        page.locator(".desk-me > summary").click()
        page.get_by_role("button", name="Sign out").click()
        sign_in(staff, "agent")
        page.fill("[name=code]", codes[0])
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("What people connect")


class TestPasskey:
    def test_is_added_and_opens_the_desk_alone_or_as_second_factor(
        self, open_strict: Callable[..., BrowserCustomer], inspector: Inspector
    ) -> None:
        staff = open_strict()
        page = staff.page
        laptop = page.context.new_cdp_session(page)
        laptop.send("WebAuthn.enable")
        laptop.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        desk = page.get_by_role("heading", level=1, name="What people connect")

        sign_in(staff, "supervisor")
        inspector.look(staff, "desk-enrol", languages=("en",), full_page=False)
        page.get_by_role("link", name="Codes from an app").click()
        inspector.look(staff, "desk-app", languages=("en",), full_page=False)
        page.get_by_role("link", name="Back").click()
        page.get_by_role("link", name="A passkey").click()
        inspector.look(staff, "desk-passkey", languages=("en",), full_page=False)
        page.get_by_role("button", name="Add").click()
        page.wait_for_url(re.compile("/account/codes/"))
        inspector.look(staff, "desk-codes", languages=("en",), full_page=False)
        keep_codes(page)
        expect(desk).to_be_visible()
        staff.visit("/admin/account/")
        inspector.look(staff, "desk-account", languages=("en",), full_page=False)
        staff.visit("/admin/account/confirm/?next=/admin/figures/")
        inspector.look(staff, "desk-confirm", languages=("en",), full_page=False)
        page.get_by_role("link", name="Use a passkey").click()
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(re.compile("/admin/figures/$"))

        self.sign_out(page)
        inspector.look(staff, "desk-login", languages=("en",), full_page=False)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(desk).to_be_visible()

        self.sign_out(page)
        sign_in(staff, "supervisor")
        inspector.look(staff, "desk-code", languages=("en",), full_page=False)
        page.get_by_role("button", name="Use a passkey").click()
        expect(desk).to_be_visible()

    def sign_out(self, page: Page) -> None:
        page.locator(".desk-me > summary").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(re.compile("/admin/login/"))


class TestFreshProof:
    def test_leads_back_to_the_button(self, open_strict: Callable[..., BrowserCustomer], strict: Portal) -> None:
        staff = open_strict()
        page = staff.page
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000804")
        sign_in(staff, "demo")
        page.get_by_role("link", name="Codes from an app").click()
        page.fill("[name=code]", code_of(page.locator(".card-key").inner_text()))
        page.get_by_role("button", name="Set up").click()
        keep_codes(page)
        staff.visit("/admin/onboarding/onboardingrequest/")
        page.locator("#result_list tbody th a").first.click()
        address = page.url
        strict.let_proofs_grow_old()
        page.get_by_role("button", name="Show Vehicle identification number").click()
        page.wait_for_url(re.compile("/admin/account/confirm/"))
        page.fill("[name=password]", PASSWORD)
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url(address)
        page.get_by_text("press the button once more").wait_for()
        page.get_by_role("button", name="Show Vehicle identification number").click()
        expect(page.locator("output")).to_have_text("WA1DMAFE0D0000804")
