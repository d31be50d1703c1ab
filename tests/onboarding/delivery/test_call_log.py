"""What the timeline keeps of the calls to the platform: what was said, masked before it is stored, and not too much."""

import html
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent import records
from onboarding.consent.evidence import build_evidence
from onboarding.consent.texts import consent_words
from onboarding.delivery import submission, tracking
from onboarding.delivery.call_log import LARGEST_ANSWER, LARGEST_SENT
from onboarding.delivery.tracking import absorb
from onboarding.intake import withdrawal
from onboarding.intake.draft import give_consent
from onboarding.models import Event, OnboardingRequest
from onboarding.platform_api import connection, resources
from onboarding.retention.requests import strip
from tests.customers import do, let_time_pass
from tests.desk import ANSWERS, CLEAR, CLEAR_IN_GOSSIP, GOSSIP, OWN, sign_in

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwb3J0YWwifQ.c2lnbmF0dXJl"
TICKET = "0f8Zk2mQ9xLr4TtYw7Uv1bNc6Ds3Ge5Hj0Ka8Po2Iu4Ey"
METER = 541448920700000008
STRANGER = "WVWZZZ1KZAW000001"
PRIVATE = [*CLEAR, *CLEAR_IN_GOSSIP, TOKEN, TICKET, str(METER), STRANGER, "Lise Wens"]
ECHO = f"{GOSSIP} {' '.join([*ANSWERS.values(), *OWN.values()])} Bearer {TOKEN} {TICKET} {METER} {STRANGER}"
# Every place in an answer where something private may turn up.
EVERYWHERE: dict[str, Any] = {
    "status": "Pending",
    "transactions": [{"type": "Connect", "status": "Pending"}],
    "action": {"type": "Redirect", "redirectLink": OWN["redirect_link"], "documentationLink": f"https://x/?{TICKET}"},
    "errors": [{"code": ECHO, "message": ECHO, "description": ECHO, ECHO: [ECHO], "vin": ECHO}],
    "message": ECHO,
    "returnUrl": OWN["return_address"],
    "data": {"entity": {"information": {**ANSWERS, "owner": "Lise Wens", "meter": METER, "deep": [[[{"a": ECHO}]]]}}},
    ANSWERS["vin"]: METER,
    "token": TICKET,
}


class Echo(httpx.BaseTransport):
    """Answers as a test says, in turn, and the last for ever."""

    answers: list[httpx.Response | type[httpx.RequestError]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/authentication"):
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 3599})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        raise answer("as told", request=request)


@pytest.fixture(autouse=True)
def echoing(platform: object, settings: Settings) -> Iterator[None]:
    settings.SANDBOX_TRANSPORT = "tests.onboarding.delivery.test_call_log.Echo"
    connection.reset()
    yield
    Echo.answers = []


@pytest.fixture
def queued() -> OnboardingRequest:
    draft = OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi", attributes=ANSWERS, **OWN)
    words = consent_words(type="EV", device="Electric car", manufacturer="Audi")
    give_consent(draft, words, records.ConsentAct("said yes"))
    return draft


def advance(row: OnboardingRequest, *answers: httpx.Response | type[httpx.RequestError]) -> OnboardingRequest:
    """Let a worker do the next thing, with these answers."""
    Echo.answers = list(answers)
    let_time_pass(row, 30 * 24 * 3600)
    do(row)
    return OnboardingRequest.objects.get(pk=row.pk)


def good(code: int = 201, /, **changes: Any) -> httpx.Response:
    return httpx.Response(code, json={"id": "p-1", **EVERYWHERE, **changes}, headers={"x-request-id": "call-17"})


def refusal(status: int = 400, body: Any = None) -> httpx.Response:
    return httpx.Response(status, json=body or {"errors": [{"code": "InvalidVin", "message": f"vin: {ECHO}"}]})


def kept(row: OnboardingRequest, name: str) -> dict[str, Any]:
    found: dict[str, Any] = row.events.filter(name=name).order_by("-pk")[0].detail["exchange"]
    return found


def calls_of(row: OnboardingRequest) -> list[Event]:
    return [event for event in row.events.all() if "exchange" in event.detail]


class TestAnExchange:
    def test_shows_what_we_sent_and_what_came_back(self, queued: OnboardingRequest) -> None:
        told = kept(advance(queued, good(errors=[], message="")), "accepted")
        sent, answer = json.loads(told["sent"]), json.loads(kept(queued, "accepted")["answer"])
        assert told["call"] == "POST /v1/onboarding/entities"
        assert (told["status"], told["request_id"]) == (201, "call-17")
        assert told["milliseconds"] >= 0
        assert (sent["type"], sent["manufacturer"], sent["vin"]) == ("EV", "Audi", "•••••••••••••0417")
        assert (answer["id"], answer["status"]) == ("p-1", "Pending")
        assert answer["action"]["redirectLink"] == "https://maker.example/…"

    def test_shows_why_it_was_refused(self, queued: OnboardingRequest) -> None:
        row = advance(queued, refusal())
        event = row.events.get(name="rejected")
        assert event.detail["names"] == "vin"
        assert event.detail["code"] == "InvalidVin"
        assert event.detail["message"].startswith("vin: No car •")
        assert kept(row, "rejected")["status"] == 400

    @pytest.mark.parametrize(
        ("answer", "event", "status"),
        [
            (httpx.ReadTimeout, "no-answer", None),
            (httpx.Response(502, html="<h1>Bad gateway</h1>"), "no-answer", 502),
            (httpx.ConnectError, "trouble", None),
            (httpx.Response(429), "trouble", 429),
            (httpx.Response(403, json={"title": "Not allowed"}), "trouble", 403),
            (refusal(400, {"errors": [{"code": "No", "message": "not today"}]}), "refused", 400),
        ],
        ids=str,
    )
    def test_is_kept_of_every_call_that_ended_badly(
        self, queued: OnboardingRequest, answer: Any, event: str, status: int | None
    ) -> None:
        told = kept(advance(queued, answer), event)
        assert told["call"] == "POST /v1/onboarding/entities"
        assert told.get("status") == status

    def test_is_kept_once_for_one_call(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good())
        advance(row, httpx.ConnectError)
        assert len(calls_of(row)) == 2

    def test_of_a_list_tells_of_no_other_request(self, queued: OnboardingRequest) -> None:
        row = advance(queued, httpx.ReadTimeout)
        mine = {"id": "p-1", "status": "Pending", "returnUrl": submission.return_url(row)}
        others = {"id": "p-2", "status": "Pending", "data": {"entity": {"information": {"vin": STRANGER}}}}
        row = advance(row, httpx.Response(200, json={"data": [others, mine]}))
        assert row.state == "following"
        assert "p-1" in kept(row, "found")["answer"]
        assert "p-2" not in kept(row, "found")["answer"]

    def test_tells_a_colleague_why_the_platform_does_not_let_go(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good())
        withdrawal.withdraw(row, records.ConsentAct("Stop"))
        connected = good(200, status="Succeeded", data={"entity": {"id": "e-1"}})
        row = advance(row, connected, refusal(422, {"title": "Too late", "detail": ECHO}))
        assert row.needs_staff == "not-let-go"
        told = kept(row, "needs-staff")
        assert (told["call"], told["status"]) == ("POST /v1/offboarding/entities", 422)
        assert "Too late" in told["answer"]
        assert found_in(told["answer"]) == []

    def test_shows_how_the_platform_let_go(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good())
        withdrawal.withdraw(row, records.ConsentAct("Stop"))
        row = advance(row, good(200), good(200, status="Canceled"))
        assert row.state == "withdrawn"
        assert kept(row, "canceled")["call"] == "PATCH /v1/onboarding/entities/p-1/cancel"

    def test_is_no_evidence_of_consent(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good())
        archive = zipfile.ZipFile(io.BytesIO(build_evidence([row], by="ann")))
        told = archive.read(f"{row.spoken_support_code}/timeline.csv").decode()
        assert "accepted" in told
        assert "exchange" not in told

    def test_goes_with_the_identifiers(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good(200, status="Failed"))
        strip([row.pk])
        assert not calls_of(row)

    def test_stays_small_whatever_the_platform_says(self, queued: OnboardingRequest) -> None:
        endless = [{"code": "x" * 30, "message": "é " * 900}] * 100
        told = kept(advance(queued, good(errors=endless, data={"deep": json.loads("[" * 90 + "]" * 90)})), "accepted")
        assert len(told["answer"].encode()) <= LARGEST_ANSWER + len("…".encode())
        assert len(told["sent"].encode()) <= LARGEST_SENT + len("…".encode())
        assert told["answer"].endswith("…")


class TestPolls:
    def poll(self, row: OnboardingRequest, **told: Any) -> None:
        answer = {"id": "p-1", "status": "Pending", "transactions": [{"type": "Connect", "status": "Pending"}], **told}
        absorb(row, resources.OnboardingRequest.from_json(answer), now=timezone.now())

    def test_that_change_nothing_add_nothing(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good())
        before = row.events.count()
        for _poll in range(3):
            row = advance(row, good(200))
        assert row.events.count() == before

    def test_that_bring_a_new_link_only_add_nothing(self, queued: OnboardingRequest) -> None:
        for number in range(3):
            self.poll(queued, action={"type": "Redirect", "redirectLink": f"https://maker.example/?ticket={number}"})
        assert queued.events.filter(name="progress").count() == 1

    def test_keep_what_each_step_was_before(self, queued: OnboardingRequest) -> None:
        self.poll(queued)
        self.poll(queued, transactions=[{"type": "Connect", "status": "Done"}, {"type": "Check", "status": "Pending"}])
        first, second = queued.events.filter(name="progress").order_by("pk")
        assert first.detail["steps"] == [["Connect", "", "Pending"]]
        assert second.detail["steps"] == [["Connect", "Pending", "Done"], ["Check", "", "Pending"]]
        assert second.detail["changed"] == []


class TestNothingPrivate:
    """The platform may say anything, anywhere."""

    @pytest.mark.parametrize(
        "answers",
        [
            [good()],
            [good(), good(200, status="Failed")],
            [good(status=ANSWERS["vin"], transactions=[{"type": ANSWERS["vin"], "status": STRANGER}])],
            [refusal()],
            [refusal(400, {"title": ECHO, "detail": ECHO, "errors": {"vin": [ECHO], ANSWERS["vin"]: [ECHO]}})],
            [refusal(400, {"errors": [ECHO]})],
            [refusal(409)],
            [refusal(403, {"title": ECHO})],
            [httpx.Response(500, text=ECHO)],
            [httpx.Response(201, text=ECHO)],
            [httpx.Response(201, json=ECHO)],
            [httpx.ReadTimeout, httpx.Response(200, json={"data": [EVERYWHERE | {"id": "p-2"}]})],
            [good(), refusal(404)],
        ],
        ids=lambda answers: str(len(answers)),
    )
    def test_is_stored_or_shown(self, queued: OnboardingRequest, answers: list[Any]) -> None:
        row = queued
        for answer in answers:
            row = advance(row, answer)
        stored = [json.dumps(event.detail, ensure_ascii=False) for event in Event.objects.all()]
        assert any("exchange" in detail for detail in stored)
        assert found_in(" ".join(stored)) == []
        page = sign_in("agent").get(f"/admin/onboarding/onboardingrequest/{row.pk}/timeline/")
        assert "What came back" in page.content.decode() or httpx.ReadTimeout in answers
        assert found_in(html.unescape(page.content.decode())) == []
        whole = sign_in("viewer").get(f"/admin/onboarding/onboardingrequest/{row.pk}/change/")
        assert found_in(html.unescape(whole.content.decode())) == []


class TestTheWayBack:
    def test_is_told_once_for_each_step_at_the_manufacturers(self, queued: OnboardingRequest) -> None:
        row = advance(queued, good())
        for _visit in range(3):
            tracking.came_back(row.reference)
            OnboardingRequest.objects.filter(pk=row.pk).update(returned_at=timezone.now() - timedelta(minutes=5))
        assert row.events.filter(name="came-back", actor="customer").count() == 1


def found_in(text: str) -> list[str]:
    return [value for value in PRIVATE if value.lower() in text.lower()]
