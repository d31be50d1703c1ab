"""Finding a maker by what people type."""

import pytest

from onboarding.catalogue.maker_search import search

SAID = """
    SMA: sma, sma solar, SMA Solar Technology, sunny boy, sunnyboy, sunny portal, Sunny Tripower 10
    SolarEdge: solaredge, solar edge, Solar-Edge, mysolaredge
    Huawei: fusionsolar, fusion solar, fusion, sun2000, huawei fusionsolar
    Volkswagen: vw, VW, vw golf, my VW ID.3, volks, volkswagen
    Mercedes-Benz: merc, mercedes, mercedes benz, mb, Benz, mercedes eqa, daimler
    Škoda: skoda, SKODA, škoda enyaq
    Citroën: citroen, Citroën C4
    Land Rover: landrover, range rover, Range Rover Evoque, land-rover
    Chevrolet: chevy
    BMW: bmw i3, beemer
    DS: ds, ds 3
    Kia: kia, kia niro
    Fluvius: mijn fluvius, eandis
    re.alto: p1, p1 meter, realto, re.alto, dongle
    Fronius: fronius, solar.web, solarweb
    Enphase: enphase, envoy
    Lynk & Co: lynk, lynk and co, lynk & co
    sonnen: sonnenbatterie
"""

MISTYPED = """
    Volkswagen: volkswagon wolkswagen folkswagen vokswagen volkswagn volkswagne volskwagen
    BMW: bwm bnw
    Tesla: tesal telsa tessla teslla
    Renault: renualt renalt rennault
    Peugeot: peugot pegeout peugeout peogeot
    Citroën: citreon citron citroeen
    Mercedes-Benz: mercades mercedez mercedesbens mercedez-bens marcedes
    Hyundai: hundai hyundia hiundai hyunday hunday
    Toyota: toyta tayota tojota
    Nissan: nisan nissen
    Škoda: skodda scoda
    Porsche: porche porshe
    Volvo: wolvo vovlo
    Polestar: polstar poelstar
    Mitsubishi: mitsibishi mitsubushi mitsubichi
    Opel: oppel
    Kia: kai
    Jaguar: jagaur jaguwar
    Audi: audii adui aydi
    Dacia: dacai datsia
    SEAT: seta
    Cupra: cubra
    Ford: forf
    Fiat: fita
    Suzuki: susuki
    Subaru: subaro
    Lexus: leksus
    Mazda: masda
    Maserati: mazerati
    Alfa Romeo: alpha-romeo
    Land Rover: landrovr
    Huawei: huawai hauwei huwaei
    Fronius: froinus fronuis
    SolarEdge: solaredeg solaregde solar-egde
    Enphase: enfase enphaze emphase
    Sungrow: sungrew
    Growatt: growwatt growart
    GoodWe: goodwee goodwie gudwe
    Solis: solid
    sonnen: sonen
    Fluvius: fluvuis fluvious
    Sibelga: sibelgas
    Stedin: stedinn
    Liander: lianderr
    Viessmann: viesman wiessmann vissmann
    Vaillant: valiant vailant
    Daikin: daiking dakin
    Ariston: aristan
    Smappee: smapee
    Wallbox: walbox
    Zaptec: zaptek
    Alfen: alfenn
"""
# Makers that are not in the list, ordinary words, and nothing at all.
STRANGE = """
    xyz, abc, qwerty, hello, test, asdf, foo, lada, trabant, wartburg, saab, iveco, tata, proton, saturn, pontiac,
    buick, daewoo, solax, kostal, steca, delta, ferroamp, imeon, deye, foxess, zever, sunpower, panasonic, bosch,
    samsung, siemens, philips, apple, car, auto, meter, inverter, battery, electric, gas, water, house, solar panels,
    my car, help, none, other, unknown, don't know, vin, ean, gmail, 12345, caravan, scooter, bike, tractor, truck,
    van, bus, john deere, aaa, zzz, iii, table, chair, melon, lemon, stop, yes, no, nope, marie, pieter, janssens
"""


def listed(table: str) -> list[str]:
    return [name.strip() for name in table.strip().rstrip(",").replace("\n", " ").split(", ")]


def pairs(table: str, separator: str | None) -> list[tuple[str, str]]:
    """Give (query, maker) from lines that begin with the maker."""
    lines = [line.strip().split(": ") for line in table.strip().splitlines()]
    return [(query, maker) for maker, queries in lines for query in queries.split(separator)]


MAKERS = listed("""
    Abarth, Alfa Romeo, Alpine, Audi, Bentley, BMW, BYD, Chevrolet, Citroën, Cupra, Dacia, DS, Fiat, Fisker, Ford,
    Genesis, Honda, Hyundai, Jaguar, Jeep, Kia, Lancia, Land Rover, Leapmotor, Lexus, Lotus, Lucid, Lynk & Co,
    Maserati, Maxus, Mazda, Mercedes-Benz, MG, MINI, Mitsubishi, NIO, Nissan, Opel, Peugeot, Polestar, Porsche,
    Renault, Rivian, Rolls-Royce, SEAT, Škoda, smart, SsangYong, Subaru, Suzuki, Tesla, Toyota, Volkswagen, Volvo,
    XPENG, Zeekr, AlphaESS, Enphase, Fronius, GoodWe, Growatt, Huawei, SMA, SolarEdge, Solis, sonnen, Sungrow,
    Victron, Fluvius, ORES, RESA, Sibelga, Enexis, Liander, Stedin, re.alto, Xenn, Ariston, Daikin, Viessmann,
    NIBE, Vaillant, Alfen, Easee, Zaptec, Wallbox, Smappee, EVBox
""")


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("SKODA", ["Škoda"]),
            ("vo", ["Volkswagen", "Volvo"]),
            ("mercedes benz", ["Mercedes-Benz"]),
            ("o", ["Škoda", "Volkswagen", "Volvo"]),
            ("zzz", []),
            ("", ["Mercedes-Benz", "Škoda", "Volkswagen", "Volvo"]),
            (" - ", ["Mercedes-Benz", "Škoda", "Volkswagen", "Volvo"]),
        ],
    )
    def test_forgives_case_accents_and_spaces(self, query: str, found: list[str]) -> None:
        assert search(["Mercedes-Benz", "Škoda", "Volkswagen", "Volvo"], query).names == found

    @pytest.mark.parametrize(("query", "maker"), pairs(SAID, ", "))
    def test_knows_makers_by_what_people_call_them(self, query: str, maker: str) -> None:
        found = search(MAKERS, query)
        assert (found.names[0], found.is_near) == (maker, False)

    def test_knows_whichever_of_its_names_the_platform_uses(self) -> None:
        assert search(["VW", "Volvo"], "volkswagen").names == ["VW"]
        assert search(["SsangYong", "Volvo"], "KGM").names == ["SsangYong"]

    def test_puts_names_before_aliases_and_beginnings_before_parts(self) -> None:
        assert search(MAKERS, "sun").names == ["Sungrow", "Huawei", "SMA"]
        assert search(MAKERS, "mb").names[0] == "Mercedes-Benz"
        assert search(MAKERS, "al").names[:4] == ["Alfa Romeo", "Alpine", "AlphaESS", "Alfen"]

    def test_takes_two_letters_for_an_alias_only_when_they_are_all_of_it(self) -> None:
        assert search(["Mercedes-Benz", "BMW"], "be").names == ["Mercedes-Benz"]  # by its own name
        assert search(["Chevrolet", "BMW", "SMA"], "su").names == []
        assert search(["Volkswagen", "SMA"], "vw").names == ["Volkswagen"]

    def test_shows_nothing_near_beside_a_hit(self) -> None:
        assert search(["Solis", "SolarEdge"], "solis").names == ["Solis"]
        assert not search(["Solis", "SolarEdge"], "sol").is_near


class TestNearHits:
    @pytest.mark.parametrize(("query", "maker"), pairs(MISTYPED, None))
    def test_come_first_for_a_typing_mistake(self, query: str, maker: str) -> None:
        found = search(MAKERS, query.replace("-", " "))
        assert (found.names[0], found.is_near) == (maker, True)
        assert len(found.names) <= 3

    @pytest.mark.parametrize("query", listed(STRANGE))
    def test_never_answer_what_is_like_nothing(self, query: str) -> None:
        found = search(MAKERS, query)
        assert not found.is_near, found.names

    @pytest.mark.parametrize("query", ["bw", "kj", "wv", "x", "sk d"])
    def test_never_answer_two_letters(self, query: str) -> None:
        assert not search(["BMW", "Kia", "Škoda", "VW"], query).is_near

    def test_look_at_the_first_word_too(self) -> None:
        assert search(MAKERS, "tesal model 3").names == ["Tesla"]
        assert search(MAKERS, "volkswagon golf variant").names == ["Volkswagen"]

    def test_are_empty_and_not_near_when_there_is_nothing(self) -> None:
        found = search(MAKERS, "xyz")
        assert (found.names, found.is_near) == ([], False)

    @pytest.mark.parametrize(
        "query", ["a " * 5000, "x" * 10_000, "\N{COMBINING ACUTE ACCENT}" * 300, "тесла", "🚗"], ids=range(5)
    )
    def test_bear_whatever_is_typed(self, query: str) -> None:
        assert not search(MAKERS, query).is_near


class TestSisters:
    def test_are_asked_about_and_never_assumed(self) -> None:
        for query in ("vauxhall", "Vauxhal", "vauxhall corsa"):
            found = search(["Audi", "Opel", "Tesla"], query)
            assert (found.names, found.is_near) == (["Opel"], True)

    def test_are_left_out_when_the_very_maker_is_offered(self) -> None:
        assert search(["Opel", "Vauxhall"], "vauxhall").names == ["Vauxhall"]
        assert search(["Opel", "Vauxhall"], "vuaxhall").names == ["Vauxhall"]
