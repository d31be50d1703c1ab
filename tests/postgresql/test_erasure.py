"""An erasure that is asked for several times at one moment, while workers are at it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from onboarding.access.links import make_link
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.models import AccessLink, Erasure, Event, OnboardingRequest, Tombstone, Wish
from onboarding.privacy import erasure
from tests import racing
from tests.onboarding.privacy.test_tombstones import applied, printed
from tests.onboarding.support.test_bulk import make

pytestmark = pytest.mark.django_db(transaction=True)

JAN = "jan.peeters@mail.example"
SELF = ConsentAct("Pressed it.", channel=Consent.Channel.SELF)


def at_once(times: int, do: Any) -> list[Any]:
    def run(_number: int) -> Any:
        try:
            return do()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))


def test_is_asked_for_once(db: None) -> None:
    (key,) = make(1)
    OnboardingRequest.objects.filter(pk=key).update(state="connected", due_at=None, needs_staff="")
    asked = at_once(4, lambda: erasure.ask(OnboardingRequest(pk=key), SELF))
    assert sorted(asked) == [False, False, False, True]
    assert Erasure.objects.count() == Tombstone.objects.count() == 1
    assert Event.objects.filter(name="erasure-asked").count() == 1
    assert OnboardingRequest.objects.get().state == "withdrawing"


def test_is_done_once_by_three_workers(db: None) -> None:
    keys = make(30)
    over = {"state": "failed", "finished_at": timezone.now(), "due_at": None, "needs_staff": ""}
    OnboardingRequest.objects.filter(pk__in=keys).update(**over)
    Erasure.objects.bulk_create(Erasure(request_id=key, asker="customer") for key in keys)
    done = at_once(3, erasure.settle_erasures)
    assert sum(done) == 30
    assert sorted(Event.objects.filter(name="erased").values_list("request", flat=True)) == sorted(keys)


def test_by_a_customer_and_by_staff_at_once_waits_for_neither(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    request = OnboardingRequest.objects.get(pk=make(1, state="connected", contact_email=JAN)[0])
    Wish.objects.create(manufacturer="Lada", contact_email=JAN, language="en")
    browser, link = Client(), make_link(request, AccessLink.Kind.EMAIL, address=request.contact_key)
    browser.post(f"/continue/{link.token}/")
    meet, ask = threading.Barrier(2, timeout=10), erasure.ask

    def ask_while_staff_hold_the_request(row: OnboardingRequest, act: ConsentAct) -> bool:
        if act.channel == Consent.Channel.SELF:
            meet.wait()
            return ask(row, act)
        is_new = ask(row, act)
        meet.wait()
        return is_new

    monkeypatch.setattr(erasure, "ask", ask_while_staff_hold_the_request)
    answered, asked = racing.at_once(
        [
            lambda: browser.post("/my-data/erase/").status_code,
            lambda: erasure.ask_for_address(JAN, by="ann", reason="Asked."),
        ]
    )
    assert (answered, asked) == (302, 1)
    assert not Wish.objects.exists()


def test_takes_a_tombstone_that_stands_twice_in_a_file(db: None, tmp_path: Path) -> None:
    erasure.ask_for_address(JAN, by="ann", reason="Asked.")
    applied(printed() + printed(), tmp_path)
    assert Tombstone.objects.count() == 1
