"""What passes, what is asked about once, and what is refused in which words."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding.catalogue.identifiers import (
    Checked,
    InvalidIdentifier,
    check,
    check_code,
    check_ean,
    check_email,
    check_vin,
)
from onboarding.lib.masks import mask

AUDI = "WA1DMAFE0D0000000"
METERING_POINT = "541448820000000008"
DEVICE = "123e4567-e89b-42d3-a456-426614174000"
DASHES = [*map(chr, (*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D))]
UNSEEN = [
    *map(chr, (0xAD, 0x34F, 0x61C, 0x115F, 0x17B4, 0x180B, 0x200B, 0x200E, 0x202E, 0x2060, 0x206F, 0x2800, 0x3164)),
    *map(chr, (0xFE0F, 0xFEFF, 0xFFA0, 0x1D173, 0xE0041, 0xE01EF)),
]
SAME = {
    "TMB": "Skoda, ŠKODA, Škoda Auto",
    "YV1": "Volvo, Volvo Cars, Polestar",
    "WP0": "Porsche",
    "ZFA": "Fiat, Abarth",
    "LSJ": "MG, MG Motor",
    "UU1": "Dacia, Renault",
    "W1K": "Mercedes, Mercedes-Benz",
    "WDD": "Mercedes-Benz, smart",
    "WME": "smart, Mercedes-Benz",
    "WVW": "VW, Volkswagen",
    "WUA": "Audi",
    "VF7": "Citroen, Citroën, DS Automobiles",
    "XP7": "tesla",
    "VSS": "Cupra, SEAT",
    "W0L": "Opel, Vauxhall",
    "KMH": "Hyundai, Genesis",
    "WMW": "BMW, MINI",
    "WBY": "BMW, MINI",
    "JTM": "Toyota, Lexus",
    "JMY": "Mitsubishi",
}


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def refusal(name: str, value: str) -> str:
    with pytest.raises(InvalidIdentifier) as caught:
        check(name, value)
    assert str(caught.value) == caught.value.message
    return caught.value.message


class TestVin:
    @pytest.mark.parametrize(
        "typed",
        [
            AUDI,
            AUDI.lower(),
            " WA1 DMAFE0 D0000000 ",
            "WA1-DMAFE0-D0000000",
            "WA1.DMAFE0.D0000000",
            "WA1\u2013DMAFE0\u2011D0000000",
            "WA1\u00a0DMAFE0\u200bD0000000\ufeff",
            full_width(AUDI),
            "WA1DMAFE0D\u0660\u0660\u0660\u0660\u0660\u0660\u0660",
            "VIN: WA1DMAFE0D0000000",
        ],
    )
    def test_is_kept_in_one_form(self, typed: str) -> None:
        assert check("vin", typed, manufacturer="Audi") == Checked(AUDI)

    @pytest.mark.parametrize(
        ("length", "message"),
        [
            (1, "This has 1 character; a VIN has 17. 16 characters are missing."),
            (15, "This has 15 characters; a VIN has 17. 2 characters are missing."),
            (16, "This has 16 characters; a VIN has 17. 1 character is missing."),
            (18, "This has 18 characters; a VIN has 17. 1 character is too many."),
        ],
    )
    def test_of_the_wrong_length_says_by_how_many(self, length: int, message: str) -> None:
        assert refusal("vin", (AUDI + "000")[:length]) == message

    @pytest.mark.parametrize("typed", ["WAIDMAFEOD0000000", "waidmafeqd000000O", "WA1DMAFE0D000000o"])
    def test_with_letters_that_look_like_digits_is_corrected(self, typed: str) -> None:
        assert refusal("vin", typed) == f"A VIN never contains I, O or Q. Did you mean {AUDI}?"

    @pytest.mark.parametrize(
        ("typed", "named"), [("WA1DMAFE0D00000#!", "# !"), ("Ä" + AUDI[1:], "Ä"), ("ß" + AUDI[2:], "ß")]
    )
    def test_with_other_characters_names_them(self, typed: str, named: str) -> None:
        assert refusal("vin", typed) == f"A VIN has only A to Z and digits. Please correct: {named}"

    @pytest.mark.parametrize("digit", "0123456789X")
    def test_is_never_judged_by_its_check_digit(self, digit: str) -> None:
        assert not check_vin(f"WVWZZZAU{digit}JP000001", manufacturer="Volkswagen").warning


class TestVinOfAnotherMaker:
    @pytest.mark.parametrize(
        ("code", "chosen", "maker"),
        [
            ("WVW", "Audi", "Volkswagen"),
            ("WAU", "Volkswagen", "Audi"),
            ("TMB", "Volkswagen", "Škoda"),
            ("VSS", "Tesla", "SEAT"),
            ("LSJ", "Volvo", "MG"),
            ("KMH", "Tesla", "Hyundai"),
            ("UU1", "Tesla", "Dacia"),
            ("YV1", "Lucid", "Volvo"),
            ("W0L", "Kia", "Opel"),
        ],
    )
    def test_asks_once(self, code: str, chosen: str, maker: str) -> None:
        checked = check_vin(code + AUDI[3:], manufacturer=chosen)
        assert checked.value == code + AUDI[3:]
        assert checked.maker == maker
        words = f"This looks like a VIN of {maker}, and you chose {chosen}. Is it right?"
        assert checked.warning == words

    @pytest.mark.parametrize(("code", "chosen"), [(code, one) for code in SAME for one in SAME[code].split(", ")])
    def test_is_not_seen_behind_other_names_and_shared_codes(self, code: str, chosen: str) -> None:
        assert check_vin(code + AUDI[3:], manufacturer=chosen) == Checked(code + AUDI[3:])

    @pytest.mark.parametrize(
        ("code", "chosen"), [("ZZZ", "Audi"), ("000", "Audi"), ("VF9", "Audi"), ("WVW", ""), ("WVW", "Enode")]
    )
    def test_is_not_guessed_when_one_of_the_two_is_unknown(self, code: str, chosen: str) -> None:
        assert not check_vin(code + AUDI[3:], manufacturer=chosen).warning


class TestEan:
    @pytest.mark.parametrize(
        "typed",
        [
            METERING_POINT,
            "5414 4882 0000 0000 08",
            "541448-820000-000008",
            "EAN 541448820000000008",
            "ean-code: 541448820000000008",
            full_width(METERING_POINT),
            "541448820000000008\u200b\u00a0",
        ],
    )
    def test_is_kept_as_digits(self, typed: str) -> None:
        assert check("ean", typed) == Checked(METERING_POINT)

    @pytest.mark.parametrize("typed", ["96385074", "036000291452", "4006381333931", "00012345600012"])
    def test_of_another_gs1_length_passes(self, typed: str) -> None:
        assert check_ean(typed) == Checked(typed)

    @pytest.mark.parametrize("typed", ["541448820000000006", "4006381333932", "96385075"])
    def test_whose_check_digit_fails_is_asked_about_and_kept(self, typed: str) -> None:
        assert check_ean(typed) == Checked(
            typed, "The last digit does not fit the others: one digit is probably mistyped."
        )

    @pytest.mark.parametrize(
        ("length", "message"),
        [
            (5, "This is too short: an EAN for electricity or gas has 18 digits; 13 are missing."),
            (10, "This has 10 digits; an EAN for electricity or gas has 18 digits; 8 are missing."),
            (16, "This has 16 digits; an EAN for electricity or gas has 18 digits; 2 are missing."),
            (17, "This has 17 digits; an EAN for electricity or gas has 18 digits; 1 is missing."),
            (19, "an EAN for electricity or gas has 18 digits. 1 character is too many."),
        ],
    )
    def test_of_the_wrong_length_says_what_is_wrong(self, length: int, message: str) -> None:
        assert message in refusal("ean", (METERING_POINT + "000")[:length])

    def test_with_other_characters_names_them(self) -> None:
        words = "An EAN has only digits. Please correct: O B"
        assert refusal("ean", "54144882000000OOB5") == words


class TestEmail:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (" Jan.Peeters@Example.ORG ", "Jan.Peeters@example.org"),
            ("jan+solar@example.org\u200b", "jan+solar@example.org"),
            ("mailto:jan@example.org", "jan@example.org"),
            ("MAILTO:jan@example.org?subject=My%20car", "jan@example.org"),
            ("Jan Peeters <jan@example.org>", "jan@example.org"),
            ('"Peeters, Jan" <jan@example.org>,', "jan@example.org"),
            ("<jan@example.org>", "jan@example.org"),
            ("jan@example.org,", "jan@example.org"),
            ("jan@example.org;", "jan@example.org"),
            ("jan@example.org.", "jan@example.org"),
        ],
    )
    def test_keeps_the_case_of_the_name_only(self, typed: str, kept: str) -> None:
        assert check("email", typed) == Checked(kept)

    @pytest.mark.parametrize(
        "typed",
        [
            "jan",
            "jan@",
            "@example.org",
            "jan@localhost",
            "jan @example.org",
            "a@b@example.org",
            "jan@x",
            "<a@b.org> <c@d.org>",
            "x@y.org <c@d.org>",
        ],
    )
    def test_that_is_incomplete_is_refused(self, typed: str) -> None:
        assert refusal("email", typed) == "Enter a complete e-mail address, like name@example.org."

    @pytest.mark.parametrize(
        ("typed", "likely"),
        [
            ("Jan@gmial.com", "Jan@gmail.com"),
            ("jan@HOTMIAL.com", "jan@hotmail.com"),
            ("j@outlok.com", "j@outlook.com"),
            ("j@gmail.con", "j@gmail.com"),
            ("j@gamil.com", "j@gmail.com"),
            ("j@gmil.co", "j@gmail.com"),
            ("j@telnet.be", "j@telenet.be"),
            ("j@skynett.be", "j@skynet.be"),
            ("j@zigo.nl", "j@ziggo.nl"),
            ("j@wanado.fr", "j@wanadoo.fr"),
            ("j@t-onlien.de", "j@t-online.de"),
            ("j@hotmal.co.uk", "j@hotmail.co.uk"),
        ],
    )
    def test_with_a_likely_mistake_is_asked_about_and_kept(self, typed: str, likely: str) -> None:
        checked = check_email(typed)
        assert checked.warning == f"Did you mean {likely}?"
        assert checked.suggestion == likely
        assert checked.value.lower() == typed.lower()

    @pytest.mark.parametrize(
        "domain",
        [
            *("gmail.com", "hotmail.be", "outlook.nl", "yahoo.fr", "mail.com", "email.com", "ymail.com", "gmx.de"),
            *("web.de", "free.fr", "live.be", "example.org", "gmail.example.org", "mail.gmail.com", "gml.com"),
        ],
    )
    def test_of_any_other_provider_is_not_asked_about(self, domain: str) -> None:
        assert check_email(f"jan@{domain}") == Checked(f"jan@{domain}")

    @pytest.mark.parametrize(
        "typed", ["jan@gm\u0430il.com", "jan@xn--gmil-63d.com", "jan@\u0445x.nl", "jan@xn--x-fub.nl"]
    )
    def test_at_a_domain_that_only_looks_latin_is_asked_about(self, typed: str) -> None:
        """Browsers write such a domain in its other form when they send it."""
        checked = check_email(typed)
        assert checked.suggestion == ("jan@xx.nl" if typed.endswith(".nl") else "jan@gmail.com")
        assert checked.value.startswith("jan@xn--")

    @pytest.mark.parametrize(
        "domain", ["\u043f\u043e\u0447\u0442\u0430.\u0440\u0444", "m\u00fcnchen.de", "xn--mnchen-3ya.de"]
    )
    def test_at_a_domain_of_other_letters_is_not_asked_about(self, domain: str) -> None:
        assert check_email(f"jan@{domain}").warning == ""

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                "jan@x.nl ,",
                "E-mail: jan@x.nl.",
                "Adresse e-mail : jan@x.nl",
                "(jan@x.nl)",
                "[jan@x.nl],",
                "'jan@x.nl'",
            ),
            *("\u201cjan@x.nl\u201d", "\u201ejan@x.nl\u201c.", '"jan@x.nl"', "\u2018jan@x.nl\u2019", '"jan@x.nl",'),
        ],
    )
    def test_has_something_around_it(self, typed: str) -> None:
        assert check_email(typed) == Checked("jan@x.nl")

    def test_with_a_sharp_s_goes_where_its_owner_reads(self) -> None:
        assert check_email("jan@stra\u00dfe.example") == Checked("jan@xn--strae-oqa.example")
        assert check_email("jan@strasse.example") == Checked("jan@strasse.example")

    def test_with_an_accent_before_the_at_says_what_is_wrong(self) -> None:
        assert "without accents" in refusal("email", "jos\u00e9@example.org")
        assert refusal("email", "jos\u00e9@example.org").endswith("Please correct: \u00e9")


class TestUuid:
    """For the platform it is any text."""

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (DEVICE, DEVICE),
            (DEVICE.upper(), DEVICE.upper()),
            (f" {{{DEVICE}}} ", DEVICE),
            (DEVICE.replace("-", ""), DEVICE.replace("-", "")),
            ("Boiler_7 Zolder", "Boiler_7 Zolder"),
            ("17", "17"),
        ],
    )
    def test_is_kept_as_it_is_read(self, typed: str, kept: str) -> None:
        assert check("uuid", typed) == Checked(kept)


class TestCode:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("123 456", "123456"),
            (" aB-12\u00a0x ", "aB-12x"),
            (full_width("123456"), "123456"),
            ("12\x0034", "1234"),
        ],
    )
    def test_loses_spaces_and_keeps_case(self, typed: str, kept: str) -> None:
        assert check_code(typed) == Checked(kept)


class TestMissingAnswer:
    @pytest.mark.parametrize(
        ("name", "typed", "words"),
        [
            ("vin", "", "Enter the VIN."),
            ("vin", "---", "Enter the VIN."),
            ("ean", "\u200b", "Enter the EAN."),
            ("ean", "EAN:", "Enter the EAN."),
            ("email", "\u00a0", "Enter the e-mail address."),
            ("uuid", " ", "Enter the device identifier."),
            ("reference", "  ", "Enter the reference."),
            ("panelCount", "", "Please fill in: Panel count."),
            ("EANGas", "", "Please fill in: EAN gas."),
        ],
    )
    def test_is_asked_for_by_name(self, name: str, typed: str, words: str) -> None:
        assert refusal(name, typed) == words


class TestOtherAttributes:
    @pytest.mark.parametrize(
        ("name", "typed", "kept"),
        [
            ("reference", " P1000000000 ", "P1000000000"),
            ("owner", "Zoë  de Wit\n", "Zoë de Wit"),
            ("properties.flow", "B2C", "B2C"),
            ("panelCount", "12", "12"),
        ],
    )
    def test_are_trimmed_text(self, name: str, typed: str, kept: str) -> None:
        assert check(name, typed) == Checked(kept)

    @pytest.mark.parametrize("name", ["reference", "code", "owner"])
    def test_end_at_200_characters(self, name: str) -> None:
        assert check(name, "a" * 200).value == "a" * 200
        words = "This has 201 characters; 200 is the most we can keep. Please shorten it."
        assert refusal(name, "a" * 201) == words


class TestMask:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (AUDI, "•••••••••••••0000"),
            (METERING_POINT, "••••••••••••••0008"),
            ("123456", "•••••6"),
            ("1234", "••••"),
            ("", ""),
            ("jan@example.org", "j•••@example.org"),
            ("j@example.org", "•••@example.org"),
            ("@bcdefg", "••••••g"),
        ],
    )
    def test_keeps_just_enough_to_recognise(self, value: str, shown: str) -> None:
        assert mask(value) == shown


class TestWhatPeoplePaste:
    """From PDF bills, apps and chats: it means what it shows."""

    @pytest.mark.parametrize("dash", DASHES, ids=ascii)
    def test_has_dashes_of_every_kind(self, dash: str) -> None:
        assert check("code", f"aB3{dash}x9K").value == "aB3-x9K"
        assert check("reference", f"P1000{dash}01").value == "P1000-01"
        assert check("properties.plantId", f"7{dash}8").value == "7-8"
        assert check("serialNumber", f"AB{dash}1234", pattern="^[A-Z0-9]{2}-[0-9]{4,6}$").value == "AB-1234"
        assert check("vin", f"{AUDI[:3]}{dash}{AUDI[3:]}").value == AUDI
        assert check("ean", f"{METERING_POINT[:6]}{dash}{METERING_POINT[6:]}").value == METERING_POINT

    @pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
    @pytest.mark.parametrize(
        ("name", "value"),
        [("vin", AUDI), ("ean", METERING_POINT), ("code", "aB3-x9K"), ("reference", "P1"), ("model", "e-tron")],
    )
    def test_has_characters_that_nobody_sees(self, name: str, value: str, unseen: str) -> None:
        assert check(name, f"{unseen}{value[:2]}{unseen}{value[2:]}{unseen}").value == value
        with pytest.raises(InvalidIdentifier) as caught:
            check(name, f" {unseen}{unseen} ")
        assert caught.value.code == "empty"

    @pytest.mark.parametrize(
        ("typed", "code"),
        [
            ("a\ufb01-x9K", "afi-x9K"),
            (full_width("aB3-x9K"), "aB3-x9K"),
            ("“aB3-x9K”", "aB3-x9K"),
            ("„aB3-x9K“.", "aB3-x9K"),
            ("«\u00a0aB3-x9K\u00a0»", "aB3-x9K"),
            ("(aB3-x9K),", "aB3-x9K"),
            ("[aB3-x9K]", "aB3-x9K"),
            ("<aB3-x9K>", "aB3-x9K"),
            ("'aB3-x9K.'", "aB3-x9K"),
            ("aB3-x9K.", "aB3-x9K"),
            ("aB3.x9K", "aB3.x9K"),
        ],
    )
    def test_has_other_letters_and_something_around_it(self, typed: str, code: str) -> None:
        assert check("code", typed).value == code
        assert check("reference", typed).value == code
        assert check("serialNumber", typed, pattern="^[A-Za-z0-9.-]+$").value == code

    @pytest.mark.parametrize("typed", ["“”", "()", ".", " - ."[3:], "«»."])
    def test_of_nothing_but_signs_around_is_empty(self, typed: str) -> None:
        assert refusal("code", typed) == "Enter the code."
        assert refusal("reference", typed) == "Enter the reference."

    @pytest.mark.parametrize(
        "words",
        [
            *("EAN", "EAN:", "EAN-code", "EAN code :", "EAN-code elektriciteit:", "EAN-code aardgas :"),
            *("Code EAN :", "N° EAN", "Numéro EAN :", "Code EAN électricité :"),
            *("EAN-Nummer:", "EAN-Code Strom:", "EAN no.", "EAN #"),
        ],
    )
    def test_has_the_words_of_a_bill_around_an_ean(self, words: str) -> None:
        assert check("ean", f"{words} {METERING_POINT}").value == METERING_POINT
        assert check("ean", f"{words}\u00a054 1448 8200 0000 0008.").value == METERING_POINT
        assert check("ean", f"{words} {METERING_POINT} (elektriciteit)").value == METERING_POINT

    @pytest.mark.parametrize(
        "typed",
        [
            *(
                f"{words} {AUDI}"
                for words in ("VIN", "VIN:", "VIN no.", "FIN", "FIN:", "(E)", "N° VIN :", "Numéro VIN :")
            ),
            *(f"{words} {AUDI}" for words in ("Chassisnummer:", "Fahrgestellnummer", "Numéro de châssis :", "E")),
            *(f"VIN{AUDI}", f"*{AUDI}*", f"I{AUDI}", f"*I{AUDI}*", "VIN WA1 DMAFE0 D0000000"),
        ],
    )
    def test_has_the_words_of_the_papers_around_a_vin(self, typed: str) -> None:
        assert check("vin", typed).value == AUDI

    @pytest.mark.parametrize(
        ("name", "typed", "said"),
        [
            ("ean", "54144882000000000A", "Please correct: A"),
            ("ean", "EAN 5414 A", "Please correct: A"),
            ("vin", "WA1DMAFE0D00000_0", "Please correct: _"),
            ("vin", "VIN WA1DMAFE0D", "This has"),
        ],
    )
    def test_is_not_guessed_where_something_is_wrong_with_it(self, name: str, typed: str, said: str) -> None:
        assert said in refusal(name, typed)


CYRILLIC = str.maketrans("ABEHKMOPCTX", "\u0410\u0412\u0415\u041d\u041a\u041c\u041e\u0420\u0421\u0422\u0425")
GREEK = str.maketrans("ABEHKMOPTX", "\u0391\u0392\u0395\u0397\u039a\u039c\u039f\u03a1\u03a4\u03a7")


class TestLettersOfAnotherAlphabet:
    @pytest.mark.parametrize("alphabet", [CYRILLIC, GREEK], ids=["Cyrillic", "Greek"])
    @pytest.mark.parametrize("vin", [AUDI, "TMBEH7NX0NY123456", "WBAXT5C50DD123456", "VF1KMPX0A12345678"])
    def test_in_a_vin_are_corrected(self, vin: str, alphabet: dict[int, int]) -> None:
        for typed in (vin.translate(alphabet), vin.translate(alphabet).lower()):
            with pytest.raises(InvalidIdentifier) as caught:
                check("vin", typed)
            assert caught.value.message.endswith(f"Did you mean {vin}?")
            assert (caught.value.code, caught.value.suggestion) == ("lookalikes", vin)

    def test_in_a_vin_may_stand_for_a_digit(self) -> None:
        assert refusal("vin", AUDI.replace("0", "\u041e")).endswith(f"Did you mean {AUDI}?")

    @pytest.mark.parametrize("typed", [AUDI.replace("W", "\u0416"), AUDI.replace("W", "\u03a9")])
    def test_that_look_like_no_other_are_named(self, typed: str) -> None:
        assert refusal("vin", typed) == f"A VIN has only A to Z and digits. Please correct: {typed[0]}"

    @pytest.mark.parametrize("name", ["code", "reference", "serialNumber"])
    def test_in_a_code_are_asked_about_once(self, name: str) -> None:
        typed, pattern = "aB3-\u0425\u0430K", "^.{7}$"
        checked = check(name, typed, pattern=pattern)
        assert (checked.value, checked.suggestion) == (typed, "aB3-XaK")
        assert checked.warning.endswith("Did you mean aB3-XaK?")

    def test_that_cannot_be_others_are_asked_about_too(self) -> None:
        checked = check("code", "aB3-\u0416")
        assert (checked.value, checked.suggestion) == ("aB3-\u0416", "")
        assert checked.warning == "This has letters of more than one alphabet. Is it right?"

    @pytest.mark.parametrize("typed", ["\u0416\u042f-12", "\u03a9\u03a8-12", "\u00e9t\u00e9-12", "12-34"])
    def test_are_not_seen_where_all_are_of_one(self, typed: str) -> None:
        assert check("code", typed) == Checked(typed)

    @pytest.mark.parametrize("name", ["reference", "code"])
    def test_in_letters_that_only_look_latin_is_asked_about(self, name: str) -> None:
        """A telephone with a Cyrillic keyboard writes all letters of a short number so."""
        checked = check(name, "\u04201000000000")
        assert (checked.value, checked.suggestion) == ("\u04201000000000", "P1000000000")
        assert check(name, "\u0411\u041610") == Checked("\u0411\u041610")

    @pytest.mark.parametrize("pattern", [r"P\d{10}", "P[0-9]{10}"])
    def test_in_letters_that_only_look_latin_does_not_have_the_form(self, pattern: str) -> None:
        with pytest.raises(InvalidIdentifier) as caught:
            check("reference", "\u04201000000000", pattern=pattern)
        assert (caught.value.code, caught.value.suggestion) == ("lookalikes", "P1000000000")


class TestWhatIsTyped:
    @pytest.mark.parametrize(
        "value",
        [
            "Plant (2)",
            "(A)B",
            "Zolder [noord]",
            '"Zon" 7',
            "7 «Zon»",
            "aB3(x9K)",
            "O\u00b4Neil",
            "12\u00a8",
            "10\u00bd",
            "m\u00b2",
        ],
    )
    def test_keeps_what_belongs_to_it(self, value: str) -> None:
        assert check("reference", value) == Checked(value)

    @pytest.mark.parametrize("name", ["vin", "ean", "code", "reference", "email", "panelCount"])
    def test_is_not_read_when_it_is_a_whole_book(self, name: str) -> None:
        """One such letter stands for eighteen: reading a page of them took seconds."""
        words = "This has 500000 characters; 200 is the most we can keep. Please shorten it."
        assert refusal(name, "\ufdfa" * 500_000) == words

    @settings(deadline=None)
    @given(st.sampled_from(["vin", "ean", "code", "reference", "uuid", "email", "model"]), st.text(max_size=40))
    def test_once_read_stays_as_it_is(self, name: str, typed: str) -> None:
        with suppress(InvalidIdentifier):
            value = check(name, typed).value
            assert check(name, value).value == value
