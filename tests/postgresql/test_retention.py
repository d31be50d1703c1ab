"""Two workers that let go of what is old at the same time, and one that somebody else's lock does not hold up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from onboarding.models import Departure, Event, OnboardingRequest
from onboarding.retention import keeper, kinds
from tests.onboarding.support.test_bulk import make
from tests.postgresql.test_locks import elsewhere

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = timedelta(days=400)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sixty that failed long ago; a batch is five of them."""
    monkeypatch.setattr(keeper, "BATCH", 5)
    made = make(60)
    over = {"state": "failed", "finished_at": timezone.now() - LONG_AGO, "due_at": None, "needs_staff": ""}
    OnboardingRequest.objects.filter(pk__in=made).update(**over)
    return made


def failed() -> kinds.Kind:
    return next(kind for kind in kinds.KINDS if kind.name == "failed")


def test_three_workers_reduce_each_request_once(keys: list[int]) -> None:
    def run(_number: int) -> int:
        try:
            return sum(iter(lambda: keeper.let_go(failed()), 0))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        went = list(workers.map(run, range(3)))
    assert sum(went) == 60
    assert sorted(Event.objects.filter(name="reduced").values_list("request", flat=True)) == keys
    assert Departure.objects.get().times == 60


def test_what_somebody_has_locked_is_left_to_them(keys: list[int]) -> None:
    locked = OnboardingRequest.objects.filter(pk__in=keys[:10])
    with elsewhere(lambda: list(locked.select_for_update())):
        while keeper.let_go(failed()):
            pass
        assert OnboardingRequest.objects.filter(reduced_at=None).count() == 10
    while keeper.let_go(failed()):
        pass
    assert not OnboardingRequest.objects.filter(reduced_at=None).exists()
