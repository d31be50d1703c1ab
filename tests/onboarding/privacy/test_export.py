"""A copy of everything that is held of a person: that it is complete, theirs alone, and names no colleague."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.db.models import EmailField, ForeignKey, Model
from django.test import Client
from django.utils import timezone

from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import contact
from onboarding.models import AccessLink, Erasure, Event, Invitation, Mail, OnboardingRequest, WebhookDelivery, Wish
from onboarding.privacy.export import BELONGINGS, everything
from onboarding.support import disclosures, operations
from tests.customers import GUIDES_VIN, Customer, work, work_until
from tests.desk import colleague_with, sign_in
from tests.onboarding.portal.test_wizard import text_of
from tests.receiver import endpoint

pytestmark = pytest.mark.django_db

JAN = "jan.peeters@mail.example"
# What belongs to a request and is no part of a copy; why is in the inventory.
NOT_IN_A_COPY = {"WebhookAttempt", "SearchKey", "StrayOnboarding", "InvitationRow"}


@pytest.fixture
def full(customer: Customer, platform: Catalogue) -> OnboardingRequest:
    """A connected device with one of everything that can belong to a request."""
    customer.start().choose("EV", "Audi")
    OnboardingRequest.objects.filter(reference=customer.reference).update(contact_email=JAN)
    customer.post("identify", vin=GUIDES_VIN)
    customer.consent()
    request = work_until(customer.request, "connected")
    contact.send_link(request)
    work()
    Invitation.objects.create(request=request, key="1", by="ann-the-agent")
    WebhookDelivery.objects.create(
        endpoint=endpoint(),
        request=request,
        kind="request.connected",
        occurrence=0,
        body='{"id": "told"}',
        delivered_at=timezone.now(),
    )
    Erasure.objects.create(request=request, asker="staff", by="ann-the-agent", reason="They wrote.")
    request.holders.create(browser="another browser")
    request.transactions.get_or_create(position=90, defaults={"type": "Connect", "status": "Done"})
    operations.add_note(request, note="Called back by ann-the-agent.", by="ann-the-agent")
    disclosures.reveal(request, "contact_email", by="ann-the-agent")
    return request


def read(content: bytes) -> tuple[dict[str, bytes], dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files["data.json"])


def depends_on_requests(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Tell whether rows of a model belong to a request, by however many steps."""
    targets = {field.related_model for field in model._meta.concrete_fields if isinstance(field, ForeignKey)} - {model}
    return any(
        target is OnboardingRequest or (target not in seen and depends_on_requests(target, seen | {model}))
        for target in targets
    )


def tables_of_customers() -> set[str]:
    """Find the tables that belong to a request, or have an address of one."""
    models = [model for model in apps.get_app_config("onboarding").get_models() if not model._meta.proxy]
    addressed = {"contact_email", "contact_key", "to", "address"}
    return {
        model.__name__
        for model in models
        if depends_on_requests(model)
        or any(isinstance(field, EmailField) or field.name in addressed for field in model._meta.concrete_fields)
    } - {"Brand", "StaffSignIn"}  # the company's own; a network of a colleague


class TestCopy:
    def test_has_a_part_for_every_table_that_holds_something_of_a_request(self, full: OnboardingRequest) -> None:
        related = {BELONGINGS[name]: name for name in BELONGINGS}
        models = {OnboardingRequest._meta.get_field(name).related_model.__name__ for name in related}  # type: ignore[union-attr]
        told = models | {"OnboardingRequest", "Consent", "Invitation", "Erasure", "Wish", "Device"}
        assert tables_of_customers() == told | NOT_IN_A_COPY

    def test_tells_every_column_that_it_should(self, full: OnboardingRequest) -> None:
        found = everything([full], [])["requests"][0]
        for name in ("timeline", "mails", "links", "other_browsers", "told_to_company_systems", "steps", "consents"):
            assert found[name], name
        assert (found["contact_email"], found["attributes"]) == (JAN, {"vin": GUIDES_VIN})
        assert found["mails"][0]["to"] == JAN
        assert {mail["kind"] for mail in found["mails"]} >= {"receipt", "connected", "link"}
        assert found["told_to_company_systems"][0]["body"] == '{"id": "told"}'

    def test_tells_times_as_iso_8601_with_their_zone(self, full: OnboardingRequest) -> None:
        found = everything([full], [])["requests"][0]
        for moment in (found["created_at"], found["timeline"][0]["at"], found["mails"][0]["queued_at"]):
            assert datetime.fromisoformat(moment).utcoffset() is not None

    def test_opens_nothing(self, full: OnboardingRequest) -> None:
        link = AccessLink.objects.filter(mail__kind="link").get()
        text = json.dumps(everything([full], []))
        assert not [secret for secret in (link.token, link.nonce, link.token_sha256, full.browser) if secret in text]

    def test_tells_what_staff_wrote_and_not_who(self, full: OnboardingRequest) -> None:
        found = everything([full], [])["requests"][0]
        notes = [line["detail"] for line in found["timeline"] if line["name"] == "noted"]
        assert notes == [{"by": "a colleague", "note": "Called back by a colleague."}]
        assert (found["invitation"]["by"], found["erasure"]["by"]) == ("a colleague", "a colleague")
        assert "ann-the-agent" not in json.dumps(found)

    def test_tells_who_looked_at_what(self, full: OnboardingRequest) -> None:
        found = everything([full], [])["requests"][0]
        assert {"by": "a colleague", "field": "contact_email"} in [line.get("detail") for line in found["timeline"]]


class TestOwnCopy:
    def test_is_a_zip_with_the_receipts(self, customer: Customer, full: OnboardingRequest) -> None:
        answer = customer.client.post("/my-data/file/")
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="my-data-')
        files, data = read(answer.content)
        folder = full.spoken_support_code
        assert set(files) == {"README.txt", "data.json", f"{folder}/receipt-1.pdf", f"{folder}/consent-1-given.json"}
        assert files[f"{folder}/receipt-1.pdf"].startswith(b"%PDF")
        assert [request["reference"] for request in data["requests"]] == [full.reference]

    def test_stands_on_the_timeline(self, customer: Customer, full: OnboardingRequest) -> None:
        customer.client.post("/my-data/file/")
        line = Event.objects.get(name="data-downloaded")
        assert (line.request, line.actor) == (full, "customer")

    def test_has_nothing_of_anybody_else(self, customer: Customer, full: OnboardingRequest, stranger: Customer) -> None:
        stranger.start().choose("EV", "Audi")
        _files, data = read(stranger.client.post("/my-data/file/").content)
        assert [request["reference"] for request in data["requests"]] == [stranger.reference]
        assert GUIDES_VIN not in json.dumps(data)

    def test_has_wishes_only_of_an_address_that_was_proved(self, customer: Customer, full: OnboardingRequest) -> None:
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        assert read(customer.client.post("/my-data/file/").content)[1]["wishes"] == []
        by_mail = Client()
        by_mail.post(f"/continue/{AccessLink.objects.filter(mail__kind='link').get().token}/")
        (wish,) = read(by_mail.post("/my-data/file/").content)[1]["wishes"]
        assert (wish["manufacturer"], wish["contact_email"]) == ("Lada", JAN)

    def test_says_that_nothing_is_held(self, db: None) -> None:
        visitor = Client()
        assert read(visitor.post("/my-data/file/").content)[1]["requests"] == []
        assert "This browser holds nothing of yours." in text_of(visitor.get("/my-data/"))

    def test_needs_a_button(self, customer: Customer, full: OnboardingRequest) -> None:
        assert customer.client.get("/my-data/file/").status_code == 405
        assert "Download all you hold about me" in text_of(customer.client.get("/my-data/"))


class TestReceiptForPrograms:
    def test_has_the_sections_of_the_standard(self, customer: Customer, full: OnboardingRequest) -> None:
        files, _data = read(customer.client.post("/my-data/file/").content)
        receipt = json.loads(files[f"{full.spoken_support_code}/consent-1-given.json"])
        record = full.consents.get()
        assert list(receipt) == [
            *("schema_version", "record_id", "pii_principal_id", "pii_processing", "party_identification", "event")
        ]
        assert (receipt["schema_version"], receipt["record_id"]) == ("ISO/IEC TS 27560:2023", str(record.record_id))
        (purpose,) = receipt["pii_processing"]["purposes"]
        assert (purpose["lawful_basis"], purpose["purpose"]) == ("consent", record.purpose)
        assert purpose["pii_information"] == [{"pii_type": "vin"}]
        assert receipt["party_identification"][0]["party_name"] == record.controller
        (event,) = receipt["event"]
        assert datetime.fromisoformat(event["event_time"]).replace(microsecond=0) == record.at.replace(microsecond=0)
        assert event["event_state"] == "given"


class TestAtTheDesk:
    def page(self, row: OnboardingRequest) -> str:
        return f"/admin/onboarding/onboardingrequest/{row.pk}/export-data/"

    def test_staff_take_it_with_a_reason_and_it_is_noted(self, full: OnboardingRequest, stranger: Customer) -> None:
        stranger.start().choose("EV", "BMW")
        OnboardingRequest.objects.filter(reference=stranger.reference).update(contact_email=JAN)
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        desk = sign_in("supervisor")
        assert "This field is required." in desk.post(self.page(full), {"reason": " "}).content.decode()
        answer = desk.post(self.page(full), {"reason": f"{JAN} wrote."})
        _files, data = read(answer.content)
        assert {request["reference"] for request in data["requests"]} == {full.reference, stranger.reference}
        assert len(data["wishes"]) == 1
        lines = Event.objects.filter(name="data-exported")
        assert {line.request_id for line in lines} == {full.pk, stranger.request.pk, None}  # that is the wish
        assert {line.detail["reason"] for line in lines} == {"j•••@mail.example wrote."}
        assert "downloaded a copy" in sign_in("auditor").get("/admin/onboarding/disclosure/").content.decode()

    def test_is_given_to_somebody_who_only_wished(self, db: None) -> None:
        Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
        Wish.objects.create(manufacturer="Lada", contact_email="other@mail.example", language="en")
        answer = sign_in("supervisor").post("/admin/erasures/copy/", {"address": JAN, "reason": f"{JAN} wrote."})
        _files, data = read(answer.content)
        assert [wish["contact_email"] for wish in data["wishes"]] == [JAN]
        line = Event.objects.get(name="data-exported")
        assert (line.request, line.detail["reason"]) == (None, "j•••@mail.example wrote.")
        assert line.detail["on"].startswith("wish ")

    def test_is_not_for_everybody(self, full: OnboardingRequest) -> None:
        answer = colleague_with("view_onboardingrequest").post(self.page(full), {"reason": "Curious."})
        assert answer.status_code == 403
        assert not Event.objects.filter(name="data-exported").exists()
        assert Mail.objects.exists()
