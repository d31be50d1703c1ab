"""Numbers of meters in other countries: known by their form and their own check digit, and never a wall."""

import pytest

from onboarding.catalogue.identifiers import Checked, InvalidIdentifier, check

ASKED = "The last digit does not fit the others: one digit is probably mistyped."
# Published examples where there are any; the others were worked out by hand.
RIGHT = [
    ("30001234567890", "a PRM, as meters in France have"),
    ("41373559241", "a MaLo, as meters in Germany have"),
    ("DE00056266802AO6G56M11SN51G21M24S", "a MeLo, as meters in Germany and Austria have"),
    ("AT0010000000000000001000000123456", "a MeLo, as meters in Germany and Austria have"),
    ("1000000000003", "an MPAN, as meters in the United Kingdom have"),
    ("0000000000010", "an MPAN, as meters in the United Kingdom have"),
    ("018011011000000000003", "an MPAN, as meters in the United Kingdom have"),
    ("IT001E12345678", "a POD, as meters in Italy have"),
    ("IT001E123456789", "a POD, as meters in Italy have"),
    ("ES1234123456789012JY", "a CUPS, as meters in Spain have"),
    ("ES1234123456789012JY1F", "a CUPS, as meters in Spain have"),
]
WRONG = [
    ("41373559242", "a MaLo, as meters in Germany have"),
    ("018011011000000000004", "an MPAN, as meters in the United Kingdom have"),
    ("ES1234123456789012JX", "a CUPS, as meters in Spain have"),
]


class TestMeterOfAnotherCountry:
    @pytest.mark.parametrize(("number", "kind"), RIGHT)
    def test_is_recognised_and_asked_about_once(self, number: str, kind: str) -> None:
        assert check("ean", number) == Checked(number, f"This looks like {kind}. Is it right?")

    @pytest.mark.parametrize(("number", "kind"), RIGHT)
    def test_is_read_with_its_groups_and_words(self, number: str, kind: str) -> None:
        grouped = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
        for typed in (grouped, grouped.lower(), f"N°: {number}.", f"\u201c{number}\u201d"):
            assert check("ean", typed).value == number

    @pytest.mark.parametrize(("number", "kind"), WRONG)
    def test_with_a_mistake_is_asked_about_and_kept(self, number: str, kind: str) -> None:
        question = f"This looks like {kind}, but with a mistake in it. Please compare it once more: is it right?"
        assert check("ean", number) == Checked(number, question)

    @pytest.mark.parametrize("number", ["541448820000000008", "871685900000000004", "4006381333931", "00012345600012"])
    def test_is_not_seen_in_an_ean(self, number: str) -> None:
        assert check("ean", number) == Checked(number)

    @pytest.mark.parametrize("number", ["XX001E12345678", "DE0005626680", "ES1234", "IT001X12345678"])
    def test_is_not_seen_in_anything_else(self, number: str) -> None:
        with pytest.raises(InvalidIdentifier):
            check("ean", number)


class TestPatternOfThePlatform:
    @pytest.mark.parametrize(
        ("pattern", "typed", "value"),
        [
            ("^[0-9]{14}$", "3000 1234 5678 90", "30001234567890"),
            ("^[0-9]{10}$", "12 3456 7890", "1234567890"),
            ("^[A-Z]{2}[0-9]{4}$", "ab 1234", "AB1234"),
            ("^[0-9]{4}-[0-9]{4}$", "1234\u20115678", "1234-5678"),
        ],
    )
    def test_rules_instead_of_our_length(self, pattern: str, typed: str, value: str) -> None:
        assert check("ean", typed, pattern=pattern) == Checked(value)

    def test_is_still_to_be_met(self) -> None:
        with pytest.raises(InvalidIdentifier, match="does not have the form that we expect"):
            check("ean", "541448820000000008", pattern="^[0-9]{14}$")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("54144882000000000", "This has 17 digits; an EAN for electricity or gas has 18 digits; 1 is missing."),
            ("4006381333931", "This has 13 digits; an EAN for electricity or gas has 18 digits; 5 are missing."),
            ("5414488200000000080", "1 character is too many."),
            ("54144882OOOOOOOOO8", "An EAN has only digits. Please correct: O"),
        ],
    )
    def test_of_eighteen_digits_says_what_is_wrong(self, typed: str, said: str) -> None:
        with pytest.raises(InvalidIdentifier) as caught:
            check("ean", typed, pattern=r"\d{18}")
        assert said in caught.value.message

    def test_still_asks_about_a_check_digit(self) -> None:
        asked = check("ean", "541448820000000006", pattern="^[0-9]{18}$")
        assert asked == Checked("541448820000000006", ASKED)
