"""The support desk and the mails, looked at with axe. What Django answers for is named here, with the reason."""

import pytest

from .customers import BrowserCustomer
from .inspector import Inspector

# Django 6.1's own markup: the desk uses it as it comes, so that an update of Django mends it.
DJANGOS = {
    # Links in lists, breadcrumbs and filters are as high as their line.
    "target-size": "#changelist :is(a, input), #user-tools *, .breadcrumbs a, .model-list a, #nav-sidebar a, .toggle",
    # The search box is named by a picture in its label.
    "label-title-only": "#searchbar",
    # The columns of inlines that are no fields have no name.
    "empty-table-header": ".inline-group th",
    # An inline that is too wide scrolls, and cannot be scrolled by keys.
    "scrollable-region-focusable": ".inline-group .wrapper",
}
# Django's page to sign in has no heading.
SIGN_IN = DJANGOS | {"page-has-heading-one": "html"}
# A mail is shown inside a mail program's page, which has the landmarks.
MAIL_PROGRAMS = {"landmark-one-main": "html", "region": "*"}


@pytest.fixture
def staff(in_browser: BrowserCustomer) -> BrowserCustomer:
    in_browser.visit("/admin/")
    in_browser.page.fill("[name=username]", "demo")
    in_browser.page.fill("[name=password]", "sandbox-demo")
    in_browser.page.click("[type=submit]")
    return in_browser


class TestDesk:
    def test_asks_who_is_there(self, in_browser: BrowserCustomer, inspector: Inspector) -> None:
        in_browser.visit("/admin/")
        inspector.look_at_others(in_browser, "desk-login", SIGN_IN)

    def test_shows_requests(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000803")
        staff.wait_for_heading("Your device is connected")
        staff.visit("/admin/")
        inspector.look_at_others(staff, "desk", DJANGOS)
        staff.visit("/admin/onboarding/onboardingrequest/")
        inspector.look_at_others(staff, "desk-list", DJANGOS)
        staff.page.locator("#result_list tbody th a").first.click()
        staff.page.get_by_text("Timeline").first.wait_for()
        inspector.look_at_others(staff, "desk-request", DJANGOS)
        staff.page.get_by_role("link", name="Take consent back").click()
        inspector.look_at_others(staff, "desk-withdraw", DJANGOS)

    def test_shows_texts_and_links(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        staff.visit("/admin/onboarding/consenttext/")
        staff.page.locator("#result_list tbody th a").first.click()
        inspector.look_at_others(staff, "desk-consent-text", DJANGOS)
        staff.page.get_by_role("link", name="Preview").click()
        inspector.look_at_others(staff, "desk-consent-preview", DJANGOS)
        staff.visit("/admin/entry-link/")
        inspector.look_at_others(staff, "desk-entry-link", DJANGOS)
        staff.visit("/admin/onboarding/mail/previews/")
        inspector.look_at_others(staff, "desk-mails", DJANGOS)

    def test_invites_and_helps(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        page = staff.page
        page.click("#invite")
        inspector.look_at_others(staff, "desk-invite", DJANGOS)
        page.fill("[name='answer.vin']", "WA1")
        page.get_by_role("button", name="Prepare only").click()
        inspector.look_at_others(staff, "desk-invite-errors", DJANGOS)
        page.select_option("[name=type]", "EV")
        page.fill("[name=manufacturer]", "audi")
        page.fill("[name='answer.vin']", "")
        page.get_by_role("button", name="Prepare only").click()
        inspector.look_at_others(staff, "desk-invited", DJANGOS)
        page.get_by_role("button", name="Show the link").click()
        inspector.look_at_others(staff, "desk-link", DJANGOS)
        page.get_by_role("link", name="Back", exact=True).click()
        page.get_by_role("link", name="Help fill in").click()
        page.fill("[name=vin]", "WVWZZZ1KZAW000001")
        page.get_by_role("button", name="Save the numbers").click()
        inspector.look_at_others(staff, "desk-assist", DJANGOS)
        staff.visit("/admin/onboarding/invitation/")
        inspector.look_at_others(staff, "desk-invitations", DJANGOS)


class TestMails:
    @pytest.mark.parametrize("kind", ["link", "invitation", "needs-you", "connected"])
    def test_can_be_read_by_everybody(self, staff: BrowserCustomer, inspector: Inspector, kind: str) -> None:
        staff.visit(f"/admin/onboarding/mail/previews/{kind}/")
        inspector.look_at_others(staff, f"mail-{kind}", MAIL_PROGRAMS)
