"""Tokens: when they are fetched, and how threads share them."""

import json
import threading
import time as real_time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from onboarding.platform_api.auth import Credentials
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import NotAuthorized, PlatformError, PlatformUnavailable, RateLimited

from .conftest import AUTHENTICATION, SECRET, Platform, Time, answer

THREADS = 200


def token(value: str, expires_in: Any = 3599) -> httpx.Response:
    return answer(200, {"access_token": value, "expires_in": expires_in, "token_type": "Bearer"})


class TestToken:
    def test_is_asked_for_with_our_credentials(self, client: Client, platform: Platform) -> None:
        client.get_onboarding(id="1")

        (call,) = platform.token_calls
        assert call.method == "POST"
        assert json.loads(call.content) == {"clientId": "portal", "clientSecret": SECRET}
        assert "authorization" not in call.headers

    def test_can_be_fetched_ahead_of_the_call(self, client: Client, platform: Platform) -> None:
        client.authenticate()
        assert (len(platform.token_calls), len(platform.calls)) == (1, 0)

        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 1

    def test_is_used_until_a_minute_before_it_expires(self, client: Client, platform: Platform, time: Time) -> None:
        client.get_onboarding(id="1")
        time.now += 3599 - 61
        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 1

        time.now += 2
        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 2

    def test_is_used_for_nine_tenths_of_a_short_life(self, client: Client, platform: Platform, time: Time) -> None:
        platform.will_give_tokens(token("short", expires_in=10))
        client.get_onboarding(id="1")
        time.now += 8.9
        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 1

        time.now += 0.2
        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 2

    @pytest.mark.parametrize(
        "lifetime",
        [None, "soon", -5, 0, True, [], {}, float("nan"), float("-inf"), "9" * 400, 10**400],
        ids=str,
    )
    def test_has_a_sane_lifetime_whatever_the_platform_says(
        self, client: Client, platform: Platform, time: Time, lifetime: Any
    ) -> None:
        content = json.dumps({"access_token": "t", "expires_in": lifetime})
        platform.will_give_tokens(answer(200, content))
        client.get_onboarding(id="1")
        time.now += 200
        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 1

        time.now += 100
        client.get_onboarding(id="1")
        assert len(platform.token_calls) == 2

    def test_reads_a_lifetime_in_text(self, client: Client, platform: Platform, time: Time) -> None:
        platform.will_give_tokens(token("t", expires_in="3599"))
        client.get_onboarding(id="1")
        time.now += 3000
        client.get_onboarding(id="1")

        assert len(platform.token_calls) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 415, 422])
    def test_refused_is_ours_to_fix(self, client: Client, platform: Platform, status: int) -> None:
        platform.will_give_tokens(answer(status, {"errors": [{"message": "vin"}]}, x_request_id="r-1"))

        with pytest.raises(NotAuthorized) as caught:
            client.get_onboarding(id="1")

        assert caught.value.request_id == "r-1"
        assert len(platform.token_calls) == 1
        assert platform.calls == []

    @pytest.mark.parametrize(
        "step",
        [httpx.ConnectError, httpx.ReadTimeout, answer(500), answer(302), answer(200, "<html>")],
        ids=str,
    )
    def test_unreachable_means_that_the_call_never_left(self, client: Client, platform: Platform, step: Any) -> None:
        platform.will_give_tokens(step)

        with pytest.raises(PlatformUnavailable) as caught:
            client.create_onboarding(type="EV", manufacturer="Audi", attributes={})

        assert not caught.value.may_have_taken_effect
        assert len(platform.token_calls) == 3
        assert platform.calls == []

    @pytest.mark.parametrize(
        "content", [{}, [], None, {"access_token": 1.5}, {"access_token": "é"}, {"access_token": "a\nb"}]
    )
    def test_unusable_means_that_the_call_never_left(self, client: Client, platform: Platform, content: Any) -> None:
        platform.will_give_tokens(httpx.Response(200, json=content))

        with pytest.raises(PlatformUnavailable) as caught:
            client.create_onboarding(type="EV", manufacturer="Audi", attributes={})

        assert not caught.value.may_have_taken_effect
        assert platform.calls == []

    def test_rate_limited_for_long_is_told_at_once(self, client: Client, platform: Platform, time: Time) -> None:
        platform.will_give_tokens(answer(429, retry_after="120"))

        with pytest.raises(RateLimited) as caught:
            client.get_onboarding(id="1")

        assert caught.value.retry_after == 120.0
        assert time.naps == []

    def test_is_asked_for_again_after_a_failure(self, client: Client, platform: Platform) -> None:
        platform.will_give_tokens(answer(401), token("good"))
        with pytest.raises(NotAuthorized):
            client.get_onboarding(id="1")

        assert client.get_onboarding(id="1").id == "1"


class SlowAuthentication:
    """Takes its time to answer, so that all threads arrive meanwhile; numbers its tokens."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.fetched = 0
        self.revoked: set[str] = set()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == AUTHENTICATION:
            self.fetched += 1
            real_time.sleep(0.3)
            return token(str(self.fetched)) if self.status == 200 else answer(self.status)
        if request.headers["authorization"].removeprefix("Bearer ") in self.revoked:
            return answer(401)
        return answer(200, {"id": "1"})


def run_in_threads(count: int, work: Callable[[], object]) -> list[object]:
    """Run the work in all threads at the same moment; an error counts as its outcome."""
    start = threading.Barrier(count)

    def one(_: int) -> object:
        start.wait()
        try:
            return work()
        except PlatformError as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


class TestThreads:
    def client(self, platform: SlowAuthentication, time: Time) -> Client:
        http = httpx.Client(base_url="https://platform.test/api", transport=httpx.MockTransport(platform))
        return Client(http, Credentials("portal", SECRET), types_path="/t", clock=time, sleep=time.sleep)

    def test_fetch_one_token_together(self, time: Time) -> None:
        platform = SlowAuthentication()
        client = self.client(platform, time)

        run_in_threads(THREADS, lambda: client.get_onboarding(id="1"))
        assert platform.fetched == 1

        time.now += 3600
        run_in_threads(THREADS, lambda: client.get_onboarding(id="1"))
        assert platform.fetched == 2
        client.close()

    def test_replace_a_revoked_token_together(self, time: Time) -> None:
        platform = SlowAuthentication()
        client = self.client(platform, time)
        client.get_onboarding(id="1")
        platform.revoked.add("1")

        outcomes = run_in_threads(THREADS, lambda: client.get_onboarding(id="1"))

        assert not [outcome for outcome in outcomes if isinstance(outcome, PlatformError)]
        assert platform.fetched == 2
        client.close()

    def test_take_the_token_that_another_one_fetched_meanwhile(self, time: Time) -> None:
        platform = SlowAuthentication()
        client = self.client(platform, time)
        tokens = client._tokens
        refused = tokens.current()

        assert [tokens.instead_of(refused), tokens.instead_of(refused)] == ["2", "2"]
        assert platform.fetched == 2
        client.close()

    def test_share_a_failure_too(self, time: Time) -> None:
        platform = SlowAuthentication(status=401)
        client = self.client(platform, time)

        outcomes = run_in_threads(THREADS, lambda: client.get_onboarding(id="1"))

        assert all(isinstance(outcome, NotAuthorized) for outcome in outcomes)
        assert len({id(outcome) for outcome in outcomes}) == THREADS
        assert platform.fetched < 5
        client.close()
