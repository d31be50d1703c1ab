"""The one table of makers, as the search and the check of a VIN read it."""

from collections import Counter

import pytest

from onboarding.catalogue import makers
from onboarding.catalogue.makers import ALIASES, SISTERS, car_makers_in, may_be_the_same
from onboarding.lib.folding import searchable

LINES = [line for line in (makers._CARS + makers._OTHERS).splitlines() if line]
CARS = [line.partition(":")[0].partition(" |")[0] for line in makers._CARS.splitlines() if line]
# Written by hand: a text, and the makers of cars that it speaks of.
SPOKEN_OF = [
    ("Škoda Auto a.s.", ["Škoda"]),
    ("SAIC MG", ["MG"]),
    ("quattro GmbH", ["Audi"]),
    ("Abarth", ["Fiat"]),
    ("DaimlerChrysler AG", ["Mercedes-Benz"]),
    ("SsangYong", ["SsangYong"]),
    ("LDV Maxus", ["LDV", "Maxus"]),
    ("Range Rover", ["Land Rover", "Rover"]),
    ("Solis", []),
    ("Enphase Envoy", []),
    ("Autobianchi", []),
    ("", []),
]
RELATED = [("Renault", "Dacia"), ("SEAT", "CUPRA"), ("Opel", "Vauxhall"), ("smart", "Mercedes-Benz"), ("Audi", "Audi")]
UNRELATED = [("Audi", "BMW"), ("SEAT", "Volkswagen"), ("Citroën", "Peugeot")]


class TestTable:
    def test_has_each_maker_once(self) -> None:
        names = Counter(searchable(line.partition(":")[0].partition(" |")[0]) for line in LINES)
        assert [name for name, times in names.items() if times > 1] == []

    def test_gives_no_name_to_two_lines(self) -> None:
        names = Counter(spelling for line in {frozenset(line) for line in ALIASES.values()} for spelling in line)
        assert [name for name, times in names.items() if times > 1] == []

    def test_relates_makers_that_it_has(self) -> None:
        known = {*CARS, "Abarth"}  # which is Fiat's, and people look for it
        assert [name for group in makers._RELATED for name in group if name not in known] == []
        assert SISTERS["abarth"] == ("abarth", "fiat")

    @pytest.mark.parametrize("line", LINES)
    def test_is_read_as_it_is_written(self, line: str) -> None:
        maker, _colon, more = line.split(" |")[0].partition(": ")
        for name in more.split(", ") if more else []:
            assert {searchable(maker), searchable(name)} <= set(ALIASES[searchable(name)])


class TestCarMakers:
    @pytest.mark.parametrize("maker", CARS)
    def test_are_found_by_their_own_names(self, maker: str) -> None:
        assert maker in car_makers_in(f"The {maker.upper()} company")

    @pytest.mark.parametrize(("text", "found"), SPOKEN_OF)
    def test_are_found_in_texts(self, text: str, found: list[str]) -> None:
        assert list(dict.fromkeys(car_makers_in(text))) == found

    def test_may_be_the_same_when_they_are_related(self) -> None:
        for one, other in RELATED:
            assert may_be_the_same([one], [other])
            assert may_be_the_same([other], [one])
        assert not any(may_be_the_same([one], [other]) for one, other in UNRELATED)
