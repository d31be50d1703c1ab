import pytest

from sandbox.catalogue import OFFERINGS, TYPES, Offering, Property
from sandbox.models import offerings
from sandbox.rules import BEHAVIOURS


def find(type_: str, manufacturer: str) -> Offering:
    return next(row for row in OFFERINGS if (row.type, row.manufacturer) == (type_, manufacturer))


class TestCatalogue:
    def test_has_every_documented_type(self) -> None:
        assert {row.type for row in OFFERINGS} == set(TYPES)

    def test_has_many_makers_once_each(self) -> None:
        pairs = [(row.type, row.manufacturer) for row in OFFERINGS]

        assert len(pairs) == len(set(pairs))
        assert len({maker for _, maker in pairs}) >= 45

    def test_names_behaviours_that_exist(self) -> None:
        assert {row.behaviour for row in OFFERINGS} <= set(BEHAVIOURS)

    @pytest.mark.parametrize(
        ("type_", "manufacturer", "names", "behaviour"),
        [
            ("EV", "Audi", ["vin"], "consent"),
            ("EV", "Tesla", ["vin"], "redirect"),
            ("PV", "Huawei", [], "redirect"),
            ("PV", "SMA", ["reference", "email"], "consent"),
            ("SmartMeter", "Fluvius", ["ean", "properties.flow"], "redirect"),
            ("RetrofitMeter", "Xenn", ["reference", "code"], "direct"),
            ("RetrofitMeter", "re.alto", ["code"], "direct"),
            ("SmartMeter", "re.alto", ["code"], "direct"),
        ],
    )
    def test_asks_what_the_makers_are_known_to_need(
        self, type_: str, manufacturer: str, names: list[str], behaviour: str
    ) -> None:
        row = find(type_, manufacturer)

        assert [item.name for item in row.properties] == names
        assert row.behaviour == behaviour

    def test_describes_the_flow_of_a_belgian_meter(self) -> None:
        flow = find("SmartMeter", "Fluvius").properties[1].as_json()

        assert flow["pattern"] == "B2C|B2B"
        assert flow["required"] is True
        assert flow["description"]


class TestPropertyFromStaff:
    def test_may_be_a_bare_name(self) -> None:
        assert Property.from_json("vin") == Property("vin")

    def test_may_be_an_object(self) -> None:
        item = {"name": "code", "required": False, "description": "Label", "pattern": "[0-9]+", "more": 1}

        assert Property.from_json(item) == Property("code", False, "Label", "[0-9]+")

    def test_with_a_broken_pattern_refuses_nothing(self) -> None:
        assert Property("code", pattern="(").matches("anything")


@pytest.mark.django_db
class TestOfferings:
    def test_are_joined_with_rows_of_staff(self) -> None:
        from sandbox import bench

        bench.offer("Sauna", "Harvia", ["reference"])
        bench.offer("EV", "Audi", [])

        rows = {(row.type, row.manufacturer): row for row in offerings()}
        assert rows["Sauna", "Harvia"].properties == (Property("reference"),)
        assert rows["EV", "Audi"].properties == ()
        assert len(rows) == len(OFFERINGS) + 1

    def test_survive_a_list_of_properties_that_is_none(self) -> None:
        from sandbox.models import SandboxOffering

        assert SandboxOffering(type="X", manufacturer="Y", properties="nonsense").as_offering().properties == ()
