"""Sealed values: what is stored of them, where they open, and how one key takes the place of another."""

import base64
import io
import logging
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent import triggers
from onboarding.intake.invitation_csv import Line
from onboarding.lib import resealing, sealed
from onboarding.lib.sealed import CannotOpen
from onboarding.lib.sealed_fields import SealedField, sealed_fields
from onboarding.models import (
    AccessLink,
    BulkJob,
    Consent,
    Event,
    Holder,
    InvitationRow,
    Mail,
    OnboardingRequest,
    WebhookDelivery,
    Wish,
)
from onboarding.privacy import own_data
from onboarding.privacy.erasure import erase_wishes, settle_erasures
from onboarding.privacy.export import everything
from onboarding.privacy.restored import forget_again
from onboarding.support import invitation_files, operations
from realto_portal import data_keys
from tests.customers import GUIDES_VIN, Customer, claim, do, work, work_until
from tests.receiver import endpoint
from tests.sealing import keyed

ADDRESS = "ann@example.org"
OLD, NEW = (base64.b64encode(bytes(range(start, start + 32))).decode() for start in (1, 101))
CLOSED = "s000000.AAAA"  # sealed with a key that nobody has
PLACE = ("a_table", "a_column", "a row")


def stored(row: Any, column: str) -> str:
    """Read a column as the database has it."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM {row._meta.db_table} WHERE id = %s', [row.pk])  # noqa: S608
        return str(cursor.fetchone()[0])


def put(row: Any, column: str, value: str) -> None:
    """Write a column behind the portal's back."""
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE {row._meta.db_table} SET "{column}" = %s WHERE id = %s', [value, row.pk])  # noqa: S608


class TestSealing:
    def test_brings_back_what_was_sealed(self) -> None:
        for text in ("", "x", "ann@example.org", "é\0\U0001f600", "x" * 100_000):
            assert sealed.unseal(sealed.seal(text, PLACE), PLACE) == text

    def test_shows_nothing_of_it(self) -> None:
        one, other = sealed.seal("WA1DMAFE0D0000000", PLACE), sealed.seal("WA1DMAFE0D0000000", PLACE)
        assert one != other
        assert "WA1D" not in one
        assert b"WA1D" not in base64.urlsafe_b64decode(one[8:] + "==")

    @pytest.mark.parametrize("index", range(3))
    def test_does_not_open_elsewhere(self, index: int) -> None:
        other = tuple("another" if place == index else name for place, name in enumerate(PLACE))
        with pytest.raises(CannotOpen):
            sealed.unseal(sealed.seal("x", PLACE), other)

    @pytest.mark.parametrize("damage", [lambda it: it[:-1], lambda it: "", lambda it: "x" * 40, lambda it: it + "AAAA"])
    def test_does_not_open_what_was_changed(self, damage: Callable[[str], str]) -> None:
        with pytest.raises(CannotOpen):
            sealed.unseal(damage(sealed.seal("ann@example.org", PLACE)), PLACE)

    def test_binds_the_hash_that_it_carries(self) -> None:
        one = sealed.seal("x", PLACE, hashed=keyed("x"))
        assert sealed.unseal(one, PLACE) == "x"
        with pytest.raises(CannotOpen):
            sealed.unseal(one.replace(keyed("x"), keyed("y")), PLACE)

    def test_opens_with_any_of_the_keys_and_seals_with_the_first(self, settings: Settings) -> None:
        settings.DATA_KEYS = [OLD]
        before = sealed.seal("x", PLACE)
        settings.DATA_KEYS = [NEW, OLD]
        after = sealed.seal("x", PLACE)
        settings.DATA_KEYS = [NEW]
        assert sealed.unseal(after, PLACE) == "x"
        with pytest.raises(CannotOpen):
            sealed.unseal(before, PLACE)

    def test_hashes_by_a_key_of_its_own(self, settings: Settings) -> None:
        before = sealed.keyed_hash("WA1D")
        assert before == keyed("WA1D")
        settings.DATA_KEYS = [NEW]
        assert sealed.keyed_hash("WA1D") == before
        settings.INDEX_KEY = OLD
        assert sealed.keyed_hash("WA1D") not in {before, ""}
        assert sealed.keyed_hash("") == ""


@pytest.mark.django_db
class TestColumn:
    def test_stores_nothing_in_clear(self) -> None:
        row = OnboardingRequest.objects.create(contact_email=ADDRESS, attributes={"vin": GUIDES_VIN})
        assert ADDRESS not in stored(row, "contact_email")
        assert GUIDES_VIN not in stored(row, "attributes")
        again = OnboardingRequest.objects.get(pk=row.pk)
        assert (again.contact_email, again.attributes) == (ADDRESS, {"vin": GUIDES_VIN})

    def test_leaves_what_is_empty_empty(self) -> None:
        row = OnboardingRequest.objects.create()
        assert {stored(row, field.attname) for field in sealed_fields(OnboardingRequest)} == {""}
        assert (row.attributes, row.errors, row.own_reference) == ({}, [], "")
        assert OnboardingRequest.objects.filter(attributes={}, contact_email="").exists()

    def test_carries_what_it_is_found_by(self) -> None:
        row = OnboardingRequest.objects.create(contact_email="Ann@Example.org")
        assert row.contact_key == keyed("ann@example.org")
        OnboardingRequest.objects.update(contact_email="")
        assert OnboardingRequest.objects.get().contact_key == ""

    def test_is_set_by_an_update_for_each_row(self) -> None:
        rows = [OnboardingRequest.objects.create(browser="b") for _row in range(3)]
        assert OnboardingRequest.objects.filter(browser="b").update(contact_email=ADDRESS, status="x") == 3
        assert len({stored(row, "contact_email") for row in rows}) == 3
        assert {(row.contact_email, row.status) for row in OnboardingRequest.objects.all()} == {(ADDRESS, "x")}

    def test_cannot_be_compared_in_clear(self) -> None:
        with pytest.raises(TypeError, match="contact_email is sealed"):
            OnboardingRequest.objects.filter(contact_email=ADDRESS).exists()

    def test_copied_to_another_row_or_column_does_not_open(self) -> None:
        ours, theirs = (OnboardingRequest.objects.create(contact_email=f"{n}@example.org") for n in range(2))
        put(ours, "contact_email", stored(theirs, "contact_email"))
        put(theirs, "own_reference", stored(theirs, "contact_email"))
        with pytest.raises(CannotOpen):
            _ = OnboardingRequest.objects.get(pk=ours.pk).contact_email
        with pytest.raises(CannotOpen):
            _ = OnboardingRequest.objects.get(pk=theirs.pk).own_reference

    def test_keeps_a_change_within_an_answer(self) -> None:
        OnboardingRequest.objects.create(attributes={"vin": GUIDES_VIN})
        row = OnboardingRequest.objects.get()
        row.attributes["vin"] = "WA1DMAFE0D0000400"
        row.save()
        assert OnboardingRequest.objects.get().attributes == {"vin": "WA1DMAFE0D0000400"}
        assert keyed("000400") in set(row.search_keys.values_list("key", flat=True))
        assert keyed(GUIDES_VIN) not in set(row.search_keys.values_list("key", flat=True))

    def test_is_loaded_with_what_opens_it_when_it_was_left_out(self) -> None:
        OnboardingRequest.objects.create(contact_email=ADDRESS)
        row = OnboardingRequest.objects.only("state").get()
        with CaptureQueriesContext(connection) as queries:
            assert row.contact_email == ADDRESS
        assert len(queries) == 1

    def test_is_not_opened_by_a_poll(self, customer: Customer, settings: Settings) -> None:
        OnboardingRequest.objects.filter(pk=customer.submit().request.pk).update(
            redirect_link="https://maker.example/x"
        )
        settings.DATA_KEYS = [NEW]
        version = {"v": customer.request.shown_version}
        answer = customer.client.get(customer.url("status/panel"), version, headers={"HX-Request": "true"})
        assert answer.status_code == 204

    def test_is_not_opened_to_be_saved_as_it_was(self, customer: Customer, settings: Settings) -> None:
        row = customer.submit().request
        settings.DATA_KEYS = [NEW]
        again = OnboardingRequest.objects.get(pk=row.pk)
        again.language = "nl"
        again.save()
        assert stored(again, "attributes") == row.__dict__["attributes"].text

    def test_tells_the_log_which_row_and_not_what(self, caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
        row = OnboardingRequest.objects.create(contact_email=ADDRESS)
        settings.DATA_KEYS = [NEW]
        with caplog.at_level(logging.ERROR), pytest.raises(CannotOpen):
            _ = OnboardingRequest.objects.get().contact_email
        assert f"onboarding_onboardingrequest {row.pk}, contact_email (KeyError)" in caplog.text
        assert stored(row, "contact_email")[8:] not in caplog.text


@pytest.fixture
def lost(customer: Customer, settings: Settings) -> OnboardingRequest:
    """Submit a request with an address, and lose the key of what is stored of it."""
    endpoint()
    customer.client.raise_request_exception = False
    OnboardingRequest.objects.filter(pk=customer.submit().request.pk).update(contact_email=ADDRESS)
    customer.post("elsewhere", contact_email="bob@example.org")
    Wish.objects.create(type="EV", manufacturer="Lada", contact_email=ADDRESS, language="en")
    settings.DATA_KEYS = [NEW]
    return customer.request


@pytest.mark.django_db(transaction=True)
class TestLostKey:
    def test_gives_customers_a_page_that_says_so(self, lost: OnboardingRequest, customer: Customer) -> None:
        answer = customer.get("consent")
        assert answer.status_code == 500
        assert "cannot be opened right now" in answer.content.decode()
        assert customer.client.get("/").status_code == 200

    def test_breaks_no_page_of_the_desk(self, lost: OnboardingRequest, admin_client: Client) -> None:
        record, mail, wish = Consent.objects.get(), Mail.objects.get(), Wish.objects.get()
        pages = {
            f"onboardingrequest/{lost.pk}/change/": "cannot be read",
            f"mail/{mail.pk}/change/": "cannot be read",
            "mail/": "cannot be read",
            f"wish/{wish.pk}/change/": "cannot be read",
            f"consent/{record.pk}/change/": "cannot be read",
            f"webhookdelivery/{WebhookDelivery.objects.latest('pk').pk}/change/": "cannot be read",
            "onboardingrequest/": lost.spoken_support_code,
        }
        for page, words in pages.items():
            answer = admin_client.get(f"/admin/onboarding/{page}")
            assert answer.status_code == 200, page
            assert words in answer.content.decode(), page

    def test_breaks_no_copy_of_what_is_held(self, lost: OnboardingRequest) -> None:
        told = everything([lost], Wish.objects.all())
        assert told["requests"][0]["attributes"] == "cannot be read"
        assert told["requests"][0]["support_code"] == lost.support_code
        assert told["wishes"][0]["contact_email"] == "cannot be read"

    def test_holds_up_no_erasure(self, lost: OnboardingRequest) -> None:
        assert erase_wishes(Wish.objects.all()) == 1
        assert forget_again([]) == (0, 0)

    def test_is_staffs_at_once(self, lost: OnboardingRequest) -> None:
        work()
        row = OnboardingRequest.objects.get(pk=lost.pk)
        assert (row.state, row.needs_staff, row.due_at) == ("queued", "unreadable", None)
        assert row.platform_id == ""
        assert "CannotOpen" in Mail.objects.get().trouble
        assert Mail.objects.get().sent_at is None

    def test_that_is_back_lets_the_workers_go_on(self, lost: OnboardingRequest, settings: Settings) -> None:
        work()
        settings.DATA_KEYS = [NEW, data_keys.LOCAL_DATA_KEYS[0]]
        operations.resume(lost, by="ann")
        assert work_until(lost, "connected").needs_staff == ""

    def test_lets_identifiers_be_erased(self, lost: OnboardingRequest) -> None:
        OnboardingRequest.objects.filter(pk=lost.pk).update(state="failed", due_at=None)
        WebhookDelivery.objects.update(due_at=None, gave_up_at=timezone.now())
        Mail.objects.update(due_at=None)
        call_command("erase", lost.support_code, by="ann", reason="asked for", stdout=io.StringIO())
        settle_erasures()
        assert not lost.search_keys.exclude(key__in=map(keyed, names_of(lost))).exists()
        assert stored(lost, "attributes") == stored(lost, "contact_email") == ""


class TestOneValueThatDoesNotOpen:
    def test_keeps_nobody_from_stopping(self, full: OnboardingRequest, customer: Customer) -> None:
        put(full, "own_reference", CLOSED)
        customer.post("stop")
        assert OnboardingRequest.objects.get(pk=full.pk).state == "withdrawing"

    def test_keeps_nobody_from_erasing(self, full: OnboardingRequest, customer: Customer) -> None:
        put(full, "own_reference", CLOSED)
        customer.post("erase")
        assert OnboardingRequest.objects.get(pk=full.pk).state == "withdrawing"

    def test_in_a_record_of_consent_keeps_nobody_from_erasing(
        self, full: OnboardingRequest, customer: Customer
    ) -> None:
        close_consents()
        customer.post("erase")
        assert OnboardingRequest.objects.get(pk=full.pk).state == "withdrawing"
        ended = Consent.objects.get(kind="withdrawn")
        assert (ended.attributes, ended.words) == ({}, Consent.objects.get(kind="given").words)

    def test_in_a_record_of_consent_leaves_the_rest_in_a_copy(self, full: OnboardingRequest) -> None:
        close_consents()
        packed = own_data.copy_of_address(ADDRESS, by="ann", reason="They asked.")
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            receipts = [name.rpartition(".")[2] for name in archive.namelist() if full.spoken_support_code in name]
        assert sorted(receipts) == ["json", "pdf"]


def close_consents() -> None:
    """Put into every record of consent what does not open, behind the portal's back."""
    with connection.cursor():
        triggers.take_down(connection)
        for record in Consent.objects.all():
            put(record, "attributes", CLOSED)
        triggers.set_up(connection)


def names_of(row: OnboardingRequest) -> list[str]:
    """List what still finds a request of which everything was erased."""
    reference = "".join(c for c in row.reference.upper() if c.isalnum())
    return [reference, row.support_code, row.support_code[-6:]]


@pytest.fixture
def full(customer: Customer, settings: Settings) -> OnboardingRequest:
    """Store something in every table with sealed columns, with the old key."""
    settings.DATA_KEYS = [OLD]
    endpoint()
    request = work_until(customer.submit().request, "connected")
    customer.post("elsewhere", contact_email=ADDRESS)
    Wish.objects.create(type="EV", manufacturer="Lada", contact_email=ADDRESS, language="en")
    BulkJob.objects.create(action="add_note", by="ann", key="k", detail={"note": "x"})
    do(WebhookDelivery.objects.first())
    settings.DATA_KEYS = [NEW, OLD]
    return request


def rotate(*options: str) -> str:
    out = io.StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue()


def all_prefixes() -> set[str]:
    """Tell with which keys everything is sealed that is stored now."""
    found = set()
    for model in resealing.sealed_models():
        for row in model._default_manager.all():
            found |= {stored(row, field.attname)[:7] for field in sealed_fields(model)}
    return found - {""}


@pytest.mark.django_db(transaction=True)
class TestRotation:
    def test_leaves_nothing_to_the_old_key(self, full: OnboardingRequest, settings: Settings) -> None:
        assert len(all_prefixes()) == 1
        assert "Nothing needs an earlier key" in rotate()
        settings.DATA_KEYS = [NEW]
        assert all_prefixes() == {sealed.current_id()}
        row = OnboardingRequest.objects.get(pk=full.pk)
        assert (row.attributes, row.contact_email) == ({"vin": GUIDES_VIN}, ADDRESS)
        assert row.contact_key == keyed(ADDRESS)
        assert Mail.objects.latest("pk").to == ADDRESS
        assert Event.objects.filter(name="accepted").get().detail["exchange"]["status"]

    def test_is_counted_before(self, full: OnboardingRequest) -> None:
        with pytest.raises(CommandError, match="rows need an earlier key"):
            rotate("--check")
        rotate()
        assert "Nothing needs an earlier key" in rotate("--check")

    def test_goes_on_where_it_was_stopped(self, full: OnboardingRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(resealing, "BATCH", 2)
        seal, sealed_so_far = SealedField.renewed, []

        def stopping(field: SealedField, *args: Any) -> Any:
            if len(sealed_so_far) == 5:
                raise KeyboardInterrupt
            sealed_so_far.append(field)
            return seal(field, *args)

        monkeypatch.setattr(SealedField, "renewed", stopping)
        with pytest.raises(KeyboardInterrupt):
            rotate()
        assert len(all_prefixes()) == 2
        monkeypatch.setattr(SealedField, "renewed", seal)
        rotate()
        assert all_prefixes() == {sealed.current_id()}

    def test_keeps_the_proof_of_consent(self, full: OnboardingRequest) -> None:
        before = Consent.objects.get()
        rotate()
        after = Consent.objects.get()
        assert stored(before, "attributes")[:7] == sealed.current_id()
        assert after.covered() == before.covered()
        assert after.is_intact
        assert after.attributes == {"vin": GUIDES_VIN}

    def test_lets_nobody_change_what_was_consented_to(self, full: OnboardingRequest) -> None:
        """Not with the newest key; and what is changed while a key is replaced is found by its hash."""
        record = Consent.objects.get()
        rotate()
        for change in ({"attributes": {"vin": "x"}}, {"attributes": {}}, {"salt": ""}, {"reason": "x"}):
            with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
                Consent.objects.filter(pk=record.pk).update(**change)
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Consent.objects.get(pk=record.pk).save()

    def test_of_a_row_that_is_saved_meanwhile_does_not_come_undone(self, full: OnboardingRequest) -> None:
        row = OnboardingRequest.objects.get(pk=full.pk)
        rotate()
        row.save()
        assert stored(row, "attributes")[:7] == sealed.current_id()

    def test_names_what_does_not_open_and_does_the_rest(
        self, full: OnboardingRequest, caplog: pytest.LogCaptureFixture
    ) -> None:
        put(full, "own_reference", "s000000.AAAA")
        with caplog.at_level(logging.ERROR), pytest.raises(CommandError, match="1 rows need an earlier key"):
            rotate()
        assert f"onboarding_onboardingrequest {full.pk}" in caplog.text
        assert Mail.objects.latest("pk").to == ADDRESS

    def test_lets_workers_go_on(self, full: OnboardingRequest) -> None:
        mail = Mail.objects.latest("pk")
        token = claim(mail)
        rotate()
        assert Mail.held_by(token).get().to == ADDRESS


@pytest.mark.django_db(transaction=True)
class TestNewIndexKey:
    def test_finds_everything_again(self, full: OnboardingRequest, settings: Settings, admin_client: Client) -> None:
        made = {"kind": "email", "address": keyed(ADDRESS), "expires_at": full.updated_at}
        link = AccessLink.objects.create(request=full, **made)
        settings.INDEX_KEY = OLD
        lists = "/admin/onboarding/{}/?q={}".format
        assert admin_client.get(lists("wish", ADDRESS)).context["cl"].result_count == 0
        assert "rows are hashed anew" in rotate("--hashes")
        row = OnboardingRequest.objects.get(pk=full.pk)
        assert row.contact_key == keyed(ADDRESS)
        assert AccessLink.objects.get(pk=link.pk).address == keyed(ADDRESS)
        assert keyed(GUIDES_VIN) in set(row.search_keys.values_list("key", flat=True))
        for model, term in (("wish", ADDRESS), ("mail", ADDRESS), ("onboardingrequest", GUIDES_VIN[-6:])):
            assert admin_client.get(lists(model, term)).context["cl"].result_count == 1

    def test_finds_whom_a_row_of_a_file_names(self, settings: Settings) -> None:
        lines = [Line(2, {"contact_email": ADDRESS, "type": "EV"}), Line(3, {"type": "EV"})]
        said = {"by": "ann", "language": "en", "is_mailing": True}
        invitation_files.store_file(lines, key="1", **said)  # type: ignore[arg-type]
        settings.INDEX_KEY = OLD
        rotate("--hashes")
        invitation_files.store_file(lines, key="2", **said)  # type: ignore[arg-type]
        assert InvitationRow.objects.values("mark").distinct().count() == len(lines)
        assert invitation_files.forget_person(ADDRESS) == 2

    def test_brings_holders_along_once_all_of_their_request_opens(
        self, full: OnboardingRequest, settings: Settings
    ) -> None:
        Holder.objects.create(request=full, browser="b", address=keyed(ADDRESS))
        good = stored(full, "own_reference")
        put(full, "own_reference", CLOSED)
        settings.INDEX_KEY = OLD
        with pytest.raises(CommandError, match="1 rows do not open"):
            rotate("--hashes")
        put(full, "own_reference", good)
        rotate("--hashes")
        assert Holder.objects.get().address == keyed(ADDRESS)
