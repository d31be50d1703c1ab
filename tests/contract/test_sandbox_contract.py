"""The sandbox against the platform's API as it is documented, in-process and over real HTTP alike.

The words and shapes are written out here: nothing is taken from the sandbox, nor from the portal. What both generations
of the API share is tried in both; what only the newer one has is in `test_newer_generation`.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from sandbox import bench
from sandbox.models import SandboxRequest
from sandbox.transport import SandboxTransport
from tests.contract.conftest import BASES, sandbox_server

ENTITIES = "/v1/onboarding/entities"
OFFBOARDING = "/v1/offboarding/entities"
CONNECTED = "/v1/entities"
GUIDE_EXAMPLE = {"type": "EV", "manufacturer": "Audi", "vin": "WA1DMAFE0D0000000"}
HUAWEI = {"type": "PV", "manufacturer": "Huawei"}
XENN = {"type": "RetrofitMeter", "manufacturer": "Xenn", "reference": "P1000000000", "code": "123456"}
SMA = {"type": "PV", "manufacturer": "SMA", "reference": "4711", "email": "owner@example.com"}
FLUVIUS = {
    "type": "SmartMeter",
    "manufacturer": "Fluvius",
    "ean": "541448820000000000",
    "properties": {"flow": "B2C"},
}
UUID_TEXT = "5b0c9a52-1111-4222-8333-444455556666"
# What the newer generation calls otherwise.
NEWER_NAMES = {
    "manufacturer": "brand",
    "vin": "identifier",
    "ean": "identifier",
    "reference": "identifier",
    "code": "pairingCode",
    "email": "associatedEmail",
}
NEWER_TYPES = {"PV": "SolarPlant", "SmartMeter": "Meter", "ChargePole": "ChargePoint"}

both = pytest.mark.parametrize("generation", ["realto", "der-connect"])


@pytest.fixture
def generation() -> str:
    """The older one, unless a test is for `both`."""
    return "realto"


@pytest.fixture
def stranger(way: str, generation: str, transactional_db: None, settings: Settings) -> Iterator[httpx.Client]:
    """A client without a token. Steps last a minute: nothing moves unless a test says so."""
    settings.SANDBOX_STEP_SECONDS = 60.0
    settings.STATIC_ROOT = None
    if way == "in-process":
        base_url = f"{settings.SANDBOX_URL}{BASES[generation]}"
        with httpx.Client(transport=SandboxTransport(), base_url=base_url) as client:
            yield client
        return
    with sandbox_server() as url, httpx.Client(base_url=f"{url}{BASES[generation]}", trust_env=False) as client:
        yield client


def sign_in(client: httpx.Client, client_id: str = "sandbox-client") -> httpx.Client:
    body = {"clientId": client_id, "clientSecret": "sandbox-secret"}
    token = client.post(client.base_url.join("/api/v1/authentication"), json=body).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.fixture
def platform(stranger: httpx.Client) -> httpx.Client:
    return sign_in(stranger)


def said(client: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Say it in the words of the generation that this client calls."""
    if not client.base_url.path.startswith("/connect"):
        return body
    kind = body.get("type")
    newer = {NEWER_NAMES.get(name, name): value for name, value in body.items()}
    return newer | ({"type": NEWER_TYPES.get(kind, kind)} if kind else {})


def named(client: httpx.Client, field: str | None) -> str | None:
    """Name a field as the generation does that this client calls."""
    return next(iter(said(client, {field: ""}))) if field else None


def create(client: httpx.Client, body: dict[str, Any] = GUIDE_EXAMPLE, **more: Any) -> dict[str, Any]:
    answer = client.post(ENTITIES, json=said(client, {**body, **more}))
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def read(client: httpx.Client, request_id: str) -> dict[str, Any]:
    answer = client.get(f"{ENTITIES}/{request_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def words(found: dict[str, Any]) -> list[str]:
    return [transaction["status"] for transaction in found["transactions"]]


def error_of(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Take the one error out of an answer that has the documented shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    [error] = answer.json()["errors"]
    assert set(error) == {"code", "description", "message"}
    assert error["code"]
    assert error["message"]
    return dict(error)


class TestAuthentication:
    def test_gives_a_bearer_token_for_an_hour(self, stranger: httpx.Client) -> None:
        body = {"clientId": "sandbox-client", "clientSecret": "sandbox-secret"}
        answer = stranger.post("/v1/authentication", json=body)

        assert answer.status_code == 200
        assert set(answer.json()) == {"access_token", "expires_in", "token_type"}
        assert answer.json()["token_type"] == "Bearer"
        assert answer.json()["expires_in"] == 3599
        assert len(answer.json()["access_token"].split(".")) == 3

    @pytest.mark.parametrize(
        "body",
        [
            {"clientId": "sandbox-client", "clientSecret": "wrong"},
            {"clientId": "nobody", "clientSecret": "sandbox-secret"},
            {"clientId": ["sandbox-client"], "clientSecret": {"a": 1}},
        ],
    )
    def test_refuses_wrong_credentials(self, stranger: httpx.Client, body: dict[str, Any]) -> None:
        error_of(stranger.post("/v1/authentication", json=body), 401)

    def test_names_a_missing_credential(self, stranger: httpx.Client) -> None:
        answer = stranger.post("/v1/authentication", json={"clientId": "sandbox-client"})

        assert error_of(answer, 400)["description"] == "clientSecret"

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"clientId=a", b"\xff\xfe"])
    def test_refuses_what_is_no_json_object(self, stranger: httpx.Client, content: bytes) -> None:
        error_of(stranger.post("/v1/authentication", content=content), 400)

    def test_is_no_page_to_read(self, stranger: httpx.Client) -> None:
        answer = stranger.get("/v1/authentication")

        error_of(answer, 405)
        assert answer.headers["Allow"] == "POST"


@both
class TestEveryOtherCall:
    CALLS = [
        ("GET", "/v1/onboarding/types"),
        ("GET", ENTITIES),
        ("POST", ENTITIES),
        ("GET", f"{ENTITIES}/{UUID_TEXT}"),
        ("PATCH", f"{ENTITIES}/{UUID_TEXT}/cancel"),
        ("POST", OFFBOARDING),
        ("GET", f"{OFFBOARDING}/{UUID_TEXT}"),
        ("GET", CONNECTED),
        ("GET", f"{CONNECTED}/{UUID_TEXT}"),
        ("GET", f"{CONNECTED}/{UUID_TEXT}/readings"),
        ("GET", f"{CONNECTED}/{UUID_TEXT}/readings/last"),
    ]

    @pytest.mark.parametrize(("method", "path"), CALLS)
    def test_needs_a_token(self, stranger: httpx.Client, method: str, path: str) -> None:
        for header in ("", "Bearer", "Bearer made.up.token", "Basic c2FuZGJveA=="):
            answer = stranger.request(method, path, headers={"Authorization": header})

            error_of(answer, 401)
            assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_needs_a_new_token_once_the_old_ones_are_revoked(self, platform: httpx.Client) -> None:
        bench.revoke_tokens()
        error_of(platform.get(ENTITIES), 401)

        assert sign_in(platform).get(ENTITIES).status_code == 200

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_knows_its_methods(self, platform: httpx.Client, method: str) -> None:
        error_of(platform.request(method, ENTITIES), 405)

    def test_is_404_elsewhere(self, platform: httpx.Client) -> None:
        error_of(platform.get("/v1/onboarding/elsewhere"), 404)


class TestCreating:
    def test_answers_201_with_the_documented_shape(self, platform: httpx.Client) -> None:
        created = create(platform, returnUrl="https://portal.example/back/")

        assert UUID(created["id"])
        assert UUID(created["principalId"])
        assert created["requestType"] == "Entity"
        assert datetime.fromisoformat(created["created"]).tzinfo is not None
        assert created["returnUrl"] == "https://portal.example/back/"
        assert created["status"] == "Pending"
        assert created["errors"] == []
        assert created["transactions"] == [
            {"type": "CreateEntity", "status": "Pending"},
            {"type": "CreatePermissions", "status": "Pending"},
            {"type": "Connect", "status": "Pending"},
        ]

    def test_tells_what_was_onboarded(self, platform: httpx.Client) -> None:
        data = create(platform, FLUVIUS, model="S211", track="a")["data"]

        assert set(data) == {"entity", "collective", "tenant", "user", "client"}
        entity = data["entity"]
        assert UUID(entity["id"])
        assert UUID(entity["owner"])
        assert entity["type"] == "SmartMeter"
        assert entity["properties"] == {"flow": "B2C"}
        assert entity["information"] == {
            "type": "SmartMeter",
            "manufacturer": "Fluvius",
            "model": "S211",
            "vin": None,
            "ean": "541448820000000000",
            "code": None,
            "reference": None,
            "email": None,
            "uuid": None,
            "track": "a",
        }
        assert UUID(data["client"]["id"])

    @pytest.mark.parametrize("body", [GUIDE_EXAMPLE, HUAWEI, XENN, SMA, FLUVIUS])
    def test_accepts_what_each_maker_is_known_to_need(self, platform: httpx.Client, body: dict[str, Any]) -> None:
        assert create(platform, body)["status"] == "Pending"

    def test_ignores_unknown_and_empty_fields(self, platform: httpx.Client) -> None:
        assert create(platform, somethingNew={"a": [1]}, ean=None, code="")["status"] == "Pending"

    def test_creates_a_second_request_when_repeated(self, platform: httpx.Client) -> None:
        assert create(platform)["id"] != create(platform)["id"]

    def test_keeps_a_given_owner(self, platform: httpx.Client) -> None:
        assert create(platform, owner=UUID_TEXT)["data"]["entity"]["owner"] == UUID_TEXT


@both
class TestRefusing:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"manufacturer": "Audi"}, "type"),
            ({"type": "EV"}, "manufacturer"),
            ({"type": "Boat", "manufacturer": "Audi"}, "type"),
            ({"type": "EV", "manufacturer": "Trabant"}, "manufacturer"),
            ({"type": "EV", "manufacturer": "Audi"}, "vin"),
            ({**GUIDE_EXAMPLE, "vin": "WA1DMAFE0D"}, "vin"),
            ({**GUIDE_EXAMPLE, "vin": "WA1DMAFE0D000000I"}, "vin"),
            ({**FLUVIUS, "ean": "5414488200000"[:11]}, "ean"),
            ({**FLUVIUS, "ean": None}, "ean"),
            ({**FLUVIUS, "properties": {}}, "properties.flow"),
            ({**FLUVIUS, "properties": {"flow": "C2C"}}, "properties.flow"),
            ({**FLUVIUS, "properties": "B2C"}, "properties"),
            ({**SMA, "email": ""}, "email"),
            ({**SMA, "email": "nobody"}, "email"),
            ({**SMA, "reference": None}, "reference"),
            ({**XENN, "code": None}, "code"),
            ({**GUIDE_EXAMPLE, "collectiveId": "1234"}, "collectiveId"),
            ({**GUIDE_EXAMPLE, "owner": "Zoë de Wit"}, "owner"),
            ({**GUIDE_EXAMPLE, "vin": 17}, "vin"),
        ],
    )
    def test_names_the_field(self, platform: httpx.Client, body: dict[str, Any], field: str) -> None:
        error = error_of(platform.post(ENTITIES, json=said(platform, body)), 400)

        assert error["description"] == named(platform, field)
        assert f"'{named(platform, field)}'" in error["message"]
        assert not SandboxRequest.objects.exists()

    def test_names_every_missing_field(self, platform: httpx.Client) -> None:
        answer = platform.post(ENTITIES, json=said(platform, {"type": "PV", "manufacturer": "SMA"}))

        missing = [named(platform, name) for name in ("reference", "email")]
        assert [error["description"] for error in answer.json()["errors"]] == missing

    @pytest.mark.parametrize("content", [b"", b"{", b"[]"])
    def test_wants_a_json_object(self, platform: httpx.Client, content: bytes) -> None:
        error_of(platform.post(ENTITIES, content=content), 400)


class TestTenant:
    def test_is_the_callers_when_the_platform_can_tell(self, platform: httpx.Client) -> None:
        data = create(platform)["data"]

        assert UUID(data["entity"]["tenantId"])
        assert data["tenant"]["id"] == data["entity"]["tenantId"]

    def test_is_required_when_the_platform_cannot_tell(self, stranger: httpx.Client) -> None:
        answer = sign_in(stranger, "sandbox-no-tenant").post(ENTITIES, json=GUIDE_EXAMPLE)

        assert error_of(answer, 400)["description"] == "tenantId"

    def test_is_a_uuid(self, platform: httpx.Client) -> None:
        answer = platform.post(ENTITIES, json={**GUIDE_EXAMPLE, "tenantId": "1234"})

        assert error_of(answer, 400)["description"] == "tenantId"

    @pytest.mark.parametrize("client_id", ["sandbox-client", "sandbox-no-tenant"])
    def test_can_be_named(self, stranger: httpx.Client, client_id: str) -> None:
        data = create(sign_in(stranger, client_id), tenantId=UUID_TEXT)["data"]

        assert data["entity"]["tenantId"] == UUID_TEXT

    @pytest.mark.parametrize("client_id", ["sandbox-client", "sandbox-no-tenant"])
    def test_is_not_needed_in_a_collective(self, stranger: httpx.Client, client_id: str) -> None:
        data = create(sign_in(stranger, client_id), collectiveId=UUID_TEXT)["data"]

        assert data["entity"]["collectiveId"] == UUID_TEXT
        assert data["collective"]["id"] == UUID_TEXT

    def test_that_is_the_default_goes_with_a_collective_too(self, platform: httpx.Client) -> None:
        default = create(platform)["data"]["entity"]["tenantId"]

        assert create(platform, collectiveId=UUID_TEXT)["data"]["entity"]["tenantId"] == default


@both
class TestReading:
    def test_shows_what_was_created(self, platform: httpx.Client) -> None:
        created = create(platform)

        assert read(platform, created["id"]) == created

    @pytest.mark.parametrize("request_id", [UUID_TEXT, "not-a-uuid"])
    def test_of_an_unknown_request_is_404(self, platform: httpx.Client, request_id: str) -> None:
        error_of(platform.get(f"{ENTITIES}/{request_id}"), 404)

    def test_follows_the_transactions_to_success(self, platform: httpx.Client) -> None:
        created = create(platform, XENN)
        seen = []
        for _ in range(5):
            found = read(platform, created["id"])
            seen.append((found["status"], words(found)))
            bench.let_steps_pass(1)

        assert seen == [
            ("Pending", ["Pending", "Pending", "Pending"]),
            ("InProgress", ["InProgress", "Pending", "Pending"]),
            ("InProgress", ["Done", "InProgress", "Pending"]),
            ("InProgress", ["Done", "Done", "InProgress"]),
            ("Succeeded", ["Done", "Done", "Done"]),
        ]

    def test_does_not_move_anything(self, platform: httpx.Client) -> None:
        created = create(platform, XENN)

        assert [read(platform, created["id"]) for _ in range(3)] == [created] * 3


@both
class TestActions:
    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (GUIDE_EXAMPLE, "Consent"),
            ({**GUIDE_EXAMPLE, "manufacturer": "Tesla"}, "Redirect"),
            (HUAWEI, "Redirect"),
            (SMA, "Consent"),
            (FLUVIUS, "Redirect"),
        ],
    )
    def test_appear_after_the_create_answer(self, platform: httpx.Client, body: dict[str, Any], kind: str) -> None:
        created = create(platform, body)
        assert "action" not in created

        bench.let_steps_pass(1)
        found = read(platform, created["id"])
        assert found["status"] == "Pending"
        assert set(found["action"]) == {"type", "redirectLink", "documentationLink"}
        assert found["action"]["type"] == kind
        assert found["action"]["redirectLink"].startswith("http")
        assert bool(found["action"]["documentationLink"]) == (kind == "Consent")

    def test_are_absent_when_nobody_must_act(self, platform: httpx.Client) -> None:
        created = create(platform, XENN)
        for _ in range(5):
            bench.let_steps_pass(1)
            assert "action" not in read(platform, created["id"])

    def test_end_with_consent(self, platform: httpx.Client) -> None:
        created = create(platform, HUAWEI)
        bench.let_steps_pass(9)
        assert read(platform, created["id"])["action"]["type"] == "Redirect"

        bench.allow(created["id"])
        found = read(platform, created["id"])
        assert (found["status"], "action" in found) == ("InProgress", False)

        bench.let_steps_pass(3)
        assert read(platform, created["id"])["status"] == "Succeeded"

    def test_end_by_themselves_at_audi(self, platform: httpx.Client) -> None:
        created = create(platform)
        bench.let_steps_pass(3)
        assert "action" not in read(platform, created["id"])

        bench.let_steps_pass(3)
        assert read(platform, created["id"])["status"] == "Succeeded"

    def test_fail_the_request_when_consent_is_denied(self, platform: httpx.Client) -> None:
        created = create(platform, HUAWEI)
        bench.let_steps_pass(1)
        bench.deny(created["id"])

        found = read(platform, created["id"])
        assert found["status"] == "Failed"
        assert "action" not in found
        [error] = found["errors"]
        assert error["code"] == "ConsentDenied"
        assert error["message"]


@both
class TestListing:
    def test_has_the_documented_envelope(self, platform: httpx.Client) -> None:
        created = create(platform)

        assert platform.get(ENTITIES).json() == {
            "data": [created],
            "links": {"next": None},
            "meta": {"continuationToken": None, "pageSize": 25},
        }

    def test_has_25_on_a_page_unless_asked(self, platform: httpx.Client) -> None:
        for _ in range(26):
            create(platform, XENN)

        first = platform.get(ENTITIES).json()
        assert len(first["data"]) == 25
        assert first["meta"]["continuationToken"]

        rest = platform.get(ENTITIES, params={"continuationToken": first["meta"]["continuationToken"]})
        assert len(rest.json()["data"]) == 1
        assert rest.json()["meta"]["continuationToken"] is None

    def test_can_be_followed_by_token_and_by_link_alike(self, platform: httpx.Client) -> None:
        ids = {create(platform, XENN)["id"] for _ in range(5)}
        create(platform)
        filters: dict[str, Any] = {"pageSize": 2, "type": "RetrofitMeter"}

        page = platform.get(ENTITIES, params=filters).json()
        by_token, by_link = list(page["data"]), list(page["data"])
        link, token = page["links"]["next"], page["meta"]["continuationToken"]
        while link and token:
            by_link += platform.get(link).json()["data"]
            page = platform.get(ENTITIES, params={**filters, "continuationToken": token}).json()
            by_token += page["data"]
            link, token = page["links"]["next"], page["meta"]["continuationToken"]

        assert by_token == by_link
        assert len(by_token) == 5
        assert {row["id"] for row in by_token} == ids

    def test_shifts_nothing_when_a_request_comes_in_between(self, platform: httpx.Client) -> None:
        for _ in range(3):
            create(platform, XENN)
        first = platform.get(ENTITIES, params={"pageSize": 2}).json()
        late = create(platform, XENN)

        token = first["meta"]["continuationToken"]
        second = platform.get(ENTITIES, params={"pageSize": 2, "continuationToken": token}).json()
        seen = [row["id"] for row in first["data"] + second["data"]]
        assert len(set(seen)) == 3
        assert late["id"] not in seen

    @pytest.mark.parametrize(
        ("filters", "count"),
        [
            ({"type": "EV"}, 1),
            ({"manufacturer": "Huawei"}, 1),
            ({"type": "PV", "manufacturer": "SMA"}, 1),
            ({"type": "EV", "manufacturer": "Huawei"}, 0),
            ({"type": "PV"}, 2),
            ({"somethingElse": "x"}, 3),
            ({}, 3),
        ],
    )
    def test_filters_by_type_and_manufacturer(
        self, platform: httpx.Client, filters: dict[str, str], count: int
    ) -> None:
        for body in (GUIDE_EXAMPLE, HUAWEI, SMA):
            create(platform, body)

        assert len(platform.get(ENTITIES, params=said(platform, filters)).json()["data"]) == count

    @pytest.mark.parametrize("size", ["0", "-1", "101", "many", "²"])
    def test_refuses_page_sizes_that_cannot_be(self, platform: httpx.Client, size: str) -> None:
        answer = platform.get(ENTITIES, params={"pageSize": size})

        assert error_of(answer, 400)["description"] == "pageSize"

    def test_refuses_a_token_that_is_not_its_own(self, platform: httpx.Client) -> None:
        answer = platform.get(ENTITIES, params={"continuationToken": "x"})

        assert error_of(answer, 400)["description"] == "continuationToken"


@both
class TestCancelling:
    def test_ends_a_pending_request(self, platform: httpx.Client) -> None:
        created = create(platform, HUAWEI)
        bench.let_steps_pass(1)

        answer = platform.patch(f"{ENTITIES}/{created['id']}/cancel")
        assert answer.status_code == 200
        assert answer.json()["status"] == "Canceled"
        assert "action" not in answer.json()

        bench.let_steps_pass(50)
        assert read(platform, created["id"])["status"] == "Canceled"

    def test_is_too_late_once_it_is_in_progress(self, platform: httpx.Client) -> None:
        created = create(platform, XENN)
        for _ in range(2):
            bench.let_steps_pass(2)
            error_of(platform.patch(f"{ENTITIES}/{created['id']}/cancel"), 409)

    def test_cannot_be_done_twice(self, platform: httpx.Client) -> None:
        created = create(platform)
        platform.patch(f"{ENTITIES}/{created['id']}/cancel")

        error_of(platform.patch(f"{ENTITIES}/{created['id']}/cancel"), 409)

    @pytest.mark.parametrize("request_id", [UUID_TEXT, "not-a-uuid"])
    def test_of_an_unknown_request_is_404(self, platform: httpx.Client, request_id: str) -> None:
        error_of(platform.patch(f"{ENTITIES}/{request_id}/cancel"), 404)


class TestOffboarding:
    @pytest.fixture
    def entity_id(self, platform: httpx.Client) -> str:
        created = create(platform, XENN)
        bench.let_steps_pass(4)
        return str(created["data"]["entity"]["id"])

    def test_answers_201_with_the_documented_shape(self, platform: httpx.Client, entity_id: str) -> None:
        answer = platform.post(OFFBOARDING, json={"entityId": entity_id})

        assert answer.status_code == 201
        found = answer.json()
        assert UUID(found["id"])
        assert UUID(found["principalId"])
        assert found["requestType"] == "Entity"
        assert found["status"] == "Pending"
        assert set(found["data"]) == {"collectiveId", "entityId", "tenantId", "userId"}
        assert found["data"]["entityId"] == entity_id

    @both
    def test_succeeds_after_a_while(self, platform: httpx.Client, entity_id: str) -> None:
        offboarding_id = platform.post(OFFBOARDING, json={"entityId": entity_id}).json()["id"]
        bench.let_steps_pass(2)

        answer = platform.get(f"{OFFBOARDING}/{offboarding_id}")
        assert (answer.status_code, answer.json()["status"]) == (200, "Succeeded")

    @both
    def test_cannot_be_done_twice(self, platform: httpx.Client, entity_id: str) -> None:
        platform.post(OFFBOARDING, json={"entityId": entity_id})

        error_of(platform.post(OFFBOARDING, json={"entityId": entity_id}), 409)

    @both
    def test_needs_an_entity_that_is_onboarded(self, platform: httpx.Client) -> None:
        entity_id = create(platform)["data"]["entity"]["id"]

        error_of(platform.post(OFFBOARDING, json={"entityId": entity_id}), 409)

    @pytest.mark.parametrize("body", [{}, {"entityId": "x"}, {"entityId": 1}, {"entityId": None}])
    def test_names_the_field(self, platform: httpx.Client, body: dict[str, Any]) -> None:
        assert error_of(platform.post(OFFBOARDING, json=body), 400)["description"] == "entityId"

    @both
    def test_of_an_unknown_entity_is_404(self, platform: httpx.Client) -> None:
        error_of(platform.post(OFFBOARDING, json={"entityId": str(uuid4())}), 404)

    @pytest.mark.parametrize("offboarding_id", [UUID_TEXT, "not-a-uuid"])
    def test_that_is_unknown_is_404(self, platform: httpx.Client, offboarding_id: str) -> None:
        error_of(platform.get(f"{OFFBOARDING}/{offboarding_id}"), 404)


@pytest.fixture
def entity(platform: httpx.Client) -> str:
    """The id of an entity that has just been connected: after four steps."""
    created = create(platform, XENN)
    bench.let_steps_pass(4)
    return str(created["data"]["entity"]["id"])


def found_at(client: httpx.Client, path: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"{CONNECTED}{path}", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestEntity:
    def test_is_shown_in_the_documented_shape(self, platform: httpx.Client) -> None:
        created = create(platform, FLUVIUS, owner=UUID_TEXT, collectiveId=UUID_TEXT)
        bench.let_steps_pass(1)
        bench.allow(created["id"])
        bench.let_steps_pass(3)

        onboarded = created["data"]["entity"]
        assert found_at(platform, f"/{onboarded['id']}") == {
            "id": onboarded["id"],
            "owner": UUID_TEXT,
            "type": "SmartMeter",
            "tenantId": onboarded["tenantId"],
            "collectiveId": UUID_TEXT,
            "properties": {"flow": "B2C"},
            "information": {
                "type": "SmartMeter",
                "manufacturer": "Fluvius",
                "model": None,
                "vin": None,
                "ean": "541448820000000000",
                "code": None,
                "reference": None,
                "email": None,
                "uuid": None,
                "track": None,
            },
            "isOnline": False,
            "lastSeen": None,
        }

    @both
    def test_says_what_was_onboarded(self, platform: httpx.Client) -> None:
        created = create(platform, XENN)
        bench.let_steps_pass(4)

        onboarded = created["data"]["entity"]
        assert found_at(platform, f"/{onboarded['id']}") == onboarded | {"isOnline": False, "lastSeen": None}

    @both
    def test_is_online_once_it_has_data(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(2)
        found = found_at(platform, f"/{entity}")

        assert found["isOnline"] is True
        assert found["lastSeen"] == found_at(platform, f"/{entity}/readings/last")["timestamp"]

    @both
    @pytest.mark.parametrize("path", ["", "/readings/last", "/readings?start=2026-01-01"])
    def test_that_is_unknown_or_not_connected_yet_is_404(self, platform: httpx.Client, path: str) -> None:
        pending = create(platform, HUAWEI)["data"]["entity"]["id"]
        bench.let_steps_pass(9)
        for entity_id in (UUID_TEXT, "not-a-uuid", pending):
            error_of(platform.get(f"{CONNECTED}/{entity_id}{path}"), 404)

    @both
    def test_that_failed_or_was_canceled_is_404(self, platform: httpx.Client) -> None:
        failed, canceled = post(platform, "0700").json(), create(platform, HUAWEI)
        platform.patch(f"{ENTITIES}/{canceled['id']}/cancel")
        bench.let_steps_pass(9)
        for created in (failed, canceled):
            error_of(platform.get(f"{CONNECTED}/{created['data']['entity']['id']}"), 404)

    @both
    def test_is_there_until_its_offboarding_succeeds(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(5)
        platform.post(OFFBOARDING, json={"entityId": entity})
        bench.let_steps_pass(1)
        assert found_at(platform, f"/{entity}")["id"] == entity

        bench.let_steps_pass(1)
        for path in ("", "/readings/last", "/readings?start=2026-01-01"):
            error_of(platform.get(f"{CONNECTED}/{entity}{path}"), 404)
        assert found_at(platform, "")["data"] == []

    def test_may_say_no_more_than_the_guides_example(self, platform: httpx.Client) -> None:
        created = post(platform, "0604").json()
        bench.let_steps_pass(9)

        assert {"isOnline", "lastSeen"}.isdisjoint(found_at(platform, f"/{created['data']['entity']['id']}"))


@both
class TestListingEntities:
    def test_has_the_same_envelope_as_requests(self, platform: httpx.Client, entity: str) -> None:
        assert found_at(platform, "") == {
            "data": [found_at(platform, f"/{entity}")],
            "links": {"next": None},
            "meta": {"continuationToken": None, "pageSize": 25},
        }

    def test_leaves_out_what_is_not_connected(self, platform: httpx.Client, entity: str) -> None:
        for body in (HUAWEI, XENN, SMA):
            create(platform, body)

        assert [row["id"] for row in found_at(platform, "")["data"]] == [entity]

    def test_can_be_followed_by_token_and_by_link_alike(self, platform: httpx.Client) -> None:
        ids = set()
        for _ in range(5):
            ids.add(create(platform, XENN)["data"]["entity"]["id"])
            create(platform, HUAWEI)  # waits, and is no reason for a short page
        bench.let_steps_pass(4)

        page = found_at(platform, "", pageSize=2)
        by_token, by_link = list(page["data"]), list(page["data"])
        while page["links"]["next"]:
            by_link += platform.get(page["links"]["next"]).json()["data"]
            page = found_at(platform, "", pageSize=2, continuationToken=page["meta"]["continuationToken"])
            by_token += page["data"]

        assert by_token == by_link
        assert len(by_token) == 5
        assert {row["id"] for row in by_token} == ids

    @pytest.mark.parametrize(
        ("filters", "count"),
        [
            ({"type": "RetrofitMeter"}, 1),
            ({"manufacturer": "Audi"}, 1),
            ({"type": "RetrofitMeter", "manufacturer": "Audi"}, 0),
            ({}, 2),
        ],
    )
    def test_filters_by_type_and_manufacturer(
        self, platform: httpx.Client, filters: dict[str, str], count: int
    ) -> None:
        for body in (GUIDE_EXAMPLE, XENN):
            create(platform, body)
        bench.let_steps_pass(9)

        assert len(found_at(platform, "", **said(platform, filters))["data"]) == count

    def test_refuses_pages_that_cannot_be(self, platform: httpx.Client) -> None:
        for name in ("pageSize", "continuationToken"):
            assert error_of(platform.get(CONNECTED, params={name: "x"}), 400)["description"] == name


@both
class TestTellingLess:
    """What only newer copies of the platform have can be taken away."""

    def test_leaves_out_when_an_entity_was_seen(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(2)
        bench.tell_less(tells_online=False)
        [listed] = found_at(platform, "")["data"]
        for found in (listed, found_at(platform, f"/{entity}")):
            assert found["id"] == entity
            assert {"isOnline", "lastSeen"}.isdisjoint(found)

        bench.tell_less()
        assert found_at(platform, f"/{entity}")["isOnline"] is True

    def test_has_no_list(self, platform: httpx.Client, entity: str) -> None:
        bench.tell_less(lists_entities=False)
        error_of(platform.get(CONNECTED), 405)
        assert found_at(platform, f"/{entity}")["id"] == entity

        bench.tell_less()
        assert platform.get(CONNECTED).status_code == 200


@both
class TestReadings:
    def test_begin_two_steps_after_the_connection(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(1)
        error_of(platform.get(f"{CONNECTED}/{entity}/readings/last"), 404)
        assert found_at(platform, f"/{entity}/readings", start="2026-01-01")["data"] == []

        bench.let_steps_pass(1)
        last = found_at(platform, f"/{entity}/readings/last")
        assert set(last) == {"timestamp", "values"}
        assert datetime.fromisoformat(last["timestamp"]).tzinfo is not None
        assert all(isinstance(value, int) for value in last["values"].values())

    def test_come_every_two_steps_and_stay_what_they_were(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(2)
        first = found_at(platform, f"/{entity}/readings", start="2026-01-01")["data"]
        bench.let_steps_pass(5)
        listed = found_at(platform, f"/{entity}/readings", start="2026-01-01")["data"]

        moments = [datetime.fromisoformat(reading["timestamp"]) for reading in listed]
        assert [(after - before).total_seconds() for before, after in pairwise(moments)] == [120, 120]
        assert listed[0]["values"] == first[0]["values"]
        assert found_at(platform, f"/{entity}/readings/last") == listed[-1]

    def test_are_listed_from_a_start_on(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(9)
        listed = found_at(platform, f"/{entity}/readings", start="2026-01-01")["data"]
        assert len(listed) == 4

        for number, reading in enumerate(listed):
            rest = found_at(platform, f"/{entity}/readings", start=reading["timestamp"])["data"]
            assert rest == listed[number:]
        assert found_at(platform, f"/{entity}/readings", start="9999-12-31")["data"] == []

    def test_are_continued_by_token_and_by_link(self, platform: httpx.Client, entity: str) -> None:
        bench.let_steps_pass(9)
        whole = found_at(platform, f"/{entity}/readings", start="2026-01-01")
        first = found_at(platform, f"/{entity}/readings", start="2026-01-01", pageSize=3)
        token = first["meta"]["continuationToken"]
        second = found_at(platform, f"/{entity}/readings", start="2026-01-01", pageSize=3, continuationToken=token)

        assert first["data"] + second["data"] == whole["data"]
        assert platform.get(first["links"]["next"]).json() == second
        assert second["links"]["next"] is second["meta"]["continuationToken"] is None

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({}, "start"),
            ({"start": ""}, "start"),
            ({"start": "yesterday"}, "start"),
            ({"start": "0001-01-01T00:00:00+10:00"}, "start"),
            ({"start": "2026-01-01", "pageSize": "0"}, "pageSize"),
            ({"start": "2026-01-01", "continuationToken": "x"}, "continuationToken"),
        ],
    )
    def test_need_a_start_and_pages_that_can_be(
        self, platform: httpx.Client, entity: str, asked: dict[str, str], field: str
    ) -> None:
        answer = platform.get(f"{CONNECTED}/{entity}/readings", params=asked)

        assert error_of(answer, 400)["description"] == field


class TestTypes:
    def test_lists_types_and_makers_with_what_they_need(self, platform: httpx.Client) -> None:
        answer = platform.get("/v1/onboarding/types")

        assert answer.status_code == 200
        rows = answer.json()["data"]
        assert {row["type"] for row in rows} == {
            "Battery",
            "Boiler",
            "ChargePole",
            "EV",
            "HeatPump",
            "PV",
            "RetrofitMeter",
            "SmartMeter",
        }
        by_maker = {(row["type"], row["manufacturer"]): row["properties"] for row in rows}
        assert by_maker["PV", "Huawei"] == []
        assert [(item["name"], item["required"]) for item in by_maker["EV", "Audi"]] == [("vin", True)]
        flow = by_maker["SmartMeter", "Fluvius"][1]
        assert (flow["name"], flow["pattern"]) == ("properties.flow", "B2C|B2B")

    def test_lists_a_type_nobody_has_heard_of_and_accepts_it(self, platform: httpx.Client) -> None:
        bench.offer("Sauna", "Harvia", [{"name": "code", "required": True, "pattern": "[A-Z]{4}"}])

        rows = platform.get("/v1/onboarding/types").json()["data"]
        assert {
            "type": "Sauna",
            "manufacturer": "Harvia",
            "properties": [{"name": "code", "required": True, "pattern": "[A-Z]{4}"}],
        } in rows
        sauna = {"type": "Sauna", "manufacturer": "Harvia"}
        assert error_of(platform.post(ENTITIES, json=sauna), 400)["description"] == "code"
        assert error_of(platform.post(ENTITIES, json={**sauna, "code": "abcd"}), 400)["description"] == "code"
        assert create(platform, sauna, code="ABCD")["data"]["entity"]["type"] == "Sauna"


def post(client: httpx.Client, ending: str) -> httpx.Response:
    return client.post(ENTITIES, json=said(client, {**GUIDE_EXAMPLE, "vin": f"WA1DMAFE0D000{ending}"}))


@both
class TestMagicAnswers:
    @pytest.mark.parametrize(
        ("ending", "status", "field"), [("0400", 400, "vin"), ("0409", 409, "vin"), ("0403", 403, None)]
    )
    def test_refuse(self, platform: httpx.Client, ending: str, status: int, field: str | None) -> None:
        assert error_of(post(platform, ending), status)["description"] == named(platform, field)
        assert not SandboxRequest.objects.exists()

    def test_refuse_in_another_format(self, platform: httpx.Client) -> None:
        answer = post(platform, "0422")

        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"title", "detail"} <= set(answer.json())
        assert list(answer.json()["errors"]) == [named(platform, "vin")]

    @pytest.mark.parametrize(("ending", "status", "times"), [("0401", 401, 1), ("0429", 429, 2), ("0500", 500, 2)])
    def test_refuse_only_the_first_few_times(
        self, platform: httpx.Client, ending: str, status: int, times: int
    ) -> None:
        for _ in range(2):
            assert [post(platform, ending).status_code for _ in range(times)] == [status] * times
            assert post(platform, ending).status_code == 201
        assert SandboxRequest.objects.count() == 2

    def test_say_how_long_to_wait(self, platform: httpx.Client) -> None:
        assert post(platform, "0429").headers["Retry-After"] == "3"

    @pytest.mark.parametrize(("ending", "status"), [("0502", 502), ("0503", 201)])
    def test_hide_that_the_request_was_accepted(self, platform: httpx.Client, ending: str, status: int) -> None:
        answer = post(platform, ending)

        assert answer.status_code == status
        assert answer.headers["Content-Type"].startswith("text/html")
        [found] = platform.get(ENTITIES).json()["data"]
        assert found["data"]["entity"]["information"][named(platform, "vin")].endswith(ending)

    def test_come_too_late_after_accepting(self, platform: httpx.Client) -> None:
        body = {**GUIDE_EXAMPLE, "vin": "WA1DMAFE0D0000410"}
        with pytest.raises(httpx.ReadTimeout):
            platform.post(ENTITIES, json=said(platform, body), timeout=1.5)  # it takes two seconds

        assert len(platform.get(ENTITIES).json()["data"]) == 1


@both
class TestMagicBehaviour:
    @pytest.mark.parametrize(
        ("ending", "steps", "status"),
        [
            ("0600", 5, "OnHold"),
            ("0601", 9, "Succeeded"),
            ("0603", 9, "Succeeded"),
            ("0700", 9, "Failed"),
            ("0701", 9, "Canceled"),
            ("0800", 9, "Pending"),
            ("0801", 4, "Pending"),
            ("0801", 9, "Succeeded"),
            ("0802", 99, "Pending"),
            ("0803", 4, "Succeeded"),
            ("0804", 99, "Pending"),
        ],
    )
    def test_leads_to_a_status(self, platform: httpx.Client, ending: str, steps: int, status: str) -> None:
        created = post(platform, ending).json()
        bench.let_steps_pass(steps)

        assert read(platform, created["id"])["status"] == status

    @pytest.mark.parametrize(
        ("ending", "kind"), [("0602", "Telephone"), ("0800", "Redirect"), ("0801", "Consent"), ("0804", "Redirect")]
    )
    def test_asks_for_an_action(self, platform: httpx.Client, ending: str, kind: str) -> None:
        created = post(platform, ending).json()
        bench.let_steps_pass(1)

        assert read(platform, created["id"])["action"]["type"] == kind

    def test_may_say_no_more_than_the_guides_example(self, platform: httpx.Client) -> None:
        created = post(platform, "0604").json()

        information = created["data"]["entity"]["information"]
        assert information.get("model", information.get("name")) == ""
        assert {"created", "action"}.isdisjoint(created)
        assert created["status"] == "Pending"
        assert words(created) == ["Pending", "Pending", "Pending"]

        bench.let_steps_pass(9)
        assert read(platform, created["id"])["status"] == "Succeeded"

    def test_may_leave_the_transactions_out(self, platform: httpx.Client) -> None:
        assert "transactions" not in post(platform, "0603").json()

    def test_may_add_a_transaction(self, platform: httpx.Client) -> None:
        created = post(platform, "0601").json()
        bench.let_steps_pass(2)

        assert {"type": "VerifyOwnership", "status": "Queued"} in read(platform, created["id"])["transactions"]

    def test_says_why_it_failed(self, platform: httpx.Client) -> None:
        created = post(platform, "0700").json()
        bench.let_steps_pass(9)

        found = read(platform, created["id"])
        assert words(found) == ["Done", "Done", "Failed"]
        assert found["errors"][0]["code"] == "DeviceNotReachable"

    @pytest.mark.parametrize(
        "body",
        [
            {**FLUVIUS, "ean": "541448820000000700"},
            {**XENN, "code": "120700"},
            {**SMA, "reference": "0700"},
        ],
    )
    def test_follows_any_identifier(self, platform: httpx.Client, body: dict[str, Any]) -> None:
        created = create(platform, body)
        bench.let_steps_pass(9)

        assert read(platform, created["id"])["status"] == "Failed"


@both
class TestLinksThatExpire:
    @pytest.fixture
    def waiting(self, platform: httpx.Client) -> dict[str, Any]:
        """A request whose link has just begun its sixty seconds."""
        created = post(platform, "0804").json()
        bench.let_seconds_pass(60)
        return read(platform, created["id"])

    def test_stay_the_same_for_a_minute(self, platform: httpx.Client, waiting: dict[str, Any]) -> None:
        bench.let_seconds_pass(45)

        assert link_of(read(platform, waiting["id"])) == link_of(waiting)

    def test_are_fresh_after_each_minute(self, platform: httpx.Client, waiting: dict[str, Any]) -> None:
        seen = [link_of(waiting)]
        for _ in range(3):
            bench.let_seconds_pass(60)
            seen.append(link_of(read(platform, waiting["id"])))

        assert len(set(seen)) == 4
        assert len({link.partition("?")[0] for link in seen}) == 1

    def test_are_the_same_in_the_list(self, platform: httpx.Client, waiting: dict[str, Any]) -> None:
        bench.let_seconds_pass(60)

        [listed] = platform.get(ENTITIES).json()["data"]
        assert link_of(listed) == link_of(read(platform, waiting["id"]))
        assert link_of(listed) != link_of(waiting)

    def test_differ_from_request_to_request(self, platform: httpx.Client) -> None:
        ids = [post(platform, "0804").json()["id"] for _ in range(2)]
        bench.let_seconds_pass(60)

        first, second = (link_of(read(platform, request_id)).partition("?")[2] for request_id in ids)
        assert first != second

    def test_open_until_they_expire_and_open_again_when_read_anew(
        self, platform: httpx.Client, waiting: dict[str, Any], client: Client
    ) -> None:
        old = path_of(link_of(waiting))
        assert client.get(old).status_code == 200
        bench.let_seconds_pass(120)

        assert client.get(old).status_code == 410
        assert client.get(path_of(link_of(read(platform, waiting["id"])))).status_code == 200

    def test_take_an_answer_only_while_they_are_good(
        self, platform: httpx.Client, waiting: dict[str, Any], client: Client
    ) -> None:
        old = path_of(link_of(waiting))
        bench.let_seconds_pass(120)

        assert client.post(old, {"answer": "allow"}).status_code == 410
        found = read(platform, waiting["id"])
        assert found["status"] == "Pending"

        client.post(path_of(link_of(found)), {"answer": "allow"})
        assert read(platform, waiting["id"])["status"] == "InProgress"

    @pytest.mark.parametrize("ending", ["0602", "0800", "0801", "0802"])
    def test_are_nothing_that_other_requests_know(self, platform: httpx.Client, ending: str) -> None:
        created = post(platform, ending).json()
        bench.let_steps_pass(1)
        link = link_of(read(platform, created["id"]))
        bench.let_steps_pass(3)

        assert link_of(read(platform, created["id"])) == link
        assert link.endswith(f"/consent/{created['id']}/")


def link_of(found: dict[str, Any]) -> str:
    return str(found["action"]["redirectLink"])


def path_of(link: str) -> str:
    """Cut scheme and host off: the sandbox's pages are opened in this process."""
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


@both
class TestAway:
    def test_answers_nothing_usable(self, platform: httpx.Client, way: str) -> None:
        bench.go_away()
        if way == "in-process":
            with pytest.raises(httpx.ConnectError):
                platform.get(ENTITIES)
        else:
            answer = platform.get(ENTITIES)
            assert answer.status_code == 503
            assert answer.headers["Content-Type"].startswith("text/html")

        bench.come_back()
        assert platform.get(ENTITIES).status_code == 200
