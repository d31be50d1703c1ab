import re

import pytest

from sandbox.catalogue import EAN_PATTERN, VIN_PATTERN
from sandbox.intake import is_uuid
from sandbox.lives import LIVES
from sandbox.magic import MAGIC_INPUTS, find_magic
from sandbox.magic_input import Answer, MagicInput, check_digit
from sandbox.rules import BEHAVIOURS

EVERY_ROW = pytest.mark.parametrize("row", MAGIC_INPUTS, ids=lambda row: row.ending)


class TestTable:
    @EVERY_ROW
    def test_has_examples_that_end_with_the_code_and_look_right(self, row: MagicInput) -> None:
        for example in (row.vin, row.ean, row.code, row.reference, row.uuid):
            assert example.endswith(row.ending)
        assert re.fullmatch(VIN_PATTERN, row.vin)
        assert re.fullmatch(EAN_PATTERN, row.ean)
        assert len(row.ean) == 18
        assert check_digit(row.ean[:-1]) == row.ean[-1]
        assert re.fullmatch(r"P\d{10}", row.reference)
        assert re.fullmatch(r"\d{6}", row.code)
        assert is_uuid(row.uuid)

    @EVERY_ROW
    def test_names_behaviours_that_exist(self, row: MagicInput) -> None:
        assert not row.behaviour or row.behaviour in BEHAVIOURS
        assert row.life in LIVES

    @EVERY_ROW
    def test_explains_itself(self, row: MagicInput) -> None:
        assert str(row.title)
        assert str(row.description).endswith(".")

    @EVERY_ROW
    def test_never_says_created_without_creating(self, row: MagicInput) -> None:
        assert row.is_accepted or row.answer is not Answer.CREATED

    def test_uses_every_ending_once(self) -> None:
        endings = [row.ending for row in MAGIC_INPUTS]

        assert len(endings) == len(set(endings))

    def test_is_found_by_the_last_four_characters(self) -> None:
        assert find_magic("WVWZZZ1JZXW000700") == find_magic("0700")
        assert find_magic("0700") is not None

    @pytest.mark.parametrize("identifier", ["", "700", "WA1DMAFE0D0000000"])
    def test_leaves_other_identifiers_alone(self, identifier: str) -> None:
        assert find_magic(identifier) is None

    def test_knows_a_published_check_digit(self) -> None:
        assert check_digit("629104150021") == "3"
