"""Files of invitations as people really have them: any spreadsheet, any encoding, and what can be wrong with one."""

import pytest
from django.core.exceptions import ValidationError

from onboarding.catalogue.catalogue import Attribute, Catalogue, Offer
from onboarding.intake.invitation_csv import MOST_ROWS, Line, read_lines

CATALOGUE = Catalogue((Offer("EV", "Audi", (Attribute("vin"),)), Offer("SmartMeter", "Fluvius", (Attribute("ean"),))))
HEAD = "type;manufacturer;contact_email;vin\n"


def read(content: str | bytes) -> list[Line]:
    return read_lines(content.encode() if isinstance(content, str) else content, CATALOGUE)


def values(content: str | bytes) -> list[dict[str, str]]:
    return [dict(line.values) for line in read(content)]


def refusal(content: str | bytes) -> str:
    with pytest.raises(ValidationError) as caught:
        read(content)
    return caught.value.message


class TestSpreadsheets:
    @pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
    def test_may_separate_columns_as_they_like(self, separator: str) -> None:
        text = "type;manufacturer;own_reference\nEV;Audi;K-17\n".replace(";", separator)
        assert values(text) == [{"type": "EV", "manufacturer": "Audi", "own_reference": "K-17"}]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_may_write_any_of_their_encodings(self, encoding: str) -> None:
        assert values("type;own_reference\nEV;Zoë Größe €\n".encode(encoding)) == [
            {"type": "EV", "own_reference": "Zoë Größe €"}
        ]

    def test_may_say_their_separator_and_still_count_their_rows(self) -> None:
        [line] = read("sep=,\r\ntype,own_reference\r\nEV,K;17\r\n")
        assert (line.number, line.values["own_reference"]) == (3, "K;17")

    @pytest.mark.parametrize("mark", ["SEP=,\r\n", '"sep=,"\n', "sep=,\r", "sep=,\n"])
    def test_may_say_their_separator_in_other_ways(self, mark: str) -> None:
        assert values(f"{mark}type,own_reference\nEV,K;17\n") == [{"type": "EV", "own_reference": "K;17"}]

    @pytest.mark.parametrize("mark", ['sep="\n', "sep=\r\r\n", "sep=\n"])
    def test_that_say_no_separator_are_refused(self, mark: str) -> None:
        assert "“sep=" in refusal(f"{mark}type\nEV\n")

    def test_may_put_quotes_around_cells_and_lines_into_them(self) -> None:
        assert values('type;own_reference\r\n"EV";"K ""17""; second\nline"\r\n') == [
            {"type": "EV", "own_reference": 'K "17"; second\nline'}
        ]

    def test_may_leave_empty_rows_and_cells_behind(self) -> None:
        lines = read("type;own_reference;;\n\nEV;K-17;;\n;;;\nEV;K-18\n")
        assert [(line.number, line.values["own_reference"]) for line in lines] == [(3, "K-17"), (5, "K-18")]

    def test_may_end_their_lines_in_any_way(self) -> None:
        for end in ("\n", "\r\n", "\r"):
            assert len(read(f"type;own_reference{end}EV;1{end}EV;2{end}")) == 2


class TestColumns:
    def test_are_known_by_our_name_or_the_fields(self) -> None:
        text = "Type;MANUFACTURER;The customer's e-mail address;Own reference;VIN\nEV;Audi;ann@example.org;K-17;WA1\n"
        assert values(text) == [
            {
                "type": "EV",
                "manufacturer": "Audi",
                "contact_email": "ann@example.org",
                "own_reference": "K-17",
                "answer.vin": "WA1",
            }
        ]

    def test_that_nobody_knows_are_named(self) -> None:
        assert "“colour”" in refusal("type;colour\nEV;red\n")

    def test_that_stand_there_twice_are_named(self) -> None:
        assert "“vin”" in refusal("vin;VIN\n1;2\n")


class TestRow:
    def test_that_a_spreadsheet_shortened_says_so(self) -> None:
        [line] = read("type;ean\nSmartMeter;5,41449E+17\n")
        [(column, words)] = line.remarks
        assert column == "ean"
        assert "A spreadsheet shortened this number." in words

    def test_with_more_cells_than_columns_says_so(self) -> None:
        [line] = read("type;vin\nEV;WA1;more\n")
        assert [words for _column, words in line.remarks] == ["This row has more cells than there are columns."]

    def test_that_repeats_another_says_which(self) -> None:
        lines = read(HEAD + "EV;Audi;ann@example.org;WA1\nEV;Audi;jan@example.org;WA1\nev;audi;ANN@example.org;wa1\n")
        assert [line.remarks for line in lines] == [(), (), (("", "This is the same as row 2."),)]


class TestFile:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "The file is empty."),
            (b"\n\n;;\n", "The file is empty."),
            (HEAD.encode(), "Below its first row, the file is empty."),
            (b"PK\x03\x04\x00\x00xlsx", "cannot be read as CSV"),
            (b'type;vin\n"EV;WA1\n', "cannot be read as CSV"),
            (b"\xff\xfe\x00", "cannot be read as CSV"),
            (b"type;vin\n" + b"x" * 200_000 + b"\n", "cannot be read as CSV"),
            (b"x" * 2_500_001, "larger than 2.5 MB"),
        ],
    )
    def test_that_is_none_of_invitations_says_so(self, content: bytes, words: str) -> None:
        assert words in refusal(content)

    def test_has_so_many_rows_at_most(self) -> None:
        rows = "".join(f"EV;Audi;{number}@example.org;\n" for number in range(MOST_ROWS))
        assert len(read(HEAD + rows)) == MOST_ROWS
        assert "more than 10,000 rows" in refusal(HEAD + rows + "EV;Audi;last@example.org;\n")
