"""Requests of a maker that needs nothing, at a platform that does not echo the return address: all look the same."""

import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone
from pytest_django import Settings

from onboarding.models import OnboardingRequest
from sandbox.models import SandboxRequest
from sandbox.transport import SandboxTransport
from tests.customers import Customer, let_time_pass, work, work_until

pytestmark = pytest.mark.django_db
LOST: list[bool] = []  # for each answer to a POST from now on: whether it is lost after the platform acted
BREAKING: list[bool] = []  # whether there is always one more page of a list, which never comes


class Forgetful(httpx.BaseTransport):
    """The sandbox without return addresses in its answers, some of which never come."""

    def __init__(self) -> None:
        self.sandbox = SandboxTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.sandbox.handle_request(request)
        if request.method == "POST" and request.url.path.endswith("/onboarding/entities") and LOST and LOST.pop(0):
            raise httpx.ReadTimeout("lost", request=request)
        if "continuationToken" in request.url.params:
            raise httpx.ReadTimeout("broken off", request=request)
        if response.headers.get("content-type", "").startswith("application/json"):
            said = without_return_urls(json.loads(response.content))
            if BREAKING and isinstance(said, dict) and "meta" in said:
                said["meta"] = {"continuationToken": "more"}
            return httpx.Response(response.status_code, json=said)
        return response


def without_return_urls(said: object) -> object:
    if isinstance(said, dict):
        return {name: without_return_urls(value) for name, value in said.items() if name != "returnUrl"}
    return [without_return_urls(value) for value in said] if isinstance(said, list) else said


@pytest.fixture(autouse=True)
def forgetful(platform: object, settings: Settings) -> None:
    settings.SANDBOX_TRANSPORT = f"{__name__}.Forgetful"
    settings.SANDBOX_STEP_SECONDS = 60
    LOST.clear()
    BREAKING.clear()


def connect(customer: Customer, count: int = 1) -> list[OnboardingRequest]:
    return [customer.submit("PV", "Huawei").request for _number in range(count)]


def now_of(rows: list[OnboardingRequest]) -> list[OnboardingRequest]:
    return [OnboardingRequest.objects.get(pk=row.pk) for row in rows]


def settle(rows: list[OnboardingRequest]) -> None:
    for _round in range(3):
        for row in rows:
            let_time_pass(row, seconds=60)
        work()


def test_that_are_lost_after_they_arrived_are_not_sent_again(customer: Customer) -> None:
    LOST.extend([True, True, False, True, False] * 3)
    rows = connect(customer, 12)
    work()
    assert {row.state for row in now_of(rows)} == {"unknown", "following"}
    settle(rows)
    rows = now_of(rows)
    assert {(row.state, row.attempt, row.needs_staff) for row in rows} == {("following", 1, "")}
    assert SandboxRequest.objects.count() == 12
    assert {row.platform_id for row in rows} == {str(request.pk) for request in SandboxRequest.objects.all()}


def test_of_which_some_never_arrived_are_sent_until_all_have_one(customer: Customer) -> None:
    LOST.extend([True] * 4)
    rows = connect(customer, 4)
    work()
    SandboxRequest.objects.filter(pk__in=SandboxRequest.objects.values_list("pk")[:2]).delete()
    settle(rows)
    rows = now_of(rows)
    assert {row.state for row in rows} == {"following"}
    assert sorted(row.attempt for row in rows) == [1, 1, 2, 2]
    assert SandboxRequest.objects.count() == len({row.platform_id for row in rows}) == 4


def test_may_have_left_out_what_they_could_have_said(customer: Customer) -> None:
    LOST.extend([True] * 3)
    rows = connect(customer, 3)
    OnboardingRequest.objects.update(attributes={"reference": ""})
    work()
    settle(rows)
    assert {(row.state, row.attempt, row.needs_staff) for row in now_of(rows)} == {("following", 1, "")}


def test_of_a_stranger_are_nobodys_to_take(customer: Customer) -> None:
    """Another system of the same company may use the platform too: one more than we wait for is a colleague's."""
    LOST.append(True)
    [row] = connect(customer)
    work()
    strangers = SandboxRequest.objects.get()
    strangers.pk, strangers.entity_id = SandboxRequest().pk, SandboxRequest().entity_id
    strangers.save()
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.platform_id, row.needs_staff, row.due_at) == ("unknown", "", "several", None)
    assert SandboxRequest.objects.count() == 2


def test_of_another_principal_are_not_taken(customer: Customer) -> None:
    """Which principal is ours is known from what was answered before."""
    connect(customer)
    work()
    LOST.append(True)
    [row] = connect(customer)
    work()
    newest = SandboxRequest.objects.order_by("-created_at")[0]
    SandboxRequest.objects.filter(pk=newest.pk).update(principal_id=uuid4())
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.attempt) == ("following", 2)
    assert row.platform_id != str(newest.pk)


def test_by_their_answers_are_taken_whatever_the_principal(customer: Customer) -> None:
    """New credentials have a principal that no answer of ours had yet."""
    connect(customer)
    work()
    LOST.append(True)
    row = customer.submit("EV", "Audi").request
    work()
    SandboxRequest.objects.filter(payload__type="EV").update(principal_id=uuid4())
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.attempt) == ("following", 1)
    assert SandboxRequest.objects.filter(payload__type="EV").count() == 1


def test_of_the_owner_that_was_asked_for_are_ours(customer: Customer) -> None:
    connect(customer)
    work()
    LOST.append(True)
    [row] = connect(customer)
    owner = uuid4()
    OnboardingRequest.objects.filter(pk=row.pk).update(owner_id=str(owner))
    work()
    newest = SandboxRequest.objects.order_by("-created_at")[0]
    SandboxRequest.objects.filter(pk=newest.pk).update(principal_id=owner)
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.attempt, row.platform_id) == ("following", 1, str(newest.pk))


def test_are_not_taken_from_half_a_list(customer: Customer) -> None:
    LOST.append(True)
    [row] = connect(customer)
    work()
    BREAKING.append(True)
    let_time_pass(row, seconds=60)
    work()
    [row] = now_of([row])
    assert (row.state, row.platform_id, row.trouble) == ("unknown", "", "PlatformUnavailable")
    BREAKING.clear()
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.attempt, row.trouble) == ("following", 1, "")


def test_from_before_consent_are_not_taken(customer: Customer) -> None:
    LOST.append(True)
    [row] = connect(customer)
    work()
    SandboxRequest.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.attempt) == ("following", 2)


def test_that_tell_answers_are_somebody_elses(customer: Customer) -> None:
    LOST.append(True)
    [row] = connect(customer)
    work()
    SandboxRequest.objects.update(payload={"type": "PV", "manufacturer": "Huawei", "reference": "plant 7"})
    settle([row])
    [row] = now_of([row])
    assert (row.state, row.attempt) == ("following", 2)


def test_wait_while_an_answer_that_may_be_about_one_is_on_its_way(customer: Customer) -> None:
    LOST.append(True)
    lost, sending = connect(customer, 2)
    OnboardingRequest.objects.filter(pk=sending.pk).update(due_at=None)
    work()
    OnboardingRequest.objects.filter(pk=sending.pk).update(state="sending", attempted_at=timezone.now(), attempt=1)
    let_time_pass(lost, seconds=60)
    work()
    [lost] = now_of([lost])
    assert (lost.state, lost.platform_id, lost.needs_staff, lost.lease) == ("unknown", "", "", "")
    assert lost.due_at
    assert timezone.now() < lost.due_at < timezone.now() + timedelta(seconds=30)
    OnboardingRequest.objects.filter(pk=sending.pk).update(attempted_at=timezone.now() + timedelta(minutes=3))
    settle([lost])
    assert now_of([lost])[0].state == "following"


def test_and_answers_that_are_told_are_found_as_before(customer: Customer) -> None:
    LOST.append(True)
    row = customer.submit().request
    work()
    let_time_pass(row, seconds=60)
    assert work_until(row, "following").attempt == 1
    assert SandboxRequest.objects.count() == 1
