"""Both generations on the wire, as they are documented: what leaves, and what each answer means in our words."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.platform_api import calls
from onboarding.platform_api.auth import Credentials
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import InvalidAnswers, NotAuthorized
from onboarding.platform_api.offers import read_offers
from onboarding.platform_api.resources import Attribute, Offer, OnboardingRequest
from onboarding.platform_api.wire import GENERATIONS

from .conftest import Time

REALTO, DER_CONNECT = "realto", "der-connect"
BASES = {REALTO: "https://platform.realto.io/api", DER_CONNECT: "https://api.traxes.io/connect"}
BOTH = pytest.mark.parametrize("generation", [REALTO, DER_CONNECT])
VIN, EAN = "WA1DMAFE0D0000000", "541448820000000000"
TOKEN = {"access_token": "header.payload.signature", "expires_in": 3599, "token_type": "Bearer"}


class Wire:
    """A client of one generation, every call that left it, and one answer to all of them."""

    def __init__(self, generation: str, base_url: str = "") -> None:
        self.calls: list[httpx.Request] = []
        self.token_calls: list[httpx.Request] = []
        self.reply: tuple[int, object] = (200, {"id": "1"})
        http = httpx.Client(base_url=base_url or BASES[generation], transport=httpx.MockTransport(self._answer))
        time = Time()
        self.client = Client(
            http,
            Credentials("esp_Name_001", "very private"),
            types_path="/v1/onboarding/types",
            generation=GENERATIONS[generation],
            clock=time,
            sleep=time.sleep,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path.endswith(("/v1/authentication", "/access_token")):
            self.token_calls.append(request)
            return httpx.Response(200, json=TOKEN)
        self.calls.append(request)
        return httpx.Response(self.reply[0], json=self.reply[1])

    def will_answer(self, content: object, status: int = 200) -> "Wire":
        self.reply = (status, content)
        return self

    @property
    def sent(self) -> Any:
        return json.loads(self.calls[-1].content)


def onboard(wire: Wire, type: str, manufacturer: str, attributes: dict[str, str], **more: str) -> Any:
    return wire.client.create_onboarding(type=type, manufacturer=manufacturer, attributes=attributes, **more)


class TestToken:
    def test_of_the_older_generation_is_asked_for_in_json(self) -> None:
        wire = Wire(REALTO)
        wire.client.authenticate()
        [call] = wire.token_calls
        assert (call.method, str(call.url)) == ("POST", "https://platform.realto.io/api/v1/authentication")
        assert json.loads(call.content) == {"clientId": "esp_Name_001", "clientSecret": "very private"}

    @pytest.mark.parametrize(
        ("base_url", "endpoint"),
        [
            ("https://api.traxes.io/connect", "https://signin.energy"),
            ("https://api.ppd.traxes.io/connect", "https://acc.signin.energy"),
            ("https://api.traxes.io:443/connect", "https://signin.energy"),
            ("http://127.0.0.1:9000/connect", "http://127.0.0.1:9000"),
        ],
    )
    def test_of_the_newer_one_is_asked_for_by_oauth_in_a_form(self, base_url: str, endpoint: str) -> None:
        wire = Wire(DER_CONNECT, base_url)
        wire.client.authenticate()
        [call] = wire.token_calls
        path = "/am/oauth2/realms/root/realms/difesp/access_token"
        assert (call.method, str(call.url)) == ("POST", endpoint + path)
        assert call.headers["content-type"] == "application/x-www-form-urlencoded"
        assert dict(parse_qsl(call.content.decode())) == {
            "grant_type": "client_credentials",
            "client_id": "esp_Name_001",
            "client_secret": "very private",
            "scope": "esp",
        }

    @BOTH
    def test_is_carried_by_every_other_call(self, generation: str) -> None:
        wire = Wire(generation)
        wire.client.get_onboarding(id="1")
        assert wire.calls[-1].headers["authorization"] == "Bearer header.payload.signature"
        assert str(wire.calls[-1].url) == f"{BASES[generation]}/v1/onboarding/entities/1"


# What we say, and what leaves in either generation.
SENT: list[tuple[tuple[str, str, dict[str, str]], dict[str, Any], dict[str, Any]]] = [
    (
        ("EV", "Audi", {"vin": VIN}),
        {"type": "EV", "manufacturer": "Audi", "vin": VIN},
        {"type": "EV", "brand": "Audi", "identifier": VIN},
    ),
    (
        ("PV", "SMA", {"reference": "4711", "email": "ann@example.org"}),
        {"type": "PV", "manufacturer": "SMA", "reference": "4711", "email": "ann@example.org"},
        {"type": "SolarPlant", "brand": "SMA", "identifier": "4711", "associatedEmail": "ann@example.org"},
    ),
    (
        ("PV", "Huawei", {}),
        {"type": "PV", "manufacturer": "Huawei"},
        {"type": "SolarPlant", "brand": "Huawei"},
    ),
    (
        ("SmartMeter", "Fluvius", {"ean": EAN, "properties.flow": "B2C"}),
        {"type": "SmartMeter", "manufacturer": "Fluvius", "ean": EAN, "properties": {"flow": "B2C"}},
        {"type": "Meter", "brand": "Fluvius", "identifier": EAN, "properties": {"flow": "B2C"}},
    ),
    (
        ("SmartMeter", "re.alto", {"code": "HX7K2M"}),
        {"type": "SmartMeter", "manufacturer": "re.alto", "code": "HX7K2M"},
        {"type": "Meter", "brand": "re.alto", "pairingCode": "HX7K2M"},
    ),
    (
        ("RetrofitMeter", "Xenn P1", {"reference": "P1000000000", "code": "123456"}),
        {"type": "RetrofitMeter", "manufacturer": "Xenn P1", "reference": "P1000000000", "code": "123456"},
        {"type": "RetrofitMeter", "brand": "Xenn P1", "identifier": "P1000000000", "pairingCode": "123456"},
    ),
    (
        ("ChargePole", "Alfen", {"reference": "ACE1", "model": "Eve", "uuid": "u", "track": "a"}),
        {"type": "ChargePole", "manufacturer": "Alfen", "reference": "ACE1", "model": "Eve", "uuid": "u", "track": "a"},
        {"type": "ChargePoint", "brand": "Alfen", "identifier": "ACE1", "name": "Eve", "uuid": "u", "track": "a"},
    ),
    (
        ("SmartMeter", "Xenn", {"reference": "P1000000000"}),
        {"type": "SmartMeter", "manufacturer": "Xenn", "reference": "P1000000000"},
        {"type": "Meter", "brand": "Xenn", "identifier": "P1000000000"},
    ),
    (
        ("Windmill", "Acme", {"serialNumber": "17"}),
        {"type": "Windmill", "manufacturer": "Acme", "serialNumber": "17"},
        {"type": "Windmill", "brand": "Acme", "serialNumber": "17"},
    ),
]
IDS = [f"{kind} {maker}" for (kind, maker, _answers), *_ in SENT]


class TestCreating:
    @pytest.mark.parametrize(("said", "older", "newer"), SENT, ids=IDS)
    def test_is_put_into_the_words_of_the_generation(self, said: Any, older: Any, newer: Any) -> None:
        for generation, sent in ((REALTO, older), (DER_CONNECT, newer)):
            wire = Wire(generation)
            onboard(wire, *said)
            assert (wire.calls[-1].method, str(wire.calls[-1].url)) == (
                "POST",
                f"{BASES[generation]}/v1/onboarding/entities",
            )
            assert wire.sent == sent

    @pytest.mark.parametrize(
        ("generation", "sent"),
        [
            (REALTO, {"tenantId": "t", "collectiveId": "c", "owner": "o", "returnUrl": "https://portal.test/r"}),
            (DER_CONNECT, {"collectiveId": "c", "owner": "o", "returnUrl": "https://portal.test/r"}),
        ],
    )
    def test_names_a_tenant_only_where_there_are_tenants(self, generation: str, sent: dict[str, str]) -> None:
        wire = Wire(generation)
        onboard(
            wire, "PV", "Huawei", {}, tenant_id="t", collective_id="c", owner_id="o", return_url="https://portal.test/r"
        )
        assert {
            name: value for name, value in wire.sent.items() if name not in {"type", "manufacturer", "brand"}
        } == sent


def answer_in(generation: str) -> dict[str, Any]:
    """Give the documented answer about a Belgian meter, as the generation says it."""
    older = {
        "type": "SmartMeter",
        "manufacturer": "Fluvius",
        "model": "S211",
        "vin": None,
        "ean": EAN,
        "code": "HX7K2M",
        "reference": None,
        "email": "ann@example.org",
        "uuid": None,
        "track": None,
    }
    newer = {
        "type": "Meter",
        "brand": "Fluvius",
        "name": "S211",
        "identifier": EAN,
        "pairingCode": "HX7K2M",
        "associatedEmail": "ann@example.org",
        "uuid": None,
        "track": None,
    }
    told = older if generation == REALTO else newer
    return {
        "id": "7",
        "principalId": "p",
        "requestType": "Entity",
        "created": "2026-05-04T10:20:30Z",
        "returnUrl": None,
        "data": {
            "entity": {
                "id": "e",
                "owner": "o",
                "type": told["type"],
                "properties": {"flow": "B2C"},
                "information": told,
            }
        },
        "status": "Pending",
        "transactions": [{"type": "CreateEntity", "status": "Pending"}],
        "errors": [],
    }


MEANT = {
    "model": "S211",
    "ean": EAN,
    "code": "HX7K2M",
    "email": "ann@example.org",
    "properties.flow": "B2C",
}


@BOTH
class TestReading:
    def test_gives_our_words(self, generation: str) -> None:
        read = Wire(generation).will_answer(answer_in(generation)).client.get_onboarding(id="7")
        assert (read.id, read.type, read.manufacturer, read.entity_id) == ("7", "SmartMeter", "Fluvius", "e")
        assert read.information == MEANT
        assert [item.type for item in read.transactions] == ["CreateEntity"]

    def test_gives_them_in_the_answer_to_creating_too(self, generation: str) -> None:
        wire = Wire(generation).will_answer(answer_in(generation), status=201)
        made = onboard(wire, "SmartMeter", "Fluvius", {"ean": EAN, "properties.flow": "B2C"})
        assert made.information == MEANT

    def test_gives_them_in_a_list(self, generation: str) -> None:
        page = {"data": [answer_in(generation), None, {"id": "8"}], "links": {"next": None}, "meta": {}}
        items = Wire(generation).will_answer(page).client.list_onboardings().items
        assert [(item.id, item.type) for item in items] == [("7", "SmartMeter"), ("8", "")]
        assert items[0].information == MEANT

    @pytest.mark.parametrize("data", [None, [], "x", {}, {"entity": 5}, {"entity": {"information": [1]}}], ids=str)
    def test_survives_anything(self, generation: str, data: object) -> None:
        wire = Wire(generation).will_answer({"id": "7", "status": "Pending", "data": data})
        assert wire.client.get_onboarding(id="7").information == {}


class TestReadingTheNewerGeneration:
    @pytest.mark.parametrize(
        ("kind", "brand", "name"),
        [
            ("EV", "Audi", "vin"),
            ("Meter", "Fluvius", "ean"),
            ("Meter", "Xenn P1", "reference"),
            ("RetrofitMeter", "Xenn", "reference"),
            ("SolarPlant", "SMA", "reference"),
            ("Windmill", "Acme", "reference"),
            (None, None, "reference"),
        ],
    )
    def test_takes_an_identifier_for_what_it_is(self, kind: str | None, brand: str | None, name: str) -> None:
        told = {"type": kind, "brand": brand, "identifier": "17"}
        wire = Wire(DER_CONNECT).will_answer({"id": "1", "data": {"entity": {"information": told}}})
        assert wire.client.get_onboarding(id="1").information == {name: "17"}

    def test_reads_a_type_beside_the_information(self) -> None:
        entity = {"type": "Meter", "brand": "Fluvius", "information": {"identifier": EAN}}
        read = Wire(DER_CONNECT).will_answer({"id": "1", "data": {"entity": entity}}).client.get_onboarding(id="1")
        assert (read.type, read.manufacturer, read.information) == ("SmartMeter", "Fluvius", {"ean": EAN})

    def test_tells_the_record_of_it_in_our_words(self) -> None:
        made = onboard(Wire(DER_CONNECT).will_answer(answer_in(DER_CONNECT)), "EV", "Audi", {"vin": VIN})
        assert made.trace.sent == {"type": "EV", "manufacturer": "Audi", "vin": VIN}
        entity = made.trace.answer["data"]["entity"]
        assert entity["type"] == "SmartMeter"
        assert {"manufacturer": "Fluvius", "ean": EAN, "code": "HX7K2M"}.items() <= entity["information"].items()


class TestListing:
    @pytest.mark.parametrize(
        ("generation", "query"),
        [
            (REALTO, {"type": "PV", "manufacturer": "SMA", "continuationToken": "n", "pageSize": "50"}),
            (DER_CONNECT, {"type": "SolarPlant", "brand": "SMA", "continuationToken": "n", "pageSize": "50"}),
        ],
    )
    def test_filters_by_the_words_of_the_generation(self, generation: str, query: dict[str, str]) -> None:
        wire = Wire(generation).will_answer({"data": []})
        wire.client.list_onboardings(type="PV", manufacturer="SMA", continuation_token="n", page_size=50)
        assert dict(wire.calls[-1].url.params) == query

    @BOTH
    def test_finds_what_was_asked_for(self, generation: str) -> None:
        wire = Wire(generation).will_answer({"data": [answer_in(generation)]})
        assert [item.id for item in wire.client.iter_onboardings(type="SmartMeter", manufacturer="Fluvius")] == ["7"]
        assert list(wire.client.iter_onboardings(type="EV", manufacturer="Audi")) == []


OFFERS = (
    Offer("SmartMeter", "Fluvius", (Attribute("ean"), Attribute("properties.flow", pattern="B2C|B2B"))),
    Offer("RetrofitMeter", "Xenn", (Attribute("reference"), Attribute("code", required=False))),
    Offer("PV", "Huawei", ()),
    Offer("EV", "Audi", (Attribute("vin"),)),
)
FLOW = {"name": "properties.flow", "pattern": "B2C|B2B"}
# Every shape that the list may have, in either generation.
TYPES: dict[str, list[object]] = {
    REALTO: [
        [
            {"type": "SmartMeter", "manufacturer": "Fluvius", "properties": ["ean", FLOW]},
            {
                "type": "RetrofitMeter",
                "manufacturer": "Xenn",
                "properties": ["reference", {"name": "code", "required": False}],
            },
            {"type": "PV", "manufacturer": "Huawei", "properties": []},
            {"type": "EV", "manufacturer": "Audi", "properties": ["vin"]},
        ],
        {
            "SmartMeter": [{"name": "Fluvius", "properties": ["ean", FLOW]}],
            "RetrofitMeter": [{"name": "Xenn", "attributes": ["reference", {"name": "code", "required": False}]}],
            "PV": [{"manufacturer": "Huawei", "properties": []}],
            "EV": [{"manufacturer": "Audi", "requiredProperties": ["vin"]}],
        },
    ],
    DER_CONNECT: [
        [
            {"type": "Meter", "brand": "Fluvius", "properties": ["identifier", FLOW]},
            {
                "type": "RetrofitMeter",
                "brand": "Xenn",
                "properties": ["identifier", {"name": "pairingCode", "required": False}],
            },
            {"type": "SolarPlant", "brand": "Huawei", "properties": []},
            {"type": "EV", "brand": "Audi", "properties": ["Identifier"]},
        ],
        [
            {"type": "Meter", "brands": [{"name": "Fluvius", "properties": ["identifier", FLOW]}]},
            {
                "type": "RetrofitMeter",
                "brands": ["Xenn"],
                "properties": ["identifier", {"name": "pairingCode", "required": False}],
            },
            {"type": "SolarPlant", "brands": [{"brand": "Huawei", "properties": []}]},
            {"type": "EV", "brands": ["Audi"], "properties": ["identifier"]},
        ],
        {
            "Meter": [{"name": "Fluvius", "properties": ["identifier", FLOW]}],
            "RetrofitMeter": [
                {"brand": "Xenn", "attributes": ["identifier", {"name": "pairingCode", "required": False}]}
            ],
            "SolarPlant": [{"brand": "Huawei", "properties": []}],
            "EV": [{"brand": "Audi", "requiredProperties": ["identifier"]}],
        },
    ],
}
SHAPES = [(generation, shape) for generation, shapes in TYPES.items() for shape in shapes]


class TestTypes:
    @pytest.mark.parametrize(("generation", "shape"), SHAPES)
    @pytest.mark.parametrize("is_wrapped", [False, True])
    def test_are_read_in_our_words(self, generation: str, shape: object, is_wrapped: bool) -> None:
        content = {"data": shape, "meta": {"continuationToken": None}} if is_wrapped else shape
        wire = Wire(generation).will_answer(content)
        assert wire.client.list_types() == OFFERS
        assert str(wire.calls[-1].url) == f"{BASES[generation]}/v1/onboarding/types"

    @BOTH
    @pytest.mark.parametrize(
        "content", ["x", 5, [], {}, {"data": None}, [None, 1, [], {}], {"Meter": "x", "EV": None}], ids=str
    )
    def test_survive_anything(self, generation: str, content: object) -> None:
        assert Wire(generation).will_answer(content).client.list_types() == ()

    def test_that_the_newer_generation_adds_keep_their_names(self) -> None:
        listed = [{"type": "Inverter", "brand": "SMA", "properties": ["associatedEmail", "name", "colour"]}]
        [offer] = Wire(DER_CONNECT).will_answer(listed).client.list_types()
        assert (offer.type, offer.manufacturer) == ("Inverter", "SMA")
        assert [item.name for item in offer.attributes or ()] == ["email", "model", "colour"]


def refused(generation: str, body: object, kind: str = "EV", maker: str = "Audi", **attributes: str) -> set[str]:
    wire = Wire(generation).will_answer(body, status=400)
    with pytest.raises(InvalidAnswers) as caught:
        onboard(wire, kind, maker, attributes or {"vin": VIN})
    return set(caught.value.fields)


def listed(code: str, message: str, description: str | None = None) -> dict[str, object]:
    return {"errors": [{"code": code, "description": description, "message": message}]}


class TestErrors:
    @pytest.mark.parametrize(
        ("older", "newer", "named"),
        [
            (listed("X", "'vin' is required."), listed("X", "'identifier' is required."), {"vin"}),
            (listed("InvalidVin", "No."), listed("InvalidIdentifier", "No."), {"vin"}),
            (listed("X", "No.", "vin"), listed("X", "No.", "identifier"), {"vin"}),
            ({"errors": {"Vin": ["No."]}}, {"errors": {"$.Identifier": ["No."]}}, {"vin"}),
            (listed("UnknownManufacturer", "No."), listed("UnknownBrand", "No."), {"manufacturer"}),
            (
                listed("X", "The manufacturer 'Umbra' is not supported."),
                listed("X", "The brand 'Umbra' is not supported."),
                {"manufacturer"},
            ),
            (listed("UnknownType", "No."), listed("UnknownType", "No."), {"type"}),
            (listed("X", "The pairing code is wrong."), listed("X", "The pairing code is wrong."), {"code"}),
            (listed("X", "'code' is wrong."), listed("InvalidPairingCode", "No."), {"code"}),
            (listed("X", "Bad e-mail."), listed("X", "The associatedEmail is unknown."), {"email"}),
            ({"errors": {"model": ["No."]}}, {"errors": {"name": ["No."]}}, {"model"}),
        ],
        ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
    )
    def test_name_what_is_refused_in_our_words(self, older: object, newer: object, named: set[str]) -> None:
        assert refused(REALTO, older) == named
        assert refused(DER_CONNECT, newer) == named

    @pytest.mark.parametrize(
        ("kind", "maker", "name"),
        [("SmartMeter", "Fluvius", "ean"), ("PV", "SMA", "reference"), ("RetrofitMeter", "Xenn", "reference")],
    )
    def test_take_an_identifier_for_what_was_sent(self, kind: str, maker: str, name: str) -> None:
        said = listed("X", "The identifier is not known.")
        assert refused(DER_CONNECT, said, kind, maker, **{name: "17"}) == {name}

    def test_say_nothing_of_a_field_by_a_common_word(self) -> None:
        wire = Wire(DER_CONNECT).will_answer(listed("X", "The name of the brand is a secret."), status=403)
        with pytest.raises(NotAuthorized):
            onboard(wire, "EV", "Audi", {"vin": VIN})
        assert refused(DER_CONNECT, listed("InvalidIdentifier", "The name is a secret.")) == {"vin"}


NAMES = st.sampled_from(
    ["data", "entity", "information", "type", "brand", "brands", "manufacturers", "identifier", "name", "properties"]
)
VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["Meter", "Xenn", "EV"])
JSON = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


class TestWhatNobodyExpects:
    CALLS = [calls.get_onboarding("1"), calls.get_entity("1"), calls.list_types("/v1/onboarding/types", "")]

    @given(content=JSON)
    @settings(max_examples=300, deadline=None)
    def test_is_read_without_a_mistake(self, content: object) -> None:
        for call in self.CALLS:
            read = GENERATIONS[DER_CONNECT].spoken(call).read(content)
            read_offers(read)
            OnboardingRequest.nameless(read)

    @pytest.mark.parametrize("name", ["data", "entity", "brands", "manufacturers", "properties", "name"])
    def test_may_be_very_deep(self, name: str) -> None:
        content: object = "x"
        for _level in range(20_000):
            content = [{name: content}] if name != "data" else {name: content}
        for call in self.CALLS:
            GENERATIONS[DER_CONNECT].spoken(call).read(content)


@BOTH
class TestLettingGo:
    def test_names_the_entity(self, generation: str) -> None:
        told = {"entityId": "e"} if generation == REALTO else {"id": "e"}
        wire = Wire(generation).will_answer({"id": "1", "status": "Pending", "data": told}, status=201)
        assert wire.client.create_offboarding(entity_id="e").entity_id == "e"
        assert wire.sent == {"entityId": "e"}
        assert str(wire.calls[-1].url) == f"{BASES[generation]}/v1/offboarding/entities"

    def test_cancels_under_the_same_path(self, generation: str) -> None:
        wire = Wire(generation).will_answer(answer_in(generation) | {"status": "Canceled"})
        canceled = wire.client.cancel_onboarding(id="7")
        assert canceled is not None
        assert (canceled.status, canceled.manufacturer) == ("Canceled", "Fluvius")
        assert (wire.calls[-1].method, str(wire.calls[-1].url)) == (
            "PATCH",
            f"{BASES[generation]}/v1/onboarding/entities/7/cancel",
        )


@BOTH
class TestWhatIsConnected:
    def entity(self, generation: str) -> dict[str, Any]:
        if generation == REALTO:
            information = {"type": "SmartMeter", "manufacturer": "Fluvius", "ean": EAN}
            return {"id": "e", "type": "SmartMeter", "information": information, "lastSeen": "2026-11-03T12:00:00Z"}
        information = {"type": "Meter", "brand": "Fluvius", "identifier": EAN}
        return {"id": "e", "type": "Meter", "brand": "Fluvius", "information": information, "isOnline": False}

    def test_is_read_in_our_words(self, generation: str) -> None:
        told = self.entity(generation)
        for content in (told, {"data": told}, {"data": {"entity": told}}):
            entity = Wire(generation).will_answer(content).client.get_entity(id="e")
            assert (entity.id, entity.type, entity.manufacturer) == ("e", "SmartMeter", "Fluvius")

    def test_is_listed_in_our_words(self, generation: str) -> None:
        wire = Wire(generation).will_answer({"data": [self.entity(generation), None]})
        [entity] = wire.client.list_entities(type="SmartMeter", manufacturer="Fluvius", page_size=5).items
        assert (entity.type, entity.manufacturer) == ("SmartMeter", "Fluvius")
        asked = {"type": "SmartMeter", "manufacturer": "Fluvius"}
        newer = {"type": "Meter", "brand": "Fluvius"}
        assert dict(wire.calls[-1].url.params) == {"pageSize": "5"} | (asked if generation == REALTO else newer)

    def test_tells_its_last_reading(self, generation: str) -> None:
        wire = Wire(generation).will_answer({"timestamp": "2026-11-03T12:00:00Z"})
        assert wire.client.last_reading(entity_id="e").at == datetime(2026, 11, 3, 12, tzinfo=UTC)
        assert str(wire.calls[-1].url) == f"{BASES[generation]}/v1/entities/e/readings/last"
