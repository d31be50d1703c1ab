"""Error bodies, as tables."""

from typing import Any

import pytest

from onboarding.platform_api.problems import Problem, read_problem


class TestFieldsByKey:
    @pytest.mark.parametrize(
        ("key", "field"),
        [
            ("vin", "vin"),
            ("Vin", "vin"),
            ("VIN", "vin"),
            ("data.vin", "vin"),
            ("$.vin", "vin"),
            ("$['vin']", "vin"),
            ("$.Data.Entity.Information.Ean", "ean"),
            ("Code", "code"),
            ("Email", "email"),
            ("properties.flow", "properties.flow"),
            ("Properties.Flow", "properties.flow"),
            ("$.data.properties.flow", "properties.flow"),
            ("$.properties['flow']", "properties.flow"),
            ("Flow", "properties.flow"),
            ("SerialNumber", "serialNumber"),
            ("type", "type"),
            ("$.Data.Type", "type"),
            ("Manufacturer", "manufacturer"),
        ],
    )
    def test_are_recognised(self, key: str, field: str) -> None:
        problem = read_problem({"errors": {key: ["No."]}}, ("properties.flow", "serialNumber"))

        assert problem.fields == {field: ("No.",)}

    @pytest.mark.parametrize("key", ["", "$", "tenantId", "requestType", "vinyl", "unknown", "..."])
    def test_are_only_what_a_customer_can_correct(self, key: str) -> None:
        assert read_problem({"errors": {key: ["No."]}}).fields == {}

    @pytest.mark.parametrize(
        ("value", "messages"),
        [
            (["One.", "Two.", "One."], ("One.", "Two.")),
            ("One.", ("One.",)),
            ([{"message": "One."}], ("One.",)),
            ([], ()),
            (None, ()),
            (5.5, ()),
            ([None, "", "One."], ("One.",)),
        ],
    )
    def test_have_messages_in_any_form(self, value: Any, messages: tuple[str, ...]) -> None:
        assert read_problem({"errors": {"vin": value}}).fields == {"vin": messages}

    @pytest.mark.parametrize("name", ["field", "property", "propertyName", "path", "target"])
    def test_may_be_named_inside_an_entry(self, name: str) -> None:
        entry = {name: "$.vin", "message": "No."}

        assert read_problem({"errors": [entry]}).fields == {"vin": ("No.",)}


class TestOurs:
    """What no customer can correct: the tenant, the collective, the owner, the way back."""

    @pytest.mark.parametrize(
        "body",
        [
            {"errors": {"tenantId": ["No."]}},
            {"errors": {"$.collectiveId": ["No."]}},
            {"errors": {"Owner": ["must be a UUID"]}},
            {"errors": {"returnUrl": ["is not allowed"]}},
            {"errors": [{"code": "InvalidTenant", "message": "No."}]},
            {"errors": [{"code": "TenantIdRequired"}]},
            {"errors": [{"code": "InvalidOwner"}]},
            {"errors": [{"code": "X", "description": "The tenant cannot be derived from the caller."}]},
            {"errors": [{"field": "returnUrl", "message": "No."}]},
            {"errors": [{"code": "InvalidValue", "description": "owner", "message": "'owner' must be a UUID."}]},
            {"title": "Bad Request", "detail": "Collective id is unknown."},
        ],
        ids=str,
    )
    def test_are_told_apart(self, body: Any) -> None:
        problem = read_problem(body, ["vin"])
        assert (problem.is_ours, problem.fields) == (True, {})

    @pytest.mark.parametrize(
        "body",
        [
            {"errors": {"vin": ["No."], "tenantId": ["No."]}},
            {"errors": [{"code": "InvalidVin", "message": "The tenant has it already."}]},
            {"errors": {"vinyl": ["No."]}},
            {"errors": [{"code": "NotOnOffer", "message": "The owner has to agree first."}]},
            {},
        ],
        ids=str,
    )
    def test_are_nothing_that_a_customer_can_correct_too(self, body: Any) -> None:
        assert not read_problem(body, ["vin"]).is_ours

    def test_are_no_answer_whatever_was_sent(self) -> None:
        problem = read_problem({"errors": {"owner": ["No."]}}, ["owner"])
        assert (problem.is_ours, problem.fields) == (True, {})


def in_order(value: object) -> str:
    """Name a case alike in every process: a set has no order of its own."""
    return str(sorted(value) if isinstance(value, set) else value)


class TestFieldsByMention:
    @pytest.mark.parametrize(
        ("entry", "fields"),
        [
            ({"message": "The vin is not known."}, {"vin"}),
            ({"message": "The VIN is not known."}, {"vin"}),
            ({"description": "Field 'ean' is required."}, {"ean"}),
            ({"message": "Give vin or ean."}, {"vin", "ean"}),
            ({"code": "InvalidVin"}, {"vin"}),
            ({"code": "INVALID_VIN"}, {"vin"}),
            ({"code": "vin.invalid"}, {"vin"}),
            ({"message": "Unknown reference."}, {"reference"}),
            ({"message": "Bad e-mail."}, {"email"}),
            ({"message": "Bad email address."}, {"email"}),
            ({"message": "Unknown model."}, {"model"}),
            ({"message": "No such track, owner or uuid."}, {"track", "uuid"}),
            ({"message": "properties.flow must be B2C."}, {"properties.flow"}),
            ({"message": "'Properties.Flow' is missing"}, {"properties.flow"}),
            ({"message": "The pairing code is wrong."}, {"code"}),
            ({"message": "'code' is wrong."}, {"code"}),
            ({"message": '"Code" is wrong.'}, {"code"}),
            ({"message": "'serialNumber' is wrong."}, {"serialNumber"}),
            ("vin is wrong", {"vin"}),
            ({"message": "The error code is 17."}, set()),
            ({"code": "ErrorCode", "message": "Status code 400."}, set()),
            ({"code": "ModelStateInvalid"}, set()),
            ({"message": "tenantId is not a valid UUID."}, set()),
            ({"message": "Vinyl, oceans and modelling."}, set()),
            ({"message": None, "code": None}, set()),
            (None, set()),
            (7, set()),
            ([["vin"]], set()),
        ],
        ids=in_order,
    )
    def test_are_whole_words(self, entry: Any, fields: set[str]) -> None:
        assert read_problem({"errors": [entry]}, ["serialNumber"]).fields.keys() == fields

    @pytest.mark.parametrize(
        ("entry", "fields"),
        [
            ({"code": "UnknownType", "message": "No."}, {"type"}),
            ({"code": "INVALID_ENTITY_TYPE"}, {"type"}),
            ({"code": "UnsupportedManufacturer"}, {"manufacturer"}),
            ({"code": "X", "description": "manufacturer", "message": "No."}, {"manufacturer"}),
            ({"message": "'type' Sauna cannot be onboarded."}, {"type"}),
            ({"message": "The type Sauna is not supported."}, {"type"}),
            ({"message": "The Manufacturer field is required."}, {"manufacturer"}),
            ({"message": "The manufacturer 'Lucid' is unknown."}, {"manufacturer"}),
            ({"message": "Invalid type or unknown manufacturer."}, {"type", "manufacturer"}),
            ({"message": "'vin' is not known to the manufacturer."}, {"vin"}),
            ({"description": "Ask the manufacturer", "message": "Any type of car will do."}, set()),
            ({"message": "The manufacturer is not reachable at the moment."}, set()),
            ({"code": "UnsupportedMediaType", "message": "Content type is not supported."}, set()),
            ({"code": "InvalidTokenType"}, set()),
        ],
        ids=in_order,
    )
    def test_tell_a_refused_choice_from_words_that_only_sound_like_it(self, entry: Any, fields: set[str]) -> None:
        assert read_problem({"errors": [entry]}, ["vin"]).fields.keys() == fields

    def test_are_looked_for_in_a_detail_without_a_list(self) -> None:
        problem = read_problem({"title": "Bad Request", "detail": "The vin is not known."})

        assert problem.fields == {"vin": ("The vin is not known.",)}
        assert problem.message == "The vin is not known."


class TestCodeAndMessage:
    @pytest.mark.parametrize(
        ("body", "code", "message"),
        [
            ({"errors": [{"code": "A", "message": "m", "description": "d"}]}, "A", "m"),
            ({"errors": [{"code": "A", "description": "d"}]}, "A", "d"),
            ({"errors": [{}, {"code": "B", "message": "m"}]}, "B", "m"),
            ({"title": "t", "detail": "d"}, "", "d"),
            ({"title": "t"}, "", "t"),
            ({"title": "t", "errors": {"x": ["m"]}}, "", "t"),
            ({"errors": {"x": ["m"]}}, "", "m"),
            ({"code": "A", "message": "m", "errors": []}, "A", "m"),
            ({"code": "A", "message": "m", "errors": 5}, "A", "m"),
            ({"errors": ["m"]}, "", "m"),
        ],
        ids=in_order,
    )
    def test_are_the_first_that_say_something(self, body: Any, code: str, message: str) -> None:
        problem = read_problem(body)

        assert (problem.code, problem.message) == (code, message)

    @pytest.mark.parametrize("body", [None, [], "vin", 5, {}, {"errors": None}, {"errors": [[], [None]]}, object()])
    def test_are_empty_when_nothing_is_said(self, body: Any) -> None:
        assert read_problem(body) == Problem()


class TestWordsOfTwoMeanings:
    @pytest.mark.parametrize("message", ["The vin has an invalid type.", "Invalid type for field 'vin'."])
    def test_leave_the_type_alone_that_is_an_answers(self, message: str) -> None:
        """Else the customer reads that electric cars are not on offer."""
        assert set(read_problem({"errors": [{"message": message}]}).fields) == {"vin"}
        assert set(read_problem({"errors": [{"field": "vin", "message": "Invalid type."}]}).fields) == {"vin"}

    @pytest.mark.parametrize(
        "message",
        ["Unknown type for this manufacturer.", "The type EV is not supported.", "Invalid type. Unknown tenant."],
    )
    def test_name_the_type_where_no_answer_is_named(self, message: str) -> None:
        assert "type" in read_problem({"errors": [{"message": message}]}).fields

    def test_leave_the_device_alone_where_another_identifier_is_meant(self) -> None:
        names = {"identifier": "vin"}
        assert read_problem({"errors": [{"message": "Invalid client identifier."}]}, (), names).fields == {}
        assert set(read_problem({"errors": [{"message": "Invalid identifier."}]}, (), names).fields) == {"vin"}
