"""Inviting a customer: staff prepare and send, the customer comes and goes on, and the desk sees how far."""

import re
from typing import Any

import pytest
from django.core import mail as outgoing
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from onboarding.catalogue import availability
from onboarding.intake import invitations
from onboarding.models import AccessLink, Event, Invitation, Mail, OnboardingRequest
from onboarding.support import operations
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.desk import sign_in
from tests.onboarding.mail.test_outbox import ADDRESS, let_mails_wait, link_in, send_mails, subjects
from tests.onboarding.portal.test_handover import everything as personal_rows
from tests.onboarding.portal.test_wizard import VOLKSWAGENS_VIN, text_of

PREPARE = "/admin/onboarding/invitation/prepare/"
LIST = "/admin/onboarding/invitation/"
CAR = {"type": "EV", "manufacturer": "audi", "answer.vin": GUIDES_VIN}
BY_MAIL = {"_mail": "Prepare and mail the link", "contact_email": ADDRESS}

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture
def agent(db: None) -> Client:
    return sign_in("agent")


def everything() -> list[object]:
    return [*personal_rows(), list(Invitation.objects.values())]


def page_of(request: OnboardingRequest, page: str = "change") -> str:
    return f"/admin/onboarding/onboardingrequest/{request.pk}/{page}/"


def prepare(desk: Client, **said: str) -> OnboardingRequest:
    response = desk.post(PREPARE, said)
    assert response.status_code == 302, text_of(response)
    return OnboardingRequest.objects.latest("pk")


def shown_link(desk: Client, request: OnboardingRequest) -> str:
    return str(desk.post(page_of(request, "link")).context["url"]).removeprefix("http://127.0.0.1:8000")


def customer_of(request: OnboardingRequest, link: str) -> Customer:
    """Let a customer press the button of a link, in a browser of their own."""
    customer = Customer(Client())
    customer.client.post(link)
    customer.reference = request.reference
    return customer


class TestWay:
    def test_from_the_desk_to_the_customers_consent(self, agent: Client) -> None:
        request = prepare(agent, type="EV", manufacturer="Audi", language="nl", **BY_MAIL)
        send_mails()
        assert outgoing.outbox[0].to == [ADDRESS]
        link = link_in(outgoing.outbox[0])
        browser, before = Client(), everything()
        for _time in range(3):
            assert browser.get(link).status_code == 200
            assert browser.head(link).status_code == 200
        assert everything() == before

        customer = customer_of(request, link)
        assert customer.get("identify").status_code == 200
        assert "the numbers of the device" in text_of(agent.get(LIST))
        customer.post("identify", vin=GUIDES_VIN)
        customer.consent()
        work_until(request, "connected")
        page = text_of(agent.get(LIST))
        assert "Connected" in page
        assert "not yet" not in page

    def test_by_a_copied_link_opens_this_request_alone(self, agent: Client, customer: Customer) -> None:
        customer.start()
        customer.post("elsewhere", contact_email=ADDRESS)
        request = prepare(agent, contact_email=ADDRESS)
        invited = customer_of(request, shown_link(agent, request))
        assert invited.get("type").status_code == 200
        assert invited.client.get(customer.url("type")).status_code == 404

    def test_keeps_all_that_staff_said(self, agent: Client, settings: Settings) -> None:
        settings.RETURN_HOSTS = ["www.example.org"]
        for_whom = {
            "tenant_id": "123e4567-e89b-42d3-a456-426614174000",
            "collective_id": "223e4567-e89b-42d3-a456-426614174000",
            "own_reference": "K-17",
            "contact_email": ADDRESS,
            "return_address": "https://www.example.org/thanks",
        }
        request = prepare(agent, **CAR, **for_whom, language="fr")
        assert {name: getattr(request, name) for name in for_whom} == for_whom
        assert (request.language, request.manufacturer, request.attributes) == ("fr", "Audi", {"vin": GUIDES_VIN})
        assert request.browser == ""
        assert not Mail.objects.exists()

    def test_prepares_and_mails_one_however_often_its_page_is_sent(self, agent: Client) -> None:
        for _time in range(2):
            response = agent.post(PREPARE, {**CAR, **BY_MAIL, "key": "k" * 32}, follow=True)
        assert "This page was sent before: this is the request that it prepared." in text_of(response)
        assert OnboardingRequest.objects.count() == 1
        assert Mail.objects.count() == 1

    def test_needs_nothing_said(self, agent: Client) -> None:
        request = prepare(agent)
        assert customer_of(request, shown_link(agent, request)).get("type").status_code == 200

    def test_goes_on_in_another_try(self, agent: Client) -> None:
        """A prepared draft is of no browser, and so is its next try: it is of those who hold it."""
        request = prepare(agent, type="EV", manufacturer="Audi")
        customer = customer_of(request, shown_link(agent, request))
        OnboardingRequest.objects.update(state="failed")
        response = customer.client.post(customer.url("again"), follow=True)
        assert response.status_code == 200


class TestForm:
    @pytest.mark.parametrize(
        ("said", "field", "words"),
        [
            ({"type": "Spaceship"}, "type", "not on offer"),
            ({"type": "EV", "manufacturer": "Lada"}, "manufacturer", "not on offer for your device"),
            ({"manufacturer": "Audi"}, "manufacturer", "Choose the type first"),
            ({"type": "EV", "answer.vin": GUIDES_VIN}, "answer.vin", "Enter the manufacturer too"),
            (CAR | {"answer.ean": "541448820000000008"}, "answer.ean", "Audi does not ask for this."),
            (CAR | {"answer.vin": "WA1"}, "answer.vin", "14"),
            ({"contact_email": "ann@"}, "contact_email", "complete e-mail address"),
            ({"_mail": "yes"}, "contact_email", "Enter the address to which the link is mailed."),
            ({"tenant_id": "17"}, "tenant_id", "Enter a valid UUID."),
            ({"return_address": "https://evil.example/"}, "return_address", "RETURN_HOSTS"),
        ],
    )
    def test_says_by_field_what_does_not_fit_and_keeps_all(
        self, agent: Client, said: dict[str, str], field: str, words: str
    ) -> None:
        response = agent.post(PREPARE, said | {"own_reference": "K-17"})
        form = response.context["form"]
        assert set(form.errors) == {field}
        assert words in str(form.errors[field])
        page = response.content.decode()
        for name, value in said.items():
            if name in form.fields and name != "type":
                assert f'value="{value}"' in page
        assert 'value="K-17"' in page
        assert not OnboardingRequest.objects.exists()

    def test_asks_for_what_the_chosen_manufacturer_needs_and_no_more(self, agent: Client) -> None:
        assert self.asked(agent.get(PREPARE)) == ["type"]
        assert self.asked(agent.get(PREPARE, {"type": "EV"})) == ["type", "manufacturer"]
        assert self.asked(agent.get(PREPARE, {"type": "EV", "manufacturer": "Audi"})) == [
            *("type", "manufacturer", "answer.vin")
        ]

    def test_shows_the_fields_of_another_choice_and_keeps_what_was_typed(self, agent: Client) -> None:
        typed = {"contact_email": ADDRESS, "own_reference": "K-17", "key": "k" * 32, "answer.vin": GUIDES_VIN}
        response = agent.post(PREPARE, {"type": "SmartMeter", "manufacturer": "Fluvius", **typed, "_choose": "1"})
        assert "answer.ean" in self.asked(response)
        assert "answer.vin" not in self.asked(response)
        page = response.content.decode()
        assert all(f'value="{value}"' in page for value in (ADDRESS, "K-17", "k" * 32))
        assert "errorlist" not in page
        assert not OnboardingRequest.objects.exists()

    def test_offers_the_manufacturers_of_the_chosen_type(self, agent: Client) -> None:
        availability.pause_manufacturer("EV", "BMW", notes={})
        page = agent.get(PREPARE, {"type": "EV"}).content.decode()
        assert '<option value="Audi">Audi</option>' in page
        assert '<option value="BMW">BMW (paused)</option>' in page
        assert "Fluvius" not in page

    @staticmethod
    def asked(response: Any) -> list[str]:
        """Name the fields about the device."""
        return [field.name for field, _question in response.context["form"].device_fields()]

    def test_does_not_invite_to_what_is_paused(self, agent: Client) -> None:
        availability.pause_manufacturer("EV", "Audi", notes={})
        response = agent.post(PREPARE, CAR)
        assert "Audi cannot be connected at the moment" in str(response.context["form"].errors["manufacturer"])

    def test_asks_once_about_what_is_unusual(self, agent: Client) -> None:
        said = CAR | {"answer.vin": VOLKSWAGENS_VIN}
        response = agent.post(PREPARE, said)
        page = response.content.decode()
        assert "Volkswagen" in text_of(response)
        confirmed = re.findall(r'name="confirmed" value="([^"]+)"', page)
        assert confirmed == [VOLKSWAGENS_VIN]
        request = prepare(agent, **said, confirmed=VOLKSWAGENS_VIN)
        assert request.confirmed == {"vin": VOLKSWAGENS_VIN}

    def test_asks_once_about_an_address_that_is_probably_mistyped(self, agent: Client) -> None:
        said = {"contact_email": "ann@gmial.com", "_mail": "yes"}
        response = agent.post(PREPARE, said)
        assert "Did you mean ann@gmail.com?" in text_of(response)
        assert 'name="confirmed" value="ann@gmial.com"' in response.content.decode()
        request = prepare(agent, **said, confirmed="ann@gmial.com")
        assert (request.contact_email, request.confirmed) == ("ann@gmial.com", {})

    def test_prepares_once_however_often_it_is_sent(self, agent: Client) -> None:
        key = agent.get(PREPARE).context["form"].initial["key"]
        for _click in range(2):
            prepare(agent, **CAR, **BY_MAIL, key=key)
        assert OnboardingRequest.objects.count() == Invitation.objects.count() == Mail.objects.count() == 1

    def test_carries_nothing_inline(self, agent: Client) -> None:
        page = agent.get(PREPARE).content.decode()
        assert re.findall(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)[^>]*>|<style|\sstyle=", page) == []


class TestLink:
    def test_is_shown_once_and_the_same_until_it_is_over(self, agent: Client) -> None:
        request = prepare(agent)
        first = shown_link(agent, request)
        assert shown_link(agent, request) == first
        for page in (page_of(request), LIST):
            assert first.split("/")[2] not in agent.get(page).content.decode()
        AccessLink.objects.update(expires_at=timezone.now())
        assert shown_link(agent, request) != first

    def test_is_a_disclosure(self, agent: Client) -> None:
        response = agent.post(page_of(prepare(agent), "link"))
        assert "no-store" in response.headers["Cache-Control"]
        (event,) = Event.objects.filter(name="revealed")
        assert event.detail == {"by": "agent-ann", "field": "link"}
        assert "agent-ann looked at: link to the request." in text_of(
            sign_in("auditor").get("/admin/onboarding/disclosure/")
        )

    def test_is_mailed_but_not_shown_to_who_may_not_see_what_it_opens(
        self, agent: Client, django_user_model: Any
    ) -> None:
        group = django_user_model.objects.get(username="agent-ann").groups.get()
        group.permissions.remove(*group.permissions.filter(codename="reveal_identifiers"))
        request = prepare(agent, contact_email=ADDRESS)
        assert page_of(request, "link") not in agent.get(page_of(request)).content.decode()
        assert agent.post(page_of(request, "link")).status_code == 403
        agent.post(page_of(request, "invite"))
        assert Mail.objects.filter(kind="invitation").exists()

    def test_that_expired_says_so_and_mails_another(self, agent: Client) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        send_mails()
        AccessLink.objects.update(expires_at=timezone.now())
        browser, link = Client(), link_in(outgoing.outbox[0])
        assert "fourteen days" in text_of(browser.get(link))
        browser.post(link)
        send_mails()
        assert customer_of(request, link_in(outgoing.outbox[-1])).get("check").status_code == 200
        assert Invitation.objects.get().opened_at

    def test_is_a_press_of_a_button(self, agent: Client) -> None:
        request = prepare(agent, contact_email=ADDRESS)
        before = everything()
        assert {agent.get(page_of(request, page)).status_code for page in ("link", "invite")} == {405}
        assert everything() == before

    @pytest.mark.parametrize("page", ["link", "invite"])
    def test_is_for_what_the_customer_still_answers(self, agent: Client, customer: Customer, page: str) -> None:
        request = customer.submit().request
        response = agent.post(page_of(request, page), follow=True)
        assert "There is nothing for the customer to answer any more." in text_of(response)
        assert not Invitation.objects.exists()

    def test_leads_back_to_what_a_customer_began(self, agent: Client, customer: Customer) -> None:
        request = customer.start().choose("EV", "Audi").request
        elsewhere = customer_of(request, shown_link(agent, request))
        assert elsewhere.get("identify").status_code == 200
        assert customer.get("identify").status_code == 200
        assert Invitation.objects.get().by == "agent-ann"


class TestMail:
    def test_waits_once_and_can_be_sent_again(self, agent: Client) -> None:
        request = prepare(agent, **BY_MAIL)
        agent.post(page_of(request, "invite"))
        send_mails()
        assert subjects() == ["Your invitation: your device"]
        agent.post(page_of(request, "invite"))
        send_mails()
        assert len(outgoing.outbox) == 2
        assert len({link_in(message) for message in outgoing.outbox}) == 2

    def test_needs_an_address(self, agent: Client) -> None:
        response = agent.post(page_of(prepare(agent), "invite"), follow=True)
        assert "There is no e-mail address" in text_of(response)
        assert not Mail.objects.exists()
        assert not Event.objects.filter(name="invitation-sent").exists()

    def test_is_not_sent_once_the_customer_agreed(self, agent: Client) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        customer_of(request, shown_link(agent, request)).consent()
        send_mails()
        assert subjects() == ["Receipt: You agreed"]

    def test_reminds_nobody_who_did_not_come(self, agent: Client) -> None:
        prepare(agent, **CAR, **BY_MAIL)
        send_mails()
        let_mails_wait(30 * 24 * 3600)
        send_mails()
        assert len(outgoing.outbox) == 1

    @pytest.mark.parametrize("is_void", [False, True])
    def test_reminds_nobody_whose_address_was_corrected_before_they_came(self, agent: Client, is_void: bool) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        if is_void:
            customer_of(request, shown_link(agent, request))
            invitations.void_invitation(request, by="ann", reason="Somebody else.")
        assert operations.reassign_email(request, contact_email="right@example.org", by="ann", reason="Mistyped.")
        let_mails_wait(30 * 24 * 3600)
        send_mails()
        assert not outgoing.outbox

    def test_reminds_who_came_like_anybody_else(self, agent: Client) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        send_mails()
        for _time in range(2):
            customer_of(request, link_in(outgoing.outbox[0]))
        let_mails_wait(3600)
        send_mails()
        assert subjects()[1:] == ["Not finished yet: Electric car, Audi"]


class TestVoid:
    def test_shuts_out_who_came_by_a_link(self, agent: Client) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        customer = customer_of(request, link := shown_link(agent, request))
        agent.post(page_of(request, "void"), {"reason": "Sent to somebody else."})
        assert customer.get("check").status_code == 404
        assert Client().get(link).status_code == 404
        send_mails()
        assert not outgoing.outbox
        event = Event.objects.get(name="invitation-voided")
        assert event.detail == {"by": "agent-ann", "reason": "Sent to somebody else."}
        assert "agent-ann made the invitation void" in text_of(agent.get(page_of(request)))

    def test_keeps_reminders_from_bringing_a_new_link(self, agent: Client) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        customer_of(request, shown_link(agent, request))  # from now on they are reminded
        agent.post(page_of(request, "void"), {"reason": "Sent to somebody else."})
        assert not request.mails.filter(sent_at=None).exclude(to="").exists()

    def test_keeps_what_is_typed_as_its_reason_masked(self, agent: Client) -> None:
        request = prepare(agent, **CAR)
        shown_link(agent, request)
        agent.post(page_of(request, "void"), {"reason": f"Sent to {ADDRESS}, for {GUIDES_VIN}."})
        reason = Event.objects.get(name="invitation-voided").detail["reason"]
        assert ADDRESS not in reason
        assert GUIDES_VIN not in reason

    def test_leaves_alone_what_the_customer_agreed_to(self, agent: Client, customer: Customer) -> None:
        customer.submit()
        page = text_of(agent.post(page_of(customer.request, "void"), {"reason": "Mistake."}, follow=True))
        assert "There is nothing for the customer to answer any more." in page
        assert not Event.objects.filter(name="invitation-voided").exists()

    def test_leaves_a_customers_own_browser_alone(self, agent: Client, customer: Customer) -> None:
        request = customer.start().request
        shown_link(agent, request)
        agent.post(page_of(request, "void"), {"reason": "Mistake."})
        assert customer.get("type").status_code == 200

    def test_needs_a_reason(self, agent: Client) -> None:
        request = prepare(agent)
        link = shown_link(agent, request)
        assert "This field is required." in text_of(agent.post(page_of(request, "void"), {"reason": " "}))
        assert Client().get(link).status_code == 200

    def test_can_be_followed_by_another_invitation(self, agent: Client) -> None:
        request = prepare(agent)
        old = shown_link(agent, request)
        agent.post(page_of(request, "void"), {"reason": "Mistake."})
        assert shown_link(agent, request) != old


class TestList:
    def test_tells_who_invited_whom_and_where_it_stopped(self, agent: Client) -> None:
        first, second = prepare(agent, **CAR, **BY_MAIL), prepare(sign_in("supervisor"), type="EV")
        customer_of(first, shown_link(agent, first))
        page = text_of(agent.get(LIST))
        assert page.index("supervisor-ann") < page.rindex("agent-ann")
        for told in ("a•••@example.org", "Answering: checking and agreeing", "Answering: the manufacturer", "not yet"):
            assert told in page
        for secret in (ADDRESS, GUIDES_VIN):
            assert secret not in page
        assert second.spoken_support_code in page

    @pytest.mark.parametrize(("query", "count"), [({"opened": "yes"}, 1), ({"opened": "no"}, 2), ({"by": "me"}, 2)])
    def test_is_filtered(self, agent: Client, query: dict[str, str], count: int) -> None:
        first = prepare(agent)
        prepare(agent)
        prepare(sign_in("supervisor"))
        customer_of(first, shown_link(agent, first))
        assert len(agent.get(LIST, query).context["cl"].result_list) == count

    def test_finds_what_finds_the_request(self, agent: Client) -> None:
        request = prepare(agent, **CAR)
        prepare(agent)
        assert len(agent.get(LIST, {"q": GUIDES_VIN[-6:]}).context["cl"].result_list) == 1
        assert agent.get(f"{LIST}{request.invitation.pk}/change/").headers["Location"] == page_of(request)

    def test_costs_the_same_however_many_there_are(
        self, agent: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _one in range(5):
            prepare(agent, **CAR)
        agent.get("/admin/")  # what stands in the navigation is counted once for some seconds
        with django_assert_max_num_queries(9):
            assert len(agent.get(LIST).context["cl"].result_list) == 5

    def test_is_there_before_a_list_of_devices_is(self, agent: Client) -> None:
        request = OnboardingRequest.objects.create(browser="")
        Invitation.objects.create(request=request, key="1", by="ann")
        assert "Answering: what it is" in text_of(agent.get(LIST))


class TestPage:
    def test_of_a_request_tells_of_the_invitation_within_its_queries(
        self, agent: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        send_mails()
        customer_of(request, link_in(outgoing.outbox[0]))
        agent.get("/admin/")  # what stands in the navigation is counted once for some seconds
        with django_assert_max_num_queries(16):
            page = text_of(agent.get(page_of(request)))
        for told in ("by agent-ann", "for a•••@example.org", "Where it stopped", "holds until"):
            assert told in page

    @pytest.mark.parametrize("role", ["viewer", "auditor"])
    def test_shows_it_without_buttons_to_who_only_looks(self, agent: Client, role: str) -> None:
        request = prepare(agent, **CAR, **BY_MAIL)
        shown_link(agent, request)
        page = sign_in(role).get(page_of(request)).content.decode()
        assert "by agent-ann" in page
        for door in ("invite", "link", "void", "assist"):
            assert page_of(request, door) not in page
            assert page_of(request, door) in agent.get(page_of(request)).content.decode()

    def test_says_nothing_about_it_when_there_is_nothing_to_say(self, agent: Client, customer: Customer) -> None:
        request = customer.submit().request
        assert "invitation-heading" not in agent.get(page_of(request)).content.decode()


class TestTimeline:
    def test_tells_who_did_what_and_no_value(self, agent: Client) -> None:
        request = prepare(agent, **CAR, **BY_MAIL, own_reference="K-17")
        page = text_of(agent.get(page_of(request)))
        for told in (
            "agent-ann prepared this for a customer.",
            "agent-ann filled in for the customer: manufacturer, type, Vehicle identification number (VIN).",
            "agent-ann had an invitation mailed to the customer.",
        ):
            assert told in page
        details = str([event.detail for event in Event.objects.all()])
        assert not [secret for secret in (GUIDES_VIN, ADDRESS, "K-17") if secret in details]
