"""Several at once connect a device again, or take its consent back meanwhile: on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onboarding.consent.records import ConsentAct
from onboarding.delivery import dispatch, lease
from onboarding.intake.reconnection import reconnect
from onboarding.intake.withdrawal import withdraw
from onboarding.models import OnboardingRequest
from sandbox import bench
from tests.customers import Customer, let_time_pass, work_until
from tests.racing import at_once, shared_database

pytestmark = pytest.mark.django_db(transaction=True)
ACT = ConsentAct("Pressed “Stop and disconnect”.")
TIMES = 4


@pytest.fixture
def old(customer: Customer) -> OnboardingRequest:
    return work_until(customer.submit().request, "connected")


@pytest.fixture(autouse=True)
def database(old: OnboardingRequest, tmp_path: Path) -> Iterator[None]:
    with shared_database(tmp_path):
        yield


def stop(request: OnboardingRequest) -> None:
    withdraw(request, ACT)


def running() -> int:
    return OnboardingRequest.objects.filter(withdrawn_at=None).count()


def test_presses_begin_one_connection(old: OnboardingRequest) -> None:
    assert len(set(at_once([lambda: reconnect(old).pk] * TIMES))) == 1
    assert OnboardingRequest.objects.count() == 2


def test_to_stop_while_it_begins_leaves_none(old: OnboardingRequest) -> None:
    at_once([lambda: reconnect(old) and None, lambda: stop(old)])
    assert running() == 0


def test_to_stop_either_takes_back_both(old: OnboardingRequest) -> None:
    new = reconnect(old)
    at_once([lambda: stop(old), lambda: stop(new)] * 2)
    assert running() == 0
    assert [record.kind for record in new.consents.order_by("pk")] == ["continued", "withdrawn"]
    assert [record.kind for record in old.consents.order_by("pk")] == ["given", "withdrawn"]


@pytest.mark.parametrize("which", ["old", "new"])
def test_to_stop_while_the_new_one_becomes_connected_leaves_none(old: OnboardingRequest, which: str) -> None:
    """The worker holds the new one and ends the old one; who stops locks the same two."""
    new = reconnect(old)
    work_until(new, "following", "connected")
    bench.let_steps_pass(50)
    let_time_pass(new)
    token = lease.claim()
    stopped = old if which == "old" else new
    at_once([lambda: dispatch.advance.call(token), lambda: stop(stopped)])
    assert running() == 0  # also when the old one was replaced a moment before: who stops means the device
