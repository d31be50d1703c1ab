"""The support desk and the mails, looked at as people may have them."""

import pytest

from .customers import BrowserCustomer
from .inspector import Inspector

# What staff look at first; in German too, for its long words.
WORK = {
    "desk": "/admin/",
    "desk-list": "/admin/onboarding/onboardingrequest/",
    "desk-queue": "/admin/onboarding/onboardingrequest/?queue=customer",
    "desk-quiet-queue": "/admin/onboarding/onboardingrequest/?queue=quiet",
    "desk-empty-queue": "/admin/onboarding/onboardingrequest/?queue=withdrawing",
    "desk-not-found": "/admin/onboarding/onboardingrequest/?q=nobody%40mail.example",
}
OTHERS = {
    "desk-figures": "/admin/figures/",
    "desk-retention": "/admin/retention/",
    "desk-erasures": "/admin/erasures/",
    "desk-erase-person": "/admin/erasures/person/",
    "desk-copy-person": "/admin/erasures/copy/",
    "desk-catalogue": "/admin/onboarding/cataloguesnapshot/",
    "desk-entry-link": "/admin/entry-link/",
    "desk-mail-list": "/admin/onboarding/mail/",
    "desk-mails": "/admin/onboarding/mail/previews/",
    "desk-events": "/admin/onboarding/event/",
    "desk-disclosures": "/admin/onboarding/disclosure/",
    "desk-consent-texts": "/admin/onboarding/consenttext/",
    "desk-planned": "/admin/onboarding/plannedoffer/add/",
    "desk-help-text": "/admin/onboarding/helptext/add/",
    "desk-brand": "/admin/onboarding/brand/1/change/",
    "desk-consents": "/admin/onboarding/consent/",
    "desk-wishes": "/admin/onboarding/wish/",
    "desk-demand": "/admin/onboarding/demand/",
    "desk-transactions": "/admin/onboarding/transaction/",
    "desk-changes": "/admin/onboarding/cataloguechange/",
    "desk-action-text": "/admin/onboarding/actiontext/add/",
    "desk-makers": "/admin/onboarding/makerhealth/",
    "desk-health": "/admin/onboarding/platformhealth/",
    "desk-webhooks": "/admin/onboarding/webhookdelivery/",
    "desk-endpoints": "/admin/onboarding/webhookendpoint/",
    "desk-endpoint-add": "/admin/onboarding/webhookendpoint/add/",
    "desk-bulk-jobs": "/admin/onboarding/bulkjob/",
    "desk-history": "/admin/onboarding/brand/1/history/",
    "desk-groups": "/admin/auth/group/",
    "desk-users": "/admin/auth/user/",
    "desk-password": "/admin/password_change/",
}
CUSTOMERS = b"""type;manufacturer;contact_email;language;vin
EV;Audi;ann@mail.example;nl;WA1DMAFE0D0000000
EV;Audi;tom@mail.example;en;WVWZZZ1KZAW000001
EV;Audi;tim@;;WA1
Spaceship;Audi;tia@mail.example;;
"""
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
        inspector.look(in_browser, "desk-login", languages=("en",))

    def test_shows_the_work(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000400")
        staff.wait_for_heading("One answer needs another look")
        for name, path in WORK.items():
            staff.visit(path)
            inspector.look(staff, name, languages=("en", "de"), full_page=False)

    @pytest.mark.parametrize(("name", "path"), OTHERS.items(), ids=list(OTHERS))
    def test_shows_everything_else(self, staff: BrowserCustomer, inspector: Inspector, name: str, path: str) -> None:
        staff.visit(path)
        inspector.look(staff, name, languages=("en",), full_page=False)

    def test_shows_requests(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000803")
        staff.wait_for_heading("Your device is connected")
        staff.visit("/admin/onboarding/onboardingrequest/?state__exact=connected")
        staff.and_wait(staff.page.locator("#result_list tbody th a").first.click)
        for more in staff.page.locator("main details > summary").all():
            more.click()
        inspector.look(staff, "desk-request", languages=("en",))
        staff.page.get_by_role("link", name="Take consent back").click()
        inspector.look(staff, "desk-withdraw", languages=("en",))

    def test_shows_figures_and_what_they_counted(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000803")
        staff.wait_for_heading("Your device is connected")
        staff.visit("/admin/figures/?type=EV&by=week")
        staff.page.get_by_text("The same as a table").click()
        inspector.look(staff, "desk-figures-counted", languages=("en", "de"))
        staff.page.locator(".totals a").first.click()
        assert staff.page.locator("h1").inner_text().startswith("Started · EV")
        inspector.look(staff, "desk-figure-list", languages=("en",), full_page=False)

    def test_does_something_for_many(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000803")
        staff.visit("/admin/onboarding/onboardingrequest/")
        staff.page.check("#action-toggle")
        staff.page.select_option("[name=action]", "add_note")
        staff.page.locator(".actions button[name=index]").click()
        inspector.look(staff, "desk-many", languages=("en",))
        staff.page.fill("[name=note]", "The maker is away until Monday.")
        staff.page.get_by_role("button", name="Add a note").click()
        staff.page.get_by_text("Finished on").wait_for()
        inspector.look(staff, "desk-progress", languages=("en",))

    def test_invites_and_helps(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        page = staff.page
        page.click("#invite")
        inspector.look(staff, "desk-invite", languages=("en",), full_page=False)
        page.fill("[name=contact_email]", "ann@mail.example")
        page.select_option("[name=type]", "EV")
        page.select_option("[name=manufacturer]", "Audi")
        page.fill("[name='answer.vin']", "WA1")
        assert page.input_value("[name=contact_email]") == "ann@mail.example"
        page.get_by_role("button", name="Prepare only").click()
        inspector.look(staff, "desk-invite-errors", languages=("en",), full_page=False)
        page.fill("[name='answer.vin']", "")
        page.get_by_role("button", name="Prepare only").click()
        inspector.look(staff, "desk-invited", languages=("en",), full_page=False)
        page.get_by_role("button", name="Show the link").click()
        inspector.look(staff, "desk-link", languages=("en",), full_page=False)
        page.get_by_role("link", name="Back", exact=True).click()
        page.get_by_role("link", name="Help fill in").click()
        page.fill("[name=vin]", "WVWZZZ1KZAW000001")
        page.get_by_role("button", name="Save the numbers").click()
        inspector.look(staff, "desk-assist", languages=("en",), full_page=False)
        staff.visit("/admin/onboarding/invitation/")
        inspector.look(staff, "desk-invitations", languages=("en",), full_page=False)

    def test_invites_by_a_file(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        page = staff.page
        staff.visit("/admin/onboarding/invitation/file/")
        inspector.look(staff, "desk-file", languages=("en", "de"), full_page=False)
        page.set_input_files("[name=file]", {"name": "customers.csv", "mimeType": "text/csv", "buffer": CUSTOMERS})
        page.get_by_role("button", name="Check the file").click()
        page.get_by_text("The rows are checked. Nobody is invited yet.").wait_for()
        inspector.look(staff, "desk-file-checked", languages=("en", "de"), full_page=False)
        page.get_by_label("I compared 1 unusual row").check()
        page.get_by_role("button", name="Invite 1 customer").click()
        page.get_by_text("All rows are through.").wait_for()
        inspector.look(staff, "desk-file-invited", languages=("en",), full_page=False)

    def test_asks_people_to_agree_to_a_new_text(self, staff: BrowserCustomer, inspector: Inspector) -> None:
        page = staff.page
        staff.submit("EV", "Audi", vin="WA1DMAFE0D0000803")
        staff.wait_for_heading("Your device is connected")
        staff.visit("/admin/onboarding/campaign/new/")
        inspector.look(staff, "desk-campaign-without-text", languages=("en",), full_page=False)
        staff.visit("/admin/onboarding/consenttext/?language__exact=en")
        page.locator("#result_list tbody th a").first.click()
        page.get_by_role("button", name="Write a new version from this one").click()
        page.get_by_label("Asks again").check()
        page.locator("[name=_continue]").click()
        page.get_by_role("link", name="Preview and publish").click()
        page.get_by_role("button", name="Publish").click()
        staff.visit("/admin/onboarding/campaign/new/")
        inspector.look(staff, "desk-campaign-new", languages=("en", "de"), full_page=False)
        page.get_by_role("button", name="Look whom it is for").click()
        page.get_by_text("Ready. Nobody is asked yet.").wait_for()
        inspector.look(staff, "desk-campaign-ready", languages=("en", "de"), full_page=False)
        page.get_by_role("button", name="Start: ask them").click()
        inspector.look(staff, "desk-campaign-running", languages=("en",), full_page=False)
        staff.visit("/admin/onboarding/campaign/")
        inspector.look(staff, "desk-campaigns", languages=("en",), full_page=False)


class TestMails:
    @pytest.mark.parametrize("kind", ["link", "invitation", "needs-you", "connected", "expiring", "asked-again"])
    def test_can_be_read_by_everybody(self, staff: BrowserCustomer, inspector: Inspector, kind: str) -> None:
        """Read elsewhere: the desk shows it where no script runs, not even one that looks."""
        letter = staff.page.request.get(f"/admin/onboarding/mail/previews/{kind}/")
        assert letter.ok
        staff.page.goto("about:blank")
        staff.page.set_content(letter.text())
        inspector.look_at_others(staff, f"mail-{kind}", MAIL_PROGRAMS)
