"""Receipts as PDF: the letters that are stored, in any alphabet and direction, for eyes and for screen readers."""

import hashlib
import io
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import page
import pytest
from django.core import mail
from django.utils import translation
from pypdf import PdfReader, PdfWriter
from pytest_django import Settings

from onboarding.branding import brand
from onboarding.branding.brand import Look
from onboarding.branding.models import Brand
from onboarding.catalogue import refresh
from onboarding.consent.receipt_pdf import receipt_pdf
from onboarding.consent.receipts import Receipt, receipt_for
from onboarding.models import Consent
from onboarding.portal import pages
from sandbox import bench
from tests.customers import GUIDES_VIN, Customer, work
from tests.onboarding.consent import unknown_letter
from tests.onboarding.consent.paper import Paper, Sign

CONTROLLERS = [
    "Żółw Energia Sp. z o.o.",
    "Zażółć gęślą jaźń",
    "Příliš žluťoučký kůň úpěl ďábelské ódy",
    "Ľubomír Šťastný, dĺžka vŕšku",
    "Árvíztűrő tükörfúrógép Kft.",
    "İstanbul Işık Ağı, ığdır",
    "Þórður Ægisson, Öxarfjörður ehf.",
    "Ġorġ Ħaż-Żebbuġ Ċirkewwa",
    "Ștefan Țăran, Iași și Brașov",
    "Şcoala Ţării",  # with cedillas, which are other letters
    "Ąžuolo Šviesa, įėųū",
    "Ģirts Ķēniņš, Ņēģu ļaudis",
    "Õnne Jõgi, Särevere OÜ",
    "Đorđe Čvorović, Šibenik d.d.",
    "Œuvre & Cœur, Haÿ-les-Roses",
    "Straẞe und Straße",
    "Ŵyn Ŷnys, Llŷn",
    "Nguyễn Thị Ánh Tuyết, Đặng Hữu",
    "Sámi Álgu, Ŋuorra ŧ",
    "Ελληνική Ενέργεια Α.Ε., άέήίόύώΐΰ",
    "Ἀθῆναι, ᾠδή ὦ",
    "Київенерго, Їжак Ґанок Єва",
    "Ђорђе Њежић, Љубљана Џеп Ћуприја",
    "Електроразпределение Юг ЕАД, ѝ",
    "Объединённая энергия, ЁЪЫЭ",
    "Беларусь, Ўладзімір",
    "Македонија, Ѓорѓи Ќосев Ѕвезда",
    "Հայաստանի էլեկտրական ցանցեր",
    "საქართველოს ენერგია",
    unicodedata.normalize("NFD", "Żółw Příliš Çağrı Ångström"),
    unicodedata.normalize("NFD", "Їжак Йовчев ΐ ά"),
    "ﬁne ﬂow, office affluent ﬃ",
    "fi ffi fl",
    "q\u0308 and m\u0304",  # a letter that exists in two pieces only
    "Energie & Co. <KG>",
    "“N.V.” – ‘B.V.’ … € ½ № §",
    "A\u00a0B\u2011C  two  spaces",
    "a\u200db\u00adc",  # with letters that nobody sees
    "日本電力 株式会社 😀👍🏽 🇧🇪",
    '#read("/etc/passwd") $x^2$ *b* _i_ @ref <l> `r` \\u{41} [c] // e /* f */ = g',
]
# What is read from the right, and the same from the left: pieces that are each in the order of their letters.
FROM_THE_RIGHT = [
    ("חשמל ירוק", ["חשמל ירוק"]),
    ("שרה לוי־כהן", ["שרה לוי־כהן"]),
    ("شركة الطاقة الخضراء", ["شركة الطاقة الخضراء"]),
    ("محمد عبد الرحمن", ["محمد عبد الرحمن"]),
    ("پژمان گچساران", ["پژمان گچساران"]),
    ("علاء لآلئ", ["علاء لآلئ"]),
    ("חשמל ירוק 2024", ["2024", " ", "חשמל ירוק"]),
    ("طاقة ١٢٣", ["١٢٣", " ", "طاقة"]),
    ("شركة ABC للطاقة", ["للطاقة", " ", "ABC", " ", "شركة"]),
    ("נטע N.V.", [".", "N.V", " ", "נטע"]),
    ("Bright (שלום) Energy", ["Bright (", "שלום", ") Energy"]),
]
ALPHABETS = {
    "Latin": [range(0x41, 0x250), range(0x1E00, 0x1F00)],
    "Greek": [range(0x370, 0x3E2), range(0x1F00, 0x2000)],
    "Cyrillic": [range(0x400, 0x530)],
    "Armenian": [range(0x531, 0x58B)],
    "Georgian": [range(0x10A0, 0x1100), range(0x1C90, 0x1CC0)],
    "Hebrew": [range(0x5D0, 0x5EB)],
    "Arabic, Persian, Urdu, Kurdish": [range(0x621, 0x64B), map(ord, "پچژڤگکیٹڈڑںھہۀۂۃےۓەڕڵۆێ")],
}
UNKNOWN = "UnknownLetter"


@pytest.fixture
def receipt(customer: Customer) -> Receipt:
    customer.submit()
    return receipt_for(Consent.objects.get())


def printed(customer: Customer, record: Consent) -> bytes:
    return customer.client.get(f"/onboarding/{customer.reference}/receipts/{record.record_id}.pdf").content


def print_receipt(receipt: Receipt) -> bytes:
    return receipt_pdf(receipt, look=brand.current())


def saying(receipt: Receipt, *values: str) -> Paper:
    """Print a receipt whose facts are these."""
    return Paper(
        print_receipt(replace(receipt, facts=[(f"Fact {place}", value) for place, value in enumerate(values)]))
    )


def values_on(paper: Paper) -> list[str]:
    return [value for name, value in paper.facts.items() if name.startswith("Fact ")]


def in_pieces(signs: list[Sign], lengths: list[int]) -> list[str]:
    """Read a line from the left, piece by piece, and within a piece from where its letters are read."""
    waiting, found = [sign.text for sign in signs], []
    for length in lengths:
        piece: list[str] = []
        while waiting and sum(map(len, piece)) < length:
            piece.append(waiting.pop(0))
        is_from_the_right = unicodedata.bidirectional(piece[0][0]) in {"R", "AL"}
        found.append("".join(reversed(piece) if is_from_the_right else piece))
    return found + waiting


class TestLetters:
    @pytest.mark.parametrize("name", CONTROLLERS)
    def test_are_those_of_the_record(self, customer: Customer, settings: Settings, name: str) -> None:
        settings.CONTROLLER_NAME = name
        record = Consent.objects.get(request=customer.submit().request)
        paper = Paper(printed(customer, record))
        assert paper.facts["For whom"] == name == record.controller
        assert paper.words == record.words
        assert paper.facts["Fingerprint of the words (SHA-256)"] == hashlib.sha256(paper.words.encode()).hexdigest()
        assert not [sign for sign in paper.signs if sign.is_missing]

    def test_are_those_that_the_customer_entered(self, customer: Customer) -> None:
        bench.offer("PV", "Škoda Ηλιακά", ["siteName"])
        refresh.refresh_catalogue()
        customer.submit("PV", "Škoda Ηλιακά", siteName="Łukasz Żółć, Київ")
        facts = Paper(printed(customer, Consent.objects.get())).facts
        assert facts["Site name"] == "Łukasz Żółć, Київ"
        assert facts["Device"] == "Solar panels, Škoda Ηλιακά"

    @pytest.mark.parametrize(("name", "pieces"), FROM_THE_RIGHT)
    def test_stand_in_their_direction(self, receipt: Receipt, name: str, pieces: list[str]) -> None:
        paper = saying(receipt, name)
        [line] = next(block.lines for block in paper.blocks if block.role == "/LBody")
        assert in_pieces(line, [len(piece) for piece in pieces]) == pieces
        assert sorted("".join(pieces)) == sorted(name)
        assert not [sign for sign in paper.signs if sign.is_missing or sign.font == UNKNOWN]

    def test_of_another_direction_stand_in_a_sentence(self, customer: Customer, settings: Settings) -> None:
        settings.CONTROLLER_NAME = "חשמל ירוק"
        record = Consent.objects.get(request=customer.submit().request)
        words = Paper(printed(customer, record)).words
        assert words == record.words.replace("חשמל ירוק", "חשמל ירוק"[::-1])

    @pytest.mark.parametrize("alphabet", ALPHABETS)
    def test_of_alphabets_of_europe_and_its_neighbours_are_drawn(self, receipt: Receipt, alphabet: str) -> None:
        letters = [chr(code) for codes in ALPHABETS[alphabet] for code in codes if chr(code).isalpha()]
        paper = saying(receipt, " ".join(letters))
        assert {sign.text for sign in paper.signs} >= set(letters)
        assert [sign.text for sign in paper.signs if sign.font == UNKNOWN or sign.is_missing] == []

    def test_that_no_font_knows_are_a_sign_that_says_so(self, receipt: Receipt) -> None:
        paper = saying(receipt, "東京 Tokyo 😀")
        assert [sign.text for sign in paper.signs if sign.font == UNKNOWN] == ["東", "京", "😀"]

    @pytest.mark.parametrize(
        "name", ["مُحَمَّد", "שָׁלוֹם", "А́нна", "B̀", "a\0b", "\ufffe", "a\ud800b", "\u202eabc\u2066", "\x01\x7f\t\x85"]
    )
    def test_that_are_rare_break_nothing(self, receipt: Receipt, name: str) -> None:
        file = print_receipt(replace(receipt, facts=[("Name", name)]))
        assert page.validate_pdf_bytes(file, profile="ua1").is_compliant
        assert not [sign for sign in Paper(file).signs if sign.is_missing]

    def test_of_a_word_that_is_too_long_for_its_line_go_on_in_the_next(self, receipt: Receipt) -> None:
        long = "W" * 200 + "@example.org"
        paper = saying(receipt, long)
        assert values_on(paper) == [long]
        [lines] = [block.lines for block in paper.blocks if block.text == long]
        assert [len(line) <= 48 for line in lines] == [True] * len(lines)

    def test_of_a_very_long_text_go_on_on_the_next_page(self, receipt: Receipt) -> None:
        section = replace(receipt.words.sections[0], paragraphs=tuple(f"Paragraph {number}." for number in range(200)))
        paper = Paper(print_receipt(replace(receipt, words=replace(receipt.words, sections=(section,)))))
        assert len(paper.reader.pages) > 2
        assert "Paragraph 0." in paper.words
        assert "Paragraph 199." in paper.words

    @pytest.mark.parametrize("words", ["W" * 20_000, "a-word-of-thirty-letters-each. " * 600])
    def test_of_many_long_words_are_one_paragraph(self, receipt: Receipt, words: str) -> None:
        section = replace(receipt.words.sections[0], paragraphs=(words.strip(),))
        paper = Paper(print_receipt(replace(receipt, words=replace(receipt.words, sections=(section,)))))
        assert words.strip() in paper.words

    def test_are_the_same_in_the_mail(self, customer: Customer, settings: Settings) -> None:
        settings.CONTROLLER_NAME = "Żółw Ενέργεια"
        customer.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        page_sha256 = pages.page_sha256(customer.request)
        customer.post("check", consent="on", page_sha256=page_sha256, contact_email="ann@example.org")
        work()
        [(_name, file, _type)] = [attachment for letter in mail.outbox for attachment in letter.attachments]
        assert file == printed(customer, Consent.objects.get())


class TestStructure:
    def test_passes_the_checker(self, receipt: Receipt) -> None:
        report = page.validate_pdf_bytes(print_receipt(receipt), profile="ua1")
        assert [(failure.rule_id, failure.message) for failure in report.failures] == []
        assert report.is_compliant

    @pytest.mark.parametrize("entry", ["/StructTreeRoot", "/MarkInfo", "/Lang", "/ViewerPreferences"])
    def test_is_what_the_checker_looks_at(self, receipt: Receipt, entry: str) -> None:
        writer = PdfWriter(clone_from=PdfReader(io.BytesIO(print_receipt(receipt))))
        del writer.root_object[entry]
        file = io.BytesIO()
        writer.write(file)
        assert not page.validate_pdf_bytes(file.getvalue(), profile="ua1").is_compliant

    def test_has_a_title_headings_and_lists_of_names_and_values(self, receipt: Receipt) -> None:
        paper = Paper(print_receipt(receipt))
        assert paper.texts("/Title") == [receipt.title]
        assert paper.texts("/H1") == [receipt.words_title]
        assert paper.texts("/H2") == [section.heading for section in receipt.words.sections]
        assert list(paper.facts.items()) == [*receipt.facts, *receipt.proof]
        assert (paper.reader.metadata or {})["/Title"] == receipt.title

    def test_has_every_sign_in_it_once(self, receipt: Receipt) -> None:
        paper = Paper(print_receipt(receipt))
        assert sum(len(block.signs) for block in paper.blocks) == len(paper.signs)

    def test_says_which_language_is_which(self, receipt: Receipt) -> None:
        paper = Paper(print_receipt(replace(receipt, language="nl", words_language="de")))
        assert paper.root["/Lang"] == "nl"
        languages = {block.role: block.language for block in paper.blocks}
        assert (languages["/Title"], languages["/H1"], languages["/H2"]) == ("nl", "nl", "de")

    @pytest.mark.parametrize("language", ["", "!!", "english", "pt-br"])
    def test_stands_any_name_of_a_language(self, receipt: Receipt, language: str) -> None:
        file = print_receipt(replace(receipt, language=language, words_language=language))
        assert page.validate_pdf_bytes(file, profile="ua1").is_compliant

    def test_is_in_the_language_of_whoever_asks(self, customer: Customer) -> None:
        customer.submit()
        with translation.override("nl"):
            shown = receipt_for(Consent.objects.get())
        assert (shown.language, shown.words_language) == ("nl", "en")


class TestFile:
    def test_is_the_same_for_the_same_receipt(self, receipt: Receipt) -> None:
        with ThreadPoolExecutor(4) as threads:
            files = {job.result() for job in [threads.submit(partial(print_receipt, receipt)) for _time in range(8)]}
        assert len(files) == 1

    def test_is_another_for_another_receipt(self, receipt: Receipt) -> None:
        assert print_receipt(receipt) != print_receipt(replace(receipt, title="Another"))

    def test_has_the_name_and_the_colour_of_the_brand(self, receipt: Receipt) -> None:
        file = receipt_pdf(receipt, look=Look(Brand(name="Żółw", accent="#b84a03")))
        paper = Paper(file)
        assert paper.blocks[0].text == "Żółw"
        assert b"0.72156864 0.2901961 0.011764706" in paper.reader.pages[0]["/Contents"].get_object().get_data()

    def test_holds_only_the_letters_that_it_needs(self, receipt: Receipt) -> None:
        assert len(print_receipt(receipt)) < 60_000


class TestSignForUnknownLetters:
    def test_is_what_its_recipe_makes(self) -> None:
        assert Path(unknown_letter.FILE).read_bytes() == unknown_letter.build()
