"""What the company's own systems hear: every telling once, in order, signed, until it arrives."""

import base64
import hashlib
import hmac
import itertools
import json
import logging
import re
import runpy
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings as portal_settings
from django.contrib.auth.models import Permission, User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from hypothesis.stateful import invariant, run_state_machine_as_test
from pytest_django import Settings

from onboarding.consent import records
from onboarding.intake import withdrawal
from onboarding.models import Event, OnboardingRequest, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from onboarding.notifications.rules import WEBHOOKS
from onboarding.platform_api import connection as platform_connection
from onboarding.request.lifecycle import State
from onboarding.retention import keeper
from onboarding.retention.requests import strip
from onboarding.webhooks import outbox, signing
from onboarding.webhooks.announcements import announce
from onboarding.webhooks.answers import Answer
from sandbox import bench, magic
from tests.customers import GUIDES_VIN, Customer, do, let_time_pass, work, work_until
from tests.onboarding.delivery.test_interleavings import Interleavings
from tests.platforms import MODEL, ModelPlatform
from tests.receiver import Receiver, answer, endpoint

pytestmark = pytest.mark.django_db

Kind = WebhookDelivery.Kind
SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes or more").decode()


@pytest.fixture
def receiver(db: None) -> Iterator[Receiver]:
    with Receiver() as server:
        endpoint(server.url, secret=SECRET)
        yield server


@pytest.fixture
def request_(receiver: Receiver) -> OnboardingRequest:
    return OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi", state="queued", version=2)


@pytest.fixture
def delivery(request_: OnboardingRequest) -> WebhookDelivery:
    return tell(request_, Kind.CREATED)


@pytest.fixture
def model(db: None, settings: Settings, caplog: pytest.LogCaptureFixture) -> ModelPlatform:
    caplog.set_level("CRITICAL")
    settings.SANDBOX_TRANSPORT = "tests.platforms.ModelTransport"
    settings.REALTO_MAX_CALLS_PER_SECOND = 0
    platform_connection.reset()
    return MODEL


def tell(request: OnboardingRequest, kind: Kind = Kind.NEEDS_ACTION) -> WebhookDelivery:
    announce(request, kind, now=timezone.now())
    return WebhookDelivery.objects.latest("pk")


def sweep() -> None:
    """Do what workers do for webhooks until nothing is due."""
    for token in iter(outbox.claim, ""):
        outbox.deliver.call(token)


def let_waits_pass() -> None:
    """Make what waits for its next attempt, or for a dead worker, due now."""
    now = timezone.now()
    WebhookDelivery.objects.filter(due_at__isnull=False).update(due_at=now)
    WebhookDelivery.objects.filter(lease_expires_at__isnull=False).update(lease_expires_at=now)


def told(request: OnboardingRequest) -> list[str]:
    return list(WebhookDelivery.objects.filter(request=request).order_by("pk").values_list("kind", flat=True))


def broken(*_given: object, **_named: object) -> None:
    raise ValueError


def fresh(delivery: WebhookDelivery) -> WebhookDelivery:
    return WebhookDelivery.objects.get(pk=delivery.pk)


def wait_of(delivery: WebhookDelivery) -> float:
    due = fresh(delivery).due_at
    assert due
    return (due - timezone.now()).total_seconds()


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _headers, body in receiver.got]


class TestTelling:
    def test_tells_of_consent_and_of_the_connection_once_each(self, customer: Customer, receiver: Receiver) -> None:
        request = work_until(customer.submit().request, "connected")
        work()
        assert told(request) == ["request.created", "request.connected"]

    @pytest.mark.parametrize(
        ("ending", "state", "codes"), [("0700", "failed", ["DeviceNotReachable"]), ("0701", "canceled", [])]
    )
    def test_tells_of_a_failure_with_its_codes(
        self, customer: Customer, receiver: Receiver, ending: str, state: str, codes: list[str]
    ) -> None:
        customer.submit(vin=magic.BY_ENDING[ending].vin)
        request = work_until(customer.request, state)
        assert told(request) == ["request.created", "request.failed"]
        data = json.loads(WebhookDelivery.objects.latest("pk").body)["data"]
        assert (data["state"], data["errors"]) == (state, codes)

    def test_tells_of_a_refusal_for_good_with_its_code(
        self, customer: Customer, receiver: Receiver, model: ModelPlatform
    ) -> None:
        customer.submit()
        model.fault = "400"
        work()
        data = json.loads(WebhookDelivery.objects.latest("pk").body)["data"]
        assert (data["state"], data["errors"], data["platformId"]) == ("failed", ["No"], None)

    def test_tells_of_a_refused_answer_each_time_and_of_consent_once(
        self, customer: Customer, receiver: Receiver
    ) -> None:
        customer.submit(vin=magic.BY_ENDING["0400"].vin)
        for _try in range(2):
            work_until(customer.request, "rejected")
            customer.post("identify", vin=magic.BY_ENDING["0422"].vin)
            customer.consent()
        work_until(customer.request, "rejected")
        assert told(customer.request) == ["request.created", *["request.needs_action"] * 3]

    def test_tells_when_an_action_appears_and_not_while_it_stays(
        self, customer: Customer, receiver: Receiver, settings: Settings
    ) -> None:
        settings.SANDBOX_STEP_SECONDS = 30
        customer.submit(vin=magic.BY_ENDING["0804"].vin)
        work()
        bench.let_steps_pass(1)
        for _look in range(3):
            let_time_pass(customer.request)
            work()
        assert customer.request.action_type == "Redirect"
        assert told(customer.request) == ["request.created", "request.needs_action"]
        data = json.loads(WebhookDelivery.objects.latest("pk").body)["data"]
        assert (data["state"], data["platformId"]) == ("following", customer.request.platform_id)

    def test_tells_when_nothing_is_connected_any_more(self, customer: Customer, receiver: Receiver) -> None:
        request = work_until(customer.submit().request, "connected")
        withdrawal.withdraw(request, records.ConsentAct("stopped"))
        assert told(request)[-1] == "device.ended"
        work_until(request, "withdrawn")
        assert told(request) == ["request.created", "request.connected", "device.ended", "request.withdrawn"]

    def test_asks_nobody_to_act_for_a_consent_that_was_taken_back(self, request_: OnboardingRequest) -> None:
        request_.withdrawn_at = timezone.now()
        announce(request_, Kind.NEEDS_ACTION, now=timezone.now())
        assert told(request_) == []

    def test_is_the_same_thing_for_the_same_version(self, request_: OnboardingRequest) -> None:
        for kind in (Kind.CREATED, Kind.NEEDS_ACTION, Kind.CREATED, Kind.NEEDS_ACTION):
            announce(request_, kind, now=timezone.now())
        assert told(request_) == ["request.created", "request.needs_action"]
        request_.version += 1
        announce(request_, Kind.NEEDS_ACTION, now=timezone.now())
        announce(request_, Kind.CREATED, now=timezone.now())
        assert told(request_) == ["request.created", "request.needs_action", "request.needs_action"]

    def test_leaves_nothing_when_its_transaction_is_rolled_back(self, request_: OnboardingRequest) -> None:
        with transaction.atomic():
            request_.move_to(State.WITHDRAWN, Event.Actor.CUSTOMER, "stopped", now=timezone.now())
            assert told(request_) == ["request.withdrawn"]
            transaction.set_rollback(True)
        assert told(request_) == []

    def test_says_what_leads_to_a_request_and_nothing_that_identifies_its_owner(
        self, customer: Customer, receiver: Receiver, settings: Settings
    ) -> None:
        settings.REALTO_TENANT_ID = "7b1c6d8e-0000-4000-8000-000000000001"
        request = work_until(customer.submit().request, "connected")
        sweep()
        created, connected = bodies(receiver)
        assert connected["type"] == "request.connected"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", connected["timestamp"])
        assert connected["data"] == {
            "supportCode": request.spoken_support_code,
            "platformId": request.platform_id,
            "entityId": request.entity_id,
            "type": "EV",
            "manufacturer": "Audi",
            "state": "connected",
            "status": "Succeeded",
            "tenantId": settings.REALTO_TENANT_ID,
            "consentEndsAt": None,
            "endedAs": None,
            "errors": [],
        }
        assert (created["data"]["platformId"], created["data"]["status"]) == (None, None)
        for delivery in WebhookDelivery.objects.all():
            assert GUIDES_VIN not in delivery.body
            assert request.reference not in delivery.body

    @pytest.mark.parametrize(
        ("own", "told"),
        [
            ({"tenant_id": "their-own"}, {"tenantId": "their-own"}),
            ({"collective_id": "their-club"}, {"tenantId": "of-the-settings", "collectiveId": "their-club"}),
            ({}, {"tenantId": "of-the-settings", "collectiveId": "club-of-the-settings"}),
        ],
    )
    def test_names_the_tenant_and_collective_that_the_request_is_for(
        self, customer: Customer, receiver: Receiver, settings: Settings, own: dict[str, str], told: dict[str, str]
    ) -> None:
        settings.REALTO_TENANT_ID, settings.REALTO_COLLECTIVE_ID = "of-the-settings", "club-of-the-settings"
        OnboardingRequest.objects.filter(reference=customer.start().reference).update(**own)
        customer.choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        customer.consent()
        data = json.loads(WebhookDelivery.objects.get(kind="request.created").body)["data"]
        assert {name: data[name] for name in ("tenantId", "collectiveId") if name in data} == told


class ToldInterleavings(Interleavings):
    @invariant()
    def every_outcome_is_told_once_and_in_order(self) -> None:
        row = self.row
        states = row.events.order_by("pk").values_list("state", flat=True)
        moves = [state for before, state in itertools.pairwise(states) if before != state]
        outcomes = [WEBHOOKS[State(state)] for state in moves if state in WEBHOOKS and state != State.REJECTED]
        for name in ("CRM", "Down"):
            kinds = row.webhooks.filter(endpoint__name=name, kind__startswith="request.").order_by("pk")
            heard = kinds.exclude(kind=Kind.NEEDS_ACTION).values_list("kind", flat=True)
            assert list(heard) == [Kind.CREATED, *outcomes], name


class TestAnyOrder:
    def test_tells_every_outcome_once_to_each_endpoint(self, receiver: Receiver, model: ModelPlatform) -> None:
        endpoint(name="Down")
        with transaction.atomic():
            run_state_machine_as_test(
                lambda: ToldInterleavings(),
                settings=hypothesis.settings(
                    max_examples=20,
                    stateful_step_count=20,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(hypothesis.HealthCheck),
                ),
            )


class TestWithoutEndpoint:
    def test_writes_and_sends_nothing(self, customer: Customer) -> None:
        work_until(customer.submit().request, "connected")
        assert outbox.claim() == ""
        assert not WebhookDelivery.objects.exists()


class TestSignature:
    def test_is_that_of_standard_webhooks(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        sweep()
        ((headers, body),) = receiver.got
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}"
        key = b"twenty-four bytes or more"
        expected = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert headers["webhook-id"] == json.loads(body)["id"] == str(delivery.delivery_id)
        assert abs(time.time() - int(headers["webhook-timestamp"])) < 5
        assert headers["Content-Type"] == "application/json"

    def test_agrees_with_the_conventions_own_example(self) -> None:
        signature = signing.sign(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp=1614265330,
            body='{"test": 2432232314}',
        )
        assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_satisfies_the_receiver_in_the_documentation(
        self, delivery: WebhookDelivery, receiver: Receiver, tmp_path: Path
    ) -> None:
        document = (Path(portal_settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
        (tmp_path / "receiver.py").write_text(document.partition("```python\n")[2].partition("```")[0])
        is_genuine = runpy.run_path(str(tmp_path / "receiver.py"))["is_genuine"]
        sweep()
        ((headers, body),) = receiver.got
        assert is_genuine(headers, body, SECRET)
        assert not is_genuine(headers, body + b" ", SECRET)
        assert not is_genuine(headers, body, "whsec_" + base64.b64encode(b"another").decode())


class TestDelivering:
    def test_happens_once(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        for _time in range(3):
            do(delivery)
            sweep()
        assert len(receiver.got) == 1
        row = fresh(delivery)
        assert row.delivered_at
        assert (row.due_at, row.tries, row.lease) == (None, 1, "")
        attempt = row.attempts.get()
        assert (attempt.status, attempt.trouble) == (204, "")
        assert attempt.seconds is not None

    @pytest.mark.parametrize("status", [301, 400, 401, 404, 429, 500, 503])
    def test_tries_again_after_anything_but_success(
        self, delivery: WebhookDelivery, receiver: Receiver, status: int
    ) -> None:
        receiver.answers = [answer(status, "not \x00 now", Location="http://127.0.0.1:9/")]
        sweep()
        sweep()
        assert len(receiver.got) == 1
        assert 4 < wait_of(delivery) < 7
        attempt = WebhookAttempt.objects.get()
        assert (attempt.status, attempt.answer) == (status, "not now")

    def test_sends_the_same_bytes_under_the_same_id(
        self, delivery: WebhookDelivery, receiver: Receiver, request_: OnboardingRequest
    ) -> None:
        receiver.answers = [answer(500)]
        sweep()
        OnboardingRequest.objects.update(state="connected", manufacturer="Tesla")
        let_waits_pass()
        sweep()
        (first, first_body), (second, second_body) = receiver.got
        assert first_body == second_body == delivery.body.encode()
        assert first["webhook-id"] == second["webhook-id"]
        assert [attempt.status for attempt in fresh(delivery).attempts.all()] == [204, 500]

    def test_waits_as_long_as_the_receiver_asks(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        receiver.answers = [answer(429, Retry_After="600")]
        sweep()
        assert 590 < wait_of(delivery) <= 600

    def test_gives_up_after_three_days_what_alone_is_not_taken(
        self, delivery: WebhookDelivery, receiver: Receiver, caplog: pytest.LogCaptureFixture
    ) -> None:
        receiver.answers = [answer(500), answer(204), answer(500), answer(500)]
        sweep()
        tell(OnboardingRequest.objects.create(browser="c"))
        sweep()
        for age in (timedelta(days=2, hours=23), timedelta(days=3)):
            assert fresh(delivery).gave_up_at is None
            WebhookDelivery.objects.filter(pk=delivery.pk).update(trying_since=timezone.now() - age)
            let_waits_pass()
            sweep()
        assert (bool(fresh(delivery).gave_up_at), fresh(delivery).ended) == (True, "tried")
        assert [record.levelno for record in caplog.records if "given up" in record.message] == [logging.ERROR]
        assert WebhookEndpoint.objects.get().is_active

    def test_survives_a_receiver_that_is_not_there(self, delivery: WebhookDelivery) -> None:
        WebhookEndpoint.objects.update(url="http://127.0.0.1:9/")
        sweep()
        assert WebhookAttempt.objects.get().trouble == "ConnectError"
        assert 4 < wait_of(delivery) < 7

    @pytest.mark.parametrize("trouble", ["hang", "trickle"])
    def test_lets_no_receiver_take_longer_than_the_time_out(
        self, delivery: WebhookDelivery, receiver: Receiver, settings: Settings, trouble: str
    ) -> None:
        settings.WEBHOOK_TIMEOUT_SECONDS = 0.3
        receiver.answers = [getattr(receiver, trouble)]
        started = time.monotonic()
        sweep()
        assert 0.3 <= time.monotonic() - started < 15, "half of what the receiver takes"
        attempt = WebhookAttempt.objects.get()
        assert (attempt.status, attempt.trouble) == (None, "TimeoutError")
        assert fresh(delivery).delivered_at is None

    def test_reads_little_of_a_long_answer(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        receiver.answers = [answer(200, "long " * 1_000_000)]
        sweep()
        assert fresh(delivery).delivered_at
        assert WebhookAttempt.objects.get().answer == ("long " * 60)

    def test_believes_a_2xx_whose_body_never_ends(
        self, delivery: WebhookDelivery, receiver: Receiver, settings: Settings
    ) -> None:
        settings.WEBHOOK_TIMEOUT_SECONDS = 3  # also a busy machine gets this far in it

        def begin(handler: Any) -> None:
            answer(200, "so far", Content_Length="1000")(handler)
            receiver.hang(handler)

        receiver.answers = [begin]
        sweep()
        assert fresh(delivery).delivered_at
        attempt = WebhookAttempt.objects.get()
        assert (attempt.answer, attempt.trouble) == ("so far", "TimeoutError")

    @pytest.mark.django_db(transaction=True)
    def test_writes_an_attempt_down_before_it_calls_and_outside_of_any_transaction(
        self, delivery: WebhookDelivery, receiver: Receiver
    ) -> None:
        seen: list[int] = []

        def look(handler: Any) -> None:
            seen.append(WebhookAttempt.objects.filter(seconds=None).count())
            connection.connection.close()
            answer(204)(handler)

        receiver.answers = [look]
        do(delivery)
        assert seen == [1]
        assert fresh(delivery).delivered_at


class TestOrder:
    def test_holds_within_a_request(
        self, delivery: WebhookDelivery, request_: OnboardingRequest, receiver: Receiver
    ) -> None:
        younger = tell(request_)
        receiver.answers = [answer(500)]
        sweep()
        do(younger)
        sweep()
        assert [body["type"] for body in bodies(receiver)] == ["request.created"]
        let_waits_pass()
        sweep()
        assert [body["type"] for body in bodies(receiver)[1:]] == ["request.created", "request.needs_action"]

    def test_goes_on_when_the_older_one_is_given_up(
        self, delivery: WebhookDelivery, request_: OnboardingRequest, receiver: Receiver
    ) -> None:
        younger = tell(request_)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(due_at=None, gave_up_at=timezone.now(), ended="tried")
        sweep()
        assert fresh(younger).delivered_at

    def test_is_free_between_requests(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        other = tell(OnboardingRequest.objects.create(browser="c"))
        receiver.answers = [answer(500)]
        sweep()
        assert fresh(delivery).due_at
        assert fresh(other).delivered_at


class TestWorkers:
    def test_find_what_a_dead_one_left(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        assert outbox.begin_attempt(outbox.claim())
        sweep()
        assert receiver.got == []
        assert outbox.lease_time() < timedelta(minutes=1)
        let_waits_pass()
        sweep()
        assert fresh(delivery).delivered_at
        assert [attempt.status for attempt in fresh(delivery).attempts.all()] == [204, None]

    def test_begin_nothing_once_the_claim_is_over(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        late = outbox.claim()
        let_waits_pass()
        outbox.deliver.call(late)
        assert receiver.got == []
        sweep()
        assert len(receiver.got) == 1
        outbox.deliver.call(late)
        outbox.deliver.call("")
        assert len(receiver.got) == 1

    def test_let_one_rest_that_cannot_even_be_begun(
        self, delivery: WebhookDelivery, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(WebhookDelivery, "save", broken)
        sweep()
        row = fresh(delivery)
        assert (row.lease, row.delivered_at, receiver.got) == ("", None, [])
        assert row.due_at
        assert row.due_at > timezone.now() + timedelta(minutes=50)

    def test_write_nothing_once_another_took_over(self, delivery: WebhookDelivery, receiver: Receiver) -> None:
        frozen = outbox.begin_attempt(outbox.claim())
        assert frozen
        let_waits_pass()
        receiver.answers = [answer(500)]
        sweep()
        after = WebhookDelivery.objects.values().get()
        assert not outbox.end_attempt(frozen, Answer(status=200), seconds=99)
        assert WebhookDelivery.objects.values().get() == after


class TestLog:
    URL = "/admin/onboarding/webhookdelivery/"

    @pytest.fixture
    def desk(self, db: None) -> Client:
        client = Client()
        client.force_login(User.objects.create_superuser("staff"))
        return client

    def replay(self, desk: Client, delivery: WebhookDelivery) -> str:
        answer = desk.post(self.URL, {"action": "replay", "_selected_action": [delivery.pk]}, follow=True)
        return answer.content.decode()

    def test_lists_and_filters(self, desk: Client, delivery: WebhookDelivery, request_: OnboardingRequest) -> None:
        code = request_.spoken_support_code
        assert code in desk.get(self.URL, {"state": "waiting", "kind": "request.created"}).content.decode()
        sweep()
        assert code not in desk.get(self.URL, {"state": "waiting"}).content.decode()
        assert code in desk.get(self.URL, {"state": "delivered", "q": request_.support_code}).content.decode()
        assert code not in desk.get(self.URL, {"state": "gave-up"}).content.decode()
        assert code not in desk.get(self.URL, {"kind": "request.failed"}).content.decode()

    def test_shows_attempts_and_changes_nothing(
        self, desk: Client, delivery: WebhookDelivery, receiver: Receiver
    ) -> None:
        receiver.answers = [answer(500, "<b>out of order</b>")]
        sweep()
        url = f"{self.URL}{delivery.pk}/change/"
        page = desk.get(url).content.decode()
        assert "&lt;b&gt;out of order&lt;/b&gt;" in page
        assert "500" in page
        assert desk.post(url, {"body": "{}"}).status_code == 403
        assert desk.post(f"{self.URL}{delivery.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_sends_again_with_the_same_id_and_body(
        self, desk: Client, delivery: WebhookDelivery, receiver: Receiver, request_: OnboardingRequest
    ) -> None:
        sweep()
        assert "1 webhook is sent again." in self.replay(desk, delivery)
        sweep()
        (first, first_body), (second, second_body) = receiver.got
        assert (first["webhook-id"], first_body) == (second["webhook-id"], second_body)
        event = request_.events.get()
        assert (event.name, event.actor) == ("webhook-sent-again", "staff")
        assert event.detail == {"by": "staff", "kind": "request.created"}

    def test_sends_again_what_was_given_up_with_three_new_days(
        self, desk: Client, delivery: WebhookDelivery, receiver: Receiver
    ) -> None:
        long_ago = timezone.now() - timedelta(days=4)
        WebhookDelivery.objects.update(due_at=None, gave_up_at=timezone.now(), ended="tried", trying_since=long_ago)
        receiver.answers = [answer(500)]
        self.replay(desk, delivery)
        sweep()
        assert fresh(delivery).gave_up_at is None
        assert 4 < wait_of(delivery) < 7

    def test_leaves_alone_what_a_worker_is_at(self, desk: Client, delivery: WebhookDelivery) -> None:
        assert outbox.begin_attempt(outbox.claim())
        assert "0 webhooks are sent again." in self.replay(desk, delivery)
        assert not Event.objects.exists()

    def test_sends_nothing_again_without_the_permission(self, delivery: WebhookDelivery) -> None:
        sweep()
        reader = User.objects.create_user("reader", is_staff=True)
        reader.user_permissions.add(Permission.objects.get(codename="view_webhookdelivery"))
        desk = Client()
        desk.force_login(reader)
        self.replay(desk, delivery)
        assert fresh(delivery).due_at is None

    def test_forgets_after_thirty_days_what_is_over(
        self, delivery: WebhookDelivery, request_: OnboardingRequest, receiver: Receiver
    ) -> None:
        receiver.answers = [answer(204), answer(500)]
        waiting = tell(request_)
        sweep()
        keeper.keep()
        assert WebhookDelivery.objects.count() == 2
        long_ago = timezone.now() - timedelta(days=31)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(delivered_at=long_ago)
        WebhookDelivery.objects.update(created_at=long_ago)
        keeper.keep()
        assert WebhookDelivery.objects.get() == waiting

    def test_is_erased_with_the_identifiers(self, customer: Customer, receiver: Receiver) -> None:
        request = work_until(customer.submit(vin=magic.BY_ENDING["0700"].vin).request, "failed")
        sweep()
        strip([request.pk])
        assert not WebhookDelivery.objects.exists()
