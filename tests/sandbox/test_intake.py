from typing import Any

import pytest

from sandbox import intake
from sandbox.catalogue import Offering, Property
from sandbox.tokens import DEFAULT_TENANT_ID


class TestShape:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("vin", "WA1DMAFE0D000000"),
            ("vin", "WA1DMAFE0D00000000"),
            ("vin", "WA1DMAFE0D000000O"),
            ("vin", "wa1dmafe0d0000000"),
            ("ean", "12345"),
            ("ean", "54144882000000000X"),
            ("email", "nobody"),
            ("tenantId", "1234"),
            ("collectiveId", "{00000000-0000-4000-8000-000000000000}"),
            ("owner", "Zoë de Wit"),
            ("reference", 17),
            ("properties", "B2C"),
            ("type", ["EV"]),
        ],
    )
    def test_names_the_field_that_is_wrong(self, field: str, value: Any) -> None:
        problems = intake.shape_problems({field: value})

        assert [problem.field for problem in problems] == [field]
        assert field in problems[0].message

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"vin": "WA1DMAFE0D0000000"},
            {"vin": None, "ean": "", "tenantId": None},
            {"ean": "12345678"},
            {"ean": "541448820000000000"},
            {"uuid": "any text at all"},
            {"owner": "00000000-0000-4000-8000-00000000abcd"},
            {"properties": {"flow": "B2C"}, "somethingNew": [1, 2]},
        ],
    )
    def test_accepts_what_is_right_or_unknown(self, body: dict[str, Any]) -> None:
        assert intake.shape_problems(body) == []


class TestAttributes:
    def test_must_be_there_when_required(self) -> None:
        offering = Offering("X", "Y", (Property("a.b"), Property("c", is_required=False)))

        assert [p.field for p in intake.attribute_problems({"a": {}}, offering)] == ["a.b"]
        assert intake.attribute_problems({"a": {"b": "1"}}, offering) == []

    def test_must_match_their_pattern(self) -> None:
        offering = Offering("X", "Y", (Property("flow", pattern="B2C|B2B"),))

        assert [p.code for p in intake.attribute_problems({"flow": "B2"}, offering)] == ["InvalidValue"]


class TestTenant:
    @pytest.mark.parametrize("body", [{"tenantId": "x"}, {"collectiveId": "x"}])
    def test_may_be_named(self, body: dict[str, str]) -> None:
        assert intake.tenant_problems(body, None) == []

    def test_may_follow_from_the_caller(self) -> None:
        assert intake.tenant_problems({}, DEFAULT_TENANT_ID) == []

    def test_is_required_otherwise(self) -> None:
        assert [problem.field for problem in intake.tenant_problems({}, None)] == ["tenantId"]


class TestIdentifier:
    @pytest.mark.parametrize(
        ("body", "found"),
        [
            ({"vin": "V", "ean": "E"}, ("vin", "V")),
            ({"reference": "R", "code": "C"}, ("code", "C")),
            ({"reference": "R", "email": "a@b"}, ("reference", "R")),
            ({"type": "PV"}, ("", "")),
        ],
    )
    def test_is_the_first_of_a_fixed_order(self, body: dict[str, str], found: tuple[str, str]) -> None:
        assert intake.identifier_of(body) == found
