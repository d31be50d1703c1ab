"""Several endpoints: each is told what it chose, in an order of its own, and pauses without losing anything."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail as postbox
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.models import Event, Mail, OnboardingRequest, WebhookDelivery, WebhookEndpoint
from onboarding.retention import keeper
from onboarding.webhooks import endpoint_acts, outbox, pausing
from onboarding.webhooks.announcements import announce
from tests.customers import work
from tests.onboarding.webhooks.test_outbox import let_waits_pass, sweep, tell
from tests.racing import at_once, shared_database
from tests.receiver import Receiver, answer, endpoint

pytestmark = pytest.mark.django_db

Kind, Pause = WebhookDelivery.Kind, WebhookEndpoint.Pause
CONTACT = "it@crm.example"


@pytest.fixture
def crm() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def billing() -> Iterator[Receiver]:
    with Receiver() as server:
        yield server


@pytest.fixture
def request_(db: None) -> OnboardingRequest:
    return make()


def make() -> OnboardingRequest:
    return OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi", state="queued", version=2)


def heard(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _headers, body in receiver.got]


def row_of(name: str = "CRM") -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(name=name)


def days_pass(days: float) -> None:
    """Let what is under way have begun so much earlier."""
    ago = timedelta(days=days)
    WebhookEndpoint.objects.update(failing_since=F("failing_since") - ago)
    WebhookDelivery.objects.update(trying_since=F("trying_since") - ago)
    let_waits_pass()


class TestChoice:
    def test_is_what_an_endpoint_is_told(self, crm: Receiver, billing: Receiver, request_: OnboardingRequest) -> None:
        endpoint(crm.url)
        endpoint(billing.url, name="Billing", kinds="request.connected device.ended")
        for kind in (Kind.CREATED, Kind.CONNECTED, Kind.ENDED):
            announce(request_, kind, now=timezone.now())
        sweep()
        assert heard(crm) == ["request.created", "request.connected", "device.ended"]
        assert heard(billing) == ["request.connected", "device.ended"]

    def test_gives_each_an_id_of_its_own(self, crm: Receiver, billing: Receiver, request_: OnboardingRequest) -> None:
        endpoint(crm.url)
        endpoint(billing.url, name="Billing")
        tell(request_)
        sweep()
        ids = {headers["webhook-id"] for server in (crm, billing) for headers, _body in server.got}
        assert len(ids) == 2

    def test_costs_no_query_while_it_is_remembered(self, request_: OnboardingRequest) -> None:
        announce(request_, Kind.CREATED, now=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            announce(request_, Kind.CONNECTED, now=timezone.now())
        assert len(queries) == 0

    def test_tells_each_thing_once_to_each(self, request_: OnboardingRequest) -> None:
        endpoint()
        endpoint(name="Billing")
        for _time in range(2):
            announce(request_, Kind.QUIET, now=timezone.now(), occurrence=4)
        announce(request_, Kind.QUIET, now=timezone.now(), occurrence=5)
        assert sorted(WebhookDelivery.objects.values_list("endpoint__name", "occurrence")) == [
            *(("Billing", 4), ("Billing", 5)),
            *(("CRM", 4), ("CRM", 5)),
        ]


class TestTurns:
    def test_of_one_that_is_down_hold_up_no_other(self, crm: Receiver, request_: OnboardingRequest) -> None:
        endpoint(name="Down")
        endpoint(crm.url)
        announce(request_, Kind.CREATED, now=timezone.now())
        announce(request_, Kind.CONNECTED, now=timezone.now())
        sweep()
        assert heard(crm) == ["request.created", "request.connected"]
        down = row_of("Down").deliveries.order_by("pk")
        assert [row.attempts.count() for row in down] == [1, 0]

    def test_come_last_for_who_takes_nothing(self, crm: Receiver) -> None:
        """Each call to it may take ten seconds: it has one for every so many of the others'."""
        down, well = endpoint(name="Down", failing_since=timezone.now()), endpoint(crm.url)
        for _number in range(2 * outbox.PATIENT_TURNS):
            announce(make(), Kind.CREATED, now=timezone.now())
        turns = [
            WebhookDelivery.held_by(outbox.claim()).values_list("endpoint", flat=True)[0]
            for _turn in range(2 * outbox.PATIENT_TURNS)
        ]
        assert (turns.count(down.pk), turns.count(well.pk)) == (2, 2 * outbox.PATIENT_TURNS - 2)

    def test_go_round(self) -> None:
        keys = {endpoint(name=name).pk for name in "abc"}
        announce(make(), Kind.CREATED, now=timezone.now())
        assert {WebhookDelivery.held_by(outbox.claim()).get().endpoint_id for _turn in range(3)} == keys


class TestPausing:
    def test_keeps_what_waits_and_what_comes(self, crm: Receiver, request_: OnboardingRequest) -> None:
        row = endpoint(crm.url)
        tell(request_, Kind.CREATED)
        assert pausing.pause(row, Pause.STAFF, by="ann")
        tell(request_, Kind.CONNECTED)
        sweep()
        assert crm.got == []
        assert WebhookDelivery.objects.filter(parked_at__isnull=False, due_at=None).count() == 2
        assert pausing.go_on(row, by="ann")
        sweep()
        assert heard(crm) == ["request.created", "request.connected"]

    def test_is_no_end_of_what_is_just_being_sent(self, crm: Receiver, request_: OnboardingRequest) -> None:
        row = endpoint(crm.url)
        tell(request_)
        attempt = outbox.begin_attempt(outbox.claim())
        assert attempt
        pausing.pause(row, Pause.STAFF, by="ann")
        assert outbox.end_attempt(attempt, outbox.Answer(status=204), seconds=1)
        assert WebhookDelivery.objects.get().delivered_at

    def test_holds_for_what_a_worker_claimed_a_moment_before(self, crm: Receiver, request_: OnboardingRequest) -> None:
        row = endpoint(crm.url)
        tell(request_)
        token = outbox.claim()
        pausing.pause(row, Pause.STAFF, by="ann")
        outbox.deliver.call(token)
        assert crm.got == []
        assert WebhookDelivery.objects.get().parked_at
        pausing.go_on(row, by="ann")
        sweep()
        assert heard(crm) == ["request.needs_action"]

    def test_leaves_nothing_behind_when_it_ends_just_before_a_worker_would_park(
        self, crm: Receiver, request_: OnboardingRequest, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = endpoint(crm.url)
        tell(request_)
        token = outbox.claim()
        pausing.pause(row, Pause.STAFF, by="ann")
        locked = pausing.locked

        def lock(which: WebhookEndpoint) -> WebhookEndpoint:
            monkeypatch.setattr(pausing, "locked", locked)
            pausing.go_on(which, by="ann")
            return locked(which)

        monkeypatch.setattr(pausing, "locked", lock)
        outbox.deliver.call(token)
        sweep()
        assert heard(crm) == ["request.needs_action"]

    def test_keeps_the_order_where_it_ends_just_after_a_worker_claimed_what_came_last(
        self, crm: Receiver, request_: OnboardingRequest
    ) -> None:
        row = endpoint(crm.url)
        tell(request_, Kind.CREATED)
        pausing.pause(row, Pause.STAFF, by="ann")
        tell(request_, Kind.CONNECTED)
        token = outbox.claim()
        pausing.go_on(row, by="ann")
        outbox.deliver.call(token)
        sweep()
        assert heard(crm) == ["request.created", "request.connected"]

    def test_counts_three_days_anew_afterwards(self, crm: Receiver, request_: OnboardingRequest) -> None:
        row = endpoint(crm.url)
        crm.always = answer(500)
        tell(request_)
        sweep()
        pausing.pause(row, Pause.STAFF, by="ann")
        days_pass(9)
        pausing.go_on(row, by="ann")
        sweep()
        delivery = WebhookDelivery.objects.get()
        assert (bool(delivery.due_at), delivery.tries) == (True, 1)
        assert row_of().is_active

    def test_sends_nothing_again_meanwhile(self, request_: OnboardingRequest) -> None:
        row = endpoint()
        delivery = tell(request_)
        pausing.pause(row, Pause.STAFF, by="ann")
        assert not outbox.send_again(delivery, by="ann")

    def test_stands_in_the_way_of_no_erasure_and_lets_what_is_old_go(self, request_: OnboardingRequest) -> None:
        row = endpoint()
        tell(request_)
        pausing.pause(row, Pause.STAFF, by="ann")
        keeper.keep()
        assert WebhookDelivery.objects.count() == 1
        WebhookDelivery.objects.update(parked_at=timezone.now() - timedelta(days=31))
        keeper.keep()
        assert not WebhookDelivery.objects.exists()

    def test_is_on_the_record(self) -> None:
        row = endpoint()
        assert pausing.pause(row, Pause.STAFF, by="ann")
        assert not pausing.pause(row, Pause.STAFF, by="ann")
        assert pausing.go_on(row, by="ann")
        assert not pausing.go_on(row, by="ann")
        told = Event.objects.order_by("pk").values_list("name", "actor", "by")
        assert list(told) == [("endpoint-paused", "staff", "ann"), ("endpoint-resumed", "staff", "ann")]


class TestPausingByItself:
    @pytest.fixture
    def row(self, crm: Receiver) -> WebhookEndpoint:
        return endpoint(crm.url, contact=CONTACT)

    def test_comes_at_once_where_it_says_that_it_is_gone(
        self, row: WebhookEndpoint, crm: Receiver, request_: OnboardingRequest
    ) -> None:
        crm.answers = [answer(410)]
        tell(request_, Kind.CREATED)
        tell(request_, Kind.CONNECTED)
        sweep()
        assert (row_of().is_active, row_of().pause_reason) == (False, "gone")
        assert len(crm.got) == 1
        pausing.go_on(row, by="ann")
        sweep()
        assert heard(crm)[1:] == ["request.created", "request.connected"]

    def test_does_not_come_by_what_an_earlier_address_answers(self, crm: Receiver, request_: OnboardingRequest) -> None:
        row = endpoint("https://old.example/")
        tell(request_)
        attempt = outbox.begin_attempt(outbox.claim())
        assert attempt
        row.url = crm.url
        endpoint_acts.store(row, {"url"}, by="ann")
        assert outbox.end_attempt(attempt, outbox.Answer(status=410), seconds=1)
        sweep()
        assert heard(crm) == ["request.needs_action"]

    def test_comes_after_three_days_in_which_nothing_was_taken(
        self, row: WebhookEndpoint, crm: Receiver, request_: OnboardingRequest
    ) -> None:
        crm.always = answer(500)
        tell(request_)
        for days in (0, 2.9):
            days_pass(days)
            sweep()
            assert row_of().is_active
        days_pass(0.1)
        sweep()
        assert row_of().pause_reason == "silent"
        crm.always = answer(204)
        pausing.go_on(row, by="ann")
        sweep()
        assert WebhookDelivery.objects.get().delivered_at, "nothing was lost"

    def test_does_not_come_while_it_takes_others(
        self, row: WebhookEndpoint, crm: Receiver, request_: OnboardingRequest
    ) -> None:
        crm.answers = [answer(500)]
        refused = tell(request_)
        sweep()
        tell(make(), Kind.CREATED)
        sweep()
        crm.always = answer(500)
        days_pass(3)
        sweep()
        assert row_of().is_active
        refused.refresh_from_db()
        assert (bool(refused.gave_up_at), refused.ended) == (True, "tried")

    def test_pauses_no_other(self, row: WebhookEndpoint, crm: Receiver, billing: Receiver) -> None:
        endpoint(billing.url, name="Billing")
        crm.always = answer(410)
        for _number in range(3):
            announce(make(), Kind.CREATED, now=timezone.now())
        sweep()
        assert (len(crm.got), len(billing.got)) == (1, 3)
        assert row_of("Billing").is_active

    def test_is_written_to_its_contact_once(
        self, row: WebhookEndpoint, crm: Receiver, request_: OnboardingRequest
    ) -> None:
        crm.always = answer(410)
        for _number in range(3):
            announce(make(), Kind.CREATED, now=timezone.now())
        sweep()
        work()
        (letter,) = postbox.outbox
        assert (letter.to, letter.subject) == ([CONTACT], "Webhooks are paused: CRM")
        assert "/admin/onboarding/webhookendpoint/" in letter.body
        assert Mail.objects.get().sent_at

    def test_is_told_on_the_timeline_of_no_request(
        self, row: WebhookEndpoint, crm: Receiver, request_: OnboardingRequest
    ) -> None:
        crm.always = answer(410)
        tell(request_)
        sweep()
        event = Event.objects.get(name="endpoint-paused")
        assert (event.request, event.actor, event.detail["reason"]) == (None, "worker", "gone")


class TestTakingAway:
    def test_closes_what_waits_with_a_word(self, crm: Receiver, request_: OnboardingRequest) -> None:
        row = endpoint(crm.url)
        tell(request_)
        endpoint_acts.remove(row, by="ann")
        tell(request_, Kind.CONNECTED)
        sweep()
        delivery = WebhookDelivery.objects.get()
        assert (bool(delivery.gave_up_at), delivery.ended, crm.got) == (True, "removed", [])

    def test_closes_what_was_parked(self, request_: OnboardingRequest) -> None:
        row = endpoint()
        tell(request_)
        pausing.pause(row, Pause.STAFF, by="ann")
        endpoint_acts.remove(row, by="ann")
        assert WebhookDelivery.objects.get().ended == "removed"

    def test_closes_what_another_process_still_wrote(self, crm: Receiver, request_: OnboardingRequest) -> None:
        """It may remember the endpoints as they were, for ten seconds."""
        row = endpoint(crm.url)
        endpoint_acts.remove(row, by="ann")
        WebhookDelivery.objects.create(
            endpoint=row, request=request_, kind="request.created", occurrence=0, due_at=timezone.now()
        )
        sweep()
        assert (WebhookDelivery.objects.get().ended, crm.got) == ("removed", [])

    def test_keeps_neither_address_nor_secrets(self) -> None:
        row = endpoint(contact=CONTACT)
        endpoint_acts.renew_secret(row, by="ann")
        endpoint_acts.remove(row, by="ann")
        gone = row_of()
        assert (gone.url, gone.secret, gone.previous_secret, gone.contact) == ("", "", "", "")


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_workers_and_colleagues_lose_nothing(self, crm: Receiver, tmp_path: Path) -> None:
        """Two workers send, and two colleagues pause and go on, while another endpoint is down."""
        with shared_database(tmp_path):
            row = endpoint(crm.url)
            endpoint(name="Down")
            for _number in range(5):
                announce(make(), Kind.CREATED, now=timezone.now())

            def change_their_minds() -> None:
                for _time in range(4):
                    pausing.pause(row, Pause.STAFF, by="ann")
                    pausing.go_on(row, by="ann")

            at_once([sweep, sweep, change_their_minds, change_their_minds])
            pausing.go_on(row, by="ann")
            let_waits_pass()
            sweep()
            assert row.deliveries.filter(delivered_at=None).count() == 0
            assert row_of("Down").deliveries.filter(due_at__isnull=False).count() == 5
        assert len({headers["webhook-id"] for headers, _body in crm.got}) == 5

    def test_one_of_two_workers_pauses_what_is_gone(self, crm: Receiver, tmp_path: Path) -> None:
        crm.always = answer(410)
        with shared_database(tmp_path):
            row = endpoint(crm.url, contact=CONTACT)
            for _number in range(4):
                announce(make(), Kind.CREATED, now=timezone.now())
            at_once([sweep, sweep])
            sweep()
            assert row.deliveries.filter(parked_at__isnull=False).count() == 4
            assert Event.objects.filter(name="endpoint-paused").count() == Mail.objects.count() == 1
