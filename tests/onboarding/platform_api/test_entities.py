"""What is connected: what leaves, and what comes back, however the platform spells it."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from onboarding.platform_api.client import Client
from onboarding.platform_api.entities import Entity, EntityPage, Reading
from onboarding.platform_api.errors import NotAuthorized, NotFound, PlatformUnavailable, RequestRejected

from .conftest import UNREADABLE, VIN, Platform, answer

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
FULL: dict[str, Any] = {
    "id": "e-1",
    "owner": "o-1",
    "tenantId": "t-1",
    "type": "EV",
    "isOnline": True,
    "lastSeen": "2026-11-03T12:00:00Z",
    "properties": {"validUntil": "2027-11-03T12:00:00Z", "flow": "B2C", "deep": {"er": 1}},
    "information": {"type": "EV", "manufacturer": "Audi", "vin": VIN},
}


class TestEntity:
    def test_has_all_that_is_documented(self) -> None:
        assert Entity.from_json(FULL) == Entity(
            id="e-1",
            is_online=True,
            last_seen=NOON,
            valid_until=datetime(2027, 11, 3, 12, tzinfo=UTC),
            type="EV",
            manufacturer="Audi",
            properties={"validUntil": "2027-11-03T12:00:00Z", "flow": "B2C"},
        )

    def test_needs_no_more_than_an_id(self) -> None:
        assert Entity.from_json({"id": 7}) == Entity("7")

    @pytest.mark.parametrize("name", [name for name in FULL if name != "id"])
    @pytest.mark.parametrize("odd", [None, "", "x", 0, [], {}, [1], {"a": [{}]}, "9" * 5_000], ids=repr)
    def test_is_read_whatever_a_field_holds(self, name: str, odd: object) -> None:
        assert Entity.from_json(FULL | {name: odd}).id == "e-1"

    @pytest.mark.parametrize("wrapped", [{"data": FULL}, {"data": {"entity": FULL}}], ids=["data", "entity"])
    def test_may_be_wrapped(self, wrapped: object) -> None:
        assert Entity.from_json(wrapped) == Entity.from_json(FULL)

    @pytest.mark.parametrize("online", ["yes", 1, None, {}])
    def test_is_neither_online_nor_offline_by_another_word(self, online: object) -> None:
        assert Entity.from_json(FULL | {"isOnline": online}).is_online is None

    @pytest.mark.parametrize(
        "spelled",
        [
            *(
                {name: "2027-11-03T12:00:00Z"}
                for name in ("validUntil", "valid_until", "ValidTo", "endDate", "expiresAt")
            ),
            *({name: "2027-11-03T12:00:00Z"} for name in ("mandateEnd", "mandate-end-date", "consentValidUntil")),
            {"mandate": {"validTo": "2027-11-03T12:00:00+00:00"}},
            {"validUntil": 1825243200},
            {"validUntil": 1825243200000},
            {"endDate": "no date", "validTo": "2027-11-03T12:00:00Z"},
        ],
        ids=str,
    )
    def test_says_until_when_its_mandate_holds(self, spelled: dict[str, Any]) -> None:
        for said in ({"properties": spelled}, {"information": {"properties": spelled}}, spelled):
            assert Entity.from_json({"id": "1"} | said).valid_until == datetime(2027, 11, 3, 12, tzinfo=UTC)

    @pytest.mark.parametrize("odd", ["soon", "0001-01-01T00:00:00Z", True, -1, 10**40, {"a": 1}, ["2027-11-03"]])
    def test_holds_without_an_end_that_can_be_read(self, odd: object) -> None:
        assert Entity.from_json({"id": "1", "properties": {"validUntil": odd}}).valid_until is None

    def test_gives_nothing_away_in_a_log_line(self) -> None:
        told = FULL | {"properties": {"reference": "P1000000000"}}
        shown = repr(Entity.from_json(told))
        assert VIN not in shown
        assert "P1000000000" not in shown


class TestGetEntity:
    def test_reads_one(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, FULL))

        assert client.get_entity(id="e/1").last_seen == NOON
        assert platform.calls[0].method == "GET"
        assert platform.calls[0].url.raw_path == b"/api/v1/entities/e%2F1"

    @pytest.mark.parametrize("status", [400, 404, 410])
    def test_does_not_find_what_is_gone(self, client: Client, platform: Platform, status: int) -> None:
        platform.will_answer(answer(status, {"errors": [{"code": "Unknown"}]}))

        with pytest.raises(NotFound) as caught:
            client.get_entity(id="7")

        assert caught.value.status == status

    @pytest.mark.parametrize("status", [401, 403])
    def test_tells_what_is_not_ours_to_see_from_not_being_known(
        self, client: Client, platform: Platform, status: int
    ) -> None:
        platform.will_answer(answer(status))

        with pytest.raises(NotAuthorized) as caught:
            client.get_entity(id="7")

        assert caught.value.status == status

    def test_passes_on_other_rejections(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(418))

        with pytest.raises(RequestRejected) as caught:
            client.get_entity(id="7")

        assert type(caught.value) is RequestRejected

    @pytest.mark.parametrize("odd", ["", ".", ".."])
    def test_does_not_ask_without_an_id(self, client: Client, platform: Platform, odd: str) -> None:
        for ask in (lambda: client.get_entity(id=odd), lambda: client.last_reading(entity_id=odd)):
            with pytest.raises(ValueError, match="id"):
                ask()
        assert platform.calls == []

    @pytest.mark.parametrize("content", UNREADABLE, ids=lambda content: content[:24])
    def test_survives_an_unreadable_success(self, client: Client, platform: Platform, content: bytes) -> None:
        platform.will_answer(answer(200, content))

        with pytest.raises(PlatformUnavailable):
            client.get_entity(id="7")


class TestLastReading:
    def test_is_asked_for_by_its_entity(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(200, {"timestamp": "2026-11-03T12:00:00Z", "values": [{"value": 4.2}]}))

        assert client.last_reading(entity_id="e-1") == Reading(NOON)
        assert platform.calls[0].url.path == "/api/v1/entities/e-1/readings/last"

    @pytest.mark.parametrize(
        "content",
        [
            *(
                {name: "2026-11-03T13:00:00+01:00"}
                for name in ("timestamp", "time", "measuredAt", "read_at", "DateTime")
            ),
            {"timestamp": "2026-11-03T12:00:00"},
            {"timestamp": 1793707200},
            {"timestamp": 1793707200000.0},
            {"data": {"timestamp": "2026-11-03T12:00:00Z"}},
            {"data": [{"timestamp": "2026-11-03T11:00:00Z"}, {"timestamp": "2026-11-03T12:00:00Z"}, None]},
            [{"time": "2026-11-03T12:00:00Z"}],
        ],
        ids=str,
    )
    def test_says_when_in_many_ways(self, client: Client, platform: Platform, content: object) -> None:
        platform.will_answer(httpx.Response(200, json=content))

        assert client.last_reading(entity_id="1").at == NOON

    @pytest.mark.parametrize("content", [None, {}, [], {"data": None}, {"data": []}, "text", 1, {"timestamp": "later"}])
    def test_may_say_nothing(self, client: Client, platform: Platform, content: object) -> None:
        platform.will_answer(httpx.Response(200, content=json.dumps(content)))

        assert client.last_reading(entity_id="1").at is None

    def test_may_be_an_answer_without_any_content(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(204, b""))

        assert client.last_reading(entity_id="1").at is None
        assert len(platform.calls) == 1

    def test_is_not_found_where_there_is_none(self, client: Client, platform: Platform) -> None:
        platform.will_answer(answer(404))

        with pytest.raises(NotFound):
            client.last_reading(entity_id="1")


class TestListEntities:
    def test_asks_for_a_page(self, client: Client, platform: Platform) -> None:
        meta = {"continuationToken": "next one", "pageSize": 2}
        platform.will_answer(answer(200, {"data": [FULL, {"no": "id"}, {"id": "e-2"}], "meta": meta}))

        page = client.list_entities(type="EV", manufacturer="Audi", continuation_token="a+b", page_size=2)

        assert platform.calls[0].url.path == "/api/v1/entities"
        assert dict(platform.calls[0].url.params) == {
            "type": "EV",
            "manufacturer": "Audi",
            "continuationToken": "a+b",
            "pageSize": "2",
        }
        assert [entity.id for entity in page.items] == ["e-1", "e-2"]
        assert page.continuation_token == "next one"

    @pytest.mark.parametrize("content", [None, {}, {"data": None}, {"data": {}}, "text", 1])
    def test_does_not_take_the_lack_of_a_list_for_an_empty_one(
        self, client: Client, platform: Platform, content: Any
    ) -> None:
        platform.will_answer(httpx.Response(200, json=content))

        with pytest.raises(PlatformUnavailable):
            client.list_entities()

    @pytest.mark.parametrize("status", [404, 405])
    def test_tells_by_the_status_that_there_is_no_list(self, client: Client, platform: Platform, status: int) -> None:
        platform.will_answer(answer(status))

        with pytest.raises(RequestRejected) as caught:
            client.list_entities()

        assert caught.value.status == status

    def test_may_be_a_list_by_itself(self) -> None:
        assert EntityPage.from_json([{"id": "1"}]) == EntityPage((Entity("1"),))
