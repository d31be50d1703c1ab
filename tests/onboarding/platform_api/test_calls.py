"""What all calls have in common: authorization, repeating what may be repeated, the log."""

import logging
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from onboarding.platform_api.auth import Credentials
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import (
    NotAuthorized,
    PlatformError,
    PlatformUnavailable,
    RateLimited,
    RequestRejected,
)

from .conftest import Platform, Time, answer, create


class TestAuthorization:
    def test_a_refused_token_is_replaced_and_the_call_repeated_once(self, client: Client, platform: Platform) -> None:
        platform.will_give_tokens(answer(200, {"access_token": "old"}), answer(200, {"access_token": "new"}))
        platform.will_answer(answer(401), answer(201, {"id": "1"}))

        create(client)

        assert [call.headers["authorization"] for call in platform.calls] == ["Bearer old", "Bearer new"]
        assert platform.calls[0].content == platform.calls[1].content

    def test_a_second_401_is_final(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(401))

        with pytest.raises(NotAuthorized) as caught:
            client.get_onboarding(id="1")

        assert caught.value.status == 401
        assert len(platform.calls) == 2
        assert len(platform.token_calls) == 2

    def test_a_403_is_final_at_once(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(403))

        with pytest.raises(NotAuthorized) as caught:
            client.get_onboarding(id="1")

        assert caught.value.status == 403
        assert len(platform.calls) == 1

    def test_no_token_means_that_nothing_left(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(401))
        platform.will_give_tokens(answer(200, {"access_token": "old"}), httpx.ReadTimeout)

        with pytest.raises(PlatformUnavailable) as caught:
            create(client)

        assert not caught.value.may_have_taken_effect
        assert len(platform.calls) == 1


class TestReading:
    @pytest.mark.parametrize(
        "step",
        [httpx.ConnectError, httpx.ReadTimeout, answer(500), answer(200, "<html>"), answer(429)],
        ids=str,
    )
    def test_is_tried_again(self, client: Client, platform: Platform, time: Time, step: Any) -> None:
        platform.will_answer(step, step, answer(200, {"id": "1"}))

        assert client.get_onboarding(id="1").id == "1"
        assert time.naps == [0.5, 1.0]

    def test_ends_after_three_attempts(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(503))

        with pytest.raises(PlatformUnavailable):
            client.get_onboarding(id="1")

        assert len(platform.calls) == 3

    @pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
    def test_takes_a_no_for_a_no(self, client: Client, platform: Platform, status: int) -> None:
        platform.will_answer(answer(status))

        with pytest.raises(PlatformError):
            client.get_onboarding(id="1")

        assert len(platform.calls) == 1

    def test_waits_as_long_as_the_platform_asks(self, client: Client, platform: Platform, time: Time) -> None:
        platform.will_answer(answer(429, retry_after="2"), answer(200, {"id": "1"}))

        client.get_onboarding(id="1")

        assert time.naps == [2.0]

    def test_does_not_wait_when_the_platform_asks_for_long(
        self, client: Client, platform: Platform, time: Time
    ) -> None:
        platform.will_answer(answer(429, retry_after="60"))

        with pytest.raises(RateLimited) as caught:
            client.get_onboarding(id="1")

        assert caught.value.retry_after == 60.0
        assert time.naps == []


class TestLog:
    def test_has_one_line_for_a_failed_call(
        self, client: Client, platform: Platform, caplog: pytest.LogCaptureFixture
    ) -> None:
        platform.will_answer(answer(502, "<html>", x_request_id="abc-123"))

        with pytest.raises(PlatformUnavailable):
            client.cancel_onboarding(id="the-id")

        (record,) = (r for r in caplog.records if r.name.startswith("onboarding"))
        assert record.levelno == logging.WARNING
        assert record.getMessage() == (
            "PATCH /v1/onboarding/entities/{id}/cancel: The platform's answer is a 502. "
            "Status 502, 0.00 s, request id abc-123"
        )

    def test_mentions_a_rejection_quietly(
        self, client: Client, platform: Platform, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        platform.will_answer(answer(400))

        with pytest.raises(RequestRejected):
            create(client)

        (record,) = (r for r in caplog.records if r.name.startswith("onboarding"))
        assert record.levelno == logging.INFO

    def test_is_empty_when_all_is_well(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG, logger="onboarding")

        create(client)

        assert not [r for r in caplog.records if r.name.startswith("onboarding")]


class TestReadingSince:
    def page(self, *days: int, token: str = "") -> httpx.Response:
        items = [{"id": str(day), "status": "Pending", "created": f"2026-11-{day:02d}T12:00:00Z"} for day in days]
        return answer(200, {"data": items, "meta": {"continuationToken": token or None}})

    def read(self, client: Client, since: int) -> list[str]:
        moment = datetime(2026, 11, since, tzinfo=UTC)
        return [request.id for request in client.iter_onboardings(since=moment)]

    def test_stops_behind_the_page_that_gets_older(self, client: Client, platform: Platform) -> None:
        platform.will_answer(self.page(20, 19, token="a"), self.page(18, 9, token="b"), self.page(8))
        assert self.read(client, 10) == ["20", "19", "18", "9"]
        assert len(platform.calls) == 2

    def test_reads_everything_of_a_list_in_another_order(self, client: Client, platform: Platform) -> None:
        platform.will_answer(self.page(8, 9, token="a"), self.page(20))
        assert self.read(client, 10) == ["8", "9", "20"]

    def test_reads_everything_when_times_are_missing(self, client: Client, platform: Platform) -> None:
        untimed = answer(200, {"data": [{"id": "x", "status": "Pending"}], "meta": {"continuationToken": "a"}})
        platform.will_answer(untimed, self.page(9))
        assert self.read(client, 10) == ["x", "9"]


class TestBeforeCall:
    def test_comes_ahead_of_every_http_call(self, platform: Platform, time: Time) -> None:
        asked: list[int] = []
        http = httpx.Client(transport=httpx.MockTransport(platform), base_url="https://platform.test/api")
        client = Client(
            http,
            Credentials("portal", "secret"),
            types_path="/v1/onboarding/types",
            clock=time,
            sleep=time.sleep,
            before_call=lambda: asked.append(1),
        )
        platform.will_answer(answer(503), answer(200, {"id": "1", "status": "Pending"}))
        client.get_onboarding(id="1")
        assert len(asked) == len(platform.calls) + len(platform.token_calls) == 3

    def test_may_keep_a_call_from_being_made(self, platform: Platform, time: Time) -> None:
        def refuse() -> None:
            raise RateLimited(retry_after=60)

        http = httpx.Client(transport=httpx.MockTransport(platform), base_url="https://platform.test/api")
        client = Client(http, Credentials("portal", "secret"), types_path="/x", clock=time, before_call=refuse)
        with pytest.raises(PlatformUnavailable):
            client.authenticate()
        assert not platform.token_calls
