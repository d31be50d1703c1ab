"""Whatever the platform calls a request, it is asked for once: an id that is odd, or another's, is never an absence."""

import json
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from pytest_django import Settings

from onboarding.consent import records
from onboarding.intake import withdrawal
from onboarding.models import OnboardingRequest
from onboarding.platform_api import connection
from onboarding.support import operations
from tests.customers import Customer, let_time_pass, work, work_until

pytestmark = pytest.mark.django_db(transaction=True)

# What cannot be kept, or named in a path.
UNUSABLE = ["x" * 65, "a\nb", "a\u200bb", ".", ".."]
ODD = ["a/b", "{5f0c}", "(1)", "50%", "urn:x#1", "a b", "Zoë"]


class Platform(httpx.BaseTransport):
    """Calls each new request what it is told to, and lists all, with their return URLs or without."""

    ids: list[str] = []
    held: list[dict[str, Any]] = []
    posts = 0
    paths: list[bytes] = []
    tells_return_url = True
    answers_posts = True

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path
        if path.endswith(b"/authentication"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
        if request.method == "POST":
            body = json.loads(request.content)
            made = {"id": self.ids[Platform.posts % len(self.ids)], "status": "Pending"}
            made |= {"returnUrl": body["returnUrl"]} if self.tells_return_url else {}
            Platform.posts += 1
            self.held.append(made)
            if not self.answers_posts:
                raise httpx.ReadTimeout("", request=request)
            return httpx.Response(201, json=made)
        if path.partition(b"?")[0].endswith(b"/entities"):
            return httpx.Response(200, json={"data": self.held})
        self.paths.append(path)
        named = [held for held in self.held if path.endswith(httpx.URL("/" + _escaped(held["id"])).raw_path)]
        return httpx.Response(200, json=named[0] | {"status": "Canceled"}) if named else httpx.Response(404)


def _escaped(id: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() else _hex(letter) for letter in id)


def _hex(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


@pytest.fixture(autouse=True)
def platform_with_odd_ids(settings: Settings, customer: Customer) -> None:
    settings.SANDBOX_TRANSPORT = f"{__name__}.Platform"
    settings.REALTO_SETTLE_SECONDS = 0
    Platform.ids, Platform.held, Platform.posts, Platform.paths = [], [], 0, []
    Platform.tells_return_url = Platform.answers_posts = True
    connection.reset()


def work_long() -> None:
    for _turn in range(12):
        work()
        for row in OnboardingRequest.objects.exclude(due_at=None):
            let_time_pass(row)


class TestRequestWithAnOddId:
    @pytest.mark.parametrize("id", ODD)
    def test_is_followed_and_let_go_under_it(self, customer: Customer, id: str) -> None:
        Platform.ids = [id]
        customer.submit()
        work()
        row = customer.request
        assert (row.state, row.platform_id, Platform.posts) == ("following", id, 1)
        withdrawal.withdraw(row, records.ConsentAct("I take it back"))
        assert work_until(row, "withdrawn").needs_staff == ""
        assert all(unquote(path.rpartition(b"/")[2].decode()) == id for path in Platform.paths)

    @pytest.mark.parametrize("id", UNUSABLE)
    @pytest.mark.parametrize("tells_return_url", [True, False])
    def test_that_is_unusable_is_staffs_at_once_and_never_sent_again(
        self, customer: Customer, id: str, tells_return_url: bool
    ) -> None:
        Platform.ids, Platform.tells_return_url = [id], tells_return_url
        customer.submit()
        work()
        assert customer.request.is_with_staff
        operations.resume(customer.request, by="bob")
        work_long()
        row = customer.request
        assert (row.state, row.is_with_staff, Platform.posts) == ("unknown", True, 1)

    @pytest.mark.parametrize("id", UNUSABLE)
    @pytest.mark.parametrize("tells_return_url", [True, False])
    def test_that_is_unusable_in_a_list_is_no_absence(
        self, customer: Customer, id: str, tells_return_url: bool
    ) -> None:
        Platform.ids, Platform.tells_return_url, Platform.answers_posts = [id], tells_return_url, False
        customer.submit()
        work_long()
        row = customer.request
        assert (row.state, row.is_with_staff, Platform.posts) == ("unknown", True, 1)

    def test_of_somebody_elses_changes_nothing(self, customer: Customer) -> None:
        Platform.ids, Platform.answers_posts = ["good"], False
        Platform.held = [{"id": "x" * 65, "returnUrl": "https://elsewhere.example/"}]
        customer.submit()
        work_long()
        assert (customer.request.platform_id, customer.request.needs_staff) == ("good", "")


class TestTwoRequestsWithOneId:
    @pytest.mark.parametrize("tells_return_url", [True, False])
    def test_are_sent_once_each_and_the_second_is_staffs(
        self, customer: Customer, stranger: Customer, tells_return_url: bool
    ) -> None:
        Platform.ids, Platform.tells_return_url = ["same"], tells_return_url
        customer.submit()
        work()
        stranger.submit()
        work()
        second = stranger.request
        assert (second.state, second.needs_staff, second.is_with_staff) == ("unknown", "several", True)
        work_long()
        assert (customer.request.platform_id, customer.request.needs_staff) == ("same", "")
        assert Platform.posts == 2

    def test_are_told_apart_where_the_second_is_looked_for(self, customer: Customer, stranger: Customer) -> None:
        Platform.ids = ["same"]
        customer.submit()
        work()
        Platform.answers_posts = False
        stranger.submit()
        work_long()
        second = stranger.request
        assert (second.state, second.needs_staff, Platform.posts) == ("unknown", "several", 2)
