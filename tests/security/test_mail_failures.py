"""Nothing about one mail stops the others, holds a worker, or stays unseen: whatever raises, whoever drips."""

import smtplib
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.template import TemplateSyntaxError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.branding import brand, senders
from onboarding.desk import health
from onboarding.mail.outbox import LEASE
from onboarding.mail.smtp import DEADLINE_SECONDS, EmailBackend
from onboarding.models import Brand, Mail, OnboardingRequest, Wish
from realto_portal import checks
from tests.customers import Customer, work
from tests.security import mail_server
from tests.security.mail_server import DRIPPING, Behaviour, MailServer

SOON = 0.6  # seconds: the deadline of these tests
PATIENCE = 8.0  # seconds: a busy machine; a time-out per read would be 20


def mailer(server: MailServer, **options: Any) -> EmailBackend:
    return EmailBackend(alias="default", host="127.0.0.1", port=server.port, timeout=20, deadline=SOON, **options)


def timers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def letter(body: str = "Hello") -> EmailMessage:
    return EmailMessage("Hello", body, "us@example.org", ["ann@example.org"])


def waiting_mail(key: str, **columns: Any) -> Mail:
    wish, _new = Wish.objects.get_or_create(
        type="EV", manufacturer="Lada", defaults={"contact_email": "ann@example.org", "language": "en"}
    )
    return Mail.objects.create(
        **{"kind": "available", "key": key, "to": f"{key}@example.org", "due_at": timezone.now(), "wish": wish}
        | columns
    )


def reachable(customer: Customer, contact_email: str) -> OnboardingRequest:
    """Submit, and be written to at this address."""
    OnboardingRequest.objects.filter(pk=customer.submit().request.pk).update(contact_email=contact_email)
    return customer.request


def send_mails() -> None:
    work()


def sign(title: str) -> str:
    return next(sign.trouble for sign in health.read_signs(timezone.now()) if str(sign.title) == title)


class TestSlowServer:
    @pytest.mark.parametrize("behaviour", DRIPPING.values(), ids=DRIPPING)
    def test_holds_nobody_beyond_the_deadline(self, behaviour: Behaviour) -> None:
        started = time.monotonic()
        body = "x" * 70 + "\n"
        with MailServer(behaviour) as server, pytest.raises((OSError, smtplib.SMTPException)):
            mailer(server).send_messages([letter(body * 200_000)])
        assert time.monotonic() - started < SOON + PATIENCE

    def test_is_believed_no_half_of_an_answer(self) -> None:
        """What was cut off after three digits may have gone on as anything."""

        def breaks_off(session: mail_server.Session) -> None:
            session.take_mail()
            session.connection.sendall(b"250")

        with MailServer(breaks_off) as server, pytest.raises((OSError, smtplib.SMTPException)):
            mailer(server).send_messages([letter()])

    @pytest.mark.parametrize("behaviour", [mail_server.silent, mail_server.drips_greeting])
    def test_holds_nobody_during_tls(self, behaviour: Behaviour) -> None:
        started = time.monotonic()
        with MailServer(behaviour) as server, pytest.raises((OSError, smtplib.SMTPException)):
            mailer(server, use_ssl=True).send_messages([letter()])
        assert time.monotonic() - started < SOON + PATIENCE

    def test_holds_nobody_when_tls_starts_later(self) -> None:
        def starts_tls(session: mail_server.Session) -> None:
            session.say("220 ready")
            session.hear()
            session.say("250-hello")
            session.say("250 STARTTLS")
            session.hear()
            session.say("220 go on")
            session.drip("\x16\x03")

        started = time.monotonic()
        with MailServer(starts_tls) as server, pytest.raises((OSError, smtplib.SMTPException)):
            mailer(server, use_tls=True).send_messages([letter()])
        assert time.monotonic() - started < SOON + PATIENCE

    def test_that_talks_without_end_fills_no_memory(self) -> None:
        started = time.monotonic()
        with MailServer(mail_server.never_ends_greeting) as server, pytest.raises((OSError, smtplib.SMTPException)):
            mailer(server).send_messages([letter()])
        assert time.monotonic() - started < SOON + PATIENCE

    @pytest.mark.parametrize("behaviour", [mail_server.drips_goodbye, mail_server.rude_goodbye])
    def test_that_took_the_mail_is_believed_however_it_says_goodbye(self, behaviour: Behaviour) -> None:
        with MailServer(behaviour) as server:
            assert mailer(server).send_messages([letter("A word")]) == 1
        assert "A word" in server.lines

    def test_leaves_no_timer_behind(self) -> None:
        for _turn in range(5):
            with MailServer(mail_server.polite) as server:
                assert mailer(server).send_messages([letter()]) == 1
        deadline = time.monotonic() + PATIENCE
        while timers() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert timers() == []

    def test_ends_well_before_the_lease_of_a_mail(self) -> None:
        assert timedelta(seconds=DEADLINE_SECONDS) * 2 <= LEASE

    def test_is_what_settings_use(self, settings: Settings) -> None:
        from realto_portal import settings as portal

        assert EmailBackend.__module__ == "onboarding.mail.smtp"
        source = (portal.BASE_DIR / "realto_portal" / "settings.py").read_text()
        assert '"BACKEND": "onboarding.mail.smtp.EmailBackend"' in source


def raising(problem: Exception) -> type[BaseEmailBackend]:
    class Raising(BaseEmailBackend):
        def send_messages(self, messages: Any) -> int:
            if "bad" in messages[0].to[0]:
                raise problem
            outgoing.outbox.extend(messages)
            return len(messages)

    return Raising


UNEXPECTED: dict[str, Exception] = {
    "a letter that is none": UnicodeEncodeError("ascii", "é", 0, 1, "no"),
    "a value": ValueError("no"),
    "an attribute": AttributeError("no"),
    "a type": TypeError("no"),
    "a key": KeyError("no"),
    "a template": TemplateSyntaxError("no"),
    "a recursion": RecursionError("no"),
    "memory": MemoryError("no"),
    "a time-out": TimeoutError("no"),
    "an assertion": AssertionError("no"),
    "an index": IndexError("no"),
    "a sender that is refused": smtplib.SMTPSenderRefused(550, b"no", "us@example.org"),
}


@pytest.fixture
def failing(settings: Settings) -> Callable[[Exception], None]:
    """Let mails to a bad address raise, and others arrive."""

    def let_raise(problem: Exception) -> None:
        global Failing
        Failing = raising(problem)
        settings.MAILERS = {"default": {"BACKEND": f"{__name__}.Failing", "OPTIONS": {}}}

    return let_raise


Failing: type[BaseEmailBackend] = raising(ValueError())


@pytest.mark.django_db
class TestUnexpectedFailure:
    @pytest.mark.parametrize("problem", UNEXPECTED.values(), ids=UNEXPECTED)
    def test_of_one_mail_is_counted_and_shown_and_stops_no_other(
        self, failing: Callable[[Exception], None], platform: object, problem: Exception
    ) -> None:
        failing(problem)
        bad, good = waiting_mail("bad"), waiting_mail("good")
        send_mails()
        bad.refresh_from_db()
        good.refresh_from_db()
        assert good.sent_at
        assert (bad.sent_at, bad.failures, bad.lease) == (None, 1, "")
        assert bad.due_at
        assert bad.due_at > timezone.now() + timedelta(seconds=15)
        assert type(problem).__name__ in bad.trouble
        assert type(problem).__name__ in sign("Mails")

    def test_is_tried_again_ever_more_slowly(self, failing: Callable[[Exception], None], platform: object) -> None:
        failing(ValueError("no"))
        bad = waiting_mail("bad")
        waits = []
        for _turn in range(12):
            Mail.objects.update(due_at=timezone.now())
            send_mails()
            bad.refresh_from_db()
            assert bad.due_at
            waits.append((bad.due_at - timezone.now()).total_seconds())
        assert bad.failures == 12
        assert waits[0] < 60 < waits[3] < waits[7]
        assert max(waits) <= 2 * 3600 * 1.3

    def test_of_a_mail_about_a_broken_wish_is_the_same(self, platform: object) -> None:
        bad = waiting_mail("bad", wish=None)  # nothing that it could tell of
        good = waiting_mail("good")
        send_mails()
        bad.refresh_from_db()
        good.refresh_from_db()
        assert good.sent_at
        assert "AssertionError" in bad.trouble
        assert "AssertionError" in sign("Mails")

    def test_of_an_unknown_kind_is_the_same(self, customer: Customer) -> None:
        request = reachable(customer, "bad@example.org")
        bad, good = waiting_mail("bad", wish=None, request=request, kind="moon"), waiting_mail("good")
        send_mails()
        bad.refresh_from_db()
        good.refresh_from_db()
        assert good.sent_at
        assert "ValueError" in bad.trouble

    def test_after_it_went_out_sends_it_to_nobody_twice(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def surprise(_mail: Mail, _request: OnboardingRequest) -> None:
            raise IndexError

        monkeypatch.setattr("onboarding.mail.outbox._queue_next_reminder", surprise)
        request = reachable(customer, "bad@example.org")
        OnboardingRequest.objects.filter(pk=request.pk).update(state="following", action_type="Redirect")
        bad = waiting_mail("bad", wish=None, request=request, kind="reminder", step=1)
        for _turn in range(3):
            Mail.objects.update(lease_expires_at=None)
            send_mails()
        bad.refresh_from_db()
        assert bad.sent_at
        assert [message.to for message in outgoing.outbox].count(["bad@example.org"]) == 1
        assert "IndexError" in sign("The portal itself")

    def test_of_the_brand_stops_no_mail(self, platform: object) -> None:
        Brand.objects.create(
            pk=1, name="Bright\r\nBcc: x@y.org", sender_address="connect@müller.example", accent="#zzzzzz"
        )
        waiting_mail("good")
        send_mails()
        assert outgoing.outbox[0].from_email == "Connect <connect@xn--mller-kva.example>"

    def test_of_staffs_words_stops_no_mail(self, customer: Customer) -> None:
        from onboarding.models import HelpText

        HelpText.objects.create(type="EV", label="Electric\r\nBcc: x@y.org")
        request = reachable(customer, "good@example.org")
        waiting_mail("good", wish=None, request=request, kind="connected")
        send_mails()
        assert outgoing.outbox[0].subject == "Connected: Electric Bcc: x@y.org, Audi"

    def test_refusals_are_shown(self, failing: Callable[[Exception], None], platform: object) -> None:
        failing(smtplib.SMTPDataError(554, b"blocked"))
        waiting_mail("bad")
        send_mails()
        assert "1 was refused" in sign("Mails")

    def test_nobody_at_work_is_shown(self, db: None) -> None:
        waiting_mail("good", due_at=timezone.now() - timedelta(minutes=12))
        assert "12\xa0minutes" in sign("Mails")


REFUSED_SENDERS = [
    "üser@example.org",
    "a b@example.org",
    "us@ex ample.org",
    "us",
    "us@",
    "us@-x.org",
    "us\n@x.org",
    "us@x..org",
]


class TestSender:
    @pytest.mark.parametrize("address", REFUSED_SENDERS)
    def test_that_nothing_can_be_sent_from_is_refused(self, address: str) -> None:
        with pytest.raises(ValidationError):
            senders.check_sender(address)

    @pytest.mark.django_db
    def test_with_letters_of_its_language_is_stored_as_servers_take_it(self, admin_client: Client) -> None:
        data = {"name": "Müller", "sender_name": "Müller Énergie", "sender_address": "connect@müller.example"}
        response = admin_client.post("/admin/onboarding/brand/1/change/", data)
        assert response.status_code == 302
        assert Brand.objects.get().sender_address == "connect@xn--mller-kva.example"
        message = EmailMessage("Hello", "Hello", brand.current().sender, ["ann@example.org"]).message()
        assert message["From"].addresses[0].display_name == "Müller Énergie"
        assert message.as_bytes().isascii()

    @pytest.mark.django_db
    @pytest.mark.parametrize("field", ["name", "sender_name"])
    @pytest.mark.parametrize("name", ["Bright\nBcc: x@y.org", "Bright\r\n", "a\x0bb", "a\x85b", "a\u2028b", "a\x1bb"])
    def test_is_named_on_one_line(self, admin_client: Client, field: str, name: str) -> None:
        response = admin_client.post("/admin/onboarding/brand/1/change/", {field: f"{name}y"})
        assert response.status_code == 200
        assert response.context["adminform"].form.errors[field]
        assert not Brand.objects.exists()

    @pytest.mark.parametrize(
        "sender",
        ["Us <üser@example.org>", "us", "Us", "Us <us@x..org>", "Us\n <us@example.org>", "Us <us@>", "a b c"],
    )
    def test_of_settings_stops_the_start(self, settings: Settings, sender: str) -> None:
        settings.MAIL_FROM = sender
        with pytest.raises(ImproperlyConfigured, match="MAIL_FROM"):
            checks.stop_on_problems()

    @pytest.mark.parametrize("sender", ["", "us@example.org", "Müller <us@müller.example>", "Us <us@mail.local>"])
    def test_of_settings_may_be_anything_that_works(self, settings: Settings, sender: str) -> None:
        settings.MAIL_FROM = sender
        assert [number for number, _words in checks.problems() if number in {"E025", "E026"}] == []

    @pytest.mark.parametrize("stored", ["connect@müller.example", "Ü@x.org", "a\nb@x.org", "x" * 250])
    @pytest.mark.django_db
    def test_that_is_broken_in_the_database_makes_room_for_the_settings(self, settings: Settings, stored: str) -> None:
        settings.MAIL_FROM = "Us <us@example.org>"
        Brand.objects.create(pk=1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE onboarding_brand SET sender_address = %s", [stored])
        sender = brand.current().sender
        assert sender.isascii()
        assert sender in {"Us <us@example.org>", "Us <connect@xn--mller-kva.example>"}
