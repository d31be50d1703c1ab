"""A device is connected anew while all else happens: in every order, one connection is left at most, and the right one.

Of the ends of the old one only the first counts; so these are all orders of: the new one connects, the old one ends in
one of three ways, the new one is taken back, a worker is killed; and those in which only one or two of these happen.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import permutations
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import consent_words
from onboarding.delivery.submission import return_url
from onboarding.intake.draft import give_consent
from onboarding.intake.reconnection import reconnect
from onboarding.intake.withdrawal import withdraw
from onboarding.models import OnboardingRequest
from onboarding.platform_api import connection
from onboarding.request.lifecycle import FINAL, State
from tests import platforms
from tests.customers import GUIDES_VIN, do, let_time_pass
from tests.platforms import Killed, ModelPlatform

pytestmark = pytest.mark.django_db
BY_ITSELF = ConsentAct("", channel=Consent.Channel.SYSTEM)
STOPPED = ConsentAct("stopped")
ENDS = ("old is taken back", "old ended elsewhere", "old expired")
OTHERS = ("new connects", "new is taken back", "killed")
CALLS = ("killed before", "killed after", "cut after")


class Device(ModelPlatform):
    """A platform that knows one device. `is_same`: it has the same entity whenever it is onboarded.

    What is let go of stays so until the device is onboarded anew: also for a request that has the same entity by then.
    """

    is_same = False

    def _act(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH":
            held = self.held[request.url.path.split("/")[-2]]
            held["status"] = "Canceled" if held["status"] == "Pending" else held["status"]
            return httpx.Response(200, json=held)
        response = super()._act(request)
        if request.method == "POST" and "offboarding" not in request.url.path and self.is_same:
            told: dict[str, Any] = self.held[response.json()["id"]]
            told["data"]["entity"]["id"] = next(iter(self.held.values()))["data"]["entity"]["id"]
            self.let_go.clear()
            return httpx.Response(201, json=json.loads(json.dumps(told)))
        return response

    def succeed(self) -> None:
        for held in self.held.values():
            if held["status"] == "Pending":
                held["status"] = "Succeeded"

    @property
    def live(self) -> set[str]:
        connected = {held["data"]["entity"]["id"] for held in self.held.values() if held["status"] == "Succeeded"}
        return connected - set(self.let_go)


def orders() -> Iterator[tuple[str, ...]]:
    for end in (None, *ENDS):
        events = OTHERS if end is None else (*OTHERS, end)
        for length in {0, 1, 2, len(events)}:  # the last pass through those of three
            for order in permutations(events, length):
                if end is None or end in order:
                    yield order


class Story:
    """What befalls a device from the moment on at which its owner connects it again."""

    def __init__(self, platform: Device) -> None:
        self.platform, self.call = platform, ""
        draft = OnboardingRequest.objects.create(
            browser="b", type="EV", manufacturer="Audi", attributes={"vin": GUIDES_VIN}
        )
        words = consent_words(type="EV", device="Electric car", manufacturer="Audi")
        give_consent(draft, words, ConsentAct("said yes"))
        do(draft)
        platform.succeed()
        let_time_pass(draft)
        do(draft)
        self.keys = (draft.pk, reconnect(draft).pk)
        assert self.old.state == State.CONNECTED

    @property
    def old(self) -> OnboardingRequest:
        return OnboardingRequest.objects.get(pk=self.keys[0])

    @property
    def new(self) -> OnboardingRequest:
        return OnboardingRequest.objects.get(pk=self.keys[1])

    def tell(self, order: tuple[str, ...], *, call: str, is_sent: bool) -> None:
        """`is_sent`: the new one is at the platform before the first of it happens; `call`: how one ends by a kill."""
        self.call = call
        for event in order:
            if is_sent:
                self.work()
            self.happen(event)
            self.nothing_is_missing()
        for _round in range(10):
            self.work()
            self.nothing_is_missing()
            if {self.old.state, self.new.state} <= {*FINAL, State.FOLLOWING}:
                break
        self.all_is_well()

    def happen(self, event: str) -> None:
        happenings: dict[str, Callable[[], object]] = {
            "new connects": self.connect,
            "killed": self.kill,
            "new is taken back": lambda: self.end(self.new, STOPPED, Consent.Kind.WITHDRAWN),
            "old is taken back": lambda: self.end(self.old, STOPPED, Consent.Kind.WITHDRAWN),
            "old ended elsewhere": lambda: self.end(self.old, BY_ITSELF, Consent.Kind.ELSEWHERE),
            "old expired": self.expire,
        }
        happenings[event]()

    def connect(self) -> None:
        for _step in range(4):
            self.platform.succeed()
            self.work()

    def kill(self) -> None:
        """One worker in the middle of the next call, whoever's that is."""
        for request in (self.new, self.old):
            self.platform.fault = self.call
            with contextlib.suppress(Killed):
                do(request)
        self.platform.fault = ""

    def expire(self) -> None:
        OnboardingRequest.objects.filter(pk=self.old.pk).update(consent_ends_at=timezone.now())
        self.end(self.old, BY_ITSELF, Consent.Kind.EXPIRED)

    def end(self, request: OnboardingRequest, act: ConsentAct, kind: Consent.Kind) -> None:
        if request.is_withdrawable:
            withdraw(request, act, kind)

    def work(self) -> None:
        for request in (self.new, self.old):
            do(request)
            let_time_pass(request)

    def nothing_is_missing(self) -> None:
        """What is connected, and has its owner's consent, is connected at the platform too: at each moment."""
        for request in (self.old, self.new):
            if request.state == State.CONNECTED and request.withdrawn_at is None:
                assert request.entity_id in self.platform.live
        assert len({held["returnUrl"] for held in self.platform.held.values()}) == len(self.platform.held)

    def all_is_well(self) -> None:
        old, new = self.old, self.new
        assert (old.needs_staff, new.needs_staff) == ("", "")
        assert new.state in {*FINAL, State.FOLLOWING}
        assert old.state in FINAL or (self.platform.is_same and new.state == State.FOLLOWING)  # which may yet get it
        if new.withdrawn_at and new.ended_as == "withdrawn":
            assert old.state == State.WITHDRAWN
        expected = {
            request.entity_id for request in (old, new) if request.state in {State.CONNECTED, State.WITHDRAWING}
        }
        assert self.platform.live == expected
        assert len(expected) <= 1
        assert new.platform_id == "" or self.platform.held[new.platform_id]["returnUrl"] == return_url(new)


@pytest.fixture
def platform(db: None, settings: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Device:
    caplog.set_level("CRITICAL")
    device = Device()
    monkeypatch.setattr(platforms, "MODEL", device)
    settings.SANDBOX_TRANSPORT = "tests.platforms.ModelTransport"
    settings.REALTO_MAX_CALLS_PER_SECOND = 0
    settings.REALTO_SETTLE_SECONDS = 0.2
    connection.reset()
    return device


@pytest.mark.parametrize("is_same", [False, True], ids=["another entity", "the same entity"])
class TestEveryOrder:
    def test_leaves_one_at_most(self, platform: Device, is_same: bool) -> None:
        told = list(orders())
        assert len(told) == len(set(told)) > 100
        platform.is_same = is_same
        story = Story(platform)
        before = deepcopy(platform.held)
        for number, order in enumerate(told):
            platform.held, platform.let_go, platform.fault = deepcopy(before), [], ""
            with contextlib.suppress(Undo), transaction.atomic(), told_about(order):
                story.tell(order, call=CALLS[number % len(CALLS)], is_sent=bool(number % 2))
                raise Undo


@contextlib.contextmanager
def told_about(order: tuple[str, ...]) -> Iterator[None]:
    try:
        yield
    except AssertionError as problem:
        problem.add_note(f"In this order: {', '.join(order)}.")
        raise


class Undo(Exception):
    """Let the next story begin as this one did."""
