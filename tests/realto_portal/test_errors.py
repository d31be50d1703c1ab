"""Requests that cannot be answered: the portal's own page, the right status, nothing for a cache, nothing leaked."""

from http import HTTPStatus

import pytest
from django.conf import settings as portal_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from tests.realto_portal.failing_urls import SECRET

pytestmark = pytest.mark.django_db

FAILING = "tests.realto_portal.failing_urls"
# The page, what it is answered with, and its headline.
PAGES = [
    ("/nowhere/", 404, "This page is not here"),
    ("/onboarding/somebody-elses-reference/status/", 404, "This page is not here"),
    ("/breaks/", 500, "Something went wrong on our side"),
    ("/no-database/", 503, "One moment, please"),
    ("/no-connection/", 503, "One moment, please"),
]


@pytest.fixture
def browser(settings: Settings) -> Client:
    """A browser of a portal with pages that fail; what fails is answered, not raised."""
    settings.ROOT_URLCONF = FAILING
    return Client(raise_request_exception=False)


@pytest.fixture
def careful_browser() -> Client:
    return Client(enforce_csrf_checks=True)


def headline(response: HttpResponse) -> str:
    return response.content.decode().partition('<h1 class="title">')[2].partition("</h1>")[0]


class TestErrorPage:
    @pytest.mark.parametrize(("url", "status", "words"), PAGES)
    def test_has_the_right_status_and_words(self, browser: Client, url: str, status: int, words: str) -> None:
        response = browser.get(url)
        assert (response.status_code, headline(response)) == (status, words)

    @pytest.mark.parametrize(("url", "status", "words"), PAGES)
    def test_is_in_the_portals_design(self, browser: Client, url: str, status: int, words: str) -> None:
        page = browser.get(url).content.decode()
        assert "css/portal.css" in page
        assert 'class="site-header"' in page
        assert f"<title>{words} –" in page
        assert 'class="button"' in page

    @pytest.mark.parametrize(("url", "status", "words"), PAGES)
    def test_is_kept_by_no_cache(self, browser: Client, url: str, status: int, words: str) -> None:
        assert browser.get(url).headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize(("url", "status", "words"), PAGES)
    def test_tells_nothing_about_the_inside(self, browser: Client, url: str, status: int, words: str) -> None:
        page = browser.get(url).content.decode()
        for inside in (SECRET, "Traceback", "RuntimeError", "OperationalError", "django", portal_settings.SECRET_KEY):
            assert inside not in page.replace("django_htmx", "")

    def test_of_a_missing_page_does_not_repeat_its_address(self, browser: Client) -> None:
        assert b"<script>" not in browser.get("/<script>alert(1)</script>/").content

    def test_of_an_unknown_host_is_a_400(self, browser: Client) -> None:
        response = browser.get("/", headers={"Host": "elsewhere.example.org"})
        assert (response.status_code, headline(response)) == (400, "That did not arrive in one piece")


class TestForgedForm:
    def test_is_answered_403_in_plain_words(self, careful_browser: Client, platform: Catalogue) -> None:
        careful_browser.get("/start/type/")
        response = careful_browser.post("/start/type/", {"type": "EV", "csrfmiddlewaretoken": "of-last-year"})
        assert (response.status_code, headline(response)) == (403, "This page was open for too long")
        assert response.headers["Cache-Control"] == "no-store"

    def test_of_a_browser_that_keeps_no_cookie_says_so(self, careful_browser: Client, platform: Catalogue) -> None:
        token = careful_browser.get("/start/type/").context["csrf_token"]
        careful_browser.cookies.clear()
        response = careful_browser.post("/start/type/", {"type": "EV", "csrfmiddlewaretoken": str(token)})
        assert (response.status_code, headline(response)) == (403, "Your browser sent no cookie")
        assert "Allow cookies for this site" in response.content.decode()

    def test_is_not_told_why(self, careful_browser: Client) -> None:
        assert b"CSRF" not in careful_browser.post("/start/").content

    def test_of_another_site_is_refused(self, careful_browser: Client) -> None:
        careful_browser.get("/")
        token = careful_browser.cookies["csrftoken"].value
        response = careful_browser.post(
            "/start/", {"csrfmiddlewaretoken": token}, headers={"Origin": "https://elsewhere.example.org"}
        )
        assert response.status_code == HTTPStatus.FORBIDDEN

    def test_begins_nothing(self, careful_browser: Client) -> None:
        careful_browser.post("/start/")
        assert "portal" not in careful_browser.cookies


class TestNotReady:
    def test_without_any_list_of_devices_asks_for_patience(self, client: Client) -> None:
        step = client.post("/start/").headers["Location"]
        response = client.get(step)
        assert (response.status_code, headline(response)) == (503, "One moment, please")

    def test_goes_on_by_itself_once_there_is_one(self, client: Client, platform: Catalogue) -> None:
        step = client.post("/start/").headers["Location"]
        assert client.get(step).status_code == HTTPStatus.OK

    def test_reloads_a_page_that_was_read(self, browser: Client) -> None:
        response = browser.get("/no-database/")
        assert (response.headers["Retry-After"], response.headers["Refresh"]) == ("5", "5")

    @pytest.mark.parametrize("method", ["post", "head"])
    def test_reloads_nothing_else(self, browser: Client, method: str) -> None:
        response = getattr(browser, method)("/no-database/")
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert response.headers["Retry-After"] == "5"
        assert "Refresh" not in response.headers

    def test_keeps_on_the_page_what_was_sent(self, browser: Client) -> None:
        sent = {"vin": 'WA1"<b>', "confirmed": ["one", "two"], "password": "secret", "csrfmiddlewaretoken": "old"}
        page = browser.post("/no-database/?step=1", sent).content.decode()
        assert "What you entered is kept on this page" in page
        assert "tries again by itself" not in page
        assert '<form method="post" action="/no-database/?step=1" data-unsent>' in page
        assert '<input type="hidden" name="vin" value="WA1&quot;&lt;b&gt;">' in page
        assert page.count('name="confirmed"') == 2
        assert "secret" not in page
        assert 'value="old"' not in page

    def test_promises_nothing_about_what_is_too_long_to_keep(self, browser: Client) -> None:
        page = browser.post("/no-database/", {"vin": "x" * 30_000}).content.decode()
        assert "what you just sent was not taken" in page
        assert "kept" not in page

    def test_promises_nothing_about_a_file(self, browser: Client) -> None:
        """Sent again without it, the rest would be stored as if nobody had chosen one."""
        sent = {"name": "Voltmaatje", "logo_file": SimpleUploadedFile("logo.svg", b"<svg/>")}
        page = browser.post("/no-database/", sent).content.decode()
        assert "what you just sent was not taken" in page
        assert "Voltmaatje" not in page

    def test_is_logged_with_its_reason(self, browser: Client, caplog: pytest.LogCaptureFixture) -> None:
        browser.get("/no-database/")
        assert f"Answered 503: OperationalError {SECRET}" in caplog.text
