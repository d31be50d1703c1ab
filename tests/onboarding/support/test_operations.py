"""What colleagues do for one request: signed on its timeline, and never a second time to the platform."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.delivery import submission
from onboarding.intake import invitations
from onboarding.models import Device, Event, Mail, OnboardingRequest, PlatformHealth, SearchKey, WebhookDelivery
from onboarding.request.lifecycle import OPEN, State
from onboarding.retention.requests import strip
from onboarding.support import operations
from sandbox import bench, magic
from sandbox.models import SandboxRequest
from tests.customers import Customer, claim, claimed, do, let_time_pass, work, work_until
from tests.onboarding.mail.test_outbox import ADDRESS, link_in, send_mails, subjects, submit
from tests.receiver import endpoint
from tests.sealing import keyed

NOW = timezone.now()
HOUR = timedelta(hours=1)
LATER = NOW + HOUR
WHO_AND_WHY = {"by": "ann", "reason": "They called."}


def vin(ending: str) -> str:
    return magic.BY_ENDING[ending].vin


def make(state: str = "following", **columns: Any) -> OnboardingRequest:
    known: dict[str, Any] = {"type": "EV", "manufacturer": "Audi", "browser": "b", "consented_at": NOW}
    return OnboardingRequest.objects.create(state=state, **known | columns)


def last_of(request: OnboardingRequest) -> Event:
    return request.events.order_by("-pk")[0]


def now_of(request: OnboardingRequest) -> OnboardingRequest:
    return OnboardingRequest.objects.get(pk=request.pk)


class TestLookNow:
    def test_has_a_connected_device_looked_at_at_once(self, customer: Customer) -> None:
        customer.submit()
        request = work_until(customer.request, "connected")
        Device.objects.update(due_at=LATER)
        assert operations.can_look(request)
        assert operations.look_now(request, **WHO_AND_WHY)
        assert Device.objects.get().due_at <= timezone.now()
        assert (last_of(request).name, last_of(request).detail) == ("hurried", WHO_AND_WHY)

    @pytest.mark.parametrize("due_at", [None, NOW])
    def test_leaves_alone_what_has_ended_or_has_its_turn(self, db: None, due_at: Any) -> None:
        request = make("connected")
        Device.objects.create(request=request, due_at=due_at)
        assert not operations.can_look(request)
        assert not operations.look_now(request, **WHO_AND_WHY)
        assert not request.events.exists()


class TestTryAgain:
    def test_lets_workers_go_on_with_what_stopped(self, db: None) -> None:
        request = make(needs_staff="too-old", sent_at=NOW - timedelta(days=40))
        assert operations.resume(request, **WHO_AND_WHY)
        row, event = now_of(request), last_of(request)
        assert (row.needs_staff, row.is_with_staff) == ("", False)
        assert (event.name, event.actor, event.detail) == ("resumed", "staff", WHO_AND_WHY)

    def test_sends_at_once_what_waits_in_back_off(self, customer: Customer) -> None:
        bench.go_away()
        customer.submit()
        work()
        bench.come_back()
        work()
        assert not SandboxRequest.objects.exists()
        assert operations.resume(customer.request, **WHO_AND_WHY)
        work()
        assert SandboxRequest.objects.count() == 1
        event = customer.request.events.get(name="hurried")
        assert (event.actor, event.detail) == ("staff", WHO_AND_WHY)

    def test_looks_for_what_may_have_arrived_and_sends_it_no_second_time(self, customer: Customer) -> None:
        customer.submit(vin=vin("0504"))  # arrived, but the answer did not
        work()
        OnboardingRequest.objects.update(settles_at=NOW - HOUR, due_at=LATER)
        assert operations.resume(customer.request, **WHO_AND_WHY)
        request = work_until(customer.request, "connected")
        assert (SandboxRequest.objects.count(), request.attempt) == (1, 1)

    def test_leaves_alone_what_has_not_settled(self, customer: Customer, settings: Settings) -> None:
        settings.REALTO_SETTLE_SECONDS = 60
        customer.submit(vin=vin("0500"))
        work()
        before = customer.request
        assert not operations.resume(customer.request, **WHO_AND_WHY)
        assert customer.request.due_at == before.due_at == before.settles_at

    @pytest.mark.parametrize("state", sorted(set(State) - OPEN - {State.DRAFT}))
    def test_never_begins_what_is_over_anew(self, db: None, state: str) -> None:
        request = make(state, needs_staff="several")
        assert not operations.resume(request, **WHO_AND_WHY)
        assert not request.events.exists()

    def test_does_nothing_while_it_is_being_sent(self, customer: Customer) -> None:
        customer.submit()
        expires_at = NOW + HOUR
        OnboardingRequest.objects.update(
            state="sending", lease="a worker's", lease_expires_at=expires_at, due_at=expires_at
        )
        assert not operations.resume(customer.request, **WHO_AND_WHY)
        do(customer.request)
        assert not SandboxRequest.objects.exists()


class TestCheckNow:
    @pytest.mark.parametrize("state", ["queued", "unknown", "following", "withdrawing"])
    def test_makes_due_what_waits(self, db: None, state: str) -> None:
        request = make(state, due_at=LATER, settles_at=NOW)
        assert operations.check_now(request, **WHO_AND_WHY)
        row = now_of(request)
        assert row.due_at
        assert row.due_at <= timezone.now()
        assert last_of(request).detail == WHO_AND_WHY

    @pytest.mark.parametrize(
        ("state", "columns"),
        [
            ("sending", {"due_at": LATER}),
            ("unknown", {"due_at": LATER, "settles_at": LATER}),
            ("following", {"due_at": NOW - HOUR}),  # it has its turn already
            ("following", {"needs_staff": "too-old"}),
            ("following", {"due_at": LATER, "trouble": "NotFound"}),  # asking in a row proves nothing
            ("withdrawing", {"due_at": LATER, "trouble": "SeemsGone"}),
            ("connected", {}),
            ("rejected", {}),
        ],
    )
    def test_leaves_the_others_alone(self, db: None, state: str, columns: dict[str, Any]) -> None:
        request = make(state, **columns)
        assert not operations.check_now(request, **WHO_AND_WHY)
        assert now_of(request).due_at == request.due_at
        assert not request.events.exists()

    def test_asks_the_platform_with_the_next_sweep(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        asked_at = customer.request.checked_at
        OnboardingRequest.objects.update(due_at=LATER)
        work()
        assert customer.request.checked_at == asked_at
        operations.check_now(customer.request, by="ann")
        work()
        assert customer.request.checked_at != asked_at

    def test_takes_no_lease_away(self, customer: Customer) -> None:
        customer.submit()
        work()
        let_time_pass(customer.request)
        mine = claimed(customer.request)
        OnboardingRequest.objects.update(due_at=LATER)  # as a worker writes it that goes on holding
        assert operations.check_now(customer.request, by="ann")
        assert customer.request.lease == mine.lease
        assert claim(customer.request) == ""

    def test_calls_nobody_while_the_platform_is_away(self, customer: Customer, settings: Settings) -> None:
        settings.SANDBOX_STEP_SECONDS = 60
        customer.submit()
        work()
        PlatformHealth.objects.update_or_create(
            pk=1, defaults={"failures": 5, "away_since": NOW, "next_probe_at": LATER}
        )
        asked_at = customer.request.checked_at
        OnboardingRequest.objects.update(due_at=LATER)
        operations.check_now(customer.request, by="ann")
        work()
        assert customer.request.checked_at == asked_at
        assert customer.request.trouble == "PlatformUnavailable"


class TestResendMail:
    def test_mails_a_fresh_link(self, customer: Customer) -> None:
        request = submit(customer)
        assert operations.resend_mail(request, what="link", **WHO_AND_WHY)
        send_mails()
        assert subjects()[-1] == "Your link: Electric car, Audi"
        assert Client().get(link_in(outgoing.outbox[-1])).status_code == 200
        event = request.events.get(name="mail-sent-again")
        assert event.detail == WHO_AND_WHY | {"kind": "link"}

    def test_mails_the_last_one_once_more(self, customer: Customer) -> None:
        request = work_until(submit(customer), "connected")
        send_mails()
        assert operations.resend_mail(request, what="last", by="ann")
        send_mails()
        assert subjects()[-2:] == ["Connected: Electric car, Audi"] * 2

    def test_mails_a_receipt_with_what_is_attached(self, customer: Customer) -> None:
        request = submit(customer)
        send_mails()
        assert operations.resend_mail(request, what="last", by="ann")
        send_mails()
        assert subjects() == ["Receipt: You agreed"] * 2
        assert len(outgoing.outbox[-1].attachments) == 1

    def test_repeats_nothing_that_is_no_longer_true(self, customer: Customer) -> None:
        request = work_until(submit(customer), "connected")
        send_mails()
        OnboardingRequest.objects.update(state="withdrawing")
        assert operations.resend_mail(request, what="last", by="ann")
        send_mails()
        assert subjects()[-1] == "Receipt: You agreed"

    def test_begins_no_second_ladder_of_reminders(self, customer: Customer) -> None:
        request = submit(customer)
        OnboardingRequest.objects.update(state="following", action_type="Redirect")
        Mail.objects.all().delete()
        Mail.objects.create(request=request, kind="reminder", key="k:reminder:1:1", step=1, to=ADDRESS, sent_at=NOW)
        assert operations.resend_mail(request, what="last", by="ann")
        work()
        assert len(outgoing.outbox) == 1
        assert not Mail.objects.filter(due_at__isnull=False).exists()

    def test_sends_one_for_a_double_click(self, customer: Customer) -> None:
        request = submit(customer)
        assert operations.resend_mail(request, what="link", by="ann")
        assert not operations.resend_mail(request, what="link", by="ann")
        send_mails()
        assert subjects().count("Your link: Electric car, Audi") == 1
        assert operations.resend_mail(request, what="link", by="ann")

    @pytest.mark.parametrize(("what", "address"), [("link", ""), ("last", ""), ("last", ADDRESS)])
    def test_has_nothing_to_send_or_nowhere_to(self, db: None, what: str, address: str) -> None:
        request = make(contact_email=address)
        assert not operations.resend_mail(request, what=what, by="ann")
        assert not Mail.objects.exists()
        assert not request.events.exists()


class TestReassignEmail:
    def test_makes_an_invitation_void_that_went_to_the_old_address(self, db: None) -> None:
        request = make("draft", contact_email=ADDRESS)
        link = invitations.show_invitation(request, by="ann")
        assert operations.reassign_email(request, contact_email="new@example.org", by="ann", reason="Asked.")
        link.refresh_from_db()
        assert link.revoked_at

    NEW = "ann.peeters@example.org"

    def test_makes_links_void_that_went_to_the_old_address(self, customer: Customer) -> None:
        request = submit(customer)
        send_mails()
        old = link_in(outgoing.outbox[0])
        assert Client().post(old).status_code == 302
        assert operations.reassign_email(request, contact_email=self.NEW, **WHO_AND_WHY)
        assert Client().post(old).status_code != 302
        operations.resend_mail(request, by="ann")
        send_mails()
        assert outgoing.outbox[-1].to == [self.NEW]

    def test_keeps_what_waits_from_the_old_one(self, customer: Customer) -> None:
        request = submit(customer)
        request.mails.update(kind="needs-you")
        operations.reassign_email(request, contact_email=self.NEW, **WHO_AND_WHY)
        send_mails()
        assert outgoing.outbox == []

    def test_is_found_by_the_new_one_only(self, customer: Customer) -> None:
        request = submit(customer)
        operations.reassign_email(request, contact_email=self.NEW, **WHO_AND_WHY)
        keys = set(SearchKey.objects.filter(request=request).values_list("key", flat=True))
        assert keyed(self.NEW) in keys
        assert ADDRESS not in keys

    def test_has_no_address_on_the_timeline(self, customer: Customer) -> None:
        request = submit(customer)
        reason = f"{ADDRESS} was wrong, {self.NEW} is right."
        operations.reassign_email(request, contact_email=self.NEW, by="ann", reason=reason)
        detail = request.events.get(name="email-changed").detail
        assert (detail["by"], detail["before"], detail["after"]) == ("ann", "a•••@example.org", "a•••@example.org")
        assert ADDRESS not in str(detail)
        assert self.NEW not in str(detail)

    def test_reminds_the_new_one_of_what_is_to_do(self, customer: Customer) -> None:
        request = submit(customer)
        OnboardingRequest.objects.update(state="following", action_type="Redirect")
        operations.reassign_email(request, contact_email=self.NEW, **WHO_AND_WHY)
        waiting = Mail.objects.filter(to_key=keyed(self.NEW)).values_list("kind", flat=True)
        assert sorted(waiting) == ["needs-you", "receipt", "reminder"]

    def test_changes_nothing_when_it_is_the_same(self, customer: Customer) -> None:
        request = submit(customer)
        assert not operations.reassign_email(request, contact_email=ADDRESS, **WHO_AND_WHY)
        assert not request.events.filter(name="email-changed").exists()

    def test_gives_none_to_what_was_erased(self, customer: Customer) -> None:
        request = work_until(submit(customer, "0700"), "failed")
        strip([request.pk])
        assert not operations.reassign_email(request, contact_email=self.NEW, **WHO_AND_WHY)
        assert customer.request.contact_email == ""


class TestErase:
    def test_is_offered_for_what_staff_prepared(self, db: None) -> None:
        """A request that staff prepared belongs to no browser, and has identifiers all the same."""
        request = make("failed", browser="", attributes={"vin": vin("0803")}, contact_email=ADDRESS)
        assert not operations.is_erased(request)
        strip([request.pk])
        assert operations.is_erased(now_of(request))


class TestMarkHandled:
    @pytest.mark.parametrize(
        ("state", "columns"),
        [
            ("following", {"needs_staff": "several", "due_at": LATER}),
            ("connected", {"needs_staff": "several", "finished_at": NOW}),
        ],
    )
    def test_takes_the_flag_and_nothing_else(self, db: None, state: str, columns: dict[str, Any]) -> None:
        request = make(state, **columns)
        assert operations.mark_handled(request, **WHO_AND_WHY)
        row, event = now_of(request), last_of(request)
        assert (row.needs_staff, row.state, row.due_at) == ("", state, request.due_at)
        assert (event.name, event.actor, event.detail) == ("handled", "staff", WHO_AND_WHY)

    @pytest.mark.parametrize(("state", "why"), [("queued", "unanswered"), ("following", "forgotten")])
    def test_cancels_what_stopped_and_is_not_there(self, db: None, state: str, why: str) -> None:
        request = make(state, needs_staff=why, contact_email=ADDRESS, trouble="NotFound")
        assert operations.mark_handled(request, **WHO_AND_WHY)
        row, event = now_of(request), last_of(request)
        assert (row.state, row.turn, row.needs_staff, row.trouble) == ("canceled", "customer", "", "")
        assert row.finished_at
        assert (event.name, event.actor, event.detail) == ("closed", "staff", WHO_AND_WHY)
        assert Mail.objects.get().kind == Mail.Kind.FAILED  # its customer is told

    def test_tells_the_company_that_it_was_canceled(self, db: None) -> None:
        endpoint()
        operations.mark_handled(make("queued", needs_staff="unanswered"), **WHO_AND_WHY)
        assert WebhookDelivery.objects.get().kind == WebhookDelivery.Kind.FAILED

    def test_is_read_by_the_customer_as_canceled(self, customer: Customer) -> None:
        customer.submit()
        OnboardingRequest.objects.update(needs_staff="unanswered", due_at=None)
        assert "We are looking into it" in customer.get("status").content.decode()
        operations.mark_handled(customer.request, **WHO_AND_WHY)
        page = customer.get("status").content.decode()
        assert "This request was canceled" in page
        assert "Try again with the same answers" in page

    def test_is_undone_by_an_answer_that_comes_after_all(self, customer: Customer, settings: Settings) -> None:
        """A worker hangs for longer than its lease; nothing is found meanwhile, staff close it; then it sends."""
        settings.SANDBOX_STEP_SECONDS = 60
        request = customer.submit().request
        mine = claimed(request)
        OnboardingRequest.objects.update(lease="", lease_expires_at=None, needs_staff="unanswered", due_at=None)
        assert operations.mark_handled(request, **WHO_AND_WHY)
        accepted = submission.upstream.connection.get_client().create_onboarding(
            type="EV", manufacturer="Audi", attributes=request.attributes, return_url=submission.return_url(request)
        )
        submission.keep(mine, accepted)
        row = now_of(request)
        assert (row.state, row.platform_id, row.finished_at) == ("following", accepted.id, None)
        assert row.is_withdrawable

    def test_sends_nothing_afterwards(self, customer: Customer) -> None:
        customer.submit()
        OnboardingRequest.objects.update(needs_staff="unanswered", due_at=None)
        operations.mark_handled(customer.request, **WHO_AND_WHY)
        work()
        assert not SandboxRequest.objects.exists()

    @pytest.mark.parametrize(
        ("state", "columns"),
        [
            ("following", {"needs_staff": "too-old"}),
            ("unknown", {"needs_staff": "forgotten"}),
            ("withdrawing", {"needs_staff": "not-let-go"}),
            ("withdrawing", {"needs_staff": "several"}),
            ("following", {"due_at": LATER}),
            ("queued", {"due_at": LATER, "trouble": "NotAuthorized"}),
        ],
    )
    def test_hides_nothing_that_may_run(self, db: None, state: str, columns: dict[str, Any]) -> None:
        request = make(state, **columns)
        assert not operations.mark_handled(request, **WHO_AND_WHY)
        row = now_of(request)
        assert (row.state, row.needs_staff) == (request.state, request.needs_staff)
        assert not request.events.exists()


class TestNote:
    def test_is_on_the_timeline_without_what_is_masked(self, db: None) -> None:
        request = make(attributes={"vin": vin("0803"), "name": "Wilhelmina Quist"}, contact_email=ADDRESS)
        words = f"Wilhelmina  Quist ({ADDRESS}) has {vin('0803')}; her neighbour's is {vin('0504')}."
        assert operations.add_note(request, note=words, by="ann")
        event = last_of(request)
        assert (event.name, event.actor, event.detail["by"]) == ("noted", "staff", "ann")
        for secret in (ADDRESS, vin("0803"), vin("0504"), "Quist"):
            assert secret not in event.detail["note"]

    def test_goes_with_the_identifiers(self, db: None) -> None:
        request = make("failed")
        operations.add_note(request, note="The red house.", by="ann")
        strip([request.pk])
        assert not request.events.exists()


class TestAll:
    @pytest.mark.parametrize(
        "operation",
        [
            lambda row: operations.resume(row, **WHO_AND_WHY),
            lambda row: operations.resend_mail(row, what="link", **WHO_AND_WHY),
            lambda row: operations.reassign_email(row, contact_email="new@example.org", **WHO_AND_WHY),
            lambda row: operations.mark_handled(row, **WHO_AND_WHY),
            lambda row: operations.add_note(row, note="Called.", by="ann"),
        ],
    )
    def test_are_on_the_timeline_or_did_not_happen(self, db: None, operation: Any) -> None:
        request = make("queued", needs_staff="unanswered", contact_email=ADDRESS)
        with transaction.atomic():
            assert operation(request)
            assert Event.objects.filter(request=request, actor="staff", by="ann").count() == 1
            transaction.set_rollback(True)
        row = now_of(request)
        assert (row.state, row.needs_staff, row.contact_email) == ("queued", "unanswered", ADDRESS)
        assert not Event.objects.exists()
        assert not Mail.objects.exists()

    def test_judge_the_row_as_it_is_now(self, db: None) -> None:
        stale = make("queued", needs_staff="unanswered")
        operations.resume(now_of(stale), by="ben")
        assert not operations.mark_handled(stale, **WHO_AND_WHY)
        assert now_of(stale).state == "queued"
