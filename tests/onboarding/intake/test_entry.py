"""Links of companies: what they fill in, what only a signed one may say, and that looking at one changes nothing."""

import re
from collections.abc import Callable
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent import records
from onboarding.intake import draft, entry_links, withdrawal
from onboarding.intake.entry import start_from_link
from onboarding.intake.entry_links import Origin
from onboarding.models import CatalogueSnapshot, Event, OnboardingRequest
from onboarding.request.tenancy import for_whom
from onboarding.retention.requests import strip
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.onboarding.portal.test_wizard import VOLKSWAGENS_VIN, text_of

TENANT, COLLECTIVE = "123e4567-e89b-42d3-a456-426614174000", "123e4567-e89b-42d3-a456-426614174001"
OWNER = "123e4567-e89b-42d3-a456-426614174002"
CAR = {"type": "EV", "manufacturer": "Audi", "vin": GUIDES_VIN}
OWN = "http://testserver"
ORIGIN = Origin(
    tenant_id=TENANT,
    collective_id=COLLECTIVE,
    owner_id=OWNER,
    own_reference="K-17",
    contact_email="ann@example.org",
    return_address="https://www.example.org/thanks?customer=17",
)


@pytest.fixture
def visitor(platform: Catalogue, settings: Settings) -> Client:
    """A browser that was never here, as strict about forged forms as a real one makes us."""
    settings.RETURN_HOSTS = ["www.example.org"]
    return Client(enforce_csrf_checks=True)


def signed(answers: dict[str, str] | None = None, origin: Origin = ORIGIN, **how: Any) -> dict[str, str]:
    """Return the parameters of a signed link."""
    query = urlsplit(entry_links.make(CAR if answers is None else answers, origin, **how)).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def fields(page: HttpResponse) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode()))


def hidden(page: HttpResponse) -> dict[str, str]:
    """Return what the form repeats of the link."""
    return {name: value for name, value in fields(page).items() if name != "csrfmiddlewaretoken"}


def press(browser: Client, page: HttpResponse, **headers: str) -> HttpResponse:
    return browser.post("/start/", fields(page), headers={"Origin": OWN} | headers)


def begin(browser: Client, **given: str) -> HttpResponse:
    return press(browser, browser.get("/start/", given))


def everything() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in apps.get_models()}


class TestOpenLink:
    def test_shows_what_is_filled_in(self, visitor: Client) -> None:
        page = visitor.get("/start/", CAR)
        assert page.status_code == 200
        for words in ("Connect: Electric car, Audi", "Vehicle identification number (VIN)", GUIDES_VIN, "Start"):
            assert words in text_of(page)
        assert hidden(page) == CAR

    def test_is_read_as_a_mail_program_may_have_written_it(self, visitor: Client) -> None:
        page = visitor.get(f"/start/?type=EV&amp;manufacturer=Audi&amp;vin={GUIDES_VIN}")
        assert hidden(page) == CAR

    def test_begins_by_its_button_where_an_answer_is_missing(self, visitor: Client) -> None:
        response = begin(visitor, type="EV", manufacturer="Audi")
        request = OnboardingRequest.objects.get()
        assert response.headers["Location"] == f"/onboarding/{request.reference}/identify/"
        assert (request.type, request.manufacturer, request.state) == ("EV", "Audi", "draft")
        assert visitor.get(response.headers["Location"]).status_code == 200

    def test_leads_to_the_check_page_when_nothing_is_missing(self, visitor: Client) -> None:
        response = begin(visitor, **CAR)
        assert response.headers["Location"].endswith("/check/")
        assert OnboardingRequest.objects.get().attributes == {"vin": GUIDES_VIN}

    def test_is_on_the_timeline_without_what_it_said(self, visitor: Client) -> None:
        begin(visitor, **CAR)
        started, answered = Event.objects.order_by("pk")
        assert (started.name, started.detail) == ("started", {"by": "link"})
        assert (answered.name, answered.detail) == ("answered", {"names": "manufacturer, type, vin"})

    def test_forgives_case_accents_and_spaces(self, visitor: Client) -> None:
        begin(visitor, type="ev", manufacturer="SKODA", vin=" tmbjj7nx 0m0000001 ")
        request = OnboardingRequest.objects.get()
        assert (request.type, request.manufacturer) == ("EV", "Škoda")
        assert request.attributes == {"vin": "TMBJJ7NX0M0000001"}

    def test_knows_the_platforms_nested_names(self, visitor: Client) -> None:
        meter = {"type": "SmartMeter", "manufacturer": "Fluvius", "ean": "541448820000000008", "properties.flow": "b2c"}
        assert "Privately" in text_of(visitor.get("/start/", meter))
        begin(visitor, **meter)
        assert OnboardingRequest.objects.get().attributes["properties.flow"] == "B2C"

    @pytest.mark.parametrize(
        ("given", "kept", "lost"),
        [
            ({"vin": "WA1"}, {"type": "EV", "manufacturer": "Audi"}, "Vehicle identification number (VIN)"),
            ({"manufacturer": "Trabant"}, {"type": "EV"}, "Brand, Vehicle identification number (VIN)"),
            ({"type": "Spaceship"}, {}, "Device, Brand, Vehicle identification number (VIN)"),
            ({"ean": "541448820000000008"}, CAR, "EAN code of your connection"),
        ],
    )
    def test_drops_what_does_not_fit_and_says_so(
        self, visitor: Client, given: dict[str, str], kept: dict[str, str], lost: str
    ) -> None:
        page = visitor.get("/start/", CAR | given)
        told = f"does not fit here, so we left it out: {lost}."
        assert told in text_of(page)
        step = visitor.get(press(visitor, page).headers["Location"])
        assert told in text_of(step)
        request = OnboardingRequest.objects.first() or OnboardingRequest()
        answers = {"type": request.type, "manufacturer": request.manufacturer, **request.attributes}
        assert {name: value for name, value in answers.items() if value} == kept

    def test_drops_a_choice_that_there_is_not(self, visitor: Client) -> None:
        begin(visitor, **{"type": "SmartMeter", "manufacturer": "Fluvius", "properties.flow": "B2X"})
        assert OnboardingRequest.objects.get().attributes == {}

    def test_asks_about_an_unusual_value_where_it_can_be_corrected(self, visitor: Client) -> None:
        response = begin(visitor, **CAR | {"vin": VOLKSWAGENS_VIN})
        assert response.headers["Location"].endswith("/identify/")
        page = visitor.get(response.headers["Location"])
        assert "looks like a VIN of Volkswagen, and you chose Audi" in text_of(page)
        assert f'value="{VOLKSWAGENS_VIN}"' in page.content.decode()

    @pytest.mark.parametrize("given", [{}, {"utm_source": "mail"}, {"type": " "}, {"k": ""}])
    def test_without_anything_of_ours_is_the_start_page(self, visitor: Client, given: dict[str, str]) -> None:
        assert visitor.get("/start/", given).headers["Location"] == "/"

    def test_repeats_nothing_that_is_not_ours(self, visitor: Client) -> None:
        page = visitor.get("/start/", CAR | {"action": "x", "submit": "x", "utm_source": "<script>"})
        assert hidden(page) == CAR

    def test_cannot_say_for_whom(self, visitor: Client) -> None:
        names = ("tenant_id", "tenantId", "tenant", "collective_id", "owner", "owner_id", "own_reference")
        names += ("contact_email", "return_address")
        page = visitor.get("/start/", CAR | dict.fromkeys(names, TENANT))
        assert TENANT not in page.content.decode()
        visitor.post("/start/", fields(page) | CAR | dict.fromkeys(names, TENANT), headers={"Origin": OWN})
        request = OnboardingRequest.objects.get()
        assert {getattr(request, name) for name in ORIGIN.__dict__} == {""}


class TestPressingAgain:
    def test_gives_the_same_draft(self, visitor: Client) -> None:
        assert len({begin(visitor, **signed()).headers["Location"] for _click in range(3)}) == 1
        assert OnboardingRequest.objects.count() == 1

    def test_goes_on_where_the_customer_stopped(self, visitor: Client) -> None:
        given = signed({"type": "EV", "manufacturer": "Audi"})
        step = begin(visitor, **given).headers["Location"]
        page = visitor.get(step)
        token = page.context["csrf_token"]
        visitor.post(step, {"vin": GUIDES_VIN, "csrfmiddlewaretoken": str(token)}, headers={"Origin": OWN})
        assert begin(visitor, **given).headers["Location"].endswith("/check/")
        assert OnboardingRequest.objects.count() == 1

    def test_of_an_open_link_does_not_lead_to_another_device(self, visitor: Client) -> None:
        begin(visitor, **CAR)
        assert begin(visitor, type="EV").headers["Location"].endswith("/manufacturer/")
        assert OnboardingRequest.objects.count() == 2

    def test_with_another_car_begins_another(self, visitor: Client) -> None:
        begin(visitor, **CAR)
        begin(visitor, **CAR | {"vin": "WA1DMAFE0D0000001"})
        assert OnboardingRequest.objects.count() == 2

    def test_for_somebody_else_begins_another(self, visitor: Client) -> None:
        begin(visitor, **signed())
        begin(visitor, **signed(origin=Origin(own_reference="K-18")))
        begin(visitor, **signed({}, Origin(own_reference="K-19")))
        begin(visitor, **signed({}, Origin(own_reference="K-20")))
        assert OnboardingRequest.objects.count() == 4

    def test_takes_a_draft_that_was_never_answered(self, customer: Customer) -> None:
        customer.start_unanswered()
        begin(customer.client, **CAR)
        assert OnboardingRequest.objects.count() == 1
        assert customer.request.type == "EV"

    def test_begins_another_when_that_one_is_answered_meanwhile(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        customer.start()
        begin_as_ever = start_from_link
        rounds: list[int] = []

        def start_late(*args: Any, **how: Any) -> OnboardingRequest:
            rounds.append(1)
            if len(rounds) == 1:
                customer.post("type", type="PV")
                raise draft.StaleDraft
            return begin_as_ever(*args, **how)

        monkeypatch.setattr("onboarding.portal.views.entry.start_from_link", start_late)
        begin(customer.client, **CAR)
        assert sorted(OnboardingRequest.objects.values_list("type", flat=True)) == ["EV", "PV"]


class TestForgedForm:
    def test_is_refused_from_another_page(self, visitor: Client) -> None:
        for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
            assert visitor.post("/start/", CAR, headers=origin).status_code == 403
        assert not OnboardingRequest.objects.exists()

    def test_is_none_with_a_token(self, visitor: Client) -> None:
        token = str(visitor.get("/").context["csrf_token"])
        assert visitor.post("/start/", {"csrfmiddlewaretoken": token}).status_code == 302
        assert visitor.post("/start/", CAR | {"csrfmiddlewaretoken": token}).status_code == 302
        assert OnboardingRequest.objects.count() == 1

    def test_is_refused_without_the_cookie_of_the_links_page(self, visitor: Client) -> None:
        for link in (CAR, signed(), signed({})):
            assert visitor.post("/start/", link, headers={"Origin": OWN}).status_code == 403
        assert not OnboardingRequest.objects.exists()


class TestSignedLink:
    def test_says_for_whom(self, visitor: Client) -> None:
        begin(visitor, **signed())
        request = OnboardingRequest.objects.get()
        assert {name: getattr(request, name) for name in ORIGIN.__dict__} == ORIGIN.__dict__
        assert request.attributes == {"vin": GUIDES_VIN}

    def test_shows_the_address_that_we_write_to_in_part(self, visitor: Client) -> None:
        page = visitor.get("/start/", signed())
        assert "a•••@example.org" in text_of(page)
        assert "Back to www.example.org" in text_of(page)
        for private in ("ann@example.org", "K-17", TENANT):
            assert private not in page.content.decode()

    def test_repeats_its_token_alone(self, visitor: Client) -> None:
        given = signed()
        assert hidden(visitor.get("/start/", given)) == given

    def test_is_completed_and_not_contradicted_by_what_stands_beside_it(self, visitor: Client) -> None:
        given = signed({"type": "EV", "manufacturer": "Audi"}) | {"manufacturer": "Tesla", "vin": GUIDES_VIN}
        begin(visitor, **given)
        request = OnboardingRequest.objects.get()
        assert (request.manufacturer, request.attributes) == ("Audi", {"vin": GUIDES_VIN})

    def test_works_without_any_answer(self, visitor: Client) -> None:
        page = visitor.get("/start/", signed({}))
        assert "Connect your device" in text_of(page)
        assert press(visitor, page).headers["Location"].endswith("/type/")
        assert OnboardingRequest.objects.get().own_reference == "K-17"

    def test_brings_its_language(self, visitor: Client, settings: Settings) -> None:
        settings.LANGUAGES = [("en", "English"), ("nl", "Nederlands")]
        page = visitor.get("/start/", signed(language="nl"))
        assert b'<html lang="nl">' in page.content
        response = press(visitor, page)
        assert OnboardingRequest.objects.get().language == "nl"
        assert b'<html lang="nl">' in visitor.get(response.headers["Location"]).content

    def test_ignores_a_language_that_we_do_not_speak(self, visitor: Client) -> None:
        begin(visitor, **signed(language="xx"))
        assert OnboardingRequest.objects.get().language == "en"

    @pytest.mark.parametrize("token", ["x", "a:b:c", "é", ".:", "x" * 5000])
    def test_that_is_made_up_says_so_and_offers_to_start(self, visitor: Client, token: str) -> None:
        self.is_refused(visitor.get("/start/", CAR | {"k": token}))
        self.is_refused(visitor.post("/start/", CAR | {"k": token}, headers={"Origin": OWN}))
        assert not OnboardingRequest.objects.exists()

    def test_that_is_too_old_says_so(self, visitor: Client) -> None:
        old, fresh = signed(days=-1), signed(days=1)
        self.is_refused(visitor.get("/start/", old))
        self.is_refused(visitor.post("/start/", old, headers={"Origin": OWN}))
        assert visitor.get("/start/", fresh).status_code == 200
        assert not OnboardingRequest.objects.exists()

    def test_that_was_changed_says_so(self, visitor: Client) -> None:
        token = signed()["k"]
        self.is_refused(visitor.get("/start/", {"k": ("A" if token[1] != "A" else "B").join((token[:1], token[2:]))}))

    @staticmethod
    def is_refused(page: HttpResponse) -> None:
        assert page.status_code == 410
        assert "This link does not work any more" in text_of(page)
        assert 'href="/"' in page.content.decode()


class TestOnTheWay:
    @pytest.fixture
    def connecting(self, customer: Customer, settings: Settings) -> Callable[[Origin], Customer]:
        settings.RETURN_HOSTS = ["www.example.org"]
        settings.REALTO_TENANT_ID, settings.REALTO_COLLECTIVE_ID = "settings-tenant", "settings-collective"

        def connect(origin: Origin) -> Customer:
            customer.reference = begin(customer.client, **signed(origin=origin)).headers["Location"].split("/")[2]
            customer.consent()
            work_until(customer.request, "connected")
            return customer

        return connect

    @pytest.mark.parametrize(
        ("origin", "sent"),
        [
            (ORIGIN, (TENANT, COLLECTIVE, OWNER)),
            (Origin(tenant_id=TENANT), (TENANT, "", "")),
            (Origin(collective_id=COLLECTIVE), ("settings-tenant", COLLECTIVE, "settings-owner")),
            (Origin(own_reference="K-17"), ("settings-tenant", "settings-collective", "settings-owner")),
            (Origin(owner_id=OWNER), ("settings-tenant", "settings-collective", OWNER)),
        ],
    )
    def test_the_platform_hears_for_whom(
        self, customer: Customer, settings: Settings, origin: Origin, sent: tuple[str, str, str]
    ) -> None:
        settings.REALTO_TENANT_ID, settings.REALTO_COLLECTIVE_ID = "settings-tenant", "settings-collective"
        settings.REALTO_OWNER_ID = "settings-owner"
        begin(customer.client, **signed(origin=origin))
        request = OnboardingRequest.objects.get()
        assert tuple(for_whom(request).values()) == sent

    def test_the_platform_gets_the_requests_tenant_and_owner(self, connecting: Callable[[Origin], Customer]) -> None:
        connecting(ORIGIN)
        assert TENANT in str(SandboxRequest.objects.values().get())
        assert SandboxRequest.objects.get().payload["owner"] == OWNER

    def test_the_way_back_is_offered_when_it_is_connected(self, connecting: Callable[[Origin], Customer]) -> None:
        page = connecting(ORIGIN).get("status")
        assert "Back to www.example.org" in text_of(page)
        assert 'href="https://www.example.org/thanks?customer=17"' in page.content.decode()

    def test_no_way_back_is_offered_to_a_host_that_left_the_list(
        self, connecting: Callable[[Origin], Customer], settings: Settings
    ) -> None:
        customer = connecting(ORIGIN)
        settings.RETURN_HOSTS = []
        assert b"www.example.org" not in customer.get("status").content

    def test_no_way_back_is_offered_before_that(self, visitor: Client) -> None:
        location = begin(visitor, **signed()).headers["Location"]
        OnboardingRequest.objects.update(state="queued")
        page = visitor.get(location.replace("check", "status"))
        assert page.status_code == 200
        assert b"www.example.org" not in page.content

    def test_erasing_forgets_whose_it_was(self, connecting: Callable[[Origin], Customer]) -> None:
        customer = connecting(ORIGIN)
        withdrawal.withdraw(customer.request, records.ConsentAct("stopped"))
        work_until(customer.request, "withdrawn")
        strip([customer.request.pk])
        request = customer.request
        assert (request.own_reference, request.contact_email, request.return_address) == ("", "", "")


class TestReturnAddress:
    @pytest.mark.parametrize(
        "address",
        [
            "http://www.example.org/",
            "https://example.org/",
            "https://www.example.org.evil.example/",
            "https://www.example.org@evil.example/",
            "https://evil.example\\@www.example.org/",
            "https://evil.example/@www.example.org",
            "https://user@www.example.org/",
            "https://www.example.org:8443/",
            "//www.example.org/",
            "javascript://www.example.org/%0aalert()",
            "https://www.example.org /",
            "https://www.example.org/\n",
            "https://[",
            "",
        ],
    )
    def test_leads_nowhere_else(self, settings: Settings, address: str) -> None:
        settings.RETURN_HOSTS = ["www.example.org"]
        assert entry_links.return_host(address) == ""

    @pytest.mark.parametrize("address", ["https://www.example.org", "https://WWW.example.org/thanks?customer=17#top"])
    def test_leads_to_a_host_of_the_list(self, settings: Settings, address: str) -> None:
        settings.RETURN_HOSTS = ["www.Example.org"]
        assert entry_links.return_host(address) == "www.example.org"


class TestStrangers:
    def test_change_nothing_by_looking_a_hundred_times(self, customer: Customer, settings: Settings) -> None:
        settings.RETURN_HOSTS = ["www.example.org"]
        work_until(customer.submit().request, "connected")
        theirs = [customer.url(page) for page in ("device", "reconnect", "check", "status", "not-listed")]
        links = [CAR, {"type": "EV"}, {"vin": GUIDES_VIN}, {"k": "x"}, signed(), signed(days=-1), signed({}), {}]
        addresses = [(f"/start/?n={turn}", link) for turn in range(12) for link in links]
        addresses += [(url, {}) for url in theirs]
        before = everything()
        for address, link in addresses:
            browser = Client(enforce_csrf_checks=True)
            for look in (browser.get, browser.head):
                response = look(address, link)
                assert response.status_code in {200, 302, 404, 405, 410}
                assert set(response.cookies) <= {"csrftoken"}, address
        assert len(addresses) > 100
        assert everything() == before

    def test_change_nothing_in_a_browser_that_is_known(self, customer: Customer) -> None:
        customer.start()
        before = everything()
        for link in (CAR, signed(), {"k": "x"}):
            assert set(customer.client.get("/start/", link).cookies) <= {"csrftoken"}
            assert set(customer.client.head("/start/", link).cookies) <= {"csrftoken"}
        assert everything() == before


class TestCommand:
    def run(self, *options: str) -> str:
        out = StringIO()
        call_command("entry_link", *options, stdout=out)
        return out.getvalue().strip()

    def test_prints_a_link_that_works(self, visitor: Client) -> None:
        url = self.run(
            *("--type", "EV", "--manufacturer", "audi", "--answer", f"vin={GUIDES_VIN}"),
            *("--tenant", TENANT, "--collective", COLLECTIVE, "--owner", OWNER, "--own-reference", "K-17"),
            *("--contact-email", "ann@EXAMPLE.org", "--language", "en", "--days", "2"),
            *("--return-address", ORIGIN.return_address),
        )
        assert url.startswith("http://127.0.0.1:8000/start/?k=")
        press(visitor, visitor.get(url.removeprefix("http://127.0.0.1:8000")))
        request = OnboardingRequest.objects.get()
        assert {name: getattr(request, name) for name in ORIGIN.__dict__} == ORIGIN.__dict__
        assert (request.manufacturer, request.attributes) == ("Audi", {"vin": GUIDES_VIN})

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (("--type", "Spaceship"), "This does not fit what can be connected: Device."),
            (("--type", "EV", "--answer", "colour=red"), "connected: colour."),
            (("--answer", "vin"), "Write each line as name=value."),
            (("--tenant", "17"), "tenant_id: Enter a valid UUID."),
            (("--owner", "Zoë"), "owner_id: Enter a valid UUID."),
            (("--own-reference", "x" * 101), "at most 100 characters"),
            (("--contact-email", "ann@"), "complete e-mail address"),
            (("--return-address", "https://evil.example/"), "RETURN_HOSTS"),
            (("--language", "xx"), "language"),
            (("--days", "0"), "days"),
        ],
    )
    def test_refuses_what_would_not_work(self, visitor: Client, options: tuple[str, ...], says: str) -> None:
        with pytest.raises(CommandError, match=re.escape(says)):
            self.run(*options)

    def test_needs_the_list_of_devices(self, db: None) -> None:
        CatalogueSnapshot.objects.all().delete()
        with pytest.raises(CommandError, match="refresh_catalogue"):
            self.run("--type", "EV")


class TestDesk:
    URL = "/admin/entry-link/"

    def staff(self, *permissions: str) -> Client:
        ann = User.objects.create_user("ann", is_staff=True)
        ann.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(ann)
        return client

    def test_makes_a_link_to_copy(self, visitor: Client) -> None:
        desk = self.staff("make_entry_link")
        assert f'href="{self.URL}"' in desk.get("/admin/").content.decode()
        answers = {"type": "EV", "manufacturer": "Audi", "answer.vin": GUIDES_VIN, "own_reference": "K-17"}
        page = desk.post(self.URL, answers | {"days": "30"})
        url = page.context["url"]
        assert f'readonly value="{url}"' in page.content.decode()
        press(visitor, visitor.get(url.removeprefix("http://127.0.0.1:8000")))
        request = OnboardingRequest.objects.get()
        assert (request.own_reference, request.attributes) == ("K-17", {"vin": GUIDES_VIN})

    def test_says_what_is_wrong(self, visitor: Client) -> None:
        page = self.staff("make_entry_link").post(self.URL, {"tenant_id": "17", "days": "30"})
        assert "Enter a valid UUID." in text_of(page)
        assert b"made-link" not in page.content

    def test_asks_for_what_the_chosen_manufacturer_needs(self, visitor: Client) -> None:
        desk = self.staff("make_entry_link")
        chosen = {"type": "SmartMeter", "manufacturer": "Fluvius", "days": "7", "_choose": "1"}
        page = desk.post(self.URL, chosen).content.decode()
        assert 'name="answer.ean"' in page
        assert 'value="7"' in page
        assert "made-link" not in page

    def test_asks_once_about_what_is_unusual(self, visitor: Client) -> None:
        desk = self.staff("make_entry_link")
        said = {"type": "EV", "manufacturer": "Audi", "answer.vin": VOLKSWAGENS_VIN, "days": "30"}
        page = desk.post(self.URL, said)
        assert "Please compare this once more." in text_of(page)
        assert not page.context["url"]
        assert desk.post(self.URL, said | {"confirmed": VOLKSWAGENS_VIN}).context["url"]

    def test_is_for_those_who_may(self, visitor: Client) -> None:
        desk = self.staff("view_onboardingrequest")
        assert desk.get(self.URL).status_code == 403
        assert self.URL not in desk.get("/admin/").content.decode()
        assert visitor.get(self.URL).status_code == 302

    def test_carries_nothing_inline(self, visitor: Client) -> None:
        page = self.staff("make_entry_link").get(self.URL).content.decode()
        assert re.findall(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=", page) == []
