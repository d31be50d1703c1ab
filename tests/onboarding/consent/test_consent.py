"""Consent: which text applies, records that nobody can change, their hashes, and the one way to erase identifiers."""

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy
from pytest_django import Settings

from onboarding.consent import records, texts, triggers
from onboarding.intake import withdrawal
from onboarding.models import Consent, ConsentText, Event, OnboardingRequest
from onboarding.retention.requests import strip
from tests.customers import GUIDES_VIN, Customer, work_until

SHIPPED = {"language": "en", "type": "", "manufacturer": ""}


def write(**more: Any) -> ConsentText:
    """Draft a text like the shipped one, with differences."""
    shipped = ConsentText.objects.get(**SHIPPED, version="2026-11-28")
    words = ("accessed", "not_accessed", "purpose", "duration", "stopping", "complaints", "statement")
    return ConsentText.objects.create(**{**SHIPPED, **{name: getattr(shipped, name) for name in words}, **more})


def publish(**more: Any) -> ConsentText:
    text = write(**more)
    assert records.publish(text, by="ann")
    return ConsentText.objects.get(pk=text.pk)


def run(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue()


class TestText:
    def test_is_shipped(self, db: None) -> None:
        text = texts.find_text("EV", "Audi", "en")
        assert (text.version, text.published_by) == ("2026-11-28", "realto-portal")

    def test_of_the_manufacturer_goes_before_that_of_the_type(self, db: None) -> None:
        publish(type="SmartMeter")
        mandate = publish(type="SmartMeter", manufacturer="Fluvius")
        assert texts.find_text("SmartMeter", "Fluvius", "en") == mandate
        assert texts.find_text("SmartMeter", "Enedis", "en").manufacturer == ""
        assert texts.find_text("EV", "Audi", "en").type == ""

    def test_speaks_the_language_of_the_customer(self, db: None) -> None:
        dutch = publish(language="nl")
        assert texts.find_text("EV", "Audi", "nl") == dutch
        assert texts.find_text("EV", "Audi", "it").language == "en"

    def test_has_its_names_and_headings_in_its_own_language(self, db: None) -> None:
        publish(type="EV", manufacturer="Audi")
        with translation.override("nl"):
            words = texts.consent_words(type="EV", device=gettext_lazy("January"), manufacturer="Audi")
        assert words.text.language == "en"
        assert words.device.text == "January, Audi."  # which Django knows as "januari"

    def test_is_shipped_in_every_language_that_has_a_file(self, db: None, tmp_path: Path) -> None:
        shipped = (texts.SHIPPED / "2026-11-28.en.toml").read_text()
        for language in ("en", "nl", "fr"):
            (tmp_path / f"2027-01-01.{language}.toml").write_text(shipped)
        texts.ship_texts(tmp_path)
        texts.forget()
        for language in ("en", "nl", "fr"):
            found = texts.find_text("EV", "Audi", language)
            assert (found.language, found.version) == (language, "2027-01-01")

    def test_is_the_newest(self, db: None) -> None:
        newest = publish(accessed="Something else.")
        assert texts.find_text("EV", "Audi", "en") == newest

    def test_of_staff_is_not_replaced_by_one_that_is_shipped_later(self, db: None) -> None:
        own = publish(accessed="What our lawyer wrote.")
        triggers.take_down(connection)
        ConsentText.objects.filter(published_by="realto-portal").delete()  # as if it were new in this release
        texts.ship_texts()
        texts.forget()
        assert texts.find_text("EV", "Audi", "en") == own

    def test_is_not_a_draft(self, db: None) -> None:
        write(accessed="Something else.")
        assert texts.find_text("EV", "Audi", "en").version == "2026-11-28"

    def test_names_the_device_its_manufacturer_and_the_company(self, db: None, settings: Settings) -> None:
        settings.CONTROLLER_NAME = "Bright Energy"
        words = texts.consent_words(type="EV", device="Electric car", manufacturer="{company}")
        assert "Electric car, {company}." in words.words  # a name is never read as a placeholder
        assert "energy service that you have with Bright Energy." in words.words

    def test_gets_a_version_of_its_own_when_it_is_published(self, db: None) -> None:
        versions = [publish().version for _time in range(2)]
        assert versions == [timezone.localdate().isoformat() + suffix for suffix in self.suffixes()]

    def test_is_published_once(self, db: None) -> None:
        text = publish()
        assert not records.publish(text, by="bob")

    @staticmethod
    def suffixes() -> tuple[str, str]:
        return ("", ".2") if timezone.localdate().isoformat() != "2026-11-28" else (".2", ".3")

    def test_for_a_manufacturer_applies_whatever_blanks_the_platform_has_around_its_name(
        self, platform: object
    ) -> None:
        own = publish(type="EV", manufacturer="Audi", version="2")
        words = texts.consent_words(type="EV ", device="Electric car", manufacturer=" Audi ")
        assert words.text == own
        assert words.device.paragraphs == ("Electric car, Audi.",)


class TestAskedAgain:
    @pytest.fixture
    def record(self, customer: Customer) -> Consent:
        customer.submit()
        return Consent.objects.get()

    def test_when_a_new_text_says_so(self, record: Consent) -> None:
        assert not texts.is_asked_again(record)
        publish(asks_again=True)
        assert texts.is_asked_again(record)

    def test_even_when_a_later_one_does_not_say_so(self, record: Consent) -> None:
        publish(asks_again=True)
        publish()
        assert texts.is_asked_again(record)

    def test_when_the_old_words_were_agreed_to_after_all(self, record: Consent) -> None:
        """Another process knew the old text for some seconds more."""
        publish(asks_again=True)
        record.at = timezone.now() + timedelta(seconds=5)
        assert texts.is_asked_again(record)

    def test_not_by_a_text_for_other_devices(self, record: Consent) -> None:
        publish(asks_again=True, type="PV")
        assert not texts.is_asked_again(record)


class TestRecord:
    def test_says_who_agreed_to_what_and_how(self, customer: Customer, settings: Settings) -> None:
        settings.CONTROLLER_NAME, settings.SUPPORT_CONTACT = "Bright Energy", "help@example.org"
        record = Consent.objects.get(request=customer.submit().request)
        assert (record.kind, record.channel, record.schema) == ("given", "self", "ISO/IEC TS 27560:2023")
        assert (record.controller, record.controller_contact) == ("Bright Energy", "help@example.org")
        assert record.act == f"You ticked the box “{record.words.splitlines()[-1]}” and pressed “Agree and connect”."
        assert "energy service" in record.purpose
        assert record.expires_at is None

    def test_ends_when_its_text_says_so(self, customer: Customer) -> None:
        publish(valid_days=365)
        request = customer.submit().request
        record = Consent.objects.get()
        assert request.consent_ends_at == record.expires_at == record.at + timedelta(days=365)

    def test_of_a_corrected_answer_follows_the_first_one(self, customer: Customer) -> None:
        customer.submit(vin="WA1DMAFE0D0000400")
        work_until(customer.request, "rejected")
        customer.post("identify", vin=GUIDES_VIN)
        customer.consent()
        first, second = Consent.objects.order_by("pk")
        assert second.kind == "renewed"
        assert second.previous_sha256 == first.record_sha256
        assert "2 consent records are as they were stored" in run("verify_consents")


REFUSED: dict[str, Callable[[], object]] = {
    "an update": lambda: Consent.objects.update(words="others"),
    "an update of the hash": lambda: Consent.objects.update(sha256="0" * 64),
    "an erasure that does more": lambda: Consent.objects.update(
        attributes={}, salt="", erased_at=timezone.now(), at=timezone.now()
    ),
    "identifiers of somebody else": lambda: Consent.objects.update(attributes={"vin": "x"}),
    "a delete": lambda: Consent.objects.all()._raw_delete("default"),
    "an update of a published text": lambda: ConsentText.objects.update(accessed="others"),
    "a delete of a published text": lambda: ConsentText.objects.filter(records=None)._raw_delete("default"),
}


if connection.vendor == "sqlite":  # deletes the old row without its trigger
    REFUSED["a replacement"] = lambda: replace_all("onboarding_consent")
    REFUSED["a replacement of a published text"] = lambda: replace_all("onboarding_consenttext")


def replace_all(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608


class TestGuards:
    @pytest.mark.parametrize("attempt", REFUSED)
    def test_refuse(self, customer: Customer, attempt: str) -> None:
        customer.submit()
        publish(type="PV")
        before = (list(Consent.objects.values()), list(ConsentText.objects.values()))
        with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
            REFUSED[attempt]()
        assert before == (list(Consent.objects.values()), list(ConsentText.objects.values()))

    def test_leave_drafts_of_texts_alone(self, db: None) -> None:
        draft = write()
        ConsentText.objects.filter(pk=draft.pk).update(accessed="Better words.")
        draft.delete()
        assert not ConsentText.objects.filter(pk=draft.pk).exists()


class TestVerification:
    def test_finds_what_was_changed(self, customer: Customer) -> None:
        customer.submit()
        assert "1 consent records are as they were stored" in run("verify_consents")
        triggers.take_down(connection)
        Consent.objects.update(words="others", attributes={"vin": "another"}, by="somebody")
        out = io.StringIO()
        with pytest.raises(CommandError, match="1 problems in 1"):
            call_command("verify_consents", stdout=out, stderr=out)
        assert "words, identifiers, record changed" in out.getvalue()

    def test_misses_a_record_that_was_taken_away(self, customer: Customer) -> None:
        customer.submit(vin="WA1DMAFE0D0000400")
        work_until(customer.request, "rejected")
        customer.post("identify", vin=GUIDES_VIN)
        customer.consent()
        triggers.take_down(connection)
        Consent.objects.filter(kind="given").delete()
        with pytest.raises(CommandError, match="2 problems in 1"):
            run("verify_consents")


def over(customer: Customer) -> OnboardingRequest:
    """Connect a device and stop it again, on request by telephone."""
    request = work_until(customer.submit().request, "connected")
    withdrawal.withdraw(request, records.ConsentAct("x", Consent.Channel.ASSISTED, "ann", "Ann Smith called on 3 May."))
    return work_until(request, "withdrawn")


class TestErasure:
    def test_leaves_words_times_and_hashes(self, customer: Customer) -> None:
        request = over(customer)
        kept = ("words", "at", "sha256", "attributes_sha256", "record_sha256")
        before = list(Consent.objects.values(*kept))
        run("erase", request.spoken_support_code, "--by=ann", "--reason=asked for on 3 May")
        assert list(Consent.objects.values(*kept)) == before
        for erased in Consent.objects.all():
            assert (erased.attributes, erased.reason, erased.salt, erased.is_intact) == ({}, "", "", True)
        assert "identifiers erased in 2" in run("verify_consents")

    def test_leaves_nothing_in_the_request_that_identifies_somebody(self, customer: Customer) -> None:
        request = over(customer)
        strip([request.pk])
        row = OnboardingRequest.objects.values().get()
        assert (row["attributes"], row["contact_email"], row["own_reference"]) == ({}, "", "")
        held = {value for value in row.values() if isinstance(value, str)}
        secret = {request.platform_id, request.entity_id, request.offboarding_id, request.browser}
        assert not held & secret
        told = [(record.reason, record.attributes, record.words) for record in Consent.objects.all()]
        assert "Ann Smith" not in str([*told, *(event.detail for event in Event.objects.all())])
        assert customer.get("status").status_code == 404

    def test_disconnects_what_is_connected_first(self, customer: Customer) -> None:
        work_until(customer.submit().request, "connected")
        erase = ("erase", customer.request.support_code, "--by=ann", "--reason=asked for")
        assert "once nothing of it runs" in run(*erase)
        assert customer.request.state == "withdrawing"
        assert "already" in run(*erase)

    def test_needs_a_request(self, db: None) -> None:
        with pytest.raises(CommandError, match="no request"):
            run("erase", "AAAA-AAAA", "--by=ann", "--reason=asked for")


class TestDesk:
    URL = "/admin/onboarding/consenttext/"

    @pytest.fixture
    def desk(self, admin_client: Client) -> Client:
        return admin_client

    def test_drafts_previews_and_publishes(self, desk: Client) -> None:
        draft = write(accessed="What your {device} tells us.")
        page = desk.get(f"{self.URL}{draft.pk}/preview/").content.decode()
        assert "What your Electric car tells us." in page
        response = desk.post(f"{self.URL}{draft.pk}/publish/", follow=True)
        assert "Published. New consents are asked for with these words." in response.content.decode()
        assert texts.find_text("EV", "Audi", "en").pk == draft.pk

    def test_does_not_change_what_is_published(self, desk: Client) -> None:
        text = ConsentText.objects.get(language="en")
        page = desk.get(f"{self.URL}{text.pk}/change/").content.decode()
        assert "<textarea" not in page
        assert desk.post(f"{self.URL}{text.pk}/change/", {"accessed": "others"}).status_code == 403
        assert desk.post(f"{self.URL}{text.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_writes_a_new_version_from_a_published_one(self, desk: Client) -> None:
        text = ConsentText.objects.get(language="en")
        response = desk.post(f"{self.URL}{text.pk}/copy/", follow=True)
        assert "<textarea" in response.content.decode()
        draft = ConsentText.objects.get(published_at=None)
        assert (draft.accessed, draft.version) == (text.accessed, "")

    def test_refuses_a_placeholder_that_stands_for_nothing(self, desk: Client) -> None:
        draft = write()
        fields = {name: getattr(draft, name) or "" for name in ("language", "accessed", "not_accessed", "purpose")}
        fields |= {name: getattr(draft, name) for name in ("duration", "stopping", "complaints", "statement")}
        response = desk.post(f"{self.URL}{draft.pk}/change/", fields | {"accessed": "The {gadget}."})
        assert "Nothing is known to stand for: gadget." in response.content.decode()

    def test_publishes_only_by_a_button_and_with_permission(self, desk: Client, staff: Client) -> None:
        draft = write()
        assert desk.get(f"{self.URL}{draft.pk}/publish/").status_code == 405
        assert staff.post(f"{self.URL}{draft.pk}/publish/").status_code == 403
        assert not ConsentText.objects.get(pk=draft.pk).is_published

    @pytest.fixture
    def staff(self, django_user_model: Any) -> Client:
        from django.contrib.auth.models import Permission

        viewer = django_user_model.objects.create_user("viewer", password="x", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_consenttext"))
        client = Client()
        client.force_login(viewer)
        return client
