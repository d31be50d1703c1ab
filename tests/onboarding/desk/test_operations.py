"""The desk's buttons: when they are there, what they ask, and what they say afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.signals import post_init
from django.test import Client
from django.utils import timezone

from onboarding.catalogue.catalogue import Catalogue
from onboarding.desk.operations import OPERATIONS
from onboarding.models import Device, Erasure, Event, Mail, OnboardingRequest
from onboarding.retention.requests import strip
from tests.customers import Customer, work_until
from tests.desk import colleague_with, sign_in
from tests.onboarding.mail.test_outbox import ADDRESS, submit

pytestmark = pytest.mark.django_db

LIST = "/admin/onboarding/onboardingrequest/"
NOW = timezone.now()
LATER = NOW + timedelta(hours=1)
STOPPED: dict[str, Any] = {"state": "queued", "needs_staff": "unanswered"}


@pytest.fixture
def desk() -> Client:
    return sign_in("superuser")


def make(**columns: Any) -> OnboardingRequest:
    known: dict[str, Any] = {"state": "following", "type": "EV", "manufacturer": "Audi", "browser": "b"}
    return OnboardingRequest.objects.create(**known | {"consented_at": NOW} | columns)


def page_of(row: OnboardingRequest, operation: str = "change") -> str:
    return f"{LIST}{row.pk}/{operation.replace('_', '-')}/"


def buttons(client: Client, row: OnboardingRequest) -> set[str]:
    page = client.get(page_of(row)).content.decode()
    return {name for name in OPERATIONS if f'href="{page_of(row, name)}"' in page}


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def press(client: Client, row: OnboardingRequest, operation: str, **form: str) -> str:
    return words(client.post(page_of(row, operation), form, follow=True))


class TestButtons:
    @pytest.mark.parametrize(
        ("columns", "expected"),
        [
            ({**STOPPED}, {"resume", "mark_handled", "withdraw"}),
            ({"state": "queued", "due_at": LATER}, {"resume", "withdraw"}),
            ({"state": "queued", "due_at": NOW}, {"withdraw"}),
            ({"state": "sending", "due_at": LATER}, {"withdraw"}),
            ({"state": "unknown", "due_at": LATER, "settles_at": LATER}, {"withdraw"}),
            ({"state": "unknown", "due_at": LATER, "settles_at": NOW}, {"resume", "withdraw"}),
            ({"due_at": LATER}, {"check_now", "withdraw"}),
            ({"needs_staff": "too-old"}, {"resume", "withdraw"}),
            ({"needs_staff": "forgotten"}, {"resume", "mark_handled", "withdraw"}),
            ({"needs_staff": "several", "due_at": LATER}, {"check_now", "mark_handled", "withdraw"}),
            ({"state": "withdrawing", "needs_staff": "not-let-go", "withdrawn_at": NOW}, {"resume"}),
            ({"state": "connected", "needs_staff": "several"}, {"mark_handled", "withdraw"}),
            ({"state": "connected"}, {"withdraw"}),
            ({"state": "failed"}, set()),
        ],
    )
    def test_are_there_when_they_apply(self, desk: Client, columns: dict[str, Any], expected: set[str]) -> None:
        always = {"add_note", "reassign_email", "evidence", "erase_identifiers", "export_data"}
        assert buttons(desk, make(**columns)) - always == expected

    def test_to_look_are_there_for_a_connected_device(self, desk: Client) -> None:
        row = make(state="connected")
        Device.objects.create(request=row, due_at=LATER)
        assert "look_now" in buttons(desk, row)
        assert "The platform is asked." in press(desk, row, "look_now")
        assert "look_now" not in buttons(desk, row)

    def test_to_write_are_there_with_an_address(self, desk: Client) -> None:
        assert "resend_mail" not in buttons(desk, make())
        assert "resend_mail" in buttons(desk, make(contact_email=ADDRESS))

    def test_of_evidence_are_there_with_consent(self, desk: Client) -> None:
        assert "evidence" in buttons(desk, make())
        assert "evidence" not in buttons(desk, make(state="draft", consented_at=None))

    def test_are_few_once_identifiers_are_erased(self, desk: Client) -> None:
        row = make(state="failed", contact_email=ADDRESS)
        strip([row.pk])
        assert buttons(desk, row) == {"add_note", "evidence"}

    def test_are_for_those_who_may(self) -> None:
        row = make(**STOPPED, contact_email=ADDRESS)
        assert buttons(sign_in("viewer"), row) == set()
        assert buttons(sign_in("auditor"), row) == set()
        agents = {"resume", "mark_handled", "resend_mail", "reassign_email", "add_note"}
        assert buttons(sign_in("agent"), row) == agents
        assert buttons(sign_in("supervisor"), row) == agents | {
            "withdraw",
            "evidence",
            "erase_identifiers",
            "export_data",
        }

    def test_offer_checking_to_those_who_may_not_resume(self) -> None:
        client = colleague_with("view_onboardingrequest", "check_now")
        assert buttons(client, make(state="queued", due_at=LATER)) == {"check_now"}

    def test_mark_what_cannot_be_undone(self, desk: Client) -> None:
        context = desk.get(page_of(make())).context
        shown = [context["likeliest"], *context["at_hand"], *context["rest"]]
        operations = {operation["name"]: operation["is_serious"] for operation in shown}
        assert (operations["withdraw"], operations["add_note"]) == (True, False)
        assert {operation["name"] for operation in context["rest"]} >= {"withdraw", "erase_identifiers"}


class TestPage:
    @pytest.mark.parametrize("name", sorted(OPERATIONS))
    def test_is_for_nobody_without_its_permission(self, name: str) -> None:
        row, before = make(**STOPPED), Event.objects.count()
        others = {operation.permission for operation in OPERATIONS.values()} - {OPERATIONS[name].permission}
        client = colleague_with("view_onboardingrequest", *others)
        for answer in (client.get(page_of(row, name)), client.post(page_of(row, name), {"reason": "x", "note": "x"})):
            assert answer.status_code == 403
        assert Event.objects.count() == before

    @pytest.mark.parametrize("name", sorted(OPERATIONS))
    def test_is_for_nobody_who_may_not_see_requests(self, name: str) -> None:
        client = colleague_with(*(operation.permission for operation in OPERATIONS.values()))
        assert client.get(page_of(make(), name)).status_code == 403

    def test_is_opened_without_a_change(self, desk: Client) -> None:
        row = make(**STOPPED, contact_email=ADDRESS)
        for name in buttons(desk, row):
            assert desk.get(page_of(row, name)).status_code == 200
        assert not Event.objects.exists()

    @pytest.mark.parametrize(
        ("name", "columns", "said"),
        [
            ("resume", STOPPED, "A worker sends it at once."),
            ("resume", {"state": "unknown", "due_at": LATER}, "looks at once whether it arrived"),
            ("resume", {"needs_staff": "too-old"}, "follows it for another thirty days"),
            ("resume", {"state": "withdrawing", "needs_staff": "not-let-go"}, "once more to let the device go"),
            ("check_now", {"due_at": LATER}, "A worker asks the platform about it at once"),
            ("mark_handled", STOPPED, "so it is canceled"),
            ("mark_handled", {"state": "connected", "needs_staff": "several"}, "Nothing else changes"),
            ("withdraw", {}, "cannot be given back by staff"),
        ],
    )
    def test_says_what_will_happen(self, desk: Client, name: str, columns: dict[str, Any], said: str) -> None:
        assert said in words(desk.get(page_of(make(**columns), name)))

    @pytest.mark.parametrize("name", ["reassign_email", "mark_handled", "add_note", "withdraw"])
    def test_asks_for_a_reason_where_one_is_needed(self, desk: Client, name: str) -> None:
        row = make(**STOPPED, contact_email=ADDRESS)
        answer = desk.post(page_of(row, name), {"contact_email": "new@example.org", "reason": " ", "note": " "})
        assert "This field is required." in answer.content.decode()
        assert not Event.objects.exists()

    @pytest.mark.parametrize(
        "name", sorted(set(OPERATIONS) - {"add_note", "reassign_email", "erase_identifiers", "export_data"})
    )
    def test_says_kindly_why_it_does_not_apply(self, desk: Client, name: str) -> None:
        row = make(state="draft", consented_at=None)
        for send in (desk.get, desk.post):
            answer = send(page_of(row, name), {"reason": "x", "what": "link"}, follow=True)
            assert answer.redirect_chain == [(page_of(row), 302)]
            assert str(OPERATIONS[name].why_not(row)) in words(answer)
        assert not Event.objects.exists()

    @pytest.mark.parametrize("name", sorted(OPERATIONS))
    def test_of_a_request_that_is_not_there_is_not_found(self, desk: Client, name: str) -> None:
        assert desk.get(f"{LIST}4711/{name.replace('_', '-')}/").status_code == 404

    def test_takes_no_other_method(self, desk: Client) -> None:
        assert desk.put(page_of(make(), "add_note")).status_code == 405


class TestOperations:
    def test_let_the_workers_go_on(self, desk: Client, platform: Catalogue) -> None:
        row = make(**STOPPED, attributes={"vin": "WA1DMAFE0D0000803"})
        assert "The workers go on." in press(desk, row, "resume", reason="The platform is back.")
        event = row.events.get()
        told = {"by": "superuser-ann", "reason": "The platform is back."}
        assert (event.name, event.actor, event.detail) == ("resumed", "staff", told)
        assert "superuser-ann let the workers go on." in words(desk.get(page_of(row)))
        work_until(row, "connected")

    def test_check_now(self, desk: Client) -> None:
        row = make(due_at=LATER)
        assert "The platform is asked." in press(desk, row, "check_now")
        assert row.events.get().detail == {"by": "superuser-ann"}
        row.refresh_from_db()
        assert row.due_at
        assert row.due_at < timezone.now()

    def test_send_a_link_or_what_went_out_last(self, desk: Client) -> None:
        row = make(contact_email=ADDRESS)
        page = words(desk.get(page_of(row, "resend_mail")))
        assert "It goes to a•••@example.org." in page
        assert 'value="last"' not in page
        Mail.objects.create(request=row, kind="needs-you", key="k", to=ADDRESS, sent_at=NOW)
        row.action_type = "Redirect"
        row.save()
        assert "The last mail once more: something to do" in words(desk.get(page_of(row, "resend_mail")))
        assert "It is on its way." in press(desk, row, "resend_mail", what="last", reason="Deleted it.")
        assert row.events.get().detail == {"by": "superuser-ann", "kind": "needs-you", "reason": "Deleted it."}

    def test_say_that_no_address_is_known(self, desk: Client) -> None:
        assert "No e-mail address is known." in press(desk, make(), "resend_mail", what="link")
        assert not Mail.objects.exists()

    def test_change_the_address(self, desk: Client) -> None:
        row = make(contact_email=ADDRESS)
        press(desk, row, "reassign_email", contact_email="Anna@Example.ORG", reason="She wrote.")
        row.refresh_from_db()
        assert row.contact_email == "Anna@example.org"
        told = row.events.get().detail
        assert (told["by"], told["reason"], told["after"]) == ("superuser-ann", "She wrote.", "A•••@example.org")
        assert ADDRESS not in words(desk.get(page_of(row)))

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("ann@", "Enter a complete e-mail address, like name@example.org."),
            (ADDRESS, "This is the address on file already."),
        ],
    )
    def test_take_no_address_that_cannot_be_one(self, desk: Client, typed: str, said: str) -> None:
        row = make(contact_email=ADDRESS)
        assert said in press(desk, row, "reassign_email", contact_email=typed, reason="x")
        assert not row.events.exists()

    def test_ask_once_about_an_address_that_looks_mistyped(self, desk: Client) -> None:
        row, form = make(), {"contact_email": "ann@gmial.com", "reason": "She wrote."}
        page = press(desk, row, "reassign_email", **form)
        assert "Did you mean ann@gmail.com?" in page
        assert 'type="checkbox" name="is_right"' in page
        assert "The address is changed." in press(desk, row, "reassign_email", **form, is_right="on")
        row.refresh_from_db()
        assert row.contact_email == "ann@gmial.com"

    def test_mark_as_handled(self, desk: Client) -> None:
        row = make(state="connected", needs_staff="several", finished_at=NOW)
        assert row in desk.get(LIST, {"queue": "us"}).context["cl"].result_list
        assert "It is marked as handled." in press(desk, row, "mark_handled", reason="They took one away.")
        assert row not in desk.get(LIST, {"queue": "us"}).context["cl"].result_list
        assert row.events.get().detail == {"by": "superuser-ann", "reason": "They took one away."}

    def test_add_a_note_that_shows_no_identifier(self, desk: Client) -> None:
        row = make(attributes={"vin": "WA1DMAFE0D0000803"})
        press(desk, row, "add_note", note="Has wa1dmafe0d0000803 and <b>a red house</b>.")
        page = words(desk.get(page_of(row)))
        assert "superuser-ann noted: Has •••••••••••••0803 and &lt;b&gt;a red house&lt;/b&gt;." in page

    def test_erase_identifiers(self, desk: Client) -> None:
        row = make(state="failed", attributes={"vin": "WA1DMAFE0D0000803"}, contact_email=ADDRESS)
        assert "It is erased, or will be" in press(desk, row, "erase_identifiers", reason=f"{ADDRESS} asked.")
        asked = Erasure.objects.get(request=row)
        assert (asked.by, asked.reason) == ("superuser-ann", "a•••@example.org asked.")
        page = words(desk.get(page_of(row)))
        assert "Erasure was asked for:" in page
        assert "superuser-ann asked to erase it, for the customer." in page
        assert "It was asked for already" in press(desk, row, "erase_identifiers", reason="Again.")

    def test_take_consent_back(self, desk: Client, customer: Customer) -> None:
        row = submit(customer)
        page = press(desk, row, "withdraw", reason=f"{ADDRESS} asked by phone.")
        assert "The consent is taken back; workers tell the platform." in page
        event = row.events.get(name="consent-withdrawn")
        assert event.detail == {"by": "superuser-ann", "reason": "a•••@example.org asked by phone."}

    def test_give_evidence_and_note_who_took_it(self, desk: Client, customer: Customer) -> None:
        row = submit(customer)
        answer = desk.post(page_of(row, "evidence"), {"reason": "Audit."})
        assert answer.headers["Content-Type"] == "application/zip"
        assert row.events.get(name="evidence-exported").detail == {"by": "superuser-ann", "reason": "Audit."}


class TestMeanwhile:
    """Between the look at a request and the operation, somebody else was faster."""

    @pytest.mark.parametrize(
        ("name", "columns", "changed", "said"),
        [
            ("resume", STOPPED, {"needs_staff": "", "due_at": NOW}, "nothing waits to be sent"),
            ("mark_handled", STOPPED, {"needs_staff": ""}, "Nothing here waits for a colleague."),
            (
                "check_now",
                {"due_at": LATER},
                {"due_at": NOW},
                "There is nothing to ask the platform now.",
            ),
            ("withdraw", {}, {"state": "failed"}, "Nothing runs here that could be stopped."),
            ("resend_mail", {"contact_email": ADDRESS}, {"contact_email": ""}, "No e-mail address is known."),
        ],
    )
    def test_is_told_kindly(
        self, desk: Client, name: str, columns: dict[str, Any], changed: dict[str, Any], said: str
    ) -> None:
        row = make(**columns)
        with changing_once_it_is_read(changed):
            page = press(desk, row, name, reason="Mine.", what="link")
        assert "Nothing was done: it changed a moment ago." in page
        assert said in page
        assert not Event.objects.exists()


@contextmanager
def changing_once_it_is_read(columns: dict[str, Any]) -> Iterator[None]:
    def change(**_signal: Any) -> None:
        post_init.disconnect(change, sender=OnboardingRequest)
        OnboardingRequest.objects.update(**columns)

    post_init.connect(change, sender=OnboardingRequest)
    yield
    assert not post_init.disconnect(change, sender=OnboardingRequest)
