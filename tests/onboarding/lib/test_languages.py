"""Which language a page and a mail are in: the link's, then the customer's choice, then the browser's, then English."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core import mail as outgoing
from django.http import HttpResponse
from django.test import Client
from django.utils import formats, translation
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent.receipts import moment
from onboarding.desk.figure_cells import Share, as_words
from onboarding.intake import access_links, contact, entry_links
from onboarding.intake.entry_links import Origin
from onboarding.lib.languages import to_the_second
from onboarding.mail.content import link_url
from onboarding.models import AccessLink, Consent, Mail, OnboardingRequest
from tests.customers import Customer, work
from tests.desk import sign_in

OWN = "http://testserver"
GERMAN_BROWSER = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def plain(text: str) -> str:
    """Write a text with plain spaces, for those at which no line breaks."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def language_of(page: HttpResponse) -> str:
    """The language that the page says it is in, the same in its head and its headers."""
    language = page.content.decode().partition('<html lang="')[2].partition('"')[0]
    assert page.headers["Content-Language"] == language
    return language


def choose(browser: Client, language: str, page: str = "/", **headers: str) -> HttpResponse:
    return browser.post("/language/", {"language": language}, headers={"Origin": OWN, "Referer": OWN + page, **headers})


def current(page: HttpResponse) -> list[str]:
    """The languages that the switch marks as the current one."""
    buttons = page.content.decode().split("<button")[1:]
    marked = [button for button in buttons if 'name="language"' in button and 'aria-current="true"' in button]
    return [button.partition('value="')[2].partition('"')[0] for button in marked]


@pytest.mark.django_db
class TestPage:
    def test_is_english_when_nobody_says_anything(self, client: Client) -> None:
        assert language_of(client.get("/")) == "en"

    @pytest.mark.parametrize(
        ("accepted", "language"),
        [("nl", "nl"), ("fr-BE,fr;q=0.9", "fr"), ("de-AT,en;q=0.5", "de"), ("it,fr;q=0.4", "fr"), ("it", "en")],
    )
    def test_is_in_the_browsers_language_if_we_speak_it(self, client: Client, accepted: str, language: str) -> None:
        page = client.get("/", headers={"Accept-Language": accepted})
        assert language_of(page) == language
        assert "Accept-Language" in page.headers["Vary"]

    def test_is_in_the_chosen_language_before_the_browsers(self, client: Client) -> None:
        choose(client, "nl")
        assert language_of(client.get("/", headers=GERMAN_BROWSER)) == "nl"

    def test_is_in_the_links_language_before_the_chosen_one(self, client: Client, platform: Catalogue) -> None:
        choose(client, "nl")
        page = client.get("/start/", {"type": "EV", "language": "fr"}, headers=GERMAN_BROWSER)
        assert language_of(page) == "fr"

    def test_offers_each_language_in_its_own_words(self, client: Client) -> None:
        page = client.get("/").content.decode()
        for code, name in settings.LANGUAGES:
            assert f'value="{code}" lang="{code}"' in page
            assert f">{name}</button>" in page

    @pytest.mark.parametrize("language", dict(settings.LANGUAGES))
    def test_marks_its_own_language(self, client: Client, language: str) -> None:
        choose(client, language)
        assert current(client.get("/")) == [language]
        assert current(client.get("/nothing/here/")) == [language]


class TestDesk:
    @pytest.mark.parametrize(("chosen", "spoken"), [("nl", "nl"), ("es", "en")])
    def test_speaks_only_the_languages_that_have_all_its_words(self, chosen: str, spoken: str, db: None) -> None:
        desk = sign_in("supervisor")
        choose(desk, chosen)
        assert language_of(desk.get("/admin/")) == spoken
        assert language_of(desk.get("/")) == chosen


@pytest.mark.django_db
class TestSwitch:
    @pytest.mark.parametrize("page", ["/", "/devices/", "/code/?x=1", "/nothing/here/"])
    def test_leads_back_to_the_page(self, client: Client, page: str) -> None:
        response = choose(client, "fr", page)
        assert response.headers["Location"] == OWN + page
        assert response.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("page", ["https://elsewhere.example.org/", "//elsewhere.example.org/", "", "javascript:x"])
    def test_leads_nowhere_else(self, client: Client, page: str) -> None:
        response = choose(client, "fr", Referer=page)
        assert response.headers["Location"] == "/"
        assert language_of(client.get("/")) == "fr"

    @pytest.mark.parametrize("language", ["it", "xx", "", "fr-CA", "../fr"])
    def test_knows_only_our_languages(self, client: Client, language: str) -> None:
        assert settings.LANGUAGE_COOKIE_NAME not in choose(client, language).cookies

    def test_is_kept_as_safely_as_the_other_cookies(self, client: Client, settings: Settings) -> None:
        settings.LANGUAGE_COOKIE_SECURE = True
        cookie = choose(client, "nl").cookies[settings.LANGUAGE_COOKIE_NAME]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert cookie["max-age"] == 400 * 24 * 3600

    def test_needs_no_cookie_and_sets_none_before_it_is_used(self) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.get("/nothing/here/")
        assert not browser.cookies
        choose(browser, "nl")
        assert set(browser.cookies) == {settings.LANGUAGE_COOKIE_NAME}

    def test_is_refused_from_another_site(self) -> None:
        browser = Client(enforce_csrf_checks=True)
        response = choose(browser, "nl", Origin="https://elsewhere.example.org")
        assert response.status_code == 403
        assert not browser.cookies

    def test_by_get_changes_nothing(self, client: Client) -> None:
        response = client.get("/language/", {"language": "nl"})
        assert (response.headers["Location"], dict(response.cookies)) == ("/", {})

    def test_wins_on_the_page_of_a_link_too(self, client: Client, platform: Catalogue) -> None:
        url = entry_links.make({"type": "EV"}, Origin(), language="nl")
        page = "/start/?" + url.partition("?")[2]
        assert language_of(client.get(page)) == "nl"
        back = choose(client, "fr", page).headers["Location"]
        assert language_of(client.get(back)) == "fr"
        again = choose(client, "de", back.removeprefix(OWN)).headers["Location"]
        assert language_of(client.get(again)) == "de"
        assert again.count("language=") == 1

    def test_is_followed_by_the_requests_of_this_browser_only(self, customer: Customer, stranger: Customer) -> None:
        mine, theirs = customer.start().request, stranger.start().request
        choose(customer.client, "de")
        mine.refresh_from_db()
        theirs.refresh_from_db()
        assert (mine.language, theirs.language) == ("de", "en")
        assert mine.version == OnboardingRequest.objects.get(pk=mine.pk).version


class TestLink:
    def test_with_a_language_alone_begins_in_it(self, client: Client, platform: Catalogue) -> None:
        page = client.get("/start/", {"language": "nl"})
        assert language_of(page) == "nl"
        assert not page.cookies
        response = client.post("/start/", {"language": "nl"}, headers={"Origin": OWN})
        assert language_of(client.get(response.headers["Location"])) == "nl"
        client.post(response.headers["Location"], {"type": "EV"})
        assert OnboardingRequest.objects.get().language == "nl"

    def test_to_go_on_is_in_the_language_of_its_request(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        choose(customer.client, "fr")
        link = access_links.phone_link(customer.request, browser=customer.request.browser)
        elsewhere, url = Client(headers=GERMAN_BROWSER), link_url(link)
        assert language_of(elsewhere.get(url)) == "fr"
        assert language_of(elsewhere.post(url, follow=True)) == "fr"

    def test_to_go_on_hands_another_choice_over(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        elsewhere, url = Client(), link_url(access_links.phone_link(customer.request, browser=customer.request.browser))
        path = url.removeprefix(settings.PUBLIC_URL)
        back = choose(elsewhere, "nl", path).headers["Location"]
        assert language_of(elsewhere.get(back)) == "nl"
        elsewhere.post(back)
        assert customer.request.language == "nl"

    def test_of_the_owners_step_is_in_the_language_of_its_request(self, customer: Customer) -> None:
        customer.submit("EV", "BMW", vin="WBA00000000000003")
        OnboardingRequest.objects.update(language="nl", action_type="Redirect", state="following")
        page = customer.get("send-step")
        step = page.context["url"].removeprefix(settings.PUBLIC_URL)
        assert language_of(Client(headers=GERMAN_BROWSER).get(step)) == "nl"


class TestMail:
    def test_is_in_the_customers_language(self, customer: Customer) -> None:
        choose(customer.client, "nl")
        customer.start().choose("EV", "Audi")
        contact.send_link(customer.request, "ann@example.org")
        work()
        [letter] = outgoing.outbox
        assert '<html lang="nl">' in letter.alternatives[0].content

    def test_that_waits_follows_a_later_choice(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        contact.send_link(customer.request, "ann@example.org")
        sent = Mail.objects.get(kind="link")
        work()
        choose(customer.client, "fr")
        assert Mail.objects.get(kind="reminder").language == "fr"
        sent.refresh_from_db()
        assert sent.language == "en"

    def test_leads_to_a_page_in_its_language(self, customer: Customer) -> None:
        choose(customer.client, "de")
        customer.start().choose("EV", "Audi")
        contact.send_link(customer.request, "ann@example.org")
        work()
        link = AccessLink.objects.get(kind="email")
        assert language_of(Client().get(link_url(link))) == "de"


class TestFormat:
    @pytest.mark.parametrize(
        ("language", "date", "time", "both"),
        [
            ("en", "23 November 2026", "14:05", "23 November 2026, 14:05"),
            ("nl", "23 november 2026", "14:05", "23 november 2026, 14:05"),
            ("fr", "23 novembre 2026", "14 h 05", "23 novembre 2026 à 14 h 05"),
            ("de", "23. November 2026", "14:05 Uhr", "23. November 2026, 14:05 Uhr"),
            ("es", "23 de noviembre de 2026", "14:05", "23 de noviembre de 2026 a las 14:05"),
        ],
    )
    def test_of_a_moment_is_as_people_write_it(self, language: str, date: str, time: str, both: str) -> None:
        at = datetime(2026, 11, 23, 14, 5)  # noqa: DTZ001
        with translation.override(language):
            assert formats.date_format(at, "DATE_FORMAT") == date
            assert plain(formats.date_format(at, "TIME_FORMAT")) == time
            assert plain(formats.date_format(at, "DATETIME_FORMAT")) == both
            assert plain(moment(Consent(at=datetime(2026, 11, 23, 13, 5, tzinfo=UTC)))) == both

    @pytest.mark.parametrize(
        ("language", "time"),
        [
            ("en", "14:05:09"),
            ("nl", "14:05:09"),
            ("fr", "14 h 05 min 09 s"),
            ("de", "14:05:09 Uhr"),
            ("es", "14:05:09"),
        ],
    )
    def test_of_a_time_with_seconds_is_too(self, language: str, time: str) -> None:
        at = datetime(2026, 11, 23, 14, 5, 9)  # noqa: DTZ001
        with translation.override(language):
            assert plain(to_the_second(at)) == time

    def test_of_a_time_breaks_no_line_in_french(self) -> None:
        with translation.override("fr"):
            assert " " not in formats.date_format(datetime(2026, 11, 23, 14, 5), "TIME_FORMAT")  # noqa: DTZ001

    @pytest.mark.parametrize(
        ("language", "shown"), [("en", "66.7%"), ("nl", "66,7%"), ("fr", "66,7 %"), ("de", "66,7 %")]
    )
    def test_of_a_share_is_rounded_and_not_cut(self, language: str, shown: str) -> None:
        with translation.override(language):
            assert plain(as_words(Share(2, 3))) == shown

    @pytest.mark.parametrize(("language", "number"), [("en", "0.5"), ("nl", "0,5"), ("fr", "0,5"), ("de", "0,5")])
    def test_of_a_number_is_that_of_the_language(self, language: str, number: str) -> None:
        with translation.override(language):
            assert formats.localize(0.5) == number
