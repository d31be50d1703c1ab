"""What a copy of the database, a log, a mail or an address shows of a customer: nothing that says who it is.

Marked values go through every way that there is into the portal, and through a platform and a receiver that repeat
them wherever they can. Then everything that was written is searched.
"""

import hashlib
import logging
import re
import smtplib
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.core import mail as outgoing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake.entry_links import Origin
from onboarding.mail import outbox
from onboarding.models import BulkJob, Consent, InvitationRow, Mail, OnboardingRequest, WebhookDelivery, Wish
from onboarding.platform_api import connection as platform_connection
from onboarding.support import bulk, operations
from onboarding.webhooks.outbox import claim as claim_webhook
from onboarding.webhooks.outbox import deliver
from realto_portal.logs import WithoutSecrets
from tests import platforms
from tests.customers import Customer, let_time_pass, work, work_until
from tests.desk import sign_in
from tests.onboarding.desk.test_invite import page_of, prepare
from tests.onboarding.intake.test_entry import begin, signed
from tests.platforms import ModelPlatform
from tests.receiver import Receiver, answer, endpoint

VIN, EAN = "WVWZZZ1KZAW917264", "541448820099172648"
ADDRESS, SECOND = "quokka.vance@marked.example", "numbat.reed@marked.example"
RETURN, REFERENCE = "https://company.example/back?customer=quoll77", "OWNREF-9917-QX"
TICKET = "https://maker.example/consent?ticket=bilby83jzq"
SAID = {"vin": VIN, "ean": EAN, "address": ADDRESS, "second": SECOND, "return": RETURN, "reference": REFERENCE}
MARKS = [*SAID.values(), "quokka", "numbat", "quoll77", "bilby83", "9917-QX"]
ECHO = f"No device {VIN} or {EAN} of {ADDRESS}, {SECOND}, {REFERENCE}, {RETURN}, {TICKET}."
SAYS: dict[str, Any] = {
    "errors": [{"code": f"Code {VIN}", "message": ECHO}],
    "message": ECHO,
    "action": {"type": "Redirect", "redirectLink": TICKET, "documentationLink": f"{TICKET}&help"},
    "transactions": [{"type": f"Connect {VIN}", "status": "Pending"}],
}


class Gossip(ModelPlatform):
    """Does what it is asked, and repeats whatever it heard."""

    def _refusal(self, fault: str) -> httpx.Response | None:
        if fault == "echo":
            return httpx.Response(400, json={"errors": [{"code": "InvalidVin", "message": f"vin: {ECHO}"}]})
        if fault == "final":
            return httpx.Response(400, json={"errors": [{"code": f"No {VIN}", "message": ECHO}]})
        if fault == "html":
            return httpx.Response(502, html=f"<h1>{ECHO}</h1>", headers={"x-request-id": VIN})
        return super()._refusal(fault)

    def _act(self, request: httpx.Request) -> httpx.Response:
        found = super()._act(request)
        told = found.json() if found.content else {}
        return httpx.Response(found.status_code, json={**SAYS, **told}, headers={"x-request-id": f"call-{VIN}"})

    def succeed(self) -> None:
        for held in self.held.values():
            held["status"] = "Succeeded"


class Rude(BaseEmailBackend):
    """Refuses a mail with the words that mail servers use."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        to = messages[0].to[0]
        raise smtplib.SMTPRecipientsRefused({to: (550, f"<{to}>: no such user".encode())})


class Watched(Client):
    """A browser that writes down where it was and where it was sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.addresses: list[str] = []

    def request(self, **request: Any) -> HttpResponse:
        response: HttpResponse = super().request(**request)
        query = request.get("QUERY_STRING", "")
        self.addresses.append(response.headers.get("Location", ""))
        if "k=" not in str(query):  # a company's own link says what it fills in, signed and not sealed
            self.addresses.append(f"{request.get('PATH_INFO')}?{query}")
        return response


@pytest.fixture
def platform_that_repeats(platform: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gossip]:
    gossip = Gossip()
    monkeypatch.setattr(platforms, "MODEL", gossip)
    settings.SANDBOX_TRANSPORT = "tests.platforms.ModelTransport"
    platform_connection.reset()
    yield gossip
    platform_connection.reset()


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    with Receiver() as server:
        endpoint(server.url, contact=ADDRESS)
        server.always = answer(500, ECHO)
        yield server


@pytest.fixture
def browser(settings: Settings) -> Watched:
    settings.RETURN_HOSTS, settings.CONSENT_BY_PHONE = ["company.example"], True
    return Watched()


@pytest.fixture
def agent(db: None) -> Client:
    return sign_in("superuser")


@pytest.fixture
def lived(
    browser: Watched,
    agent: Client,
    platform_that_repeats: Gossip,
    receiver: Receiver,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> Watched:
    """Let everything happen that can, with marked values."""
    caplog.set_level(logging.DEBUG)
    rejected_then_connected(browser, platform_that_repeats)
    by_link_of_a_company(browser)
    failed_and_tried_again(browser, platform_that_repeats)
    invited_and_agreed_on_the_phone(agent)
    named_in_a_file(agent)
    wished_for(browser)
    handled_by_staff(agent)
    mails_refused(settings)
    while token := claim_webhook():
        deliver.call(token)
    browser.post("/accounts/login/", {"login": ADDRESS, "password": VIN})
    browser.post("/code/", {"code": VIN})
    return browser


def rejected_then_connected(browser: Client, gossip: Gossip) -> None:
    customer = Customer(browser)
    customer.start().choose("EV", "Volkswagen").post("identify", vin=VIN)
    customer.post("elsewhere", contact_email=ADDRESS)
    customer.consent()
    gossip.fault = "echo"
    work_until(customer.request, "rejected")
    customer.get("identify")
    customer.post("identify", vin=VIN)
    customer.consent()
    gossip.fault = "html"
    work()
    assert customer.request.state == "unknown"
    request = work_until(customer.request, "following")
    customer.get("status")
    gossip.succeed()
    work_until(request, "connected")
    customer.post("reconnect")
    customer.post("elsewhere", contact_email=SECOND)
    customer.post("stop")
    work_until(request, "withdrawn")


def by_link_of_a_company(browser: Client) -> None:
    meter = {"type": "SmartMeter", "manufacturer": "Fluvius", "ean": EAN}
    origin = Origin(own_reference=REFERENCE, contact_email=ADDRESS, return_address=RETURN)
    before = OnboardingRequest.objects.count()
    begin(browser, **signed(meter, origin))
    assert OnboardingRequest.objects.count() == before + 1
    browser.get("/start/", {"type": "EV"})


def failed_and_tried_again(browser: Client, gossip: Gossip) -> None:
    customer = Customer(browser)
    customer.submit("EV", "Volkswagen", vin=VIN)
    gossip.fault = "final"
    let_time_pass(customer.request)
    work_until(customer.request, "failed")
    customer.post("again")


def invited_and_agreed_on_the_phone(agent: Client) -> None:
    said = {"contact_email": SECOND, "own_reference": REFERENCE, "return_address": RETURN, "answer.vin": VIN}
    row = prepare(agent, type="EV", manufacturer="Volkswagen", _mail="Prepare and mail the link", **said)
    page = agent.get(page_of(row, "phone-consent")).context["form"].sha256
    reason = f"Called by {ADDRESS} about {VIN} and {EAN}."
    data = {"consent": "on", "page_sha256": page, "reason": reason, "contact_email": SECOND}
    agent.post(page_of(row, "phone-consent"), data)
    assert Consent.objects.filter(request=row).exists()


def named_in_a_file(agent: Client) -> None:
    """One that is checked and not decided about; a row of it is wrong, and what is said of it might quote it."""
    head = "type,manufacturer,contact_email,language,own_reference,return_address,vin,ean\n"
    right = f"EV,Volkswagen,{SECOND},nl,{REFERENCE},{RETURN},{VIN},\n"
    wrong = f"EV,{VIN},{ADDRESS},{ADDRESS},{REFERENCE},,{EAN},{EAN}\n"
    file = SimpleUploadedFile("customers.csv", (head + right + wrong).encode())
    assert agent.post("/admin/onboarding/invitation/file/", {"file": file, "what": "mail"}).status_code == 302
    work()
    assert set(InvitationRow.objects.values_list("outcome", flat=True)) == {"ready", "wrong"}


def wished_for(browser: Client) -> None:
    customer = Customer(browser).start().choose("EV", "Audi")
    customer.post("not-listed", manufacturer="Lada", contact_email=ADDRESS)
    assert Wish.objects.exists()


def handled_by_staff(agent: Client) -> None:
    keys = list(OnboardingRequest.objects.values_list("pk", flat=True))
    bulk.start_bulk(BulkJob.Action.ADD_NOTE, keys, by="ann", page="p", detail={"note": ECHO})
    work()
    row = OnboardingRequest.objects.exclude(contact_email="").earliest("pk")
    operations.reassign_email(row, contact_email=ADDRESS, by="ann", reason=f"{SECOND} was wrong")
    operations.add_note(row, note=f"Spoke about {VIN}, {REFERENCE}.", by="ann")
    for model in ("mail", "wish", "consent", "webhookdelivery", "event", "onboardingrequest"):
        assert agent.get(f"/admin/onboarding/{model}/").status_code == 200
    agent.post(f"/admin/onboarding/onboardingrequest/{row.pk}/reveal/", {"secret": "vin"})


def mails_refused(settings: Settings) -> None:
    row = OnboardingRequest.objects.exclude(contact_email="").earliest("pk")
    settings.MAILERS = {"default": {"BACKEND": "tests.security.test_dump.Rude"}}
    outbox.queue_mail(row, Mail.Kind.LINK, occasion="rude")
    for token in iter(outbox.claim, ""):
        outbox.send_mail.call(token)
    assert Mail.objects.filter(ended="refused").exists()


def found_in(text: str, *but: str) -> list[str]:
    """List the marked values that stand in a text, however they are spaced."""
    folded = re.sub(r"[\s-]", "", text).lower()
    return [mark for mark in MARKS if re.sub(r"[\s-]", "", mark).lower() in folded and mark not in but]


def tables() -> list[str]:
    """Name every table but those of the sandbox, which stands for the platform and is on this machine only."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    return [name for name in names if not name.startswith("sandbox_")]


def rows_of(table: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        return list(cursor.fetchall())


def bytes_of_the_database() -> bytes:
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        return bytes(connection.connection.serialize())
    with connection.cursor() as cursor:
        return b"".join(bytes(part) for table in tables() for part in _copied(cursor, table))


def _copied(cursor: Any, table: str) -> Iterator[bytes]:
    with cursor.copy(f"COPY {table} TO STDOUT") as copy:
        yield from copy


@pytest.mark.django_db(transaction=True)
class TestDump:
    def test_shows_nobody(self, lived: Watched) -> None:
        """Every way was gone, or this would be a test of nothing."""
        assert {request.state for request in OnboardingRequest.objects.all()} >= {"draft", "withdrawn", "failed"}
        assert {row.own_reference for row in OnboardingRequest.objects.all()} >= {REFERENCE}
        assert any(VIN in str(record.attributes) for record in Consent.objects.all())
        assert WebhookDelivery.objects.exclude(attempts=None).exists()
        stored = {table: repr(rows_of(table)) for table in tables()}
        assert {table: found for table, text in stored.items() if (found := found_in(text))} == {}

    def test_has_no_hash_that_can_be_guessed(self, lived: Watched) -> None:
        hashes = [
            made.hexdigest()
            for value in (*SAID.values(), *(value.lower() for value in SAID.values()), VIN[-6:], EAN[-6:])
            for made in (hashlib.md5(value.encode()), hashlib.sha1(value.encode()), hashlib.sha256(value.encode()))  # noqa: S324
        ]
        stored = " ".join(repr(rows_of(table)) for table in tables())
        assert [digest for digest in hashes if digest in stored] == []

    def test_of_all_bytes_shows_nobody(self, lived: Watched) -> None:
        """Of SQLite's file, with what is free in it; of PostgreSQL, what it copies out."""
        assert found_in(bytes_of_the_database().decode("latin-1")) == []

    def test_of_sessions_shows_nobody(self, lived: Watched) -> None:
        assert found_in(repr([session.get_decoded() for session in Session.objects.all()])) == []

    def test_of_logs_shows_nobody(self, lived: Watched, caplog: pytest.LogCaptureFixture) -> None:
        records = [record for record in caplog.get_records("setup") if record.name != "django.db.backends"]
        assert {"onboarding.mail.outbox", "onboarding.platform_api.exchange"} <= {record.name for record in records}
        for record in records:
            WithoutSecrets().filter(record)
            assert found_in(caplog.handler.format(record)) == [], record.name

    def test_of_mails_shows_nobody_but_to_whom_they_go(self, lived: Watched) -> None:
        assert len(outgoing.outbox) > 3
        for message in outgoing.outbox:
            headers = {name: value for name, value in message.message().items() if name != "To"}
            assert found_in(repr(headers)) == []
            assert found_in(" ".join(re.findall(r"https?://\S+", str(message.body)))) == []

    def test_of_addresses_shows_nobody(self, lived: Watched) -> None:
        assert len(lived.addresses) > 40
        assert found_in(" ".join(lived.addresses)) == []
