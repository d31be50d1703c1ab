"""Asking for an onboarding: what leaves, what comes back, and what is known when nothing does."""

from typing import Any

import httpx
import pytest

from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import Conflict, InvalidAnswers, PlatformError, PlatformUnavailable, RateLimited

from .conftest import TOKEN, UNREADABLE, VIN, Platform, Time, answer, body, create, request_json


class TestCreateOnboarding:
    def test_sends_exactly_the_guides_example(self, client: Client, platform: Platform) -> None:
        create(client)

        (call,) = platform.calls
        assert call.method == "POST"
        assert call.url == "https://platform.test/api/v1/onboarding/entities"
        assert body(call) == {"type": "EV", "manufacturer": "Audi", "vin": VIN}
        assert call.headers["authorization"] == f"Bearer {TOKEN}"
        assert call.headers["content-type"] == "application/json"

    def test_sends_what_is_given_and_nests_properties(self, client: Client, platform: Platform) -> None:
        create(
            client,
            attributes={"ean": "541448820000000000", "properties.flow": "B2C", "code": ""},
            tenant_id="t",
            collective_id="c",
            owner_id="o",
            return_url="https://portal.test/r",
        )

        assert body(platform.calls[0]) == {
            "type": "EV",
            "manufacturer": "Audi",
            "ean": "541448820000000000",
            "properties": {"flow": "B2C"},
            "tenantId": "t",
            "collectiveId": "c",
            "owner": "o",
            "returnUrl": "https://portal.test/r",
        }

    def test_never_lets_an_attribute_replace_the_type(self, client: Client, platform: Platform) -> None:
        create(client, attributes={"type": "PV", "properties": "x", "properties.flow": "B2C"})

        sent = {"type": "EV", "manufacturer": "Audi", "properties": {"flow": "B2C"}}
        assert body(platform.calls[0]) == sent

    def test_returns_the_request(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(201, request_json(7)))

        made = create(client)

        assert (made.id, made.status, made.information) == ("7", "Pending", {"vin": VIN})

    @pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: content[:24])
    def test_does_not_take_an_unreadable_success_for_a_no(
        self, client: Client, platform: Platform, content: bytes
    ) -> None:
        platform.will_answer(answer(201, content))

        with pytest.raises(PlatformUnavailable) as caught:
            create(client)

        assert caught.value.may_have_taken_effect
        assert len(platform.calls) == 1

    @pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: content[:24])
    @pytest.mark.parametrize("status", [300, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503, 599])
    def test_survives_any_body_of_an_error(
        self, client: Client, platform: Platform, content: bytes, status: int
    ) -> None:
        platform.will_answer(answer(status, content))

        with pytest.raises(PlatformError):
            create(client)

    @pytest.mark.parametrize(
        ("step", "effect"),
        [
            (httpx.ConnectError, False),
            (httpx.ConnectTimeout, False),
            (httpx.PoolTimeout, False),
            (httpx.ProxyError, False),
            (httpx.UnsupportedProtocol, False),
            (httpx.ReadTimeout, True),
            (httpx.WriteTimeout, True),
            (httpx.ReadError, True),
            (httpx.WriteError, True),
            (httpx.CloseError, True),
            (httpx.RemoteProtocolError, True),
            (httpx.DecodingError, True),
            (answer(302, location="https://elsewhere.test/"), False),
            (answer(408), True),
            (answer(500), True),
            (answer(502, "<html>"), True),
            (answer(503, retry_after="2"), True),
        ],
        ids=str,
    )
    def test_tells_whether_it_may_have_taken_effect_and_never_repeats(
        self, client: Client, platform: Platform, step: Any, effect: bool
    ) -> None:
        platform.will_answer(step)

        with pytest.raises(PlatformUnavailable) as caught:
            create(client)

        assert caught.value.may_have_taken_effect is effect
        assert len(platform.calls) == 1

    def test_is_not_repeated_when_rate_limited(self, client: Client, platform: Platform, time: Time) -> None:
        platform.will_answer(answer(429, retry_after="2"))

        with pytest.raises(RateLimited) as caught:
            create(client)

        assert caught.value.retry_after == 2.0
        assert not caught.value.may_have_taken_effect
        assert len(platform.calls) == 1
        assert time.naps == []

    def test_names_the_answers_that_the_platform_objects_to(self, client: Client, platform: Platform) -> None:
        problem = {"title": "Invalid", "errors": {"Vin": ["Wrong."], "SerialNumber": ["Missing."]}}
        platform.will_answer(answer(400, problem))

        with pytest.raises(InvalidAnswers) as caught:
            create(client, attributes={"vin": VIN, "serialNumber": "1"})

        assert caught.value.fields == {"vin": ("Wrong.",), "serialNumber": ("Missing.",)}

    def test_raises_a_conflict_with_the_fields_it_names(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(409, {"errors": [{"code": "Exists", "message": "This VIN is known."}]}))

        with pytest.raises(Conflict) as caught:
            create(client)

        assert caught.value.fields == {"vin": ("This VIN is known.",)}
