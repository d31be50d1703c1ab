"""Helping a customer on the phone: the wizard's questions at the desk, and consent by phone."""

from typing import Any

import pytest
from django.core import mail as outgoing
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from onboarding.catalogue import availability, refresh
from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import language
from onboarding.intake.draft import answer
from onboarding.models import Consent, Event, OnboardingRequest
from sandbox import bench, magic
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.desk import ROLES, sign_in
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.desk.test_invite import page_of, prepare
from tests.onboarding.mail.test_outbox import ADDRESS, send_mails
from tests.onboarding.portal.test_wizard import VOLKSWAGENS_VIN, text_of

ANOTHER_VIN = "WA1DMAFE0D0000803"
REFUSED_VIN = magic.BY_ENDING["0400"].vin

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture
def agent(db: None) -> Client:
    return sign_in("agent")


@pytest.fixture
def draft(agent: Client) -> OnboardingRequest:
    return prepare(agent)


def fresh(request: OnboardingRequest) -> OnboardingRequest:
    return OnboardingRequest.objects.get(pk=request.pk)


def fill_in(desk: Client, request: OnboardingRequest, step: str, **said: Any) -> Any:
    """Send one question's form, as the page that is open now would."""
    data = {"step": step, "version": fresh(request).version} | {
        name.replace("__", "."): value for name, value in said.items()
    }
    return desk.post(page_of(request, "assist"), data, follow=True)


def complete(desk: Client, request: OnboardingRequest, vin: str = GUIDES_VIN) -> OnboardingRequest:
    fill_in(desk, request, "type", type="EV")
    fill_in(desk, request, "manufacturer", manufacturer="Audi")
    fill_in(desk, request, "identify", vin=vin)
    return fresh(request)


class TestWay:
    def test_goes_question_by_question_to_the_customers_consent(self, agent: Client, draft: OnboardingRequest) -> None:
        page = agent.get(page_of(draft, "assist"))
        assert "The customer is at step 1 of 4: what it is." in text_of(page)
        page = fill_in(agent, draft, "type", type="EV")
        assert "The customer is at step 2 of 4: the manufacturer." in text_of(page)
        page = fill_in(agent, draft, "manufacturer", manufacturer="Audi")
        assert "Where do I find this?" in text_of(page)
        page = fill_in(agent, draft, "identify", vin="wa1 dmafe 0d0 000000")
        assert "checking and agreeing" in text_of(page)
        assert fresh(draft).attributes == {"vin": GUIDES_VIN}

        link = agent.post(page_of(draft, "link")).context["url"].removeprefix("http://127.0.0.1:8000")
        customer = Customer(Client())
        customer.client.post(link)
        customer.reference = draft.reference
        customer.consent()
        work_until(draft, "connected")
        assert Consent.objects.get().channel == "self"

    def test_is_noted_with_names_and_without_values(self, agent: Client, draft: OnboardingRequest) -> None:
        complete(agent, draft)
        details = [event.detail for event in Event.objects.filter(name="answered").order_by("pk")]
        assert details == [{"by": "agent-ann", "names": name} for name in ("type", "manufacturer", "vin")]
        assert set(Event.objects.values_list("actor", flat=True)) == {"staff"}
        assert "agent-ann filled in for the customer: Vehicle identification number (VIN)." in text_of(
            agent.get(page_of(draft))
        )

    def test_says_what_a_change_made_pointless(self, agent: Client, draft: OnboardingRequest) -> None:
        page = fill_in(agent, complete(agent, draft), "type", type="SmartMeter")
        assert "these no longer apply and were removed: Audi" in text_of(page)
        assert (fresh(draft).manufacturer, fresh(draft).attributes) == ("", {})

    def test_corrects_what_the_platform_refused(self, agent: Client, customer: Customer) -> None:
        request = work_until(customer.submit(vin=REFUSED_VIN).request, "rejected")
        page = agent.get(page_of(request, "assist"))
        assert "Audi did not accept this." in text_of(page)
        assert REFUSED_VIN not in page.content.decode()
        fill_in(agent, request, "identify", vin=ANOTHER_VIN)
        customer.consent()
        work_until(request, "connected")

    @pytest.mark.parametrize("state", ["queued", "connected"])
    def test_ends_with_consent(self, agent: Client, draft: OnboardingRequest, state: str) -> None:
        OnboardingRequest.objects.update(state=state)
        assert page_of(draft, "assist") not in agent.get(page_of(draft)).content.decode()
        page = fill_in(agent, draft, "type", type="EV")
        assert "There is nothing for the customer to answer any more." in text_of(page)
        assert fresh(draft).type == ""


class TestQuestions:
    @pytest.mark.parametrize(
        ("step", "said", "words"),
        [
            ("type", {"type": ""}, "Choose what you want to connect."),
            ("type", {"type": "Spaceship"}, "This is not on offer at the moment."),
            ("manufacturer", {"manufacturer": ""}, "Choose the brand"),
            ("manufacturer", {"manufacturer": "Lada"}, "This one is not on offer for your device."),
            ("identify", {"vin": "WA1DMAFE0D"}, "7"),
            ("identify", {"vin": VOLKSWAGENS_VIN}, "Volkswagen"),
        ],
    )
    def test_are_answered_as_the_customer_would_be(
        self, agent: Client, draft: OnboardingRequest, step: str, said: dict[str, str], words: str
    ) -> None:
        fill_in(agent, draft, "type", type="EV")
        fill_in(agent, draft, "manufacturer", manufacturer="Audi")
        before = fresh(draft)
        page = fill_in(agent, draft, step, **said)
        assert words in text_of(page)
        assert fresh(draft).version == before.version
        if vin := said.get("vin"):
            assert f'value="{vin}"' in page.content.decode()

    def test_about_the_unusual_are_asked_once(self, agent: Client, draft: OnboardingRequest) -> None:
        page = fill_in(agent, complete(agent, draft), "identify", vin=VOLKSWAGENS_VIN)
        assert f'name="confirmed" value="{VOLKSWAGENS_VIN}"' in page.content.decode()
        fill_in(agent, draft, "identify", vin=VOLKSWAGENS_VIN, confirmed=VOLKSWAGENS_VIN)
        assert fresh(draft).attributes == fresh(draft).confirmed == {"vin": VOLKSWAGENS_VIN}

    def test_that_can_be_left_out_are_kept_when_they_are_answered(
        self, agent: Client, draft: OnboardingRequest
    ) -> None:
        bench.offer("RetrofitMeter", "Kept", ["code", {"name": "reference", "required": False}])
        refresh.refresh_catalogue()
        fill_in(agent, draft, "type", type="RetrofitMeter")
        fill_in(agent, draft, "manufacturer", manufacturer="Kept")
        fill_in(agent, draft, "identify", code="ABCD1234", reference="MYREF123")
        assert fresh(draft).attributes == {"code": "ABCD1234", "reference": "MYREF123"}

    def test_leave_the_rest_for_later(self, agent: Client, draft: OnboardingRequest) -> None:
        """Somebody in the driveway knows the one now and the other tomorrow."""
        fill_in(agent, draft, "type", type="PV")
        fill_in(agent, draft, "manufacturer", manufacturer="SMA")
        fill_in(agent, draft, "identify", reference="4711")
        assert fresh(draft).attributes == {"reference": "4711"}
        page = fill_in(agent, draft, "identify")
        assert "Nothing was typed, so nothing changed." in text_of(page)

    def test_know_choices(self, agent: Client, draft: OnboardingRequest) -> None:
        fill_in(agent, draft, "type", type="SmartMeter")
        page = fill_in(agent, draft, "manufacturer", manufacturer="Fluvius")
        assert "For a business" in text_of(page)
        fill_in(agent, draft, "identify", ean="541448820000000008", properties__flow="B2B")
        assert fresh(draft).attributes["properties.flow"] == "B2B"

    def test_name_makers_that_are_paused(self, agent: Client, draft: OnboardingRequest) -> None:
        availability.pause_manufacturer("EV", "Audi", notes={})
        page = fill_in(agent, draft, "type", type="EV")
        assert "Audi" in text_of(page).partition("Not yet:")[2]
        assert '<option value="Audi"' not in page.content.decode()


class TestMasking:
    def test_shows_of_what_is_stored_the_end_only(self, agent: Client, draft: OnboardingRequest) -> None:
        complete(agent, draft, vin=ANOTHER_VIN)
        page = agent.get(page_of(draft, "assist")).content.decode()
        assert "Stored: •••••••••••••0803." in page
        assert ANOTHER_VIN not in page

    def test_keeps_what_nothing_new_is_typed_for(self, agent: Client, customer: Customer) -> None:
        customer.start().choose("PV", "SMA").post("identify", reference="4711", email="owner@example.org")
        page = fill_in(agent, customer.request, "identify", reference="4712")
        assert customer.request.attributes == {"reference": "4712", "email": "owner@example.org"}
        assert "owner@example.org" not in page.content.decode()
        assert Event.objects.filter(name="answered").latest("pk").detail["names"] == "reference"

    def test_holds_while_another_answer_is_wrong(self, agent: Client, customer: Customer) -> None:
        customer.start().choose("PV", "SMA").post("identify", reference="4711", email="owner@example.org")
        page = fill_in(agent, customer.request, "identify", email="nobody@").content.decode()
        assert 'value="nobody@"' in page
        assert "owner@example.org" not in page
        assert '"4711"' not in page

    def test_holds_in_what_the_platform_wrote(self, agent: Client, draft: OnboardingRequest) -> None:
        complete(agent, draft)
        OnboardingRequest.objects.update(rejections={"vin": [f"No car {GUIDES_VIN}."]}, state="rejected")
        page = agent.get(page_of(draft, "assist"))
        assert "Their answer: “No car •••••••••••••0000.”" in text_of(page)


class TestMeanwhile:
    def test_a_customer_who_answered_loses_nothing_and_nor_does_staff(self, agent: Client, customer: Customer) -> None:
        request = customer.start().choose("EV", "Audi").request
        customer.post("identify", vin=ANOTHER_VIN)
        said = {"step": "identify", "vin": GUIDES_VIN}
        page = agent.post(page_of(request, "assist"), said | {"version": request.version})
        assert "The customer answered something meanwhile." in text_of(page)
        assert "Stored: •••••••••••••0803." in text_of(page)
        assert f'value="{GUIDES_VIN}"' in page.content.decode()
        assert customer.request.attributes == {"vin": ANOTHER_VIN}
        agent.post(page_of(request, "assist"), said | {"version": page.context["row"].version})
        assert customer.request.attributes == {"vin": GUIDES_VIN}

    def test_a_customer_who_chose_otherwise_is_not_asked_for_it(self, agent: Client, customer: Customer) -> None:
        request = customer.start().choose("EV", "Audi").request
        customer.post("type", type="SmartMeter")
        said = {"step": "identify", "version": request.version, "vin": GUIDES_VIN}
        page = agent.post(page_of(request, "assist"), said)
        assert f"it is not asked any more: vin: {GUIDES_VIN}" in text_of(page)

    def test_a_customer_who_agreed_is_left_alone(self, agent: Client, customer: Customer) -> None:
        request = customer.submit().request
        said = {"step": "identify", "version": 1, "vin": ANOTHER_VIN}
        page = agent.post(page_of(request, "assist"), said, follow=True)
        assert "There is nothing for the customer to answer any more." in text_of(page)
        assert customer.request.attributes == {"vin": GUIDES_VIN}


class TestCost:
    def test_of_the_page_is_small(
        self, agent: Client, draft: OnboardingRequest, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        complete(agent, draft)
        agent.get("/admin/")  # what stands in the navigation is counted once for some seconds
        with django_assert_max_num_queries(9):
            agent.get(page_of(draft, "assist"))


class TestPhoneConsent:
    @pytest.fixture(autouse=True)
    def allowed(self, settings: Settings) -> None:
        settings.CONSENT_BY_PHONE = True

    @pytest.fixture
    def ready(self, agent: Client, draft: OnboardingRequest) -> OnboardingRequest:
        return complete(agent, draft)

    def agree(self, desk: Client, request: OnboardingRequest, **other: Any) -> Any:
        page = desk.get(page_of(request, "phone-consent"))
        said = {
            "consent": "on",
            "reason": "Called at 14:05, has no computer.",
            "page_sha256": page.context["form"].sha256,
        }
        return desk.post(page_of(request, "phone-consent"), said | other, follow=True)

    def test_is_recorded_with_the_words_and_who_and_why(self, agent: Client, ready: OnboardingRequest) -> None:
        assert page_of(ready, "phone-consent") in agent.get(page_of(ready, "assist")).content.decode()
        page = self.agree(agent, ready, contact_email=ADDRESS)
        assert "The consent is on record" in text_of(page)
        record = Consent.objects.get()
        assert (record.channel, record.by, record.reason) == (
            "assisted",
            "agent-ann",
            "Called at 14:05, has no computer.",
        )
        assert record.act.startswith("You had everything read aloud on the phone, and said yes to “")
        assert record.attributes == {"vin": GUIDES_VIN}
        assert record.is_intact
        (event,) = Event.objects.filter(name="consented")
        assert (event.actor, event.detail["by"]) == ("staff", "agent-ann")
        assert "agent-ann noted that the customer agreed on the phone." in text_of(page)
        work_until(ready, "connected")
        send_mails()
        assert outgoing.outbox[0].to == [ADDRESS]

    def test_shows_the_exact_words_in_the_customers_language(self, agent: Client, ready: OnboardingRequest) -> None:
        publish(language="nl", statement="Ik ga akkoord met {company}.", purpose="Waarom.")
        language.set_language(OnboardingRequest.objects.all(), "nl")
        page = agent.get(page_of(ready, "phone-consent"))
        assert '<section class="module" lang="nl">' in page.content.decode()
        self.agree(agent, ready)
        record = Consent.objects.get()
        assert record.language == "nl"
        for paragraph in record.words.split("\n\n"):
            assert " ".join(paragraph.split()) in text_of(page)

    def test_masks_the_answers(self, agent: Client, ready: OnboardingRequest) -> None:
        page = agent.get(page_of(ready, "phone-consent")).content.decode()
        assert "•••••••••••••0000" in page
        assert GUIDES_VIN not in page

    @pytest.mark.parametrize("left_out", ["consent", "reason", "page_sha256"])
    def test_needs_the_box_a_reason_and_the_seal(self, agent: Client, ready: OnboardingRequest, left_out: str) -> None:
        page = self.agree(agent, ready, **{left_out: ""})
        assert left_out in page.context["form"].errors
        assert not Consent.objects.exists()

    def test_keeps_to_what_was_read(self, agent: Client, ready: OnboardingRequest, platform: Catalogue) -> None:
        """Answers that changed, and another text, ask for another reading."""
        seal = agent.get(page_of(ready, "phone-consent")).context["form"].sha256
        answer(ready, {"vin": ANOTHER_VIN}, catalogue=platform)
        page = self.agree(agent, ready, page_sha256=seal, reason="Called at three.")
        assert "Something on this page changed after you opened it, so nothing was sent." in text_of(page)
        assert "Called at three." in page.content.decode()
        seal = page.context["form"].sha256
        publish(language="en", statement="I agree anew.")
        assert "changed after you opened it" in text_of(self.agree(agent, ready, page_sha256=seal))
        assert not Consent.objects.exists()

    def test_is_given_once(self, agent: Client, ready: OnboardingRequest) -> None:
        seal = agent.get(page_of(ready, "phone-consent")).context["form"].sha256
        said = {"consent": "on", "reason": "Called.", "page_sha256": seal}
        for _click in range(2):
            agent.post(page_of(ready, "phone-consent"), said)
        assert Consent.objects.count() == 1

    def test_waits_until_everything_is_answered(self, agent: Client, draft: OnboardingRequest) -> None:
        fill_in(agent, draft, "type", type="EV")
        assert page_of(draft, "phone-consent") not in agent.get(page_of(draft, "assist")).content.decode()
        page = agent.get(page_of(draft, "phone-consent"), follow=True)
        assert "Nobody can agree to this now" in text_of(page)

    def test_waits_while_the_manufacturer_is_paused(self, agent: Client, ready: OnboardingRequest) -> None:
        availability.pause_manufacturer("EV", "Audi", notes={})
        page = self.agree(agent, ready)
        assert "Audi cannot be connected at the moment." in text_of(page)
        assert not Consent.objects.exists()

    def test_is_told_to_the_customer_on_the_receipt(self, agent: Client, customer: Customer) -> None:
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        self.agree(agent, customer.request)
        page = text_of(customer.get(f"receipts/{Consent.objects.get().record_id}"))
        assert "Done by staff, because you asked for it" in page
        assert "You had everything read aloud on the phone" in page
        assert "agent-ann" not in page

    @pytest.mark.parametrize("role", [*ROLES, "nobody"])
    def test_is_noted_by_those_who_may_assist(self, agent: Client, ready: OnboardingRequest, role: str) -> None:
        seal = agent.get(page_of(ready, "phone-consent")).context["form"].sha256
        desk = agent if role == "agent" else sign_in(role)
        said = {"consent": "on", "reason": "Called.", "page_sha256": seal}
        status = desk.post(page_of(ready, "phone-consent"), said).status_code
        assert status == (302 if role in {"agent", "supervisor"} else 403)
        assert Consent.objects.exists() == (role in {"agent", "supervisor"})


class TestWithoutPhoneConsent:
    def test_is_the_rule(self, agent: Client, draft: OnboardingRequest, settings: Settings) -> None:
        assert settings.CONSENT_BY_PHONE is False
        complete(agent, draft)
        assert "phone-consent" not in agent.get(page_of(draft, "assist")).content.decode()
        said = {"consent": "on", "reason": "Called."}
        assert agent.get(page_of(draft, "phone-consent")).status_code == 404
        assert agent.post(page_of(draft, "phone-consent"), said).status_code == 404
        assert not Consent.objects.exists()
