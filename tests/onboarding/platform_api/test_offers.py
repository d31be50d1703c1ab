"""The list of types, in every shape that it may have."""

from typing import Any

import pytest

from onboarding.platform_api.offers import merge_offers, read_offers
from onboarding.platform_api.resources import Attribute, Offer

VIN = Attribute("vin")
FLAT = [
    {"type": "EV", "manufacturer": "Audi", "properties": ["vin"]},
    {"type": "PV", "manufacturer": "Huawei", "properties": []},
    {"type": "PV", "manufacturer": "SMA"},
]
FLAT_READ = [Offer("EV", "Audi", (VIN,)), Offer("PV", "Huawei", ()), Offer("PV", "SMA", None)]
GROUPED = [
    {"type": "EV", "manufacturers": ["Audi", {"name": "Tesla", "properties": ["vin"]}]},
    {"type": "PV", "manufacturers": [{"manufacturer": "Huawei", "properties": []}]},
]
GROUPED_READ = [Offer("EV", "Audi"), Offer("EV", "Tesla", (VIN,)), Offer("PV", "Huawei", ())]
BY_TYPE = {"EV": ["Audi", "Tesla"], "PV": [{"name": "SMA", "properties": ["vin"]}]}
BY_TYPE_READ = [Offer("EV", "Audi"), Offer("EV", "Tesla"), Offer("PV", "SMA", (VIN,))]


class TestShapes:
    @pytest.mark.parametrize(
        ("content", "offers"),
        [(FLAT, FLAT_READ), (GROUPED, GROUPED_READ), (BY_TYPE, BY_TYPE_READ), ([], []), ({}, []), (None, [])],
        ids=["flat", "grouped", "by type", "empty list", "empty object", "null"],
    )
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_are_all_read(self, content: Any, offers: list[Offer], wrapped: bool) -> None:
        answer = {"data": content, "links": {"next": None}, "meta": {"pageSize": 25}} if wrapped else content

        assert read_offers(answer) == offers

    def test_may_give_a_list_for_all_manufacturers_of_a_type(self) -> None:
        makers = ["Audi", {"name": "Tesla", "properties": []}]

        offers = read_offers([{"type": "EV", "manufacturers": makers, "properties": ["vin"]}])

        assert offers == [Offer("EV", "Audi", (VIN,)), Offer("EV", "Tesla", ())]

    def test_keep_the_blanks_around_a_name(self) -> None:
        offers = read_offers([{"type": " EV", "manufacturer": "Audi "}])
        assert offers == [Offer(" EV", "Audi ")]
        assert merge_offers([*offers, Offer("ev", "audi", (VIN,))]) == (Offer(" EV", "Audi ", (VIN,)),)

    @pytest.mark.parametrize(("listed", "asked"), [(["Owner", "vin"], (VIN,)), (["owner", "tenantID"], ())])
    def test_ask_no_customer_for_what_is_ours_to_say(self, listed: list[str], asked: tuple[Attribute, ...]) -> None:
        assert read_offers([{"type": "EV", "manufacturer": "Audi", "properties": listed}]) == [
            Offer("EV", "Audi", asked)
        ]

    @pytest.mark.parametrize(
        ("answer", "skipped"),
        [
            ("text", 1),
            (5, 1),
            ([None, 1, "EV", [], {}], 5),
            ([{"type": "EV"}, {"manufacturer": "Audi"}], 2),
            ([{"type": {}, "manufacturer": []}], 1),
            ([{"type": "EV", "manufacturers": "Audi"}], 1),
            ([{"type": "EV", "manufacturers": [None, {}, {"name": 1.5}]}], 3),
            ({"EV": "Audi", "PV": None, "Boiler": {"a": 1}}, 3),
            ({"data": "text"}, 1),
        ],
        ids=str,
    )
    def test_lose_what_is_unreadable_and_nothing_else(
        self, answer: Any, skipped: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert read_offers(answer) == []
        assert f"Skipped {skipped} unreadable" in caplog.text

        if isinstance(answer, list):
            assert read_offers([*answer, *FLAT]) == FLAT_READ

    def test_never_show_their_content_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        read_offers([{"type": "secret-content", "manufacturers": 1, "properties": [{"key": "secret-content"}]}])

        assert caplog.records
        assert "secret-content" not in caplog.text


class TestAttributes:
    @pytest.mark.parametrize("name", ["properties", "requiredProperties", "attributes"])
    def test_have_several_names(self, name: str) -> None:
        assert read_offers([{"type": "EV", "manufacturer": "Audi", name: ["vin"]}])[0].attributes == (VIN,)

    @pytest.mark.parametrize(
        ("listed", "attributes"),
        [
            (["vin", "vin", "VIN"], (VIN,)),
            (["properties.flow"], (Attribute("properties.flow"),)),
            (["serialNumber"], (Attribute("serialNumber"),)),
            (
                [{"name": "code", "required": False, "description": "Six digits", "pattern": "^[0-9]{6}$"}],
                (Attribute("code", False, "Six digits", "^[0-9]{6}$"),),
            ),
            ([{"name": "vin", "required": None, "description": None, "pattern": 5.5}], (VIN,)),
            ([{"name": "vin"}, None, {}, 1.5], (VIN,)),
            ([], ()),
            (None, None),
            ("vin", None),
            ({"vin": {}}, None),
            ([{"key": "vin"}], None),
        ],
        ids=str,
    )
    def test_are_names_or_objects(self, listed: Any, attributes: tuple[Attribute, ...] | None) -> None:
        (offer,) = read_offers([{"type": "EV", "manufacturer": "Audi", "properties": listed}])

        assert offer.attributes == attributes


class TestMergeOffers:
    @pytest.mark.parametrize(
        ("first", "second", "merged"),
        [
            (None, None, None),
            (None, (), ()),
            ((), None, ()),
            (None, (VIN,), (VIN,)),
            ((VIN,), (Attribute("code"), Attribute("vin", False)), (VIN, Attribute("code"))),
        ],
    )
    def test_makes_one_of_two(self, first: Any, second: Any, merged: Any) -> None:
        offers = merge_offers([Offer("EV", "Audi", first), Offer("PV", "SMA"), Offer("ev", "AUDI", second)])

        assert offers == (Offer("EV", "Audi", merged), Offer("PV", "SMA"))
