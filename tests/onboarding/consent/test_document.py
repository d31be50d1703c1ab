"""The sections of a consent text: made once, found again in the exact words of a record, and shown everywhere alike."""

import io
import re
import zipfile

import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as some

from onboarding.branding import brand
from onboarding.consent import texts
from onboarding.consent.document import Document, Section, paragraphs_of, read
from onboarding.consent.evidence import build_evidence
from onboarding.consent.receipt_pdf import receipt_pdf
from onboarding.consent.receipts import receipt_for
from onboarding.models import Consent
from tests.customers import Customer
from tests.onboarding.consent.paper import Paper
from tests.onboarding.consent.test_consent import publish

HEADINGS = [
    "Which device",
    "What is accessed",
    "What is not",
    "Why, and for whom",
    "For how long",
    "How to stop",
    "Questions and complaints",
]
# Lines that look like headings and are none: short, and without a full stop.
SHORT = "Your VIN\n\nThe state of its battery"

lines = some.text(min_size=1).map(str.strip).filter(lambda line: "\n\n" not in line)
sections = some.builds(Section, lines, some.lists(lines, max_size=4).map(tuple))
documents = some.builds(Document, some.lists(sections, max_size=5).map(tuple), lines)


class TestDocument:
    @given(document=documents)
    def test_is_found_again_in_its_words(self, document: Document) -> None:
        lengths = [len(section.paragraphs) for section in document.sections]
        assert read(document.words, lengths) == document

    @given(words=some.text(some.sampled_from("a .\n")), lengths=some.lists(some.integers(0, 4), max_size=4))
    def test_never_changes_words(self, words: str, lengths: list[int]) -> None:
        assert read(words, lengths).words == words

    def test_of_words_of_another_shape_has_one_section_of_all_of_them(self) -> None:
        found = read("Which device\n\nCar, Audi.\n\nI agree.", [1, 2])
        assert found == Document((Section(None, ("Which device", "Car, Audi.", "I agree.")),))

    @given(paragraphs=some.lists(some.text(some.sampled_from("a \n")), min_size=1))
    def test_has_no_break_within_a_paragraph(self, paragraphs: list[str]) -> None:
        assert not [found for found in paragraphs_of("\n\n".join(paragraphs)) if "\n\n" in found]


class TestWords:
    def test_are_what_they_always_were(self, db: None) -> None:
        """Written out by hand: what is hashed and stored must not change by a byte."""
        text = publish(accessed="One.\r\n\r\n Two \n\n\nThree.", not_accessed="{device}", purpose="For {company}.")
        words = texts.words_for(text, device="Electric car", manufacturer="Audi")
        assert words.words.startswith(
            "Which device\n\nElectric car, Audi.\n\nWhat is accessed\n\nOne.\n\nTwo\n\nThree.\n\nWhat is not\n\n"
            "Electric car\n\nWhy, and for whom\n\nFor your energy company.\n\nFor how long\n\nUntil you stop it"
        )
        assert words.words.endswith(
            "\n\nI agree that this device is connected and that its data is used as described here."
        )
        assert words.purpose.text == "For your energy company."


class TestReceipt:
    @pytest.fixture
    def record(self, customer: Customer) -> Consent:
        publish(accessed=SHORT)
        customer.submit()
        return Consent.objects.get()

    def test_page_has_the_headings_of_the_text_and_no_others(self, customer: Customer, record: Consent) -> None:
        page = customer.get(f"receipts/{record.record_id}").content.decode()
        words = page[page.index('id="words"') : page.index("<details")]
        assert re.findall(r"<h3>(.*?)</h3>", words) == HEADINGS
        assert re.findall(r"<(?:h3|p)>(.*?)</(?:h3|p)>", words) == record.words.split("\n\n")

    def test_file_has_the_same(self, record: Consent) -> None:
        paper = Paper(receipt_pdf(receipt_for(record), look=brand.current()))
        assert paper.texts("/H2") == HEADINGS
        assert paper.words == record.words

    def test_is_told_when_another_process_published_the_text_just_now(self, record: Consent) -> None:
        cache.set("onboarding.consent-texts", [])
        assert [section.heading for section in texts.agreed_to(record).sections] == HEADINGS

    def test_of_a_text_that_is_gone_shows_every_word(self, record: Consent) -> None:
        record.text = None
        record.version = "2019-01-01"
        assert texts.agreed_to(record).sections == (Section(None, tuple(record.words.split("\n\n"))),)
        assert Paper(receipt_pdf(receipt_for(record), look=brand.current())).words == record.words

    def test_of_the_portals_own_text_has_its_headings(self, record: Consent) -> None:
        shipped = texts.words_for(texts._shipped()[1], device="Electric car", manufacturer="Audi")
        record.text, record.version, record.language, record.words = None, "2026-11-28", "en", shipped.words
        assert [section.heading for section in texts.agreed_to(record).sections] == HEADINGS

    def test_evidence_holds_the_exact_words(self, customer: Customer, record: Consent) -> None:
        archive = zipfile.ZipFile(io.BytesIO(build_evidence([customer.request], by="ann")))
        [name] = [name for name in archive.namelist() if "words-" in name]
        assert archive.read(name).decode() == record.words == texts.agreed_to(record).words
