import html
import re

import pytest
from django.test import Client
from pytest_django import Settings

from onboarding.catalogue import availability, catalogue, help_texts, refresh
from onboarding.catalogue.catalogue import Catalogue
from onboarding.catalogue.connection_times import Pace
from onboarding.models import ActionText, CatalogueSnapshot, Consent, Event, OnboardingRequest, Wish
from sandbox import bench
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, work

VOLKSWAGENS_VIN = "WVWZZZ1KZAW000001"


def text_of(response: object) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())  # type: ignore[attr-defined]


class TestStart:
    def test_shows_what_will_happen_and_changes_nothing(self, customer: Customer) -> None:
        page = customer.client.get("/")
        assert "about five minutes" in text_of(page)
        assert not OnboardingRequest.objects.exists()

    def test_begins_only_by_a_button(self, customer: Customer) -> None:
        response = customer.client.get("/start/")
        assert response.headers["Location"] == "/"
        assert not OnboardingRequest.objects.exists()

    def test_offers_to_continue_what_this_browser_began(self, customer: Customer, stranger: Customer) -> None:
        customer.start().choose("EV", "Audi")
        assert "Electric car, Audi" in text_of(customer.client.get("/"))
        assert "Audi" not in text_of(stranger.client.get("/"))

    def test_begins_one_draft_however_often_the_button_is_pressed(self, customer: Customer) -> None:
        for _press in range(3):
            customer.start().post("type", type="EV")
        assert OnboardingRequest.objects.count() == 1


class TestSteps:
    def test_carry_the_platforms_own_names_and_values(self, customer: Customer) -> None:
        customer.start()
        assert b'name="type" value="EV"' in customer.get("type").content
        customer.post("type", type="SmartMeter")
        assert b'name="manufacturer" value="Fluvius"' in customer.get("manufacturer").content
        customer.post("manufacturer", manufacturer="Fluvius")
        identify = customer.get("identify").content
        assert b'name="ean"' in identify
        assert b'name="properties.flow" value="B2C"' in identify

    @pytest.mark.parametrize("page", ["manufacturer", "identify", "check", "status"])
    def test_lead_back_to_the_first_that_is_incomplete(self, customer: Customer, page: str) -> None:
        customer.start_unanswered()
        response = customer.client.get(customer.url(page), follow=True)
        assert response.redirect_chain[-1][0] == customer.url("type")

    def test_resume_where_the_customer_stopped(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        response = customer.client.get(f"/onboarding/{customer.reference}/")
        assert response.headers["Location"] == customer.url("identify")

    def test_go_from_answer_to_answer_by_post_redirect_get(self, customer: Customer) -> None:
        customer.start()
        assert customer.post("type", type="EV").headers["Location"] == customer.url("manufacturer")
        assert customer.post("manufacturer", manufacturer="Audi").headers["Location"] == customer.url("identify")
        assert customer.post("identify", vin=GUIDES_VIN).headers["Location"] == customer.url("check")

    def test_skip_identify_for_a_maker_that_needs_nothing(self, customer: Customer) -> None:
        customer.start().post("type", type="PV")
        assert customer.post("manufacturer", manufacturer="Huawei").headers["Location"] == customer.url("check")
        assert "Step 3 of 3" in text_of(customer.get("check"))
        assert customer.get("identify").headers["Location"] == customer.url("check")

    @pytest.mark.parametrize("answers", [{}, {"type": ""}, {"type": "Spaceship"}])
    def test_ask_again_for_a_type_that_is_not_offered(self, customer: Customer, answers: dict[str, str]) -> None:
        response = customer.start().post("type", **answers)
        assert response.status_code == 200
        assert b'class="error-summary"' in response.content
        assert not OnboardingRequest.objects.exists()
        response = customer.start_unanswered().post("type", **answers)
        assert b'class="error-summary"' in response.content
        assert customer.request.type == ""

    def test_ask_again_for_a_manufacturer_of_another_type(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        response = customer.post("manufacturer", manufacturer="Fluvius")
        assert "Choose one from the list" in text_of(response)

    def test_preselect_the_only_manufacturer(self, customer: Customer, platform: Catalogue) -> None:
        bench.offer("Sauna", "Harvia", ["code"])
        refresh.refresh_catalogue()
        customer.start().post("type", type="Sauna")
        assert b'value="Harvia" checked' in customer.get("manufacturer").content

    def test_say_how_far_along_they_are(self, customer: Customer) -> None:
        customer.start()
        assert "Step 1 of 4" in text_of(customer.get("type"))

    def test_remember_an_answer_for_the_way_back(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin=GUIDES_VIN)
        assert b'value="EV" checked' in customer.get("type").content
        assert b'value="Audi" checked' in customer.get("manufacturer").content
        assert GUIDES_VIN.encode() in customer.get("identify").content


class TestChanging:
    def test_clears_only_what_no_longer_applies_and_says_so(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin=GUIDES_VIN)
        response = customer.client.post(customer.url("type"), {"type": "PV"}, follow=True)
        assert "no longer apply and were removed: Audi, Vehicle identification number (VIN)" in text_of(response)
        request = customer.request
        assert (request.type, request.manufacturer, request.attributes) == ("PV", "", {})

    def test_keeps_what_still_applies(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin=GUIDES_VIN)
        response = customer.post("manufacturer", manufacturer="Tesla")
        assert response.headers["Location"] == customer.url("check")
        assert customer.request.attributes == {"vin": GUIDES_VIN}

    def test_comes_back_to_the_check_page(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin=GUIDES_VIN)
        page = customer.get("check").content.decode()
        for step in ("type", "manufacturer", "identify"):
            assert f'href="{customer.url(step)}"' in page
        assert customer.post("type", type="EV").headers["Location"] == customer.url("check")


class TestIdentify:
    def test_stores_the_normalised_value(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        customer.post("identify", vin=" wa1-dmafe 0d0000000 ")
        assert customer.request.attributes == {"vin": GUIDES_VIN}

    def test_keeps_what_was_typed_beside_the_message(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        response = customer.post("identify", vin="wa1 dmafe")
        assert response.status_code == 200
        assert "8 characters; a VIN has 17" in text_of(response)
        assert b'value="wa1 dmafe"' in response.content
        assert customer.request.attributes == {}

    def test_asks_once_about_another_makers_vin(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        first = customer.post("identify", vin=VOLKSWAGENS_VIN)
        assert "looks like a VIN of Volkswagen, and you chose Audi" in text_of(first)
        confirmed = customer.post("identify", vin=VOLKSWAGENS_VIN, confirmed=VOLKSWAGENS_VIN)
        assert confirmed.headers["Location"] == customer.url("check")
        later = customer.post("identify", vin=VOLKSWAGENS_VIN)
        assert later.headers["Location"] == customer.url("check")

    def test_asks_again_about_another_unusual_value(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        response = customer.post("identify", vin="WVWZZZ1KZAW000002", confirmed=VOLKSWAGENS_VIN)
        assert "looks like a VIN of Volkswagen" in text_of(response)

    def test_asks_once_about_a_failing_check_digit(self, customer: Customer) -> None:
        customer.start().choose("SmartMeter", "Fluvius")
        ean = "541448820000000004"
        answers = {"ean": ean, "properties__flow": "B2C"}
        assert "The last digit does not fit the others" in text_of(customer.post("identify", **answers))
        response = customer.post("identify", **answers, confirmed=ean)
        assert response.headers["Location"] == customer.url("check")
        assert customer.request.attributes == {"ean": ean, "properties.flow": "B2C"}

    def test_never_lets_a_wrong_length_pass(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        assert customer.post("identify", vin="WVW", confirmed="WVW").status_code == 200
        assert customer.request.attributes == {}

    def test_does_not_offer_a_question_as_an_error(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        assert b"error-summary" not in customer.post("identify", vin=VOLKSWAGENS_VIN).content


class TestConsent:
    def ready(self, customer: Customer) -> Customer:
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        return customer

    def test_needs_the_box(self, customer: Customer) -> None:
        response = self.ready(customer).post("check")
        assert "Tick the box if you agree" in text_of(response)
        assert customer.request.state == "draft"
        assert not Consent.objects.exists()

    def test_needs_the_words_that_were_shown(self, customer: Customer) -> None:
        response = self.ready(customer).post("check", consent="on", page_sha256="of other words")
        assert "read it again" in text_of(response)
        assert not Consent.objects.exists()

    def test_needs_the_answers_that_were_shown(self, customer: Customer) -> None:
        shown = self.ready(customer).get("check").context["page_sha256"]
        customer.post("identify", vin="WA1DMAFE0D0000001")
        response = customer.post("check", consent="on", page_sha256=shown)
        assert "read it again" in text_of(response)
        assert "WA1DMAFE0D0000001" in text_of(response)
        assert customer.request.state == "draft"

    def test_stores_the_exact_words_of_the_page(self, customer: Customer) -> None:
        page = text_of(self.ready(customer).get("check"))
        customer.consent()
        consent = Consent.objects.get()
        assert consent.is_intact
        assert (consent.version, consent.language) == ("2026-11-28", "en")
        assert (consent.type, consent.manufacturer, consent.attributes) == ("EV", "Audi", {"vin": GUIDES_VIN})
        for line in consent.words.split("\n\n"):
            assert line in page

    def test_leads_to_the_status_page_at_once(self, customer: Customer) -> None:
        response = self.ready(customer).consent()
        assert response.headers["Location"] == customer.url("status")
        assert customer.request.state == "queued"

    def test_counts_once_however_often_it_is_given(self, customer: Customer) -> None:
        self.ready(customer)
        answers = [customer.consent() for _click in range(3)]
        assert {answer.headers["Location"] for answer in answers} == {customer.url("status")}
        assert Consent.objects.count() == 1
        work()
        assert SandboxRequest.objects.count() == 1

    def test_closes_the_draft(self, customer: Customer) -> None:
        self.ready(customer).consent()
        assert customer.post("identify", vin="WVWZZZ1KZAW000001").headers["Location"] == customer.url("status")
        assert customer.request.attributes == {"vin": GUIDES_VIN}

    def test_is_on_the_timeline(self, customer: Customer) -> None:
        self.ready(customer).consent()
        names = list(Event.objects.order_by("pk").values_list("name", flat=True))
        assert names == ["started", "answered", "answered", "answered", "consented"]


class TestTwoTabs:
    def test_ask_again_for_the_maker_of_what_was_chosen_in_the_other_one(self, customer: Customer) -> None:
        """Both kinds of device have a maker of this name."""
        customer.start().post("type", type="EV")
        page = customer.get("manufacturer").content.decode()
        assert 'name="for_type" value="EV"' in page
        customer.post("type", type="PV")
        response = customer.post("manufacturer", manufacturer="Huawei", for_type="EV")
        assert "You chose another kind of device meanwhile." in text_of(response)
        assert customer.request.manufacturer == ""
        assert customer.post("manufacturer", manufacturer="Huawei", for_type="PV").status_code == 302


class TestOwnership:
    @pytest.mark.parametrize("page", ["type", "check", "status", "status/panel", "not-listed", "manufacturer/list"])
    def test_shows_nothing_to_another_browser(self, customer: Customer, stranger: Customer, page: str) -> None:
        customer.submit()
        mine, unknown = customer.reference, "A" * 22
        stranger.start()
        answers = [stranger.client.get(f"/onboarding/{reference}/{page}/") for reference in (mine, unknown)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content

    def test_lets_nobody_else_change_anything(self, customer: Customer, stranger: Customer) -> None:
        customer.start()
        stranger.start()
        stranger.reference = customer.reference
        assert stranger.post("type", type="PV").status_code == 404
        assert customer.request.type == "EV"

    def test_keeps_the_browsers_key_out_of_the_database(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        assert customer.client.cookies["portal"].value.split(":")[0] != customer.request.browser

    def test_needs_a_token_against_forged_forms(self, platform: Catalogue) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.get("/start/type/")
        response = strict.post("/start/")
        assert response.status_code == 403
        assert "open for too long" in text_of(response)


class TestNotListed:
    def test_notes_who_wants_to_hear(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        answers = {"manufacturer": "Trabant", "contact_email": "ann@EXAMPLE.org"}
        response = customer.client.post(customer.url("not-listed"), answers, follow=True)
        assert "We noted it" in text_of(response)
        customer.post("not-listed", **answers)
        wish = Wish.objects.get()
        assert (wish.type, wish.manufacturer, wish.contact_email) == ("EV", "Trabant", "ann@example.org")

    def test_says_what_is_wrong_with_an_address(self, customer: Customer) -> None:
        response = customer.start().post("not-listed", manufacturer="Trabant", contact_email="ann@")
        assert "complete e-mail address" in text_of(response)
        assert b'value="ann@"' in response.content


class TestSearch:
    def test_narrows_the_list_without_scripts(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = customer.client.get(customer.url("manufacturer"), {"q": "skoda"}).content.decode()
        assert 'value="Škoda"' in page
        assert 'value="Audi"' not in page

    def test_gives_the_list_alone_while_typing(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        response = customer.client.get(customer.url("manufacturer/list"), {"q": "aud"}, headers={"HX-Request": "true"})
        assert response.content.decode().strip().startswith('<div id="makers">')
        assert "HX-Push-Url" not in response.headers

    def test_says_when_nothing_is_found(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = customer.client.get(customer.url("manufacturer"), {"q": "<b>zzz"})
        assert "We cannot find “&lt;b&gt;zzz”" in page.content.decode()

    @pytest.mark.parametrize("page", ["manufacturer", "manufacturer/list"])
    def test_asks_what_was_meant_by_a_mistyped_name(self, customer: Customer, page: str) -> None:
        customer.start().post("type", type="EV")
        response = customer.client.get(customer.url(page), {"q": "volkswagon <b>"})
        assert "Nothing is called “volkswagon &lt;b&gt;”. Did you mean:" in text_of(response)
        assert b'value="Volkswagen"' in response.content
        assert b'value="Audi"' not in response.content
        assert "to choose from" not in text_of(response)

    def test_takes_an_alias_at_its_word(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        response = customer.client.get(customer.url("manufacturer"), {"q": "vw"})
        assert b'value="Volkswagen"' in response.content
        assert "1 to choose from" in text_of(response)
        assert "Did you mean" not in text_of(response)

    @pytest.mark.parametrize("page", ["manufacturer", "manufacturer/list"])
    def test_chooses_the_only_one_that_is_called_so(self, customer: Customer, page: str) -> None:
        customer.start().post("type", type="EV")
        found = {
            query: customer.client.get(customer.url(page), {"q": query}) for query in ("audi", "vol", "volkswagon")
        }
        assert {query: "checked" in answer.content.decode() for query, answer in found.items()} == {
            "audi": True,
            "vol": False,  # two are called so
            "volkswagon": False,  # none is called so; one comes near
        }

    def test_takes_its_words_along_to_what_is_not_listed(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = customer.client.get(customer.url("manufacturer"), {"q": "Trabant & Söhne"}).content.decode()
        [link] = re.findall(r'href="([^"]+/not-listed/[^"]*)"', page)
        assert 'value="Trabant &amp; Söhne"' in customer.client.get(html.unescape(link)).content.decode()

    def test_that_finds_nothing_leaves_one_way_on(self, customer: Customer) -> None:
        customer.start().post("type", type="EV")
        page = customer.client.get(customer.url("manufacturer"), {"q": "zzz"}).content.decode()
        assert ">Continue<" not in page
        assert re.search(r'class="button" href="[^"]+/not-listed/\?manufacturer=zzz"', page)

    @pytest.mark.parametrize("query", ["vw", "volkswagon", "xyz"])
    def test_always_leaves_the_way_for_what_is_not_listed(self, customer: Customer, query: str) -> None:
        customer.start().post("type", type="EV")
        page = customer.client.get(customer.url("manufacturer"), {"q": query}).content.decode()
        assert customer.url("not-listed") in page


class TestPopularMakers:
    """Which are chosen most, workers count beforehand; the page reads it."""

    @staticmethod
    def at_makers(customer: Customer, **monthly: int) -> list[str]:
        paces = [Pace("EV", maker, monthly=count).as_json() for maker, count in monthly.items()]
        CatalogueSnapshot.objects.update(paces=paces)
        catalogue.forget()
        customer.start().post("type", type="EV")
        return re.findall(
            r'type="radio" name="manufacturer" value="([^"]+)"', customer.get("manufacturer").content.decode()
        )

    def test_come_first_and_once(self, customer: Customer) -> None:
        shown = self.at_makers(customer, Tesla=40, BMW=90, Volvo=9)
        assert shown[:2] == ["BMW", "Tesla"]
        assert shown[2:4] == ["Audi", "BYD"]
        assert len(set(shown)) == len(shown)
        assert "Most chosen" in text_of(customer.get("manufacturer"))

    def test_are_six_at_most(self, customer: Customer) -> None:
        makers = ("Audi", "BMW", "Tesla", "Volvo", "Kia", "Opel", "Renault", "Toyota")
        shown = self.at_makers(customer, **{maker: 100 - number for number, maker in enumerate(makers)})
        assert shown[:6] == list(makers[:6])
        assert shown[6] == "BYD"

    def test_are_none_while_nobody_knows(self, customer: Customer) -> None:
        self.at_makers(customer)
        assert "Most chosen" not in text_of(customer.get("manufacturer"))

    def test_are_left_in_their_place_by_a_search(self, customer: Customer) -> None:
        self.at_makers(customer, Volvo=90)
        page = customer.client.get(customer.url("manufacturer"), {"q": "vol"}).content.decode()
        assert page.index('value="Volkswagen"') < page.index('value="Volvo"')

    def test_are_not_those_that_cannot_be_chosen(self, customer: Customer) -> None:
        availability.pause_manufacturer("EV", "BMW", notes={})
        assert self.at_makers(customer, Tesla=40, BMW=90)[0] == "Tesla"


class TestScan:
    def test_is_a_page_that_may_use_the_camera(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        page = customer.get("scan/vin")
        assert "camera=(self)" in page.headers["Permissions-Policy"]
        assert "script-src 'self' 'wasm-unsafe-eval';" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"

    def test_is_the_only_one(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        for page in ("type", "manufacturer", "identify", "not-listed"):
            headers = customer.get(page).headers
            assert "camera=()" in headers["Permissions-Policy"]
            assert "wasm" not in headers["Content-Security-Policy"]

    def test_keeps_what_it_may_within_the_page_of_a_company(self, customer: Customer, settings: Settings) -> None:
        settings.FRAME_ANCESTORS = ["https://www.example.org"]
        customer.start().choose("EV", "Audi")
        policy = customer.get("scan/vin").headers["Content-Security-Policy"]
        assert "'wasm-unsafe-eval'" in policy
        assert "frame-ancestors 'self' https://www.example.org" in policy

    @pytest.mark.parametrize("name", ["email", "reference", "ean", "nothing"])
    def test_is_of_what_is_asked_for_and_printed(self, customer: Customer, name: str) -> None:
        customer.start().choose("PV", "SMA")  # asks for an address, and for an id that stands in no code
        assert customer.get(f"scan/{name}").headers["Location"] == customer.url("identify")

    def test_is_over_once_it_is_sent(self, customer: Customer) -> None:
        customer.submit()
        assert customer.get("scan/vin").headers["Location"] == customer.url("status")


class TestBeforeTheStart:
    def test_says_what_it_takes_before_anything_is_asked(self, customer: Customer) -> None:
        customer.start().choose("SmartMeter", "Fluvius")
        assert "Please check before you start" in text_of(customer.get("identify"))
        assert "You have your eID or itsme at hand" in text_of(customer.get("identify"))

    def test_says_so_where_nothing_is_asked(self, customer: Customer) -> None:
        customer.start().choose("PV", "Huawei")
        assert "FusionSolar account of the plant's owner" in html.unescape(text_of(customer.get("check")))

    def test_is_silent_where_it_takes_nothing(self, customer: Customer) -> None:
        customer.start().choose("HeatPump", "NIBE")
        assert "before you start" not in text_of(customer.get("identify"))

    def test_says_what_staff_wrote(self, customer: Customer) -> None:
        words = "A {manufacturer} key card.\n\n  100 % charge. "
        ActionText.objects.create(action="Before", type="EV", manufacturer="Audi", sentence=words)
        help_texts.forget()
        customer.start().choose("EV", "Audi")
        page = customer.get("identify").content.decode()
        assert re.findall(r"<li>([^<]+)</li>", page)[:2] == ["A Audi key card.", "100 % charge."]
