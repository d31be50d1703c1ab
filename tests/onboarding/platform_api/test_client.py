"""The other endpoints: what leaves, and what comes back."""

from typing import Any

import httpx
import pytest

from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import Conflict, NotFound, PlatformUnavailable, RequestRejected
from onboarding.platform_api.resources import Attribute, Offer

from .conftest import UNREADABLE, Platform, answer, body, request_json


class TestGetOnboarding:
    def test_reads_one(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, request_json(7)))

        assert client.get_onboarding(id="7").id == "7"
        assert platform.calls[0].method == "GET"
        assert platform.calls[0].url.path == "/api/v1/onboarding/entities/7"

    @pytest.mark.parametrize("status", [400, 404, 410])
    def test_does_not_find_an_unknown_id(self, client: Client, platform: Platform, status: int) -> None:
        platform.will_answer(answer(status, {"errors": [{"code": "Unknown", "message": "No."}]}))

        with pytest.raises(NotFound) as caught:
            client.get_onboarding(id="7")

        assert (caught.value.status, caught.value.code, caught.value.message) == (status, "Unknown", "No.")

    def test_passes_on_other_rejections(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(418))

        with pytest.raises(RequestRejected) as caught:
            client.get_onboarding(id="7")

        assert type(caught.value) is RequestRejected

    @pytest.mark.parametrize("odd", ["", ".", ".."])
    def test_does_not_ask_without_an_id(self, client: Client, platform: Platform, odd: str) -> None:
        with pytest.raises(ValueError, match="id"):
            client.get_onboarding(id=odd)

        assert platform.calls == []

    @pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: content[:24])
    def test_survives_an_unreadable_success(self, client: Client, platform: Platform, content: bytes) -> None:
        platform.will_answer(answer(200, content))

        with pytest.raises(PlatformUnavailable):
            client.get_onboarding(id="7")


class TestListOnboardings:
    def test_asks_for_a_page(self, client: Client, platform: Platform) -> None:
        meta = {"continuationToken": "next one", "pageSize": 2}
        platform.will_answer(answer(200, {"data": [request_json(1), request_json(2)], "meta": meta}))

        page = client.list_onboardings(type="EV", manufacturer="Audi", continuation_token="a+b", page_size=2)

        assert dict(platform.calls[0].url.params) == {
            "type": "EV",
            "manufacturer": "Audi",
            "continuationToken": "a+b",
            "pageSize": "2",
        }
        assert [item.id for item in page.items] == ["1", "2"]
        assert page.continuation_token == "next one"

    def test_asks_for_nothing_in_particular(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, {"data": []}))

        assert client.list_onboardings().items == ()
        assert platform.calls[0].url.query == b""

    @pytest.mark.parametrize("content", [None, {}, {"data": None}, {"data": {}}, "text", 1])
    def test_does_not_take_the_lack_of_a_list_for_an_empty_one(
        self, client: Client, platform: Platform, content: Any
    ) -> None:
        platform.will_answer(httpx.Response(200, json=content))

        with pytest.raises(PlatformUnavailable):
            client.list_onboardings()


class TestIterOnboardings:
    def test_reads_all_pages(self, client: Client, platform: Platform) -> None:
        platform.will_answer(
            answer(200, {"data": [request_json(1)], "meta": {"continuationToken": "two"}}),
            answer(200, {"data": [], "links": {"next": "/v1/x?continuationToken=three&pageSize=1"}}),
            answer(200, {"data": [request_json(3)], "meta": {"continuationToken": None}}),
        )

        assert [item.id for item in client.iter_onboardings()] == ["1", "3"]
        tokens = [call.url.params.get("continuationToken") for call in platform.calls]
        assert tokens == [None, "two", "three"]

    def test_filters_again(self, client: Client, platform: Platform) -> None:
        told_nothing = {"id": "5", "status": "Pending"}
        others = [request_json(2, maker="BMW"), request_json(3, kind="PV"), request_json(4, maker="audi")]
        platform.will_answer(answer(200, {"data": [request_json(1), *others, told_nothing]}))

        found = client.iter_onboardings(type="EV", manufacturer="Audi")

        assert [item.id for item in found] == ["1", "4", "5"]

    @pytest.mark.parametrize("loop", [["a"], ["a", "b"]])
    def test_stops_when_the_list_goes_in_circles(
        self, client: Client, platform: Platform, caplog: pytest.LogCaptureFixture, loop: list[str]
    ) -> None:
        pages = [
            answer(200, {"data": [request_json(n)], "meta": {"continuationToken": token}})
            for n, token in enumerate([*loop, loop[0]])
        ]
        platform.will_answer(*pages)

        assert len(list(client.iter_onboardings())) == len(pages)
        assert "comes back" in caplog.text

    def test_gives_up_on_a_list_without_end(self, client: Client, platform: Platform) -> None:
        platform.will_answer(*(answer(200, {"data": [], "meta": {"continuationToken": str(n)}}) for n in range(1001)))

        with pytest.raises(PlatformUnavailable):
            list(client.iter_onboardings())

        assert len(platform.calls) == 1000


class TestCancelOnboarding:
    def test_returns_the_request_with_its_new_status(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, {"id": "7", "status": "Canceled"}))

        cancelled = client.cancel_onboarding(id="7")

        assert cancelled is not None
        assert cancelled.status == "Canceled"
        assert platform.calls[0].method == "PATCH"
        assert platform.calls[0].url.path == "/api/v1/onboarding/entities/7/cancel"
        assert platform.calls[0].content == b""

    @pytest.mark.parametrize("status", [404, 405])
    def test_is_none_where_the_platform_does_not_offer_it(
        self, client: Client, platform: Platform, status: int
    ) -> None:
        platform.will_answer(answer(status))

        assert client.cancel_onboarding(id="7") is None

    def test_passes_on_a_refusal(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(409, {"message": "Too late."}))

        with pytest.raises(Conflict) as caught:
            client.cancel_onboarding(id="7")

        assert caught.value.message == "Too late."

    def test_is_not_repeated(self, client: Client, platform: Platform) -> None:
        platform.will_answer(httpx.ConnectError)

        with pytest.raises(PlatformUnavailable):
            client.cancel_onboarding(id="7")

        assert len(platform.calls) == 1


class TestCreateOffboarding:
    def test_names_the_entity(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(201, {"id": "9", "status": "Pending", "data": {"entityId": "e"}}))

        made = client.create_offboarding(entity_id="e")

        assert (made.id, made.status, made.entity_id) == ("9", "Pending", "e")
        assert platform.calls[0].url.path == "/api/v1/offboarding/entities"
        assert body(platform.calls[0]) == {"entityId": "e"}

    def test_does_not_take_an_answer_without_an_id_for_a_no(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(201, {"status": "Pending"}))

        with pytest.raises(PlatformUnavailable) as caught:
            client.create_offboarding(entity_id="e")

        assert caught.value.may_have_taken_effect


class TestListTypes:
    def test_reads_all_pages_and_merges_them(self, client: Client, platform: Platform) -> None:
        first = {"type": "EV", "manufacturer": "Audi"}
        again = {"type": "EV", "manufacturer": "Audi", "properties": ["vin"]}
        platform.will_answer(
            answer(200, {"data": [first], "meta": {"continuationToken": "two"}}),
            answer(200, {"data": [again]}),
        )

        assert client.list_types() == (Offer("EV", "Audi", (Attribute("vin"),)),)
        assert [call.url.path for call in platform.calls] == ["/api/v1/onboarding/types"] * 2
        assert platform.calls[1].url.params["continuationToken"] == "two"

    def test_is_unavailable_when_the_answer_is_no_json(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, "<html>"))

        with pytest.raises(PlatformUnavailable):
            client.list_types()
