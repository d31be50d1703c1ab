"""Mails: queued with what they tell, sent once, only while still true, and the ladder of reminders."""

import smtplib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.catalogue import refresh
from onboarding.consent import records
from onboarding.intake import draft, withdrawal
from onboarding.mail import outbox
from onboarding.models import Event, Mail, OnboardingRequest
from sandbox import bench, magic
from tests.customers import Customer, do, let_time_pass, work, work_until

ADDRESS = "ann@example.org"
DAY = 24 * 3600


def submit(customer: Customer, ending: str = "0803", address: str = ADDRESS) -> OnboardingRequest:
    customer.start().choose("EV", "Audi").post("identify", vin=magic.BY_ENDING[ending].vin)
    page = customer.get("check")
    customer.post("check", consent="on", page_sha256=page.context["page_sha256"], contact_email=address)
    return customer.request


def send_mails() -> None:
    """Do what a worker does about mails, once."""
    work()


def let_mails_wait(seconds: float) -> None:
    ago = timedelta(seconds=seconds)
    Mail.objects.filter(due_at__isnull=False).update(due_at=F("due_at") - ago)
    Mail.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=F("lease_expires_at") - ago)
    OnboardingRequest.objects.update(seen_at=None)


def subjects() -> list[str]:
    return [message.subject for message in outgoing.outbox]


class TestTurn:
    @pytest.mark.django_db
    @pytest.mark.parametrize("kind", ["invitation", "quiet", "expiring", "asked-again", "available"])
    def test_of_a_link_comes_before_what_many_get_at_once(self, kind: str) -> None:
        for number in range(3):
            outbox.queue(f"many:{number}", timezone.now() - timedelta(minutes=5), kind=kind, to=ADDRESS)
        outbox.queue("link", None, kind="link", to=ADDRESS)
        kinds = [Mail.held_by(outbox.claim()).get().kind for _time in range(4)]
        assert kinds == ["link", kind, kind, kind]


class TestWay:
    def test_from_consent_to_connected_is_told_twice(self, customer: Customer) -> None:
        request = submit(customer)
        work_until(request, "connected")
        send_mails()
        assert subjects() == ["Receipt: You agreed", "Connected: Electric car, Audi"]
        assert all(message.to == [ADDRESS] for message in outgoing.outbox)

    def test_to_failure_and_out_again_is_told(self, customer: Customer) -> None:
        request = submit(customer, "0700")
        work_until(request, "failed")
        send_mails()
        assert subjects()[-1] == "Audi could not reach your car: Electric car, Audi"

    def test_out_is_told_with_a_receipt_and_when_it_is_over(self, customer: Customer) -> None:
        request = work_until(submit(customer), "connected")
        customer.post("stop")
        work_until(request, "withdrawn")
        send_mails()
        assert subjects()[-2:] == [
            "Receipt: Your consent is taken back",
            "Your device is disconnected: Electric car, Audi",
        ]

    def test_out_of_a_step_that_was_never_done_asks_nobody_to_do_it(self, customer: Customer) -> None:
        request = submit(customer, "0800")
        while not request.has_action:
            let_time_pass(request, 60)
            work()
            request.refresh_from_db()
        customer.post("stop")
        work_until(request, "withdrawn")
        send_mails()
        assert outgoing.outbox[-1].subject == "Your device is disconnected: Electric car, Audi"
        assert "nothing new is read" in outgoing.outbox[-1].body

    def test_is_told_to_nobody_without_an_address(self, customer: Customer) -> None:
        work_until(submit(customer, address=""), "connected")
        send_mails()
        assert not outgoing.outbox
        assert not Mail.objects.exists()

    def test_asks_for_an_address_that_can_be_one(self, customer: Customer) -> None:
        submit(customer, address="ann@")
        assert customer.request.state == "draft"
        assert not Mail.objects.exists()

    def test_is_not_told_when_it_did_not_happen(self, customer: Customer) -> None:
        request = submit(customer)
        Mail.objects.all().delete()
        with transaction.atomic():
            withdrawal.withdraw(request, records.ConsentAct("x"))
            transaction.set_rollback(True)
        assert not Mail.objects.exists()


class TestLetter:
    def test_has_the_receipt_as_pdf_and_a_link_that_works(self, customer: Customer) -> None:
        submit(customer)
        send_mails()
        receipt = outgoing.outbox[0]
        [(name, content, kind)] = receipt.attachments
        assert (name[:8], content[:5], kind) == ("receipt-", b"%PDF-", "application/pdf")
        elsewhere = Client()
        url = link_in(receipt)
        assert elsewhere.get(url).status_code == 200
        assert elsewhere.post(url).headers["Location"] == f"/onboarding/{customer.reference}/"
        assert elsewhere.get(customer.url("device")).status_code == 200

    def test_says_the_same_as_text_and_as_html(self, customer: Customer) -> None:
        submit(customer)
        send_mails()
        message = outgoing.outbox[0]
        assert link_in(message) in message.alternatives[0].content
        assert "<style" not in message.alternatives[0].content
        assert "src=" not in message.alternatives[0].content  # nothing that tells us who opened it

    def test_does_not_start_a_conversation_of_machines(self, customer: Customer) -> None:
        submit(customer)
        send_mails()
        headers = outgoing.outbox[0].message()
        assert headers["Auto-Submitted"] == "auto-generated"
        assert headers["Message-ID"] == f"<mail-{Mail.objects.get(kind='receipt').pk}@localhost>"

    def test_puts_neither_vin_nor_address_on_the_timeline(self, customer: Customer) -> None:
        request = submit(customer)
        send_mails()
        told = str([event.detail for event in Event.objects.filter(request=request)])
        assert ADDRESS not in told
        assert magic.BY_ENDING["0803"].vin not in told


class TestSending:
    def test_happens_once_however_often_the_task_runs(self, customer: Customer) -> None:
        submit(customer)
        for _time in range(3):
            do(Mail.objects.get())
        assert len(outgoing.outbox) == 1
        assert Event.objects.filter(name="mail-sent").count() == 1

    def test_happens_once_when_a_task_comes_again_while_it_is_at_it(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        submit(customer)
        token = outbox.claim()

        def come_again(*_mail: object) -> None:
            outbox.send_mail.call(token)
            sent.append(token)

        sent: list[str] = []
        monkeypatch.setattr(outbox, "post", come_again)
        outbox.send_mail.call(token)
        assert sent == [token]

    def test_is_left_to_the_worker_that_is_at_it(self, customer: Customer) -> None:
        submit(customer)
        Mail.objects.update(lease="other", lease_expires_at=timezone.now() + timedelta(minutes=1))
        do(Mail.objects.get())
        assert not outgoing.outbox

    def test_is_made_good_when_a_worker_died(self, customer: Customer) -> None:
        submit(customer)
        Mail.objects.update(lease="of the dead", lease_expires_at=timezone.now())
        work()
        assert len(outgoing.outbox) == 1

    def test_is_tried_again_after_trouble(self, customer: Customer, settings: Settings) -> None:
        settings.MAILERS = {"default": {"BACKEND": "tests.onboarding.mail.test_outbox.Unreachable"}}
        submit(customer)
        send_mails()
        mail = Mail.objects.get()
        assert (mail.failures, mail.sent_at, mail.ended) == (1, None, "")
        assert mail.due_at
        assert mail.due_at > timezone.now() + timedelta(seconds=20)
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        let_mails_wait(60)
        send_mails()
        assert len(outgoing.outbox) == 1

    def test_ends_when_the_server_refuses_the_address(self, customer: Customer, settings: Settings) -> None:
        settings.MAILERS = {"default": {"BACKEND": "tests.onboarding.mail.test_outbox.Refusing"}}
        submit(customer)
        send_mails()
        mail = Mail.objects.get()
        assert (mail.ended, mail.due_at) == ("refused", None)
        assert Event.objects.filter(name="mail-refused").exists()


class TestNeedsYou:
    @pytest.fixture
    def waiting(self, customer: Customer, settings: Settings) -> OnboardingRequest:
        """At the manufacturer's page, with an address on file."""
        settings.SANDBOX_STEP_SECONDS = 30
        request = submit(customer, "0800")
        work()
        bench.let_steps_pass(1)
        let_time_pass(request)
        work()
        assert customer.request.has_action
        outgoing.outbox.clear()
        return customer.request

    def test_is_said_after_a_moment(self, waiting: OnboardingRequest) -> None:
        send_mails()
        assert "One step for you at Audi" not in subjects()
        let_mails_wait(61)
        send_mails()
        assert subjects() == ["One step for you at Audi"]

    def test_is_not_said_to_somebody_who_is_looking_at_it(self, waiting: OnboardingRequest) -> None:
        let_mails_wait(61)
        OnboardingRequest.objects.update(seen_at=timezone.now())
        send_mails()
        assert not subjects()
        assert Mail.objects.get(kind="needs-you").ended == "they are looking at it"

    def test_climbs_the_ladder_and_stops(self, waiting: OnboardingRequest) -> None:
        heard = []
        for _hour in range(24 * 15):
            let_mails_wait(3600)
            send_mails()
            heard.append(len(outgoing.outbox))
        hours = [hour + 1 for hour, count in enumerate(heard) if count != ([0, *heard])[hour]]
        assert hours == [1, 24, 72, 168]
        assert len(outgoing.outbox) == 5
        assert subjects()[-1] == "Still waiting for you: One step for you at Audi"
        assert not Mail.objects.filter(due_at__isnull=False).exists()

    def test_climbs_it_whatever_the_keys_of_the_mails_look_like(self, waiting: OnboardingRequest) -> None:
        mail = Mail.objects.get(kind="reminder")
        mail.to, mail.key = mail.to, "of-another:form"  # its address is sealed for its key
        mail.save()
        let_mails_wait(3700)
        send_mails()
        first, second = Mail.objects.filter(kind="reminder").order_by("step")
        assert (second.step, second.occasion) == (2, first.occasion)
        assert second.occasion == str(waiting.version)

    def test_stops_by_itself_when_it_was_done(self, waiting: OnboardingRequest) -> None:
        bench.allow(waiting.platform_id)
        bench.let_steps_pass(9)
        work_until(waiting, "connected")
        let_mails_wait(2 * DAY)
        send_mails()
        assert subjects() == ["Connected: Electric car, Audi"]
        ended = Mail.objects.filter(kind__in=["needs-you", "reminder"]).values_list("ended", flat=True)
        assert set(ended) == {"no longer their turn"}


class TestDraft:
    def test_with_an_address_is_remembered(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi").post("elsewhere", contact_email=ADDRESS)
        send_mails()
        assert subjects() == ["Your link: Electric car, Audi"]
        let_mails_wait(3601)
        send_mails()
        assert subjects()[1:] == ["Not finished yet: Electric car, Audi"]

    def test_that_was_finished_is_left_alone(self, customer: Customer) -> None:
        customer.start().choose("EV", "Audi").post("elsewhere", contact_email=ADDRESS)
        customer.post("identify", vin=magic.BY_ENDING["0803"].vin)
        customer.consent()
        work_until(customer.request, "connected")
        let_mails_wait(3601)
        send_mails()
        assert "Not finished yet: Electric car, Audi" not in subjects()


class TestWish:
    def test_is_told_once_when_it_comes_true(self, customer: Customer) -> None:
        draft.wish_for(type="EV", manufacturer="Zeekr", contact_email=ADDRESS, language="en")
        assert refresh.refresh_catalogue()
        send_mails()
        assert not subjects()
        bench.offer("EV", "Zeekr", ["vin"])
        for _refresh in range(3):
            assert refresh.refresh_catalogue()
            send_mails()
        assert subjects() == ["Zeekr can be connected now"]
        page = Client().get(link_in(outgoing.outbox[0]))
        assert "Zeekr" in page.content.decode()

    def test_that_is_made_again_is_told_again(self, customer: Customer) -> None:
        for _time in range(2):
            draft.wish_for(type="EV", manufacturer="Audi", contact_email=ADDRESS, language="en")
            assert refresh.refresh_catalogue()
            send_mails()
        assert subjects() == ["Audi can be connected now"] * 2


class TestDesk:
    def test_previews_every_kind(self, admin_client: Client) -> None:
        page = admin_client.get("/admin/onboarding/mail/previews/").content.decode()
        assert "Your link: Electric car, Audi" in page
        for kind in Mail.Kind:
            response = admin_client.get(f"/admin/onboarding/mail/previews/{kind}/")
            assert b"<h1" in response.content
            assert "'unsafe-inline'" in response.headers["Content-Security-Policy"]
            assert "script-src" not in response.headers["Content-Security-Policy"]

    @pytest.mark.parametrize(
        ("language", "said"), [("es", "Su enlace: Coche eléctrico"), ("nl", "Uw link: Elektrische auto")]
    )
    def test_previews_them_in_every_language_that_customers_have(
        self, admin_client: Client, language: str, said: str
    ) -> None:
        page = admin_client.get("/admin/onboarding/mail/previews/", {"language": language}).content.decode()
        assert '<html lang="en' in page
        assert f'<strong lang="{language}">{said}' in page
        letter = admin_client.get("/admin/onboarding/mail/previews/link/", {"language": language}).content.decode()
        assert f'<html lang="{language}">' in letter

    def test_lists_what_was_sent_without_the_address(self, admin_client: Client, customer: Customer) -> None:
        submit(customer)
        send_mails()
        page = admin_client.get("/admin/onboarding/mail/").content.decode()
        assert customer.request.spoken_support_code in page
        assert ADDRESS not in page


class Unreachable(BaseEmailBackend):
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise ConnectionRefusedError(111, "refused")


class Refusing(BaseEmailBackend):
    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        raise smtplib.SMTPRecipientsRefused({ADDRESS: (550, b"no such user")})


def link_in(message: Any) -> str:
    found: str = next(line for line in message.body.splitlines() if line.startswith("http"))
    return found
