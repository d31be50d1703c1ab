"""Which help wins, what is asked when the platform does not say, and how unknown names read."""

from pathlib import Path

import pytest
from django.conf import settings

from onboarding.catalogue import shipped_help
from onboarding.catalogue.help_words import AttributeHelp, Drawing
from onboarding.catalogue.identifiers import InvalidIdentifier, check
from onboarding.catalogue.shipped_help import TYPE_HELP, default_attributes, help_for, plain_name, type_help
from onboarding.lib.patterns import compile_pattern

PLATFORM_TYPES = {"Battery", "Boiler", "ChargePole", "EV", "HeatPump", "PV", "RetrofitMeter", "SmartMeter"}
ALL_HELP = list(shipped_help._HELP.items())
DRAWINGS = {help_.drawing for _, help_ in ALL_HELP if help_.drawing}


class TestHelp:
    @pytest.mark.parametrize(
        ("type_", "manufacturer", "name", "label"),
        [
            ("EV", "Audi", "vin", "Vehicle identification number (VIN)"),
            ("RetrofitMeter", "Xenn", "code", "Pairing code"),
            ("RetrofitMeter", "Xenn P1", "code", "Pairing code"),
            ("RetrofitMeter", "re.alto", "code", "Code of your dongle"),
            ("RetrofitMeter", "Re.alto P1 dongle", "code", "Code of your dongle"),
            ("SmartMeter", "re.alto P1 dongle", "code", "Code of your dongle"),
            ("RetrofitMeter", "Other", "code", "Code of your device"),
            ("PV", "SMA", "reference", "Plant id"),
            ("PV", "SMA", "email", "E-mail address of the plant's owner"),
            ("PV", "Fronius", "email", "E-mail address of your account"),
            ("HeatPump", "NIBE", "reference", "Serial number"),
            ("PV", "Fronius", "reference", "Reference of your device"),
        ],
    )
    def test_is_the_most_specific_there_is(self, type_: str, manufacturer: str, name: str, label: str) -> None:
        assert str(help_for(type_, manufacturer, name).label) == label

    @pytest.mark.parametrize(
        ("name", "label"), [("gridOperatorId", "Grid operator id"), ("properties.flow", "Flow"), ("", "")]
    )
    def test_of_an_unknown_name_is_a_plain_label(self, name: str, label: str) -> None:
        assert help_for("PV", "Fronius", name) == AttributeHelp(label)

    def test_of_fluvius_offers_person_and_business(self) -> None:
        choices = help_for("SmartMeter", "Fluvius", "properties.flow").choices
        assert [(value, str(label)) for value, label in choices] == [
            ("B2C", "Privately"),
            ("B2B", "For a business"),
        ]

    @pytest.mark.parametrize(("key", "help_"), ALL_HELP, ids=[" ".join(key) for key, _ in ALL_HELP])
    def test_says_what_and_where(self, key: tuple[str, str, str], help_: AttributeHelp) -> None:
        assert help_.label
        assert help_.hint or help_.question
        assert help_.where or help_.choices or help_.question
        assert not help_.spellcheck
        assert help_.max_length >= len(help_.example)

    @pytest.mark.parametrize(("key", "help_"), ALL_HELP, ids=[" ".join(key) for key, _ in ALL_HELP])
    def test_gives_an_example_that_passes(self, key: tuple[str, str, str], help_: AttributeHelp) -> None:
        assert not help_.example or not check(key[2], help_.example).warning

    @pytest.mark.parametrize("drawing", sorted(DRAWINGS, key=lambda one: one.file), ids=lambda one: one.file)
    def test_shows_a_drawing_of_its_size_with_its_numbers(self, drawing: Drawing) -> None:
        picture = (Path(settings.BASE_DIR) / "static" / "img" / drawing.file).read_text()
        assert f'viewBox="0 0 360 {drawing.height}"' in picture
        assert picture.count('<circle class="n"') == len(drawing.places)


class TestDefaultAttributes:
    @pytest.mark.parametrize(
        ("type_", "manufacturer", "expected"),
        [
            ("PV", "Huawei", ()),
            ("PV", "SMA", (("reference", True), ("email", True))),
            ("SmartMeter", "Fluvius", (("ean", True), ("properties.flow", True))),
            ("RetrofitMeter", "Xenn", (("reference", True), ("code", True))),
            ("RetrofitMeter", "Xenn P1", (("reference", True), ("code", True))),
            ("RetrofitMeter", "re.alto", (("code", True),)),
            ("SmartMeter", "re.alto P1 dongle", (("code", True),)),
            ("EV", "Tesla", (("vin", True),)),
            ("SmartMeter", "ORES", (("ean", True),)),
            ("Battery", "Huawei", (("reference", False),)),
            ("WindTurbine", "Acme", (("reference", False),)),
        ],
    )
    def test_follow_what_is_known(self, type_: str, manufacturer: str, expected: tuple[tuple[str, bool], ...]) -> None:
        assert default_attributes(type_, manufacturer) == expected


class TestTypeHelp:
    @pytest.mark.parametrize(
        ("type_", "said"),
        [("EV", "hybrid"), ("SmartMeter", "electricity or gas"), ("RetrofitMeter", "gas"), ("PV", "inverter")],
    )
    def test_names_what_the_platforms_guide_counts_among_a_type(self, type_: str, said: str) -> None:
        assert said in str(type_help(type_).line)

    def test_of_a_meter_that_may_be_for_gas_says_so(self) -> None:
        asked = [
            ("SmartMeter", "Fluvius", "ean"),
            ("SmartMeter", "ORES", "ean"),
            ("RetrofitMeter", "Xenn", "reference"),
        ]
        assert ["gas" in str(help_for(*one).where) for one in asked] == [True] * 3

    def test_knows_every_type_of_the_platform(self) -> None:
        assert set(TYPE_HELP) == PLATFORM_TYPES

    @pytest.mark.parametrize("type_", [*sorted(PLATFORM_TYPES), "WindTurbine"])
    def test_has_an_icon_that_exists(self, type_: str) -> None:
        drawings = (Path(settings.BASE_DIR) / "static" / "img" / "types.svg").read_text()
        assert f'<view id="{type_help(type_).icon}"' in drawings

    @pytest.mark.parametrize(
        ("type_", "name", "icon"),
        [
            ("EV", "Electric car", "ev"),
            ("PV", "Solar panels", "pv"),
            ("WindTurbine", "Wind turbine", "other"),
        ],
    )
    def test_names_a_type_in_plain_words(self, type_: str, name: str, icon: str) -> None:
        assert (str(type_help(type_).name), type_help(type_).icon) == (name, icon)


class TestPlainName:
    @pytest.mark.parametrize(
        ("name", "plain"),
        [
            ("gridOperatorId", "Grid operator id"),
            ("properties.flow", "Flow"),
            ("panel_count", "Panel count"),
            ("serial-number", "Serial number"),
            ("meterEAN", "Meter EAN"),
            ("EVCharger", "EV charger"),
            ("InProgress", "In progress"),
            ("", ""),
            ("...", ""),
        ],
    )
    def test_reads_like_words(self, name: str, plain: str) -> None:
        assert plain_name(name) == plain


class TestCompilePattern:
    @pytest.mark.parametrize(
        "pattern",
        [
            r"\d{18}",
            r"\d{8}|\d{12}|\d{13}|\d{14}|\d{18}",
            "B2C|B2B",
            "^(B2C|B2B)$",
            "^(?:A|B)-[0-9]{1,4}$",
            r"[(*+?]{2}",
            r"\(\+\d+\)",
            r"[^@]+@[^@]+\.[a-z]+",
        ],
    )
    def test_accepts_simple_ones(self, pattern: str) -> None:
        assert compile_pattern(pattern) is not None

    @pytest.mark.parametrize(
        "pattern", ["", "[", "(", "*", "(?<=a)b", "(?=x)", r"(a)\1", "a{9999}", "(a{1000}){1000}", "x" * 201]
    )
    def test_leaves_out_the_unreadable_and_what_would_take_long(self, pattern: str) -> None:
        assert compile_pattern(pattern) is None


class TestPatternOfThePlatform:
    @pytest.mark.parametrize(
        ("name", "typed", "pattern"),
        [
            ("reference", "P1000000000", r"P\d{10}"),
            ("reference", "P1000000000", r"^P\d{10}$"),
            ("code", "123 456", r"\d{6}"),
            ("properties.flow", "B2B", "B2C|B2B"),
            ("properties.flow", "B2B", "^(B2C|B2B)$"),
            ("vin", "wa1dmafe0d0000000", "[A-HJ-NPR-Z0-9]{17}"),
        ],
    )
    def test_is_met_by_the_normalised_value(self, name: str, typed: str, pattern: str) -> None:
        assert check(name, typed, pattern=pattern).value

    @pytest.mark.parametrize(
        ("name", "typed", "pattern"),
        [
            ("reference", "P10000000001", r"P\d{10}"),
            ("properties.flow", "B2BX", "B2C|B2B"),
            ("ean", "4006381333931", r"\d{14}"),
        ],
    )
    def test_refuses_what_it_does_not_cover(self, name: str, typed: str, pattern: str) -> None:
        words = "This does not have the form that we expect. Please compare it once more."
        with pytest.raises(InvalidIdentifier, match=words):
            check(name, typed, pattern=pattern)

    @pytest.mark.parametrize("pattern", ["(?=x)", "[", r"(a)\1", "x{99999}"])
    def test_that_is_unreadable_is_ignored(self, pattern: str) -> None:
        assert check("reference", "a" * 60 + "!", pattern=pattern).value == "a" * 60 + "!"
