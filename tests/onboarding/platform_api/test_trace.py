"""What a result and an error carry of their call: all that was said, and never a token."""

import httpx
import pytest

from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import NotAuthorized, NotFound, PlatformError, PlatformUnavailable

from .conftest import SECRET, VIN, Platform, answer, create, request_json

LONG_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwb3J0YWwifQ.c2lnbmF0dXJl"


class TestTrace:
    def test_is_carried_by_what_the_platform_accepted(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(201, {"id": "1", "status": "Pending"}, x_request_id="r-1"))

        trace = create(client).trace

        assert (trace.method, trace.path, trace.status) == ("POST", "/v1/onboarding/entities", 201)
        assert trace.sent == {"type": "EV", "manufacturer": "Audi", "vin": VIN}
        assert trace.answer == {"id": "1", "status": "Pending"}
        assert trace.request_id == "r-1"

    @pytest.mark.parametrize(
        ("said", "told"), [({"errors": [{"code": "No"}]}, {"errors": [{"code": "No"}]}), ("Go away", "Go away")]
    )
    def test_is_carried_by_a_refusal(self, client: Client, platform: Platform, said: object, told: object) -> None:
        platform.will_answer(answer(400, said))

        with pytest.raises(PlatformError) as caught:
            create(client)

        assert caught.value.trace is not None
        assert (caught.value.trace.status, caught.value.trace.answer) == (400, told)

    def test_has_no_answer_where_none_came(self, client: Client, platform: Platform) -> None:
        platform.will_answer(httpx.ReadTimeout)

        with pytest.raises(PlatformUnavailable) as caught:
            create(client)

        assert caught.value.trace is not None
        assert (caught.value.trace.status, caught.value.trace.answer) == (None, None)

    def test_survives_that_400_means_not_found(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(400, {"title": "No such id"}))

        with pytest.raises(NotFound) as caught:
            client.get_onboarding(id="1")

        assert caught.value.trace is not None
        assert caught.value.trace.path == "/v1/onboarding/entities/1"

    def test_tells_of_an_answer_that_makes_no_sense(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(201, {"status": "Pending"}))

        with pytest.raises(PlatformUnavailable) as caught:
            create(client)

        assert caught.value.trace is not None
        assert caught.value.trace.answer == {"status": "Pending"}

    def test_of_a_list_says_nothing_of_others(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, {"data": [request_json(1), request_json(2)]}))

        items = client.list_onboardings(type="EV", page_size=2).items

        assert [item.trace and item.trace.answer for item in items] == [request_json(1), request_json(2)]
        assert items[0].trace is not None
        assert items[0].trace.sent == {"type": "EV", "pageSize": "2"}

    def test_measures_the_time(self, client: Client, platform: Platform) -> None:
        assert create(client).trace.milliseconds == 0

    def test_does_not_show_in_a_log_line(self, client: Client) -> None:
        assert VIN not in repr(create(client).trace)


class TestTokens:
    def test_are_in_no_trace_even_if_echoed(self, client: Client, platform: Platform) -> None:
        platform.will_give_tokens(answer(200, {"access_token": LONG_TOKEN, "expires_in": 3599}))
        platform.will_answer(answer(201, {"id": "1", "status": f"Bearer {LONG_TOKEN}"}))

        accepted = create(client)

        assert platform.calls[0].headers["Authorization"] == f"Bearer {LONG_TOKEN}"
        assert accepted.trace.answer == {"id": "1", "status": "Bearer ..."}

    def test_leave_no_trace_when_they_are_refused(self, client: Client, platform: Platform) -> None:
        platform.will_give_tokens(answer(401, {"title": SECRET}))

        with pytest.raises(NotAuthorized) as caught:
            create(client)

        assert caught.value.trace is None
