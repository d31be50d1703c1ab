"""What only the newer generation of the API has, at the sandbox: its words, its way to a token, and no tenants.

The words and shapes are written out here: nothing is taken from the sandbox, nor from the portal.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from sandbox import bench
from sandbox.transport import SandboxTransport
from tests.contract.conftest import sandbox_server

TOKEN = "/am/oauth2/realms/root/realms/difesp/access_token"
FORM = {
    "grant_type": "client_credentials",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "scope": "esp",
}
ENTITIES = "/connect/v1/onboarding/entities"
AUDI = {"type": "EV", "brand": "Audi", "identifier": "WA1DMAFE0D0000000"}
FLUVIUS = {"type": "Meter", "brand": "Fluvius", "identifier": "541448820000000000", "properties": {"flow": "B2C"}}
XENN = {"type": "RetrofitMeter", "brand": "Xenn", "identifier": "P1000000000", "pairingCode": "123456"}
SMA = {"type": "SolarPlant", "brand": "SMA", "identifier": "4711", "associatedEmail": "ann@example.org", "name": "STP"}
DONGLE = {"type": "Meter", "brand": "re.alto", "pairingCode": "HX7K2M"}


@pytest.fixture
def stranger(way: str, transactional_db: None, settings: Settings) -> Iterator[httpx.Client]:
    settings.SANDBOX_STEP_SECONDS = 60.0
    settings.STATIC_ROOT = None
    if way == "in-process":
        with httpx.Client(transport=SandboxTransport(), base_url=settings.SANDBOX_URL) as client:
            yield client
        return
    with sandbox_server() as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


@pytest.fixture
def platform(stranger: httpx.Client) -> httpx.Client:
    token = stranger.post(TOKEN, data=FORM).json()["access_token"]
    stranger.headers["Authorization"] = f"Bearer {token}"
    return stranger


def create(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(ENTITIES, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def information(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = create(client, body)["data"]["entity"]["information"]
    return found


class TestToken:
    def test_comes_for_four_values_in_a_form(self, stranger: httpx.Client) -> None:
        answer = stranger.post(TOKEN, data=FORM)
        assert answer.status_code == 200
        assert {"access_token", "expires_in", "token_type"} <= set(answer.json())
        assert (answer.json()["expires_in"], answer.json()["token_type"]) == (3599, "Bearer")

    @pytest.mark.parametrize(
        ("changes", "status", "error"),
        [
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"scope": "all"}, 400, "invalid_scope"),
            ({"client_secret": "wrong"}, 401, "invalid_client"),
            ({"client_id": ""}, 401, "invalid_client"),
        ],
    )
    def test_comes_for_no_others(
        self, stranger: httpx.Client, changes: dict[str, str], status: int, error: str
    ) -> None:
        answer = stranger.post(TOKEN, data=FORM | changes)
        assert (answer.status_code, answer.json()["error"]) == (status, error)

    def test_is_not_given_for_values_in_the_query_or_in_json(self, stranger: httpx.Client) -> None:
        assert stranger.post(TOKEN, params=FORM).status_code == 400
        assert stranger.post(TOKEN, json=FORM).status_code == 400

    def test_has_no_other_endpoint(self, stranger: httpx.Client) -> None:
        body = {"clientId": "sandbox-client", "clientSecret": "sandbox-secret"}
        assert stranger.post("/connect/v1/authentication", json=body).status_code == 404


class TestCreating:
    def test_answers_in_the_newer_words(self, platform: httpx.Client) -> None:
        created = create(platform, FLUVIUS)
        entity = created["data"]["entity"]
        assert entity["type"] == "Meter"
        assert entity["properties"] == {"flow": "B2C"}
        assert entity["information"] == {
            "type": "Meter",
            "brand": "Fluvius",
            "name": None,
            "identifier": "541448820000000000",
            "pairingCode": None,
            "associatedEmail": None,
            "uuid": None,
            "track": None,
        }
        assert [item["type"] for item in created["transactions"]] == ["CreateEntity", "CreatePermissions", "Connect"]
        assert platform.get(f"{ENTITIES}/{created['id']}").json() == created
        assert platform.get(ENTITIES).json()["data"] == [created]

    @pytest.mark.parametrize("body", [AUDI, FLUVIUS, XENN, SMA, DONGLE])
    def test_tells_again_what_was_said(self, platform: httpx.Client, body: dict[str, Any]) -> None:
        told = {name: value for name, value in information(platform, body).items() if value is not None}
        assert told == {name: value for name, value in body.items() if name != "properties"}

    def test_knows_no_tenant(self, platform: httpx.Client) -> None:
        created = create(platform, AUDI | {"tenantId": "not-a-uuid"})
        assert "tenant" not in created["data"]
        assert "tenantId" not in created["data"]["entity"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"type": "EV", "manufacturer": "Audi", "identifier": "WA1DMAFE0D0000000"}, "brand"),
            ({"type": "EV", "brand": "Audi", "vin": "WA1DMAFE0D0000000"}, "identifier"),
            ({"type": "PV", "brand": "Huawei"}, "type"),
            ({"type": "RetrofitMeter", "brand": "Xenn", "identifier": "P1000000000", "code": "123456"}, "pairingCode"),
            ({"type": "Meter", "brand": "Fluvius", "identifier": "12345", "properties": {"flow": "B2C"}}, "identifier"),
            ({"type": "SolarPlant", "brand": "SMA", "identifier": "4711"}, "associatedEmail"),
        ],
    )
    def test_does_not_take_the_older_words(self, platform: httpx.Client, body: dict[str, Any], field: str) -> None:
        answer = platform.post(ENTITIES, json=body)
        assert answer.status_code == 400
        assert [error["description"] for error in answer.json()["errors"]] == [field]
        assert f"'{field}'" in answer.json()["errors"][0]["message"]


class TestListing:
    @pytest.mark.parametrize(
        ("filters", "count"),
        [({"brand": "Audi"}, 1), ({"type": "Meter"}, 2), ({"type": "Meter", "brand": "re.alto"}, 1)],
    )
    def test_filters_by_type_and_brand(self, platform: httpx.Client, filters: dict[str, str], count: int) -> None:
        for body in (AUDI, FLUVIUS, DONGLE):
            create(platform, body)
        assert len(platform.get(ENTITIES, params=filters).json()["data"]) == count

    def test_goes_on_by_a_link_in_the_same_words(self, platform: httpx.Client) -> None:
        for body in (DONGLE, DONGLE, AUDI):
            create(platform, body)
        filters: dict[str, Any] = {"type": "Meter", "brand": "re.alto", "pageSize": 1}
        link = platform.get(ENTITIES, params=filters).json()["links"]["next"]
        assert "type=Meter" in link
        assert "brand=re.alto" in link
        assert len(platform.get(f"/connect{link}").json()["data"]) == 1


class TestTypes:
    def test_are_listed_in_the_newer_words(self, platform: httpx.Client) -> None:
        rows = platform.get("/connect/v1/onboarding/types").json()["data"]
        assert {row["type"] for row in rows} == {
            *("Battery", "Boiler", "ChargePoint", "EV"),
            *("HeatPump", "SolarPlant", "RetrofitMeter", "Meter"),
        }
        needs = {(row["type"], row["brand"]): [item["name"] for item in row["properties"]] for row in rows}
        assert needs["EV", "Audi"] == ["identifier"]
        assert needs["SolarPlant", "SMA"] == ["identifier", "associatedEmail"]
        assert needs["Meter", "Fluvius"] == ["identifier", "properties.flow"]
        assert needs["RetrofitMeter", "Xenn"] == ["identifier", "pairingCode"]
        assert needs["SolarPlant", "Huawei"] == []


class TestOffboarding:
    def test_names_the_entity_as_an_id(self, platform: httpx.Client) -> None:
        created = create(platform, XENN)
        bench.let_steps_pass(9)
        entity = created["data"]["entity"]["id"]
        answer = platform.post("/connect/v1/offboarding/entities", json={"entityId": entity})
        assert answer.status_code == 201
        assert answer.json()["data"] == {"collectiveId": None, "id": entity, "userId": None}
