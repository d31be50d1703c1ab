"""Which spellings count as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from onboarding.catalogue.shipped_help import same_maker
from onboarding.lib.folding import LONGEST_NAME, ascii_lower, ascii_upper, code, searchable, words_of

# A text, and how it is folded as a name, into words, and as a code.
FOLDED = [
    ("", "", [], ""),
    ("Škoda Auto", "skodaauto", ["skoda", "auto"], "ŠKODAAUTO"),
    ("SKODA", "skoda", ["skoda"], "SKODA"),
    ("Citroe\u0308n", "citroen", ["citroen"], "CITROËN"),
    ("Lynk & Co", "lynkco", ["lynk", "co"], "LYNKCO"),
    ("re.alto P1-dongle", "realtop1dongle", ["re", "alto", "p1", "dongle"], "REALTOP1DONGLE"),
    ("Straße", "strasse", ["strasse"], "STRASSE"),
    ("比亚迪 BYD", "比亚迪byd", ["byd"], "比亚迪BYD"),
    ("\uff57\uff41\uff11 2\u00a03", "wa123", ["wa1", "2", "3"], "WA123"),
    ("ab12-cd_34", "ab12cd34", ["ab12", "cd", "34"], "AB12CD34"),
    ("\0\n\u200b", "", [], ""),
    # Letters that fold into others in some ways and not in others; what is stored was made by these very ways.
    ("\N{LATIN SMALL LETTER DOTLESS I}", "\N{LATIN SMALL LETTER DOTLESS I}", [], "I"),
    ("\N{LATIN SMALL LETTER LONG S}", "s", ["s"], "S"),
    ("\N{KELVIN SIGN}", "k", ["k"], "K"),
    ("İ", "i", ["i"], "İ"),
    ("ﬁ", "fi", ["fi"], "FI"),
]
texts = some.text()


class TestNames:
    @pytest.mark.parametrize(("text", "name", "words", "_code"), FOLDED)
    def test_are_folded(self, text: str, name: str, words: list[str], _code: str) -> None:
        assert (searchable(text), words_of(text)) == (name, words)

    @given(text=texts)
    def test_folded_twice_are_folded_once(self, text: str) -> None:
        assert searchable(searchable(text)) == searchable(text)
        assert words_of(" ".join(words_of(text))) == words_of(text)

    @given(text=some.text(some.characters(codec="ascii")))
    def test_are_their_words_together(self, text: str) -> None:
        assert "".join(words_of(text)) == searchable(text) == searchable(text.upper()) == searchable(f" {text}-")

    def test_that_are_very_long_are_folded_alike(self) -> None:
        assert searchable("Š" * (LONGEST_NAME + 1)) == "s" * (LONGEST_NAME + 1)

    @pytest.mark.parametrize(
        ("one", "other", "is_same"),
        [
            ("re.alto P1 dongle", "re.alto", True),
            ("RE-ALTO", "re.alto dongle", True),
            ("Citroën", "citroen", True),
            ("Audi", "Audi e-tron", False),
            ("Fluvius", "Fluvia", False),
        ],
    )
    def test_are_of_one_maker(self, one: str, other: str, is_same: bool) -> None:
        assert same_maker(one, other) == is_same


class TestCodes:
    @pytest.mark.parametrize(("text", "_name", "_words", "folded"), FOLDED)
    def test_are_folded(self, text: str, _name: str, _words: list[str], folded: str) -> None:
        assert code(text) == folded

    @given(text=texts)
    def test_are_letters_and_digits(self, text: str) -> None:
        assert code(text) == "" or code(text).isalnum()

    @given(text=some.text(some.sampled_from("ACDEFHJKLMNPRTUVWXY3479")), sign=some.sampled_from(" -.\u00a0/"))
    def test_are_the_same_however_they_are_grouped(self, text: str, sign: str) -> None:
        assert code(sign.join(text.lower())) == text


class TestAscii:
    @given(text=texts)
    def test_never_makes_a_letter_of_ascii_of_another(self, text: str) -> None:
        for folded in (ascii_lower(text), ascii_upper(text)):
            assert len(folded) == len(text)
            assert all(old == new or (old.isascii() and new.isascii()) for old, new in zip(text, folded, strict=True))

    def test_folds_ascii(self) -> None:
        assert (
            ascii_lower("Aß-1İ\N{KELVIN SIGN}"),
            ascii_upper("aß-1\N{LATIN SMALL LETTER DOTLESS I}\N{LATIN SMALL LETTER LONG S}"),
        ) == ("aß-1İ\N{KELVIN SIGN}", "Aß-1\N{LATIN SMALL LETTER DOTLESS I}\N{LATIN SMALL LETTER LONG S}")
