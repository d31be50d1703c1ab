"""Finding a maker by what people type."""

import pytest

from onboarding.search import search


class TestSearch:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("SKODA", ["Škoda"]),
            ("vo", ["Volkswagen", "Volvo"]),
            ("mercedes benz", ["Mercedes-Benz"]),
            ("o", ["Škoda", "Volkswagen", "Volvo"]),
            ("zzz", []),
        ],
    )
    def test_forgives_case_accents_and_spaces(self, query: str, found: list[str]) -> None:
        assert search(["Mercedes-Benz", "Škoda", "Volkswagen", "Volvo"], query) == found
