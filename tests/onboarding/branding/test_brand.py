"""The brand of a company: set on one page of the desk, seen on every page, in mails and receipts."""

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail as outgoing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import TimestampSigner
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from onboarding.branding import brand
from onboarding.lib import cached_rows
from onboarding.models import Brand, Consent, Logo
from tests.customers import Customer, work_until
from tests.desk import sign_in
from tests.onboarding.branding.test_image_upload import png, svg
from tests.onboarding.mail.test_outbox import send_mails, submit
from tests.onboarding.portal.test_wizard import text_of

pytestmark = pytest.mark.django_db
PAGE = "/admin/onboarding/brand/1/change/"
FOR_EVER = "immutable"


def logged_in(*permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def desk(db: None) -> Client:
    return logged_in("change_brand")


def save(desk: Client, **values: Any) -> HttpResponse:
    """Fill in the page of the desk and press Save."""
    return desk.post(PAGE, values)


def upload(content: bytes, name: str = "logo.svg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def is_saved(response: HttpResponse) -> bool:
    return response.status_code == 302


def errors(response: HttpResponse) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


def header(client: Client) -> str:
    return client.get("/").content.decode().partition("<header")[2].partition("</header>")[0]


def footer(client: Client) -> str:
    return client.get("/").content.decode().partition("<footer")[2].partition("</footer>")[0]


def style_sheets(client: Client) -> list[str]:
    return re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/").content.decode())


class TestDesk:
    def test_has_one_page_that_stores_nothing_before_save(self, desk: Client) -> None:
        assert desk.get("/admin/onboarding/brand/").headers["Location"] == PAGE
        assert desk.get(PAGE).status_code == 200
        assert not Brand.objects.exists()

    def test_keeps_one_row_and_says_who_changed_it(self, desk: Client) -> None:
        save(desk, name="Bright")
        save(desk, name="Bright Energy")
        assert [row.name for row in Brand.objects.all()] == ["Bright Energy"]
        assert LogEntry.objects.filter(user__username="staff", object_id="1").count() == 2

    def test_leads_to_the_pages(self, desk: Client) -> None:
        assert '<a href="/" class="viewsitelink">' in desk.get(PAGE).content.decode()

    @pytest.mark.parametrize("permission", ["view_brand", "change_mail"])
    def test_is_for_whoever_may_change_it(self, permission: str) -> None:
        assert save(logged_in(permission), name="Bright").status_code == 403
        assert not Brand.objects.exists()

    def test_links_to_the_logos_for_whoever_only_looks(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()))
        page = sign_in("viewer").get(PAGE).content.decode()
        assert f'<a href="{Logo.objects.get().url}">' in page

    def test_lets_nobody_make_a_second_one_or_delete_it(self, client: Client) -> None:
        client.force_login(User.objects.create_superuser("chief"))
        save(client, name="Bright")
        assert client.get("/admin/onboarding/brand/add/").status_code == 403
        assert client.post("/admin/onboarding/brand/1/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize(
        ("field", "value", "words"),
        [
            ("accent", "orange", "as # and six digits"),
            ("accent_dark", "#fff", "as # and six digits"),
            ("privacy_url", "http://www.example.org/privacy", "begins with https://"),
            ("legal_notice_url", "javascript:alert()", "Enter a valid URL"),
            ("support_url", "http://www.example.org/help", "begins with https://"),
            ("support_phone", "call me", "Enter a telephone number"),
            ("sender_address", "connect", "Enter a valid email address"),
        ],
    )
    def test_refuses_what_cannot_be(self, desk: Client, field: str, value: str, words: str) -> None:
        found = errors(save(desk, **{field: value}))
        assert set(found) == {field}
        assert words in found[field][0]
        assert not Brand.objects.exists()


class TestPreview:
    def test_shows_what_was_entered_and_stores_nothing(self, desk: Client) -> None:
        save(desk, name="Before")
        page = save(desk, name="Bright Energy", accent="#b84a03", logo_file=upload(svg()), _preview="").content.decode()
        assert '<bdi translate="no">Bright Energy</bdi>' in page
        assert "/brand/b84a03-" in page
        assert 'src="data:image/svg+xml;base64,' in page
        assert "Before" in header(desk)
        assert not Logo.objects.exists()

    def test_shows_the_logo_that_stays(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()))
        assert Logo.objects.get().url in save(desk, name="Bright Energy", _preview="").content.decode()

    def test_says_what_to_correct_instead(self, desk: Client) -> None:
        assert set(errors(save(desk, name="Bright Energy", accent="#e85d04", _preview=""))) == {"accent"}
        assert not Brand.objects.exists()

    def test_is_for_whoever_may_change_it(self) -> None:
        assert save(logged_in("view_brand"), name="Bright", _preview="").status_code == 403


class TestName:
    def test_is_the_one_of_the_settings_until_staff_say_otherwise(self, desk: Client, settings: Settings) -> None:
        settings.BRAND_NAME = "From settings"
        assert "From settings" in header(desk)
        save(desk, name="Bright Energy")
        assert "Bright Energy" in header(desk)
        assert "<title>Connect your device – Bright Energy</title>" in desk.get("/").content.decode()

    def test_is_in_the_title_that_htmx_gets(self, desk: Client, customer: Customer) -> None:
        save(desk, name="Bright & Co")
        page = customer.start().get("type", HX_Request="true").content.decode()
        assert page.startswith("<title>")
        assert "– Bright &amp; Co</title>" in page

    def test_stands_on_the_desk(self, desk: Client) -> None:
        save(desk, name="Bright Energy")
        assert "Bright Energy Support desk" in text_of(desk.get("/admin/"))


class TestAccent:
    def test_of_the_portal_is_that_of_its_style_sheet(self, desk: Client) -> None:
        [own] = style_sheets(desk)
        assert own.endswith("portal.css")

    def test_comes_with_the_portals_style_sheet_as_one_file(self, desk: Client) -> None:
        save(desk, accent="#B84A03")
        [address] = style_sheets(desk)
        css = desk.get(address)
        assert css.headers["Content-Type"].startswith("text/css")
        nothing, accents = css.content.decode().split(brand.PORTALS_SHEET.read_text())
        assert nothing == ""
        assert "--accent: #b84a03; --accent-strong: #8a3802; --on-accent: #ffffff;" in accents
        assert "--accent: #fc7f2e;" in accents

    def test_of_another_release_is_not_kept(self, desk: Client) -> None:
        save(desk, accent="#b84a03")
        [address] = style_sheets(desk)
        assert "immutable" in desk.get(address).headers["Cache-Control"]
        assert "Cache-Control" not in desk.get(address + "0")

    def test_for_dark_pages_can_be_named(self, desk: Client) -> None:
        save(desk, accent="#b84a03", accent_dark="#ffb27a")
        assert "/brand/b84a03-ffb27a.css?v=" in style_sheets(desk)[0]

    def test_of_the_settings_applies_until_staff_say_otherwise(self, desk: Client, settings: Settings) -> None:
        settings.BRAND_ACCENT = "#0055ff"
        assert "/brand/0055ff-" in style_sheets(desk)[0]
        save(desk, accent="#b84a03")
        assert "/brand/b84a03-" in style_sheets(desk)[0]

    def test_that_nobody_can_read_is_measured_and_the_nearest_offered(self, desk: Client) -> None:
        assert errors(save(desk, accent="#e85d04", accent_dark="#0a5546")) == {
            "accent": [
                "People cannot read this colour well: its contrast is 3.0, needed is 4.5. "
                "The nearest colour that works is #b84a03."
            ],
            "accent_dark": [
                "People cannot read this colour well: its contrast is 1.6, needed is 4.5. "
                "The nearest colour that works is #13a588."
            ],
        }
        assert is_saved(save(desk, accent="#b84a03", accent_dark="#13a588"))

    def test_is_kept_by_caches_and_needs_no_database(self, client: Client, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            css = client.get("/brand/b84a03-fb7f30.css", {"v": brand.sheet("#b84a03", "#fb7f30").version})
        assert FOR_EVER in css.headers["Cache-Control"]
        assert not css.cookies

    @pytest.mark.parametrize("colours", ["b84a03", "b84a03-", "B84A03-fb7f30", "b84a03-red;}", "b84a03-fb7f3000"])
    def test_is_nothing_but_two_colours(self, client: Client, colours: str) -> None:
        assert client.get(f"/brand/{colours}.css").status_code == 404


class TestLogo:
    def test_stands_before_the_name(self, desk: Client) -> None:
        save(desk, name="Bright Energy", logo_file=upload(svg()))
        found = header(desk)
        assert f'src="{Logo.objects.get().url}" alt="" width="144" height="36"' in " ".join(found.split())
        assert '<bdi translate="no">Bright Energy</bdi>' in found
        assert "img/logo.svg" not in found

    def test_that_contains_the_name_stands_alone_and_says_it(self, desk: Client) -> None:
        save(desk, name="Bright Energy", logo_file=upload(svg()), is_name_in_logo="on")
        assert 'alt="Bright Energy"' in header(desk)
        assert "<span>" not in header(desk)

    def test_that_is_not_there_contains_no_name(self, desk: Client) -> None:
        save(desk, name="Bright Energy", is_name_in_logo="on")
        assert '<bdi translate="no">Bright Energy</bdi>' in header(desk)

    def test_for_dark_pages_is_chosen_by_the_browser(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()), logo_dark_file=upload(png(), "logo.png"))
        dark = Logo.objects.get(media_type="image/png")
        assert f'<source srcset="{dark.url}" media="screen and (prefers-color-scheme: dark)"' in header(desk)

    def test_is_served_as_a_picture_and_nothing_else(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()))
        response = Client().get(Logo.objects.get().url)
        assert (response.content, response.headers["Content-Type"]) == (svg(), "image/svg+xml")
        policy = set(response.headers["Content-Security-Policy"].split("; "))
        assert policy >= {"default-src 'none'", "style-src 'unsafe-inline'", "img-src data:", "sandbox"}
        assert not any(part.startswith("script-src") for part in policy)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert FOR_EVER in response.headers["Cache-Control"]
        assert not response.cookies

    def test_that_nobody_uploaded_is_not_there(self, client: Client) -> None:
        assert client.get("/brand/logo/" + "0" * 64 + "/").status_code == 404

    def test_stays_when_something_else_changes(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()))
        save(desk, name="Bright Energy")
        assert Brand.objects.get().logo == Logo.objects.get()

    def test_can_be_taken_away_and_still_be_seen_on_open_pages(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()))
        save(desk, **{"logo_file-clear": "on"})
        assert "img/logo.svg" in header(desk)
        assert desk.get(Logo.objects.get().url).status_code == 200

    def test_is_stored_once_however_often_it_is_uploaded(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()), logo_dark_file=upload(svg()))
        assert Logo.objects.count() == 1

    def test_that_is_more_than_a_picture_is_refused(self, desk: Client) -> None:
        found = errors(save(desk, logo_file=upload(svg("<script/>"))))
        assert found == {"logo_file": ["The SVG file contains “script”. Save it as a plain picture."]}
        assert not Logo.objects.exists()

    def test_is_shown_on_the_desk(self, desk: Client) -> None:
        save(desk, logo_file=upload(svg()))
        assert Logo.objects.get().url in desk.get(PAGE).content.decode()


class TestFooter:
    def test_offers_every_way_to_ask_for_help(self, desk: Client, settings: Settings) -> None:
        settings.SUPPORT_CONTACT = "0800 12 345"
        assert "<span>0800 12 345</span>" in footer(desk)
        contacts = {"support_phone": "+32 (2) 123-45", "support_email": "help@example.org"}
        save(desk, **contacts, support_url="https://www.example.org/help")
        found = footer(desk)
        assert '<a href="tel:+32212345">+32 (2) 123-45</a>' in found
        assert '<a href="mailto:help@example.org">help@example.org</a>' in found
        assert '<a href="https://www.example.org/help">Help pages</a>' in found
        assert "0800" not in found

    def test_refers_to_the_company_when_nobody_is_named(self, client: Client) -> None:
        assert "Ask your energy company" in footer(client)

    def test_names_the_legal_links_and_the_company_gives_addresses(self, desk: Client, settings: Settings) -> None:
        settings.TERMS_URL = "https://www.example.org/terms"
        save(desk, privacy_url="https://www.example.org/privacy", accessibility_url="https://www.example.org/a11y")
        links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', footer(desk))
        assert links == [
            ("https://www.example.org/privacy", "Privacy statement"),
            ("https://www.example.org/terms", "Terms of use"),
            ("https://www.example.org/a11y", "Accessibility"),
        ]


class TestMail:
    def test_has_name_colour_contact_and_sender(self, desk: Client, customer: Customer) -> None:
        save(desk, name="Bright Energy", accent="#b84a03", support_phone="0800 12 345", sender_address="a@example.org")
        work_until(submit(customer), "connected")
        send_mails()
        mail = outgoing.outbox[-1]
        html = mail.alternatives[0][0]
        assert mail.from_email == "Bright Energy <a@example.org>"
        assert "Bright Energy" in mail.body
        assert "Need help? 0800 12 345" in mail.body
        assert "background:#b84a03;color:#ffffff" in html
        assert "Bright Energy" in html

    @pytest.mark.parametrize(
        ("mail_from", "row", "sender"),
        [
            ("", {}, "Connect <no-reply@localhost>"),
            ("", {"name": "Bright"}, "Bright <no-reply@localhost>"),
            ("Post <post@example.org>", {"name": "Bright"}, "Post <post@example.org>"),
            ("post@example.org", {"name": "Bright"}, "Bright <post@example.org>"),
            ("Post <post@example.org>", {"sender_name": "Bright, Inc."}, '"Bright, Inc." <post@example.org>'),
            ("Post <post@example.org>", {"sender_address": "a@example.org"}, "Post <a@example.org>"),
        ],
    )
    def test_comes_from_whom_the_row_or_else_the_settings_name(
        self, settings: Settings, mail_from: str, row: dict[str, str], sender: str
    ) -> None:
        settings.MAIL_FROM = mail_from
        settings.DEFAULT_FROM_EMAIL = mail_from or "Connect <no-reply@localhost>"
        assert brand.Look(Brand(**row)).sender == sender


class TestReceipt:
    def test_differs_by_the_colour_of_the_brand(self, desk: Client, customer: Customer) -> None:
        request = customer.submit().request
        url = customer.url("receipts") + f"{Consent.objects.get(request=request).record_id}.pdf"
        before = customer.client.get(url).content
        save(desk, accent="#b84a03")
        assert customer.client.get(url).content != before

    def test_of_consent_records_whom_to_ask(self, desk: Client, customer: Customer) -> None:
        save(desk, support_phone="0800 12 345", support_email="help@example.org")
        record = Consent.objects.get(request=customer.submit().request)
        assert record.controller_contact == "0800 12 345, help@example.org"

    def test_of_consent_has_room_for_all_that_staff_may_enter(self) -> None:
        fields = [Brand._meta.get_field(f"support_{way}").max_length for way in ("phone", "email", "url")]
        longest = len(", ".join("x" * (length or 0) for length in fields))
        assert longest <= (Consent._meta.get_field("controller_contact").max_length or 0)


class TestMemory:
    def test_asks_the_database_once_for_many_pages(self, client: Client) -> None:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for _page in range(3):
                client.get("/nowhere/")
        assert sum("onboarding_brand" in query["sql"] for query in queries) == 1

    def test_lasts_ten_seconds_at_most(self) -> None:
        assert cached_rows.SECONDS <= 10

    def test_speaks_the_language_of_each_page(self) -> None:
        look = brand.Look(Brand(privacy_url="https://www.example.org/privacy"))
        with translation.override("de"):
            look.legal_links  # noqa: B018
        assert look.legal_links[0].text == "Privacy statement"

    def test_serves_pages_that_say_that_the_database_is_away(self, desk: Client, settings: Settings) -> None:
        settings.BRAND_NAME = "From settings"
        save(desk, name="Bright Energy")
        header(desk)
        assert "Bright Energy" in page_without_database()

    def test_of_a_fresh_process_falls_back_to_settings(self, settings: Settings) -> None:
        settings.BRAND_NAME, settings.BRAND_ACCENT = "From settings", "#0055ff"
        page = page_without_database()
        assert "From settings" in page
        assert "/brand/0055ff-" in page


def page_without_database() -> str:
    """Ask for a page while every query fails; nothing asks for the brand then."""
    asked: list[str] = []

    def fail(_execute: Any, sql: str, *_more: Any) -> None:
        asked.append(sql)
        raise OperationalError

    client = Client()
    client.cookies["portal"] = TimestampSigner(salt="onboarding.browser").sign("somebody")
    with connection.execute_wrapper(fail):
        response = client.get("/devices/")
    assert response.status_code == 503
    assert asked
    assert not any("onboarding_brand" in sql for sql in asked)
    return response.content.decode()
