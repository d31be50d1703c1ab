"""Erasing: what goes, what stays, what has to be over before, and that nothing in flight is lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail as mailbox
from django.test import Client
from django.utils import timezone

from onboarding.access.links import make_link
from onboarding.catalogue.catalogue import Catalogue
from onboarding.delivery import submission
from onboarding.intake import access_links, contact, draft
from onboarding.models import (
    AccessLink,
    BulkJob,
    Consent,
    Erasure,
    Event,
    Holder,
    Mail,
    OnboardingRequest,
    Tombstone,
    WebhookDelivery,
    Wish,
)
from onboarding.platform_api.resources import OnboardingRequest as Resource
from onboarding.portal import pages
from onboarding.privacy import erasure, own_data
from onboarding.request.contact import address_hash
from onboarding.support import bulk, disclosures, operations
from sandbox import magic
from sandbox.models import SandboxOffboarding
from tests.customers import GUIDES_VIN, Customer, claimed, work, work_until
from tests.onboarding.portal.test_wizard import text_of
from tests.receiver import endpoint

pytestmark = pytest.mark.django_db

JAN, VICTIM = "jan.peeters@mail.example", "somebody.else@mail.example"
# What identifies the customer below; each is found nowhere else.
TRACES = (JAN, GUIDES_VIN, "CUST-778812", "https://company.example/back?customer=zz61qwp", "Wilhelmina Quist")


def row_of(customer: Customer) -> OnboardingRequest:
    return OnboardingRequest.objects.get(reference=customer.reference)


def came_by_mail(customer: Customer) -> Client:
    """Give another browser that holds a draft by a link that was mailed to its address."""
    customer.start().choose("EV", "Audi")
    customer.post("elsewhere", contact_email=JAN)
    work()
    browser, link = Client(), AccessLink.objects.get(mail__kind="link")
    browser.post(f"/continue/{link.token}/")
    return browser


def change(customer: Customer, **columns: Any) -> None:
    OnboardingRequest.objects.filter(reference=customer.reference).update(**columns)


def cells() -> Iterator[str]:
    """Give everything that is stored in the portal's tables, as text."""
    for model in apps.get_app_config("onboarding").get_models():
        for row in model._base_manager.all():
            yield from (str(getattr(row, field.attname)) for field in model._meta.concrete_fields)


def left_of(*traces: str) -> set[str]:
    return {trace for cell in cells() for trace in traces if trace in cell}


@pytest.fixture
def connected(customer: Customer) -> Customer:
    """One with a device, an address, and everything that can belong to it."""
    customer.start().choose("EV", "Audi")
    change(customer, contact_email=JAN, own_reference=TRACES[2], return_address=TRACES[3])
    customer.post("identify", vin=GUIDES_VIN)
    customer.consent()
    work_until(customer.request, "connected")
    request = row_of(customer)
    request.rebuild_keys()
    contact.send_link(request)
    make_link(request, AccessLink.Kind.PHONE)
    operations.add_note(request, note="Spoke to Wilhelmina Quist.", by="ann")
    disclosures.reveal(request, "contact_email", by="ann")
    disclosures.note_export(request, by="ann", reason="Wilhelmina Quist asked.")
    work()
    mailbox.outbox.clear()
    return customer


def finish(customer: Customer) -> OnboardingRequest:
    """Let workers do all that is left: disconnect, write the last mails, erase."""
    request = row_of(customer)
    work_until(request, "withdrawn", "failed", "canceled")
    erasure.settle_erasures()
    work()
    erasure.settle_erasures()
    return row_of(customer)


class TestConnectedDevice:
    def test_is_disconnected_first_with_a_record_of_it(self, connected: Customer) -> None:
        connected.post("erase")
        assert row_of(connected).state == "withdrawing"
        record = Consent.objects.first()
        assert record
        assert (record.kind, record.channel) == ("withdrawn", "self")
        assert record.act == "You read what erasing means and pressed “Erase it”."
        assert row_of(connected).contact_email == JAN

    def test_leaves_nothing_that_identifies_anybody(self, connected: Customer) -> None:
        assert left_of(*TRACES) == set(TRACES)
        connected.post("erase")
        row = finish(connected)
        assert left_of(*TRACES, row.browser or "?") == set()
        assert SandboxOffboarding.objects.exists()

    def test_leaves_an_anonymous_record(self, connected: Customer) -> None:
        connected.post("erase")
        row = finish(connected)
        asked = Erasure.objects.get()
        assert (asked.request, asked.asker, asked.reason) == (row, "customer", "")
        assert asked.done_at
        assert {record.kind for record in row.consents.all()} == {"given", "withdrawn"}
        assert [record.problems() for record in row.consents.all()] == [[], []]
        assert set(row.events.values_list("name", flat=True)) == {"erased", "revealed", "evidence-exported"}
        for belonging in (row.mails, row.links, row.holders, row.webhooks, row.transactions):
            assert not belonging.exists()

    def test_writes_a_last_mail_before_the_address_goes(self, connected: Customer) -> None:
        connected.post("erase")
        finish(connected)
        subjects = [message.subject for message in mailbox.outbox]
        assert subjects[-1] == "Erased: Electric car, Audi"
        assert {message.to[0] for message in mailbox.outbox} == {JAN}
        assert "http" not in str(mailbox.outbox[-1].body)

    def test_is_kept_while_the_last_mail_waits(self, connected: Customer) -> None:
        connected.post("erase")
        work_until(row_of(connected), "withdrawn")
        erasure.settle_erasures()
        assert Mail.objects.filter(kind="erased", due_at__isnull=False).exists()
        assert row_of(connected).contact_email == JAN

    def test_waits_a_day_for_a_mail_that_cannot_be_sent_and_no_longer(self, connected: Customer) -> None:
        connected.post("erase")
        work_until(row_of(connected), "withdrawn")
        erasure.settle_erasures()
        Mail.objects.filter(kind="erased").update(due_at=timezone.now() + timedelta(days=2))
        Erasure.objects.update(told_at=timezone.now() - timedelta(hours=23))
        assert erasure.settle_erasures() == 0
        Erasure.objects.update(told_at=timezone.now() - timedelta(hours=25))
        assert erasure.settle_erasures() == 1
        assert left_of(*TRACES) == set()

    def test_is_asked_for_twice_and_done_once(self, connected: Customer) -> None:
        connected.post("erase")
        connected.post("erase")
        assert Erasure.objects.count() == Tombstone.objects.count() == 1
        assert Event.objects.filter(name="erasure-asked").count() == 1
        assert Consent.objects.filter(kind="withdrawn").count() == 1
        finish(connected)
        assert Event.objects.filter(name="erased").count() == 1

    def test_is_not_erased_while_staff_are_to_look_at_it(self, connected: Customer) -> None:
        connected.post("erase")
        work_until(row_of(connected), "withdrawn")
        change(connected, needs_staff="several")
        erasure.settle_erasures()
        work()
        assert erasure.settle_erasures() == 0
        change(connected, needs_staff="")
        assert erasure.settle_erasures() == 1

    def test_is_not_erased_before_the_companys_systems_are_told(self, connected: Customer) -> None:
        endpoint()
        connected.post("erase")
        work_until(row_of(connected), "withdrawn")
        told = set(WebhookDelivery.objects.values_list("kind", flat=True))
        assert told == {"request.withdrawn", "device.ended"}
        erasure.settle_erasures()
        work()
        assert erasure.settle_erasures() == 0
        WebhookDelivery.objects.update(due_at=None, delivered_at=timezone.now())
        assert erasure.settle_erasures() == 1

    def test_is_not_erased_while_an_operation_for_many_has_it(self, connected: Customer) -> None:
        row = row_of(connected)
        bulk.start_bulk("add_note", [row.pk], by="ann", page="1", detail={"note": "Called."})
        job = BulkJob.objects.get()
        connected.post("erase")
        BulkJob.objects.update(due_at=timezone.now() + timedelta(days=1))
        finish(connected)
        assert erasure.settle_erasures() == 0
        BulkJob.objects.filter(pk=job.pk).update(finished_at=timezone.now(), due_at=None)
        assert erasure.settle_erasures() == 1


class TestInFlight:
    """What is on its way to the platform is settled first."""

    def test_request_that_was_not_sent_never_is(self, customer: Customer, platform: Catalogue) -> None:
        customer.submit()
        customer.post("erase")
        assert row_of(customer).state == "withdrawn"
        assert row_of(customer).attributes == {}

    def test_attempt_without_an_answer_is_looked_for(self, customer: Customer, platform: Catalogue) -> None:
        customer.submit(vin=magic.BY_ENDING["0502"].vin)
        work()
        assert row_of(customer).state == "unknown"
        customer.post("erase")
        assert row_of(customer).attributes != {}
        erasure.settle_erasures()
        assert row_of(customer).attributes != {}
        row = finish(customer)
        assert (row.state, row.attributes) == ("withdrawn", {})

    def test_answer_that_comes_after_all_is_let_go_of_and_erased_again(
        self, customer: Customer, platform: Catalogue
    ) -> None:
        customer.submit()
        late = claimed(row_of(customer))
        customer.post("erase")
        row = finish(customer)
        assert row.attributes == {}
        answer = Resource(id="5f0c2c1e-aaaa-4bbb-8ccc-0123456789ab", status="InProgress", type="EV")
        submission.keep(late, answer)
        assert row_of(customer).state == "withdrawing"
        assert Erasure.objects.get().done_at is None
        finish(customer)
        assert row_of(customer).platform_id == ""
        assert Erasure.objects.get().done_at

    def test_answer_to_what_staff_closed_is_let_go_of_too(self, customer: Customer, platform: Catalogue) -> None:
        customer.submit()
        late = claimed(row_of(customer))
        change(customer, state="canceled", finished_at=timezone.now(), due_at=None, lease="", lease_expires_at=None)
        customer.post("erase")
        assert row_of(customer).attributes == {}
        submission.keep(late, Resource(id="5f0c2c1e-aaaa-4bbb-8ccc-0123456789ab", status="InProgress", type="EV"))
        assert row_of(customer).state == "following"
        erasure.settle_erasures()
        assert row_of(customer).state == "withdrawing"
        assert row_of(customer).consents.first().kind == "withdrawn"  # type: ignore[union-attr]
        finish(customer)
        assert (row_of(customer).state, row_of(customer).platform_id) == ("withdrawn", "")

    def test_draft_that_was_agreed_to_in_between_is_stopped(self, customer: Customer, platform: Catalogue) -> None:
        customer.submit()
        Erasure.objects.create(request=row_of(customer), asker="customer")
        assert erasure.settle_erasures() == 1
        assert (row_of(customer).state, row_of(customer).attributes) == ("withdrawn", {})


class TestWhatNobodyAgreedTo:
    def test_goes_whole_and_at_once(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        change(customer, contact_email=JAN)
        contact.send_link(row_of(customer))
        page = text_of(customer.client.post(customer.url("erase"), follow=True))
        assert "It is erased." in page
        assert not OnboardingRequest.objects.exists()
        assert not Mail.objects.exists()
        assert Tombstone.objects.count() == 1
        assert left_of(JAN, address_hash(JAN)) == set()

    def test_leaves_who_looked_at_it_and_not_why(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        disclosures.note_export(row_of(customer), by="ann", what="data", reason="Wilhelmina Quist asked.")
        customer.post("erase")
        line = Event.objects.get()
        assert (line.request, line.detail["by"]) == (None, "ann")
        assert left_of(*TRACES) == set()

    def test_waits_for_the_mail_that_a_worker_is_sending(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        change(customer, contact_email=JAN)
        contact.send_link(row_of(customer))
        Mail.objects.update(lease="held", lease_expires_at=timezone.now() + timedelta(minutes=1))
        customer.post("erase")
        assert erasure.settle_erasures() == 0
        Mail.objects.update(lease="", lease_expires_at=None)
        assert erasure.settle_erasures() == 1
        assert not OnboardingRequest.objects.exists()


class TestOwnPage:
    def test_says_what_goes_what_stays_and_what_becomes_of_the_device(self, connected: Customer) -> None:
        page = text_of(connected.get("erase"))
        for words in ("What goes", "What stays", "It is disconnected first", "one last mail", "cannot be undone"):
            assert words in page
        assert not Erasure.objects.exists()

    def test_says_of_a_draft_only_what_is_true_of_it(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi")
        page = text_of(customer.get("erase"))
        assert "What stays" not in page
        assert "It is disconnected first" not in page
        assert "no mail says when it is done" in page

    def test_is_led_to_from_the_device_until_it_was_asked_for(self, connected: Customer) -> None:
        assert "Erase this device" in text_of(connected.get("device"))
        connected.post("erase")
        page = text_of(connected.get("device"))
        assert "Erase this device" not in page
        assert "You asked us to erase it." in page

    def test_is_nobody_elses(self, connected: Customer, stranger: Customer) -> None:
        stranger.start().choose("EV", "Audi")
        for send in (stranger.client.get, stranger.client.post):
            assert send(connected.url("erase")).status_code == 404
        assert not Erasure.objects.exists()

    def test_erases_everything_of_this_browser_and_nothing_else(self, connected: Customer, stranger: Customer) -> None:
        stranger.submit()
        another = Customer(connected.client)
        another.start().choose("EV", "Volkswagen")
        page = text_of(connected.client.post("/my-data/erase/", follow=True))
        assert "Being erased" in page
        assert "Audi" in page
        assert "Volkswagen" not in page
        finish(connected)
        assert "This browser holds nothing of yours." in text_of(connected.client.get("/my-data/"))
        assert row_of(stranger).attributes
        assert row_of(stranger).state != "withdrawn"

    def test_erases_wishes_only_of_an_address_that_was_proved(self, connected: Customer) -> None:
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        Wish.objects.create(manufacturer="Lada", contact_email="other@mail.example", language="en")
        connected.client.post("/my-data/erase/")
        assert Wish.objects.count() == 2  # anybody may type an address
        by_mail = Client()
        link = AccessLink.objects.filter(mail__kind="link").get()
        by_mail.post(f"/continue/{link.token}/")
        by_mail.post("/my-data/erase/")
        assert [wish.contact_email for wish in Wish.objects.all()] == ["other@mail.example"]

    def test_erases_wishes_together_with_the_draft_by_which_they_were_proved(self, customer: Customer) -> None:
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        by_mail = came_by_mail(customer)
        by_mail.post("/my-data/erase/")
        assert not OnboardingRequest.objects.exists()
        assert not Wish.objects.exists()


def typed_a_wishers_address(customer: Customer) -> Client:
    """Give a browser that came by mail, and then gave the address of somebody else, who wishes for something."""
    browser = came_by_mail(customer)
    Wish.objects.create(manufacturer="Lada", contact_email=VICTIM, language="en")
    browser.post(customer.url("elsewhere"), {"contact_email": VICTIM})
    return browser


class TestAddressThatWasTyped:
    """By a browser that came by a link which was mailed to another one."""

    def test_gives_nobody_elses_wishes(self, customer: Customer) -> None:
        browser = typed_a_wishers_address(customer)
        assert row_of(customer).contact_email == VICTIM
        assert "Lada" not in text_of(browser.get("/my-data/"))
        browser.post("/my-data/erase/")
        assert Wish.objects.get().contact_email == VICTIM

    def test_gives_none_either_when_it_was_typed_with_the_consent(self, customer: Customer) -> None:
        browser = came_by_mail(customer)
        Wish.objects.create(manufacturer="Lada", contact_email=VICTIM, language="en")
        here = Customer(browser)
        here.reference = customer.reference
        here.post("identify", vin=GUIDES_VIN)
        page = pages.page_sha256(here.request)
        here.post("check", consent="on", page_sha256=page, contact_email=VICTIM)
        assert row_of(customer).contact_email == VICTIM
        browser.post("/my-data/erase/")
        assert Wish.objects.get().contact_email == VICTIM

    def test_gives_none_by_the_next_try(self, customer: Customer) -> None:
        browser = typed_a_wishers_address(customer)
        change(customer, state="failed", finished_at=timezone.now(), due_at=None)
        draft.start_again(row_of(customer))
        assert Holder.objects.filter(address=address_hash(VICTIM)).count() == 2
        browser.post("/my-data/erase/")
        assert Wish.objects.exists()

    def test_gives_none_by_a_code_for_another_device(self, customer: Customer) -> None:
        typed_a_wishers_address(customer)
        shown = access_links.phone_link(row_of(customer), browser=Holder.objects.get().browser)
        phone = Client()
        phone.post(f"/continue/{shown.token}/")  # type: ignore[union-attr]
        assert Holder.objects.filter(address=address_hash(VICTIM)).count() == 2
        phone.post("/my-data/erase/")
        assert Wish.objects.exists()

    def test_gives_them_once_a_link_was_mailed_there_and_opened(self, customer: Customer) -> None:
        browser = typed_a_wishers_address(customer)
        work()
        link = AccessLink.objects.get(mail__kind="link", revoked_at=None)
        browser.post(f"/continue/{link.token}/")
        browser.post("/my-data/erase/")
        assert not Wish.objects.exists()


class TestPerson:
    """All requests of an address, as staff ask for it."""

    def test_is_erased_over_all_requests(self, connected: Customer, stranger: Customer) -> None:
        stranger.start().choose("EV", "BMW")
        change(stranger, contact_email=JAN.upper().replace("MAIL.EXAMPLE", "mail.example"))
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        assert erasure.ask_for_address(f" {JAN} ", by="ann", reason=f"{JAN} wrote.") == 2
        assert not Wish.objects.exists()
        asked = Erasure.objects.get()
        assert (asked.by, asked.reason) == ("ann", "j•••@mail.example wrote.")
        finish(connected)
        assert left_of(*TRACES, "JAN.PEETERS") == set()
        assert Consent.objects.latest("pk").channel == "assisted"

    def test_is_forgotten_where_another_address_stands_by_now(self, connected: Customer) -> None:
        operations.reassign_email(row_of(connected), contact_email="new@mail.example", by="ann", reason="Asked.")
        Holder.objects.create(request=row_of(connected), browser="b", address=address_hash(JAN))
        assert erasure.ask_for_address(JAN, by="ann", reason="Asked.") == 0
        assert left_of(JAN) == set()
        assert row_of(connected).contact_email == "new@mail.example"

    def test_who_only_wished_leaves_who_looked_and_not_why(self, db: None) -> None:
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        other = Wish.objects.create(manufacturer="Lada", contact_email=VICTIM, language="en")
        for address, why in ((JAN, "Wilhelmina Quist asked."), (VICTIM, "Somebody else asked.")):
            own_data.copy_of_address(address, by="ann", reason=why)
        erasure.ask_for_address(JAN, by="ann", reason="Wilhelmina Quist asked.")
        assert left_of(*TRACES) == set()
        assert Event.objects.filter(name="data-exported", by="ann").count() == 2
        kept = Event.objects.latest("pk").detail
        assert (kept["on"], kept["reason"]) == (f"wish {other.pk}", "Somebody else asked.")

    def test_stays_in_sight_of_who_came_by_mail_until_it_is_gone(self, connected: Customer) -> None:
        by_mail = Client()
        link = AccessLink.objects.filter(mail__kind="link").get()
        by_mail.post(f"/continue/{link.token}/")
        erasure.ask_for_address(JAN, by="ann", reason="Asked.")
        assert "Being erased" in text_of(by_mail.get("/my-data/"))
        finish(connected)
        assert by_mail.get(connected.url("device")).status_code == 404

    def test_that_nobody_knows_costs_nothing(self, connected: Customer) -> None:
        assert erasure.ask_for_address("nobody@mail.example", by="ann", reason="Asked.") == 0
        assert row_of(connected).state == "connected"


class TestTrouble:
    def test_with_one_holds_up_no_other(
        self, customer: Customer, stranger: Customer, platform: Catalogue, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for one in (customer, stranger):
            one.submit()
            Erasure.objects.create(request=row_of(one), asker="customer")
            change(one, state="failed", finished_at=timezone.now(), due_at=None)
        broken, real = row_of(customer).pk, erasure.requests.strip

        def strip(keys: list[int]) -> list[OnboardingRequest]:
            if broken in keys:
                raise ValueError("a row that nobody expected")
            return real(keys)

        monkeypatch.setattr(erasure.requests, "strip", strip)
        assert erasure.settle_erasures() == 1
        assert row_of(stranger).attributes == {}
        assert row_of(customer).attributes != {}
