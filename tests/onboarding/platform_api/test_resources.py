"""Answers become values, whatever is in them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from onboarding.platform_api.errors import PlatformUnavailable
from onboarding.platform_api.resources import (
    Action,
    OffboardingRequest,
    OnboardingRequest,
    Page,
    RequestError,
    Transaction,
    continuation_token,
)

FULL: dict[str, Any] = {
    "id": "7e4c",
    "principalId": "p",
    "requestType": "Entity",
    "created": "2026-05-04T10:20:30.1234567Z",
    "returnUrl": "https://portal.test/back",
    "data": {
        "entity": {
            "id": "e-1",
            "owner": "o-1",
            "tenantId": "t-1",
            "collectiveId": "c-1",
            "type": "SmartMeter",
            "properties": {"flow": "B2C", "deep": {"er": 1}},
            "information": {
                "type": "SmartMeter",
                "manufacturer": "Fluvius",
                "ean": 541448820000000000,
                "vin": None,
                "email": "",
            },
        },
        "tenant": {},
    },
    "status": "Pending",
    "transactions": [{"type": "CreateEntity", "status": "Done"}, {"type": "Connect", "status": "Pending"}],
    "action": {"type": "Redirect", "redirectLink": "https://maker.test/?a=b", "documentationLink": None},
    "errors": [{"code": "E1", "message": "Why."}],
    "somethingNew": [1, 2],
}


class TestOnboardingRequest:
    def test_has_all_that_is_documented(self) -> None:
        assert OnboardingRequest.from_json(FULL) == OnboardingRequest(
            id="7e4c",
            status="Pending",
            transactions=(Transaction("CreateEntity", "Done"), Transaction("Connect", "Pending")),
            action=Action("Redirect", "https://maker.test/?a=b", ""),
            errors=(RequestError("E1", "Why."),),
            return_url="https://portal.test/back",
            created=datetime(2026, 5, 4, 10, 20, 30, 123456, tzinfo=UTC),
            entity_id="e-1",
            tenant_id="t-1",
            collective_id="c-1",
            principal_id="p",
            owner_id="o-1",
            type="SmartMeter",
            manufacturer="Fluvius",
            information={"ean": "541448820000000000", "properties.flow": "B2C"},
        )

    def test_needs_no_more_than_an_id(self) -> None:
        assert OnboardingRequest.from_json({"id": "1"}) == OnboardingRequest(id="1", status="")

    @pytest.mark.parametrize("name", [name for name in FULL if name != "id"])
    def test_treats_null_as_absent(self, name: str) -> None:
        without = {key: value for key, value in FULL.items() if key != name}

        assert OnboardingRequest.from_json(FULL | {name: None}) == OnboardingRequest.from_json(without)

    @pytest.mark.parametrize("name", [name for name in FULL if name != "id"])
    @pytest.mark.parametrize("odd", [True, 3.5, "text", [], [None, 1, "x", [], {}], {}, {"entity": [1]}], ids=str)
    def test_survives_a_wrong_type_anywhere(self, name: str, odd: Any) -> None:
        assert OnboardingRequest.from_json(FULL | {name: odd}).id == "7e4c"

    @pytest.mark.parametrize("odd", [True, 3.5, "text", [], {}, {"information": [1], "properties": 4}], ids=str)
    def test_survives_a_wrong_type_in_the_data(self, odd: Any) -> None:
        assert OnboardingRequest.from_json(FULL | {"data": {"entity": odd}}).information == {}

    def test_finds_whose_it_is_beside_the_entity_too(self) -> None:
        told = {"id": "1", "data": {"entity": {}, "tenant": {"id": "t-2"}, "collective": {"id": "c-2"}}}

        request = OnboardingRequest.from_json(told)

        assert (request.tenant_id, request.collective_id, request.owner_id) == ("t-2", "c-2", "")

    @pytest.mark.parametrize(
        ("said", "kept"),
        [(" Audi ", " Audi "), ("Audi\u00a0", "Audi\u00a0"), ("Audi\n", "Audi"), ("  ", ""), (7, "7"), ("x" * 101, "")],
    )
    def test_spells_the_manufacturer_as_it_came(self, said: object, kept: str) -> None:
        told = {"id": "1", "data": {"entity": {"manufacturer": said}}}
        assert OnboardingRequest.from_json(told).manufacturer == kept

    def test_may_be_of_a_maker_whatever_blanks_are_around_it(self) -> None:
        request = OnboardingRequest(id="1", status="", type="EV", manufacturer="audi")
        assert request.may_be_of(" EV", "Audi ")
        assert not request.may_be_of("EV", "Au di")

    def test_keeps_unknown_words(self) -> None:
        told = {"id": "1", "status": "Frobnicating", "action": {"type": "Dance"}}

        request = OnboardingRequest.from_json(told)

        assert request.status == "Frobnicating"
        assert request.action == Action("Dance")

    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.test",
            "/path",
            "https://a b",
            'https://a"b',
            "https://",
        ],
    )
    def test_has_no_link_but_to_the_web(self, address: str) -> None:
        action = {"type": "Redirect", "redirectLink": address, "documentationLink": address}

        request = OnboardingRequest.from_json({"id": "1", "action": action})

        assert request.action == Action("Redirect", "", "", is_broken=True)

    @pytest.mark.parametrize("action", [{}, [], "Redirect", {"type": ""}, {"other": 1}])
    def test_has_no_action_when_it_says_nothing(self, action: Any) -> None:
        assert OnboardingRequest.from_json({"id": "1", "action": action}).action is None

    @pytest.mark.parametrize(
        ("value", "moment"),
        [
            ("2026-05-04T10:20:30", datetime(2026, 5, 4, 10, 20, 30, tzinfo=UTC)),
            ("2026-05-04T12:20:30+02:00", datetime(2026, 5, 4, 10, 20, 30, tzinfo=UTC)),
            ("0001-01-01T00:00:00", None),
            ("yesterday", None),
            ("", None),
            (1777890030, None),
        ],
    )
    def test_reads_when_it_was_created(self, value: Any, moment: datetime | None) -> None:
        assert OnboardingRequest.from_json({"id": "1", "created": value}).created == moment

    def test_holds_no_text_that_a_database_refuses(self) -> None:
        told = {"id": "1", "status": "a\0b\ud800", "errors": [{"message": "x" * 5000, "code": "y" * 500}]}

        request = OnboardingRequest.from_json(told)

        assert request.status == "ab?"
        assert (len(request.errors[0].message), len(request.errors[0].code)) == (500, 64)

    @pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"id": None}, {"id": []}, {"id": " "}])
    def test_is_no_answer_without_an_id(self, value: Any) -> None:
        with pytest.raises(PlatformUnavailable) as caught:
            OnboardingRequest.from_json(value)

        assert caught.value.may_have_taken_effect


class TestPage:
    def test_leaves_out_what_cannot_be_read(self, caplog: pytest.LogCaptureFixture) -> None:
        page = Page.from_json({"data": [{"id": "1"}, None, {"status": "x"}, "y", {"id": "2"}]})

        assert [item.id for item in page.items] == ["1", "2"]
        assert "Skipped 3" in caplog.text

    def test_may_be_a_bare_list(self) -> None:
        assert Page.from_json([{"id": "1"}]) == Page((OnboardingRequest("1", ""),), "")


class TestContinuationToken:
    @pytest.mark.parametrize(
        ("answer", "token"),
        [
            (None, ""),
            ([], ""),
            ({}, ""),
            ({"meta": {"continuationToken": None}, "links": {"next": None}}, ""),
            ({"meta": {"continuationToken": "a"}, "links": {"next": "/x?continuationToken=b"}}, "a"),
            ({"meta": [], "links": {"next": "https://p.test/x?pageSize=2&continuationToken=a%2Bb"}}, "a+b"),
            ({"links": {"next": "/x?page=2"}}, ""),
            ({"links": {"next": 5}}, ""),
            ({"meta": {"continuationToken": {}}}, ""),
        ],
        ids=str,
    )
    def test_is_found_in_meta_or_links(self, answer: Any, token: str) -> None:
        assert continuation_token(answer) == token


class TestOffboardingRequest:
    def test_reads_what_is_documented(self) -> None:
        told = {"id": "1", "status": "Pending", "data": {"entityId": "e"}}

        assert OffboardingRequest.from_json(told) == OffboardingRequest("1", "Pending", "e")

    @pytest.mark.parametrize("data", [{"id": "e"}, {"id": "other", "entityId": "e"}, {"id": "e", "entityId": None}])
    def test_may_name_the_entity_in_either_way(self, data: Any) -> None:
        assert OffboardingRequest.from_json({"id": "1", "data": data}).entity_id == "e"

    @pytest.mark.parametrize("data", [None, [], "x", {"entityId": None}])
    def test_needs_no_more_than_an_id(self, data: Any) -> None:
        assert OffboardingRequest.from_json({"id": "1", "data": data}) == OffboardingRequest("1", "")
