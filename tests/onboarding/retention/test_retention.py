"""What goes when its time is over, what stays, and that nothing grows that nobody thought of."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.utils import timezone

from onboarding.access.links import make_link
from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent.receipts import receipt_for
from onboarding.models import (
    AccessLink,
    BulkJob,
    CatalogueChange,
    Consent,
    Departure,
    Event,
    Fault,
    Invitation,
    InvitationFile,
    Mail,
    OnboardingRequest,
    PushSubscription,
    StaffSignIn,
    WebhookAttempt,
    WebhookDelivery,
    Wish,
)
from onboarding.retention import keeper, kinds
from onboarding.support import disclosures
from realto_portal.retention_settings import USUAL_DAYS, retention_days
from sandbox import magic
from sandbox.models import SandboxRequest
from tests.customers import Customer, work, work_until
from tests.desk import sign_in
from tests.onboarding.lib.test_sealed import CLOSED, put
from tests.receiver import endpoint

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=4000)
A_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
REFUSED = magic.BY_ENDING["0700"].vin


def age(rows: models.QuerySet[Any], days: float, *columns: str) -> None:
    """Put moments of rows so many days back."""
    rows.update(**{column: timezone.now() - timedelta(days=days) for column in columns})


def row_of(request: OnboardingRequest) -> models.QuerySet[OnboardingRequest]:
    return OnboardingRequest.objects.filter(pk=request.pk)


@pytest.fixture
def draft(customer: Customer) -> OnboardingRequest:
    customer.start().choose("EV", "Audi")
    row_of(customer.request).update(contact_email="jan@mail.example")
    return customer.request


@pytest.fixture
def failed(customer: Customer) -> OnboardingRequest:
    """One that failed, with a mail that was sent, a browser that holds it, and somebody who looked at it."""
    customer.start().choose("EV", "Audi")
    row_of(customer.request).update(contact_email="jan@mail.example")
    customer.post("identify", vin=REFUSED)
    customer.consent()
    request = work_until(customer.request, "failed")
    request.holders.create(browser="another")
    disclosures.reveal(request, "contact_email", by="ann")
    Mail.objects.update(sent_at=timezone.now(), due_at=None)
    return request


class TestDraft:
    def test_goes_thirty_days_after_it_was_changed(self, draft: OnboardingRequest) -> None:
        age(row_of(draft), 29, "updated_at")
        keeper.keep()
        assert row_of(draft).exists()
        age(row_of(draft), 31, "updated_at")
        keeper.keep()
        assert not OnboardingRequest.objects.exists()
        assert not Event.objects.exists()

    def test_leaves_behind_who_looked_at_it(self, draft: OnboardingRequest) -> None:
        disclosures.reveal(draft, "contact_email", by="ann")
        age(row_of(draft), 31, "updated_at")
        keeper.keep()
        line = Event.objects.get()
        assert (line.request, line.detail["by"]) == (None, "ann")
        assert draft.spoken_support_code in line.detail["on"]

    def test_goes_with_what_does_not_open_and_holds_up_no_other(
        self, draft: OnboardingRequest, stranger: Customer
    ) -> None:
        disclosures.reveal(draft, "contact_email", by="ann")
        put(draft.events.get(name="revealed"), "detail", CLOSED)
        stranger.start().choose("EV", "Audi")
        age(OnboardingRequest.objects.all(), 31, "updated_at")
        keeper.keep()
        assert not OnboardingRequest.objects.exists()
        assert Event.objects.get().detail == {"on": f"request {draft.spoken_support_code}"}

    def test_stays_while_a_mail_is_due(self, draft: OnboardingRequest) -> None:
        Mail.objects.create(request=draft, kind="reminder", key="1", to="jan@mail.example", due_at=timezone.now())
        age(row_of(draft), 31, "updated_at")
        keeper.keep()
        assert row_of(draft).exists()

    def test_stays_while_a_link_leads_to_it(self, draft: OnboardingRequest) -> None:
        link = make_link(draft, AccessLink.Kind.EMAIL)
        age(row_of(draft), 31, "updated_at")
        keeper.keep()
        assert row_of(draft).exists()
        link.revoked_at = timezone.now()
        link.save()
        keeper.keep()
        assert not row_of(draft).exists()

    def test_stays_for_good_when_its_term_is_nought(self, draft: OnboardingRequest, settings: Any) -> None:
        settings.RETENTION_DAYS = USUAL_DAYS | {"drafts": 0}
        age(row_of(draft), 3000, "updated_at")
        keeper.keep()
        assert row_of(draft).exists()


class TestRequestThatFailed:
    def test_is_whole_for_ninety_days(self, failed: OnboardingRequest) -> None:
        age(row_of(failed), 89, "finished_at")
        keeper.keep()
        assert row_of(failed).get().attributes == {"vin": REFUSED}

    def test_is_nothing_but_proof_of_consent_after_that(self, failed: OnboardingRequest) -> None:
        before = failed.consents.get()
        age(row_of(failed), 91, "finished_at")
        keeper.keep()
        row, record = row_of(failed).get(), failed.consents.get()
        assert (row.attributes, row.contact_email, row.browser, row.platform_id) == ({}, "", "", "")
        assert (row.state, row.type, row.manufacturer) == ("failed", "EV", "Audi")
        assert (record.record_sha256, record.words, record.at) == (before.record_sha256, before.words, before.at)
        assert (record.attributes, record.problems()) == ({}, [])
        for belonging in (row.mails, row.holders, row.links, row.transactions, row.webhooks, row.pushes):
            assert not belonging.exists()

    def test_is_found_by_its_support_code_still(self, failed: OnboardingRequest, admin_client: Client) -> None:
        age(row_of(failed), 91, "finished_at")
        keeper.keep()
        lists = "/admin/onboarding/onboardingrequest/"
        assert admin_client.get(lists, {"q": failed.support_code}).status_code == 302
        assert b"Nothing fits." in admin_client.get(lists, {"q": REFUSED}).content
        page = admin_client.get(f"{lists}{failed.pk}/change/").content.decode()
        assert "all but the proof of consent went" in page

    def test_keeps_consents_that_can_be_verified_and_shown(self, failed: OnboardingRequest) -> None:
        age(row_of(failed), 91, "finished_at")
        keeper.keep()
        out = io.StringIO()
        call_command("verify_consents", stdout=out)
        assert out.getvalue().startswith("1 consent records are as they were stored; identifiers erased in 1.")
        assert receipt_for(Consent.objects.get())

    def test_keeps_who_looked_at_it(self, failed: OnboardingRequest) -> None:
        age(row_of(failed), 91, "finished_at")
        keeper.keep()
        assert list(failed.events.order_by("pk").values_list("name", flat=True)) == ["revealed", "reduced"]

    def test_goes_once(self, failed: OnboardingRequest) -> None:
        age(row_of(failed), 91, "finished_at")
        keeper.keep()
        keeper.keep()
        assert failed.events.filter(name="reduced").count() == 1
        assert Departure.objects.get(kind="failed").times == 1

    @pytest.mark.parametrize("work_left", [{"needs_staff": "bad-link"}, {"lease": "somebody's"}, {"due_at": A_MOMENT}])
    def test_stays_while_there_is_work_left(self, failed: OnboardingRequest, work_left: dict[str, Any]) -> None:
        age(row_of(failed), 91, "finished_at")
        row_of(failed).update(**work_left)
        keeper.keep()
        assert row_of(failed).get().attributes

    def test_stays_while_a_webhook_is_due(self, failed: OnboardingRequest) -> None:
        WebhookDelivery.objects.create(
            endpoint=endpoint(), request=failed, kind="request.failed", occurrence=0, due_at=timezone.now()
        )
        age(row_of(failed), 91, "finished_at")
        keeper.keep()
        assert row_of(failed).get().attributes


class TestRequestThatIsNotOver:
    @pytest.mark.parametrize("state", ["queued", "sending", "unknown", "following", "rejected", "withdrawing"])
    def test_is_never_touched(self, failed: OnboardingRequest, state: str) -> None:
        row_of(failed).update(state=state)
        age(row_of(failed), 4000, "finished_at", "updated_at", "created_at")
        lines = failed.events.count()
        keeper.keep()
        assert row_of(failed).get().attributes
        assert failed.events.count() == lines

    def test_is_never_touched_while_connected(self, customer: Customer, settings: Any) -> None:
        settings.RETENTION_DAYS = USUAL_DAYS | {"withdrawn": 1}
        request = work_until(customer.submit().request, "connected")
        age(row_of(request), 4000, "finished_at", "updated_at", "created_at")
        keeper.keep()
        row = row_of(request).get()
        assert row.attributes
        assert row.platform_id
        assert row.browser


class TestRequestThatWasWithdrawn:
    @pytest.fixture
    def withdrawn(self, failed: OnboardingRequest) -> OnboardingRequest:
        row_of(failed).update(state="withdrawn")
        age(row_of(failed), 500, "finished_at")
        return failed

    def test_stays_unless_told_otherwise(self, withdrawn: OnboardingRequest) -> None:
        keeper.keep()
        assert row_of(withdrawn).get().attributes

    def test_is_nothing_but_proof_after_the_days_set(self, withdrawn: OnboardingRequest, settings: Any) -> None:
        settings.RETENTION_DAYS = USUAL_DAYS | {"withdrawn": 499}
        keeper.keep()
        assert not row_of(withdrawn).get().attributes


class TestTimeline:
    def test_loses_calls_after_ninety_days(self, customer: Customer) -> None:
        request = work_until(customer.submit().request, "connected")
        calls, lines = request.events.filter(has_call=True), request.events.count()
        assert calls.exists()
        age(Event.objects.all(), 89, "at")
        keeper.keep()
        assert calls.exists()
        age(Event.objects.all(), 91, "at")
        keeper.keep()
        assert not calls.exists()
        assert request.events.count() == lines
        assert not any("exchange" in event.detail for event in request.events.all())
        assert "status" in request.events.filter(name="progress")[0].detail

    def test_loses_calls_that_do_not_open_with_all_others(self, customer: Customer) -> None:
        work_until(customer.submit().request, "connected")
        calls = Event.objects.filter(has_call=True)
        assert calls.count() > 1
        put(calls.order_by("pk")[0], "detail", CLOSED)
        age(Event.objects.all(), 91, "at")
        keeper.keep()
        assert not calls.exists()

    def test_of_what_is_connected_goes_after_two_years(self, customer: Customer) -> None:
        request = work_until(customer.submit().request, "connected")
        age(Event.objects.all(), 731, "at")
        disclosures.reveal(request, "vin", by="ann")
        age(Event.objects.filter(name="revealed"), 731, "at")
        keeper.keep()
        assert [event.name for event in request.events.all()] == ["revealed"]


# Everything else that has a term: how to make a row whose time began so long ago, and the days that it is kept.
def _mail(at: datetime) -> Mail:
    request = OnboardingRequest.objects.create(state="connected")
    return Mail.objects.create(request=request, kind="connected", key="1", queued_at=at, sent_at=at)


def _link(at: datetime) -> AccessLink:
    link = make_link(OnboardingRequest.objects.create(), AccessLink.Kind.EMAIL)
    AccessLink.objects.update(expires_at=at)
    return link


def _invitation(at: datetime) -> Invitation:
    request = OnboardingRequest.objects.create(state="connected")
    return Invitation.objects.create(request=request, key="1", by="ann", created_at=at, opened_at=at)


def _webhook(at: datetime) -> WebhookDelivery:
    request = OnboardingRequest.objects.create(state="connected")
    told = WebhookDelivery.objects.create(
        endpoint=endpoint(), request=request, kind="request.connected", occurrence=0, delivered_at=at
    )
    WebhookAttempt.objects.create(delivery=told, started_at=at)
    return told


def _push(at: datetime) -> PushSubscription:
    request = OnboardingRequest.objects.create(state="connected")
    return PushSubscription.objects.create(request=request, browser="b", created_at=at)


def _desk_change(at: datetime) -> LogEntry:
    sign_in("supervisor")
    who = apps.get_model("auth.User").objects.get()
    return LogEntry.objects.create(user=who, action_time=at, action_flag=2)


def _sandbox_request(at: datetime) -> SandboxRequest:
    ids = "00000000-0000-4000-8000-000000000001"
    return SandboxRequest.objects.create(principal_id=ids, type="EV", manufacturer="Audi", payload={}, created_at=at)


def _tally(which: str, /, **columns: Any) -> Callable[[datetime], models.Model]:
    model = apps.get_model(f"onboarding.{which}")
    return lambda at: model.objects.create(**columns | {key: made(at) for key, made in MOMENTS[which].items()})


MOMENTS: dict[str, dict[str, Callable[[datetime], object]]] = {
    "AnswerTally": {"day": lambda at: at.date()},
    "CspReport": {"day": lambda at: at.date()},
    "RateLimitTally": {"hour": lambda at: at},
    "Fault": {"day": lambda at: at.date(), "last_at": lambda at: at},
    "Departure": {"day": lambda at: at.date(), "last_at": lambda at: at},
}
TERMS: dict[str, tuple[int, Callable[[datetime], models.Model]]] = {
    "mails": (365, _mail),
    "links": (365, _link),
    "invitations": (365, _invitation),
    "pushes": (60, _push),
    "invitation_files": (7, lambda at: InvitationFile.objects.create(by="ann", created_at=at)),
    "webhooks": (30, _webhook),
    "wishes": (365, lambda at: Wish.objects.create(manufacturer="Lada", language="en", created_at=at)),
    "bulk_jobs": (90, lambda at: BulkJob.objects.create(action="resume", by="ann", created_at=at, finished_at=at)),
    "sign_ins": (730, lambda at: StaffSignIn.objects.create(name="ann", outcome="signed-in", at=at)),
    "disclosures": (1095, lambda at: Event.objects.create(name="figures-exported", actor="staff", at=at)),
    "desk_changes": (1095, _desk_change),
    "catalogue_changes": (365, lambda at: CatalogueChange.objects.create(kind="added", type="EV", at=at)),
    "answers": (730, _tally("AnswerTally", type="EV", manufacturer="Audi", field="vin", outcome="form", times=1)),
    "limits": (90, _tally("RateLimitTally", name="code", scope="address", times=1)),
    "browser_reports": (30, _tally("CspReport", directive="img-src", blocked="inline", slot=0)),
    "faults": (30, _tally("Fault", room="advance", error="ValueError", times=1)),
    "sandbox": (365, _sandbox_request),
    "departures": (1095, _tally("Departure", kind="drafts", times=1)),
}


@pytest.mark.parametrize("name", TERMS)
class TestEverythingElse:
    def test_stays_until_its_term_is_over(self, name: str) -> None:
        days, make = TERMS[name]
        row = make(timezone.now() - timedelta(days=days - 2))
        keeper.keep()
        assert type(row).objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]

    def test_goes_when_its_term_is_over(self, name: str) -> None:
        days, make = TERMS[name]
        row = make(timezone.now() - timedelta(days=days + 2))
        keeper.keep()
        assert not type(row).objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]
        assert Departure.objects.get(kind=name, day=timezone.localdate()).times == 1

    def test_stays_for_good_when_its_term_is_nought(self, name: str, settings: Any) -> None:
        settings.RETENTION_DAYS = USUAL_DAYS | {name: 0}
        row = TERMS[name][1](timezone.now() - LONG_AGO)
        keeper.keep()
        assert type(row).objects.filter(pk=row.pk).exists()  # type: ignore[attr-defined]


class TestWorkThatIsLeft:
    """Is no more old than it is done."""

    def test_in_mails_webhooks_and_jobs_stays(self) -> None:
        then = timezone.now() - LONG_AGO
        request = OnboardingRequest.objects.create(state="connected")
        Mail.objects.create(request=request, kind="link", key="1", queued_at=then, due_at=then)
        WebhookDelivery.objects.create(
            endpoint=endpoint(), request=request, kind="request.connected", occurrence=0, due_at=then
        )
        BulkJob.objects.create(action="resume", by="ann", created_at=then, due_at=then)
        keeper.keep()
        assert [model.objects.count() for model in (Mail, WebhookDelivery, BulkJob)] == [1, 1, 1]

    def test_for_a_wish_keeps_it(self) -> None:
        then = timezone.now() - LONG_AGO
        wish = Wish.objects.create(manufacturer="Lada", language="en", created_at=then)
        Mail.objects.create(wish=wish, kind="available", key="1", queued_at=then, due_at=then)
        keeper.keep()
        assert Wish.objects.exists()

    def test_of_an_invitation_is_its_customers_to_come(self) -> None:
        request = OnboardingRequest.objects.create()
        Invitation.objects.create(request=request, key="1", by="ann", created_at=timezone.now() - LONG_AGO)
        keeper.keep()
        assert Invitation.objects.exists()


class TestBatches:
    @pytest.fixture
    def faults(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keeper, "BATCH", 3)
        then = timezone.now() - LONG_AGO
        Fault.objects.bulk_create(
            Fault(day=then.date(), room=str(number), error="ValueError", times=1, last_at=then) for number in range(7)
        )

    def test_go_one_after_the_other(self, faults: None) -> None:
        (kind,) = [kind for kind in kinds.KINDS if kind.name == "faults"]
        assert [keeper.let_go(kind) for _turn in range(4)] == [3, 3, 1, 0]
        assert Departure.objects.get().times == 7

    def test_are_cut_off_when_others_wait(self, faults: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keeper, "LONGEST_SECONDS", 0)
        keeper.keep()
        assert Fault.objects.count() == 4

    def test_of_one_kind_that_fails_hold_up_no_other(self, faults: None, failed: OnboardingRequest) -> None:
        age(row_of(failed), 31, "updated_at")
        row_of(failed).update(state="draft")  # and has a consent that protects it
        failed.links.all().delete()
        keeper.keep()
        assert not Fault.objects.filter(room__lt="9").exists()
        assert Fault.objects.get().room == "retention"
        assert failed.events.exists()


class TestCommand:
    def run(self, *options: str) -> list[str]:
        out = io.StringIO()
        call_command("retention", *options, stdout=out)
        return out.getvalue().splitlines()

    def test_only_says_what_would_go_when_asked_to(self, draft: OnboardingRequest) -> None:
        age(row_of(draft), 31, "updated_at")
        said = self.run("--dry-run")
        assert said[0] == "drafts: 30 days, 1 would go"
        assert "withdrawn: kept, 0 would go" in said
        assert row_of(draft).exists()

    def test_lets_everything_go_at_once(self, draft: OnboardingRequest) -> None:
        age(row_of(draft), 31, "updated_at")
        assert self.run()[0] == "drafts: 30 days, 1 went"
        assert not row_of(draft).exists()


class TestPage:
    def test_says_how_long_what_is_kept_and_what_waits_and_went(self, draft: OnboardingRequest) -> None:
        age(row_of(draft), 31, "updated_at")
        colleague = sign_in("auditor")
        page = colleague.get("/admin/retention/")
        (drafts,) = [line for line in page.context["lines"] if line.kind.name == "drafts"]
        assert (drafts.waiting, drafts.last) == (1, None)
        assert all(str(line.kind.title) in page.content.decode() for line in page.context["lines"])
        keeper.keep()
        assert "1 that day" in colleague.get("/admin/retention/").content.decode()

    def test_is_for_supervisors_and_auditors(self) -> None:
        assert sign_in("agent").get("/admin/retention/").status_code == 403
        assert sign_in("supervisor").get("/admin/retention/").status_code == 200


class TestEveryTable:
    """Of the portal, and of what it is built on: a new one needs a line here, and in `docs/retention.md`."""

    KEPT_FOR_A_TIME = {
        *("OnboardingRequest", "Event", "Mail", "AccessLink", "Invitation", "WebhookDelivery", "Wish", "BulkJob"),
        "PushSubscription",
        "InvitationFile",
        *("StaffSignIn", "LogEntry", "CatalogueChange", "AnswerTally", "RateLimitTally", "CspReport", "Fault"),
        *("SandboxRequest", "Departure"),
    }
    # Deleted with the row that they belong to.
    GO_WITH_ANOTHER = {
        *("Transaction", "Holder", "SearchKey", "WebhookAttempt", "Erasure", "SandboxOffboarding"),
        *("InvitationRow", "SavedView", "Device", "CampaignMember"),
        "SandboxSilence",  # those of whole makers stay: few, and made by hand
    }
    GO_BY_THEIR_OWN_CLOCK = {"Session", "UserSession", "RateLimitCount"}
    STAY = {
        "Consent": "proof; the database itself refuses to delete it",
        "Tombstone": "a hash, for backups that are older",
    }
    # Staff's own words, one row for all, or as many as there are colleagues.
    SMALL = {
        *("Brand", "Logo", "ActionText", "HelpText", "ConsentText", "PlannedOffer", "PlannedNote"),
        *("CatalogueSnapshot", "PlatformHealth", "SandboxOffering", "SandboxWeather", "SandboxAttempt"),
        *("WebhookEndpoint", "Heartbeat", "WorkCount", "MakerHealth", "Campaign"),
        "StrayOnboarding",  # those of the last backup that was restored
        *("User", "Group", "Permission", "ContentType", "EmailAddress", "EmailConfirmation", "Authenticator"),
        *("SocialApp", "SocialAccount", "SocialToken"),
    }

    def test_goes_in_time_or_has_a_reason_to_stay(self) -> None:
        known = self.KEPT_FOR_A_TIME | self.GO_WITH_ANOTHER | self.GO_BY_THEIR_OWN_CLOCK | {*self.STAY} | self.SMALL
        tables = {model.__name__ for model in apps.get_models() if not model._meta.proxy}
        assert tables - known == set()

    def test_that_is_kept_for_a_time_is_of_a_kind(self) -> None:
        now = timezone.now()
        of_kinds = {kind.old(now).model.__name__ for kind in kinds.KINDS}
        assert of_kinds == self.KEPT_FOR_A_TIME

    def test_has_its_term_in_the_settings(self) -> None:
        assert [kind.name for kind in kinds.KINDS if kind.name not in USUAL_DAYS] == []
        assert len(USUAL_DAYS) == len(kinds.KINDS)

    def test_has_its_term_in_the_documentation(self, settings: Any) -> None:
        document = (settings.BASE_DIR / "docs" / "retention.md").read_text()
        told = re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", document, re.MULTILINE)
        assert {name: int(days) for name, days in told} == USUAL_DAYS


class TestSetting:
    def test_changes_the_days_that_it_names(self) -> None:
        assert retention_days(["mails=180", "withdrawn=3650"]) == USUAL_DAYS | {"mails": 180, "withdrawn": 3650}

    @pytest.mark.parametrize("part", ["mail=180", "mails", "mails=", "mails=-1", "mails=two", "mails=1000000"])
    def test_stops_the_start_where_it_makes_no_sense(self, part: str) -> None:
        with pytest.raises(ImproperlyConfigured, match="RETENTION_DAYS"):
            retention_days([part])

    def test_keeps_sign_ins_for_as_long_as_they_are_looked_up(self) -> None:
        with pytest.raises(ImproperlyConfigured, match="30 days"):
            retention_days(["sign_ins=7"])


class TestWorker:
    def test_keeps_the_platform_and_a_customer_going_meanwhile(self, customer: Customer, platform: Catalogue) -> None:
        customer.submit()
        keeper.keep()
        work()
        assert work_until(customer.request, "connected").attributes


class TestCustomer:
    def test_reads_for_how_long_answers_are_kept(self, client: Client, platform: Catalogue, settings: Any) -> None:
        assert "kept on the way for 30 days" in client.get("/").content.decode()
        settings.RETENTION_DAYS = USUAL_DAYS | {"drafts": 0}
        assert "come back whenever you like" in client.get("/").content.decode()
