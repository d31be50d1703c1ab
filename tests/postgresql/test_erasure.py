"""An erasure that is asked for several times at one moment, while workers are at it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct
from onboarding.models import Erasure, Event, OnboardingRequest, Tombstone
from onboarding.privacy import erasure
from tests.onboarding.support.test_bulk import make

pytestmark = pytest.mark.django_db(transaction=True)

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
