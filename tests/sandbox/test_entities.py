"""What magic endings do to an entity once it is connected, by the clock. One step lasts a minute."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.utils import timezone

from sandbox import bench
from sandbox.entities import find_entity

ENTITIES = "/v1/onboarding/entities"
CONNECTED = "/v1/entities"
OFFBOARDING = "/v1/offboarding/entities"
TO_CONNECT = 4


def onboard(platform: httpx.Client, ending: str, manufacturer: str = "Xenn") -> dict[str, Any]:
    """Onboard a device that needs nobody, and wait until it is connected."""
    body = {"type": "RetrofitMeter", "manufacturer": manufacturer, "reference": "P1000000000", "code": f"12{ending}"}
    request_id = platform.post(ENTITIES, json=body).json()["id"]
    bench.let_steps_pass(TO_CONNECT)
    found: dict[str, Any] = platform.get(f"{ENTITIES}/{request_id}").json()
    assert found["status"] == "Succeeded"
    return found


def connect(platform: httpx.Client, ending: str) -> str:
    return str(onboard(platform, ending)["data"]["entity"]["id"])


def status(platform: httpx.Client, entity: str, path: str = "") -> int:
    return platform.get(f"{CONNECTED}/{entity}{path}").status_code


def silence_of(platform: httpx.Client, entity: str) -> float | None:
    """How many steps ago the last reading came."""
    answer = platform.get(f"{CONNECTED}/{entity}/readings/last")
    if answer.status_code == 404:
        return None
    moment = datetime.fromisoformat(answer.json()["timestamp"])
    return (datetime.now(moment.tzinfo) - moment) // timedelta(minutes=1)


def offboard(platform: httpx.Client, entity: str) -> int:
    return platform.post(OFFBOARDING, json={"entityId": entity}).status_code


class TestReadings:
    @pytest.mark.parametrize(
        ("ending", "steps", "silence", "is_online"),
        [
            ("0000", 1, None, False),
            ("0000", 2, 0, True),
            ("0000", 3, 1, True),
            ("0000", 999, 1, True),
            ("0900", 1, None, False),
            ("0900", 999, None, False),
            ("0901", 2, 0, True),
            ("0901", 9, 1, True),
            ("0901", 11, 1, False),
            ("0901", 999, 989, False),
            ("0902", 9, 1, True),
            ("0902", 11, 1, False),
            ("0902", 39, 29, False),
            ("0902", 40, 0, True),
            ("0902", 99, 1, True),
            ("0904", 9, 1, True),
            ("0906", 19, 1, True),
            ("0906", 30, 10, False),
        ],
    )
    def test_come_stop_and_come_again(
        self, platform: httpx.Client, ending: str, steps: int, silence: int | None, is_online: bool
    ) -> None:
        entity = connect(platform, ending)
        bench.let_steps_pass(steps)

        assert silence_of(platform, entity) == silence
        assert platform.get(f"{CONNECTED}/{entity}").json()["isOnline"] is is_online

    def test_are_not_listed_from_the_time_of_a_silence(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0902")
        bench.let_steps_pass(44)
        path = f"{CONNECTED}/{entity}/readings"

        listed = platform.get(path, params={"start": "2026-01-01"}).json()["data"]
        moments = [datetime.fromisoformat(reading["timestamp"]) for reading in listed]
        since = [(moment - moments[0]) // timedelta(minutes=1) + 2 for moment in moments]
        assert since == [2, 4, 6, 8, 10, 40, 42, 44]


class TestEnds:
    @pytest.mark.parametrize(("ending", "after"), [("0903", 404), ("0904", 403)])
    def test_ten_steps_after_the_connection(self, platform: httpx.Client, ending: str, after: int) -> None:
        entity = connect(platform, ending)
        paths = ("", "/readings/last", "/readings?start=2026-01-01")
        bench.let_steps_pass(9)
        assert {status(platform, entity, path) for path in paths} == {200}

        bench.let_steps_pass(1)
        assert {status(platform, entity, path) for path in paths} == {after}
        assert platform.get(CONNECTED).json()["data"] == []

    @pytest.mark.parametrize(("ending", "answer"), [("0903", 404), ("0904", 201)])
    def test_leave_to_offboard_what_is_only_revoked(self, platform: httpx.Client, ending: str, answer: int) -> None:
        entity = connect(platform, ending)
        bench.let_steps_pass(10)

        assert offboard(platform, entity) == answer

    def test_of_what_was_revoked_are_404_once_it_is_offboarded(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0904")
        bench.let_steps_pass(10)
        offboard(platform, entity)
        bench.let_steps_pass(2)

        assert status(platform, entity) == 404


class TestSlips:
    def test_are_every_third_call_and_pass(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0905")
        bench.let_steps_pass(2)
        paths = ["", "/readings/last", "", "", "", "/readings/last", ""]

        assert [status(platform, entity, path) for path in paths] == [200, 200, 404, 200, 200, 404, 200]

    def test_are_counted_for_each_entity(self, platform: httpx.Client) -> None:
        entities = [connect(platform, "0905") for _ in range(2)]
        calls = [status(platform, entity) for _ in range(3) for entity in entities]

        assert calls == [200, 200, 200, 200, 404, 404]

    def test_hide_nothing_in_the_list(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0905")

        for _ in range(4):
            assert [row["id"] for row in platform.get(CONNECTED).json()["data"]] == [entity]


class TestMandates:
    @pytest.mark.parametrize(("ending", "length"), [("0906", timedelta(minutes=20)), ("0907", timedelta(days=45))])
    def test_say_until_when_they_hold(self, platform: httpx.Client, ending: str, length: timedelta) -> None:
        onboarded = onboard(platform, ending)["data"]["entity"]
        bench.let_steps_pass(2)
        found = platform.get(f"{CONNECTED}/{onboarded['id']}").json()

        assert set(found["properties"]) == {"validUntil"}
        connected_at = datetime.fromisoformat(found["lastSeen"]) - timedelta(minutes=2)
        assert datetime.fromisoformat(found["properties"]["validUntil"]) == connected_at + length

    def test_are_told_by_the_request_once_it_succeeded(self, platform: httpx.Client) -> None:
        body = {"type": "SmartMeter", "manufacturer": "Enexis", "ean": "541448820000000907", "properties": {"a": 1}}
        created = platform.post(ENTITIES, json=body).json()
        assert created["data"]["entity"]["properties"] == {"a": 1}

        bench.let_steps_pass(TO_CONNECT)
        found = platform.get(f"{ENTITIES}/{created['id']}").json()
        assert set(found["data"]["entity"]["properties"]) == {"a", "validUntil"}

    def test_have_no_end_otherwise(self, platform: httpx.Client) -> None:
        assert onboard(platform, "0000")["data"]["entity"]["properties"] is None

    def test_that_ended_leave_an_entity_without_data_to_offboard(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0907")
        bench.let_seconds_pass(46 * 24 * 3600)

        assert platform.get(f"{CONNECTED}/{entity}").json()["isOnline"] is False
        assert offboard(platform, entity) == 201


class TestSameEntity:
    def test_comes_again_when_the_device_does(self, platform: httpx.Client) -> None:
        assert connect(platform, "0908") == connect(platform, "0908")

    def test_is_not_that_of_another_device_or_ending(self, platform: httpx.Client) -> None:
        bench.offer("RetrofitMeter", "Other", ["code"])
        other = onboard(platform, "0908", "Other")["data"]["entity"]["id"]

        assert connect(platform, "0908") != other
        assert connect(platform, "0000") != connect(platform, "0000")

    def test_is_listed_once_and_let_go_once(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0908")
        connect(platform, "0908")
        assert [row["id"] for row in platform.get(CONNECTED).json()["data"]] == [entity]

        assert [offboard(platform, entity), offboard(platform, entity)] == [201, 409]
        bench.let_steps_pass(2)
        assert status(platform, entity) == 404
        assert platform.get(CONNECTED).json()["data"] == []

    def test_is_there_while_it_is_onboarded_anew(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0908")
        onboard_again = {"type": "RetrofitMeter", "manufacturer": "Xenn", "reference": "P1000000000", "code": "120908"}
        platform.post(ENTITIES, json=onboard_again)

        assert status(platform, entity) == 200

    def test_comes_back_after_it_was_let_go(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0908")
        offboard(platform, entity)
        bench.let_steps_pass(2)

        assert connect(platform, "0908") == entity
        assert status(platform, entity) == 200


class TestQuietUntilConnectedAgain:
    def connect(self, platform: httpx.Client, vin: str = "WBA00000000000909") -> str:
        body = {"type": "EV", "manufacturer": "Audi", "vin": vin}
        created = platform.post(ENTITIES, json=body).json()
        bench.let_steps_pass(1)
        assert platform.get(f"{ENTITIES}/{created['id']}").json()["action"]["type"] == "Redirect"
        bench.allow(created["id"])
        bench.let_steps_pass(3)
        return str(created["data"]["entity"]["id"])

    def test_flows_for_ever_the_second_time(self, platform: httpx.Client) -> None:
        old = self.connect(platform)
        bench.let_steps_pass(30)
        assert silence_of(platform, old) == 20

        new = self.connect(platform)
        bench.let_steps_pass(100)
        assert new != old
        assert silence_of(platform, new) == 0
        assert (silence_of(platform, old) or 0) > 100

    def test_is_quiet_once_more_when_the_old_one_was_let_go_before(self, platform: httpx.Client) -> None:
        offboard(platform, self.connect(platform))
        bench.let_steps_pass(2)
        new = self.connect(platform)
        bench.let_steps_pass(30)

        assert silence_of(platform, new) == 20

    def test_is_for_each_device_by_itself(self, platform: httpx.Client) -> None:
        self.connect(platform, "WBA00000000010909")
        other = self.connect(platform, "WBA00000000020909")
        bench.let_steps_pass(30)

        assert silence_of(platform, other) == 20


class TestSwitches:
    def test_end_access_now(self, platform: httpx.Client) -> None:
        entity, other = connect(platform, "0000"), connect(platform, "0000")
        bench.revoke(entity)

        assert [status(platform, entity), status(platform, other)] == [403, 200]
        assert offboard(platform, entity) == 201

    def test_have_no_readings_after_access_has_ended(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0000")
        bench.let_steps_pass(4)
        bench.revoke(entity)
        bench.let_steps_pass(6)

        now = timezone.now()
        found = find_entity(UUID(entity), now)
        assert found
        assert found.last_seen
        assert now - found.last_seen >= timedelta(minutes=6)

    def test_stop_readings_of_one_and_let_them_come_again(self, platform: httpx.Client) -> None:
        entity, other = connect(platform, "0000"), connect(platform, "0000")
        bench.let_steps_pass(4)
        bench.quieten(entity)
        bench.let_steps_pass(8)
        assert silence_of(platform, entity) in {8, 9}
        assert silence_of(platform, other) == 0

        bench.wake(entity)
        bench.let_steps_pass(2)
        assert (silence_of(platform, entity) or 0) < 2

    def test_stop_readings_of_a_whole_maker(self, platform: httpx.Client) -> None:
        bench.offer("RetrofitMeter", "Other", ["code"])
        other = onboard(platform, "0000", "Other")["data"]["entity"]["id"]
        entity = connect(platform, "0000")
        bench.let_steps_pass(4)
        bench.quieten_maker("RetrofitMeter", "Xenn")
        bench.let_steps_pass(10)
        late = connect(platform, "0000")
        bench.let_steps_pass(10)

        online = {row["id"]: row["isOnline"] for row in platform.get(CONNECTED).json()["data"]}
        assert online == {entity: False, late: False, other: True}

        bench.wake_maker("RetrofitMeter", "Xenn")
        bench.let_steps_pass(2)
        assert {row["isOnline"] for row in platform.get(CONNECTED).json()["data"]} == {True}

    def test_may_be_pressed_twice(self, platform: httpx.Client) -> None:
        entity = connect(platform, "0000")
        for _ in range(2):
            bench.quieten(entity)
            bench.quieten_maker("RetrofitMeter", "Xenn")
        bench.wake(entity)
        bench.wake_maker("RetrofitMeter", "Xenn")
        bench.let_steps_pass(2)

        assert silence_of(platform, entity) is not None

    def test_leave_the_device_alone_when_it_is_connected_anew(self, platform: httpx.Client) -> None:
        bench.quieten(connect(platform, "0000"))
        new = connect(platform, "0000")
        bench.let_steps_pass(9)

        assert silence_of(platform, new) in {0, 1}


class TestLiveEntities:
    def test_are_counted_by_device(self, platform: httpx.Client) -> None:
        twice = {connect(platform, "0000"), connect(platform, "0000")}
        other = connect(platform, "0001")

        found = sorted(bench.live_entities().values(), key=len)
        assert [{str(entity) for entity in entities} for entities in found] == [{other}, twice]

    def test_are_one_when_the_device_keeps_its_entity(self, platform: httpx.Client) -> None:
        connect(platform, "0908")
        connect(platform, "0908")

        assert [len(entities) for entities in bench.live_entities().values()] == [1]

    @pytest.mark.parametrize("ending", ["0903", "0904"])
    def test_do_not_have_what_ended_elsewhere(self, platform: httpx.Client, ending: str) -> None:
        connect(platform, ending)
        assert len(bench.live_entities()) == 1
        bench.let_steps_pass(10)

        assert bench.live_entities() == {}

    def test_do_not_have_what_waits_was_let_go_or_revoked(self, platform: httpx.Client) -> None:
        platform.post(ENTITIES, json={"type": "PV", "manufacturer": "Huawei"})
        gone, revoked = connect(platform, "0000"), connect(platform, "0000")
        offboard(platform, gone)
        bench.revoke(revoked)
        bench.let_steps_pass(2)

        assert bench.live_entities() == {}

    def test_are_those_of_a_device_of_its_own_without_an_identifier(self, platform: httpx.Client) -> None:
        bench.offer("PV", "Huawei", [])
        for _ in range(2):
            platform.post(ENTITIES, json={"type": "PV", "manufacturer": "Huawei"})
        bench.let_steps_pass(9)

        assert [len(entities) for entities in bench.live_entities().values()] == [1, 1]
