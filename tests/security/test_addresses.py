"""Addresses: no letter is taken for another one, and none is too long, on any way in."""

import re
import sys
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.catalogue.identifiers import InvalidIdentifier, check
from onboarding.intake import entry_links
from onboarding.intake.draft import wish_for
from onboarding.intake.entry_link_form import EntryLinkForm
from onboarding.lib.addresses import InvalidAddress, canonical, find_key, key_of
from onboarding.mail import outbox
from onboarding.models import AccessLink, Mail, OnboardingRequest, SearchKey, Wish
from tests.customers import Customer
from tests.desk import sign_in
from tests.sealing import keyed

ROOT = Path(__file__).resolve().parent.parent.parent
ASCII = {chr(number) for number in range(128)}
# Halves of pairs, what somebody keeps for himself, and what no version of Unicode has given out: nothing folds it.
NO_LETTERS = {"Cs", "Co", "Cn"}
DOTLESS, LONG_S, KELVIN = "\u0131", "\u017f", "\u212a"


def foldings(character: str) -> set[str]:
    forms = ("NFC", "NFD", "NFKC", "NFKD")
    normal = {character, *(unicodedata.normalize(form, character) for form in forms)}
    return set(
        chain.from_iterable((text, text.lower(), text.upper(), text.casefold(), text.title()) for text in normal)
    )


@cache
def lookalikes() -> list[tuple[str, str]]:
    """Give every letter beyond ASCII that some folding turns into ASCII, with what it turns into.

    No letter of ASCII becomes one beyond it by any of them, so these are all.
    """
    pairs = []
    for character in map(chr, range(128, sys.maxunicode + 1)):
        if unicodedata.category(character) in NO_LETTERS:
            continue
        turned = {"".join(c for c in text if c in ASCII).lower() for text in foldings(character)}
        pairs += [(character, plain) for plain in sorted(turned) if re.fullmatch("[a-z0-9]+", plain)]
    return pairs


def stored(typed: str) -> str:
    """Return what a form would store; nothing for what it refuses."""
    try:
        return check("email", typed).value
    except InvalidIdentifier:
        return ""


class TestLookalikes:
    def test_are_found(self) -> None:
        assert {(DOTLESS, "i"), (LONG_S, "s"), (KELVIN, "k"), ("\ufb01", "fi"), ("\uff41", "a")} <= {*lookalikes()}
        assert len(lookalikes()) > 1500
        leaving = [c for c in ASCII if any(not text.isascii() for text in foldings(c))]
        assert leaving == []

    def test_are_refused_before_the_at(self) -> None:
        assert {stored(f"mike.{letter}@gmail.com") for letter, _plain in lookalikes()} == {""}

    def test_never_become_the_domain_of_somebody_else(self) -> None:
        passed = {letter for letter, plain in lookalikes() if stored(f"mike@{letter}x.com") == f"mike@{plain}x.com"}
        assert passed == set()

    @pytest.mark.django_db
    def test_open_nothing_of_somebody_else(self) -> None:
        """Store whatever passes, and whatever does not as if it had, beside the address that it is like."""
        requests = OnboardingRequest.objects
        victims, likes = {}, {}
        for place, (letter, plain) in enumerate(lookalikes()):
            for written in (f"{{}}.victim{place}@mail.example", f"mike@{{}}.v{place}.example"):
                victims[written.format(plain)] = likes[written.format(letter)] = place
        rows = [OnboardingRequest(browser=f"{n}", contact_email=text) for n, text in enumerate({**victims, **likes})]
        requests.bulk_create(rows)
        assert requests.count() == len(rows) > 6000
        keys = {row.contact_email: row.contact_key for row in requests.all()}
        assert {keys[text] for text in likes} == {""}
        asked = {key_of(typed) for text in likes for typed in (stored(text), find_key(text)) if typed}
        assert len(asked) > 10  # domains with letters of other languages, which are domains of their own
        assert not requests.filter(contact_key__in=map(keyed, asked)).exists()

    @pytest.mark.django_db
    def test_are_folded_before_they_are_hashed(self) -> None:
        letters = [
            *ASCII - {"\0"},
            *(letter for letter, _plain in lookalikes()),
            "é",
            "ß",
            "Ω",
            "\U0001f600",
            "e\u0301",
        ]
        texts = {f"{letter}A.b@C.example" for letter in letters}
        Mail.objects.bulk_create([Mail(key=f"{number}", to=text) for number, text in enumerate(sorted(texts))])
        stored = {mail.to: mail.to_key for mail in Mail.objects.all()}
        assert stored == {text: keyed(key_of(text)) for text in texts}

    @pytest.mark.django_db
    def test_open_no_page_of_the_victim(self, customer: Customer, stranger: Customer) -> None:
        """From the form to the pages, with the letters by which it was shown."""
        customer.start().choose("EV", "Audi")
        customer.post("elsewhere", contact_email="mike.victims@kmail.example")
        stranger.start().choose("EV", "Audi")
        typed = [f"m{DOTLESS}ke.victims@kmail.example", f"mike.victim{LONG_S}@kmail.example"]
        typed += [f"mike.victims@{KELVIN}mail.example", f"mike.victims@kma{DOTLESS}l.example"]
        outcomes = [stranger.post("elsewhere", contact_email=address).status_code for address in typed]
        assert outcomes == [200, 200, 200, 302]
        send_all()
        token = AccessLink.objects.get(request=stranger.request).token
        browser = Client()
        browser.post(f"/continue/{token}/")
        assert browser.get(stranger.url("elsewhere")).status_code == 200
        assert browser.get(customer.url("elsewhere")).status_code == 404


def send_all() -> None:
    for token in list(iter(outbox.claim, "")):
        outbox.send_mail.call(token)


class TestCanonical:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            (" Jan.Peeters@Example.ORG ", "Jan.Peeters@example.org"),
            ("\u200bjan@example.org\ufeff", "jan@example.org"),
            ("jan@m\u00fcller.example", "jan@xn--mller-kva.example"),
            ("jan@mu\u0308ller.example", "jan@xn--mller-kva.example"),
            ("jan@M\u00dcLLER.example", "jan@xn--mller-kva.example"),
            ("jan@xn--mller-kva.example", "jan@xn--mller-kva.example"),
            ("jan@fa\u00df.example", "jan@xn--fa-hia.example"),
            ("jan@fass.example", "jan@fass.example"),
            (f"jan@kma{DOTLESS}l.example", "jan@xn--kmal-nza.example"),
            ("o'brien+car@example.org", "o'brien+car@example.org"),
        ],
    )
    def test_form_of_an_address(self, typed: str, kept: str) -> None:
        assert canonical(typed) == kept
        assert canonical(kept) == kept

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("jos\u00e9@example.org", "The part before the @ may only have letters from A to Z without accents"),
            ("jos\u00e9@example.org", "Please correct: \u00e9"),
            ("mi\u200bke@example.org", "Please correct: U+200B"),
            (f"mike@{KELVIN}mail.example", f"letters that only look like others. Please correct: {KELVIN}"),
            ("", "Enter the e-mail address."),
            ("a" * 255, "This has 255 characters; 254 is the most we can keep. Please shorten it."),
            ("jan@", "Enter a complete e-mail address, like name@example.org."),
            ("jan@[127.0.0.1]", "Enter a complete e-mail address"),
            ('"jan p"@example.org', "Enter a complete e-mail address"),
            ("Jan <jan@example.org> x", "Enter a complete e-mail address"),
            ("mallory@example.org <jan@example.org>", "Enter a complete e-mail address"),
            ("<>", "Enter the e-mail address."),
            ("mailto:", "Enter the e-mail address."),
            ("jan@example.org\nBcc: x@example.org", "Enter a complete e-mail address"),
        ],
    )
    def test_refusal_says_what_to_do(self, typed: str, words: str) -> None:
        with pytest.raises(InvalidAddress) as refused:
            canonical(typed)
        assert words in refused.value.message

    def test_takes_no_time_for_what_is_much_too_long(self) -> None:
        for typed in ("a" * 2_000_000, "@" * 2_000_000, "\u0300" * 2_000_000, f"a@{'\u00fc' * 2_000_000}"):
            with pytest.raises(InvalidAddress):
                canonical(typed)


def of_length(length: int) -> str:
    """Make an address of so many letters that is right but for its length."""
    return f"{'a' * (length - 244)}@{'.'.join(['b' * 60] * 4)}"


class TestLength:
    """Longer than the column, as PostgreSQL refuses it, is a sentence."""

    LENGTHS = (*range(255, 261), 300, 319, 320)

    @pytest.fixture
    def draft(self, customer: Customer) -> Customer:
        return customer.start().choose("PV", "SMA")

    @pytest.fixture
    def ways(self, draft: Customer, settings: Settings) -> dict[str, Callable[[str], Any]]:
        settings.CONSENT_BY_PHONE = True
        desk, row = sign_in("supervisor"), draft.request
        of_row, seal = f"/admin/onboarding/onboardingrequest/{row.pk}", {"consent": "on", "page_sha256": "x"}
        draft.post("identify", reference="4711", email="owner@example.org")
        assist = {"step": "identify", "version": draft.request.version, "reference": "1"}
        prepare = "/admin/onboarding/invitation/prepare/"
        return {
            "elsewhere": lambda to: draft.post("elsewhere", contact_email=to),
            "check": lambda to: draft.post("check", **seal, contact_email=to),
            "wish": lambda to: draft.post("not-listed", manufacturer="Lada", contact_email=to),
            "platform": lambda to: draft.post("identify", reference="4711", email=to),
            "reassign": lambda to: desk.post(f"{of_row}/reassign-email/", {"contact_email": to, "reason": "x"}),
            "invite": lambda to: desk.post(prepare, {"_mail": "1", "contact_email": to}),
            "assist": lambda to: desk.post(f"{of_row}/assist/", assist | {"email": to}),
            "phone consent": lambda to: desk.post(f"{of_row}/phone-consent/", seal | {"contact_email": to}),
            "entry": lambda to: desk.post("/admin/entry-link/", {"days": "3", "contact_email": to}),
        }

    @pytest.mark.django_db
    def test_is_refused_on_every_way_in(self, ways: dict[str, Callable[[str], Any]]) -> None:
        for length in self.LENGTHS:
            address = of_length(length)
            assert len(address) == length
            for name, post in ways.items():
                answer = post(address)
                assert answer.status_code == 200, (name, length)
                assert re.search("254 (is the most|characters)", answer.content.decode()), (name, length)
        assert not any(row.contact_email for row in OnboardingRequest.objects.all())
        assert not Wish.objects.exists()

    @pytest.mark.django_db
    def test_that_fits_is_kept(self, ways: dict[str, Callable[[str], Any]]) -> None:
        assert ways["elsewhere"](of_length(254)).status_code == 302
        assert ways["wish"](of_length(254)).status_code == 302
        send_all()
        row = OnboardingRequest.objects.get()
        assert (row.contact_email, row.contact_key) == (of_length(254), keyed(of_length(254)))
        assert AccessLink.objects.get().address == keyed(of_length(254))

    def test_is_told_in_a_sentence(self) -> None:
        for length in self.LENGTHS:
            with pytest.raises(InvalidIdentifier, match=f"This has {length} characters; 254 is the most"):
                check("email", of_length(length))


@pytest.mark.django_db
class TestComparing:
    def test_of_wishes_does_not_count_case(self) -> None:
        for address in ("Ann@example.org", "ann@example.org", "ANN@example.org"):
            wish_for(type="EV", manufacturer="Lada", contact_email=address, language="en")
        assert Wish.objects.get().contact_email == "Ann@example.org"

    def test_of_wishes_is_the_databases_too(self) -> None:
        Wish.objects.create(type="EV", manufacturer="Lada", contact_email="Ann@example.org", language="en")
        with pytest.raises(Exception, match=r"(?i)unique"):
            Wish.objects.create(type="EV", manufacturer="Lada", contact_email="ann@example.org", language="en")

    def test_of_a_search_reads_what_is_typed_as_the_forms_do(self) -> None:
        row = OnboardingRequest.objects.create(contact_email=canonical("Jan@M\u00fcller.example"))
        keys = set(SearchKey.objects.filter(request=row).values_list("key", flat=True))
        assert keyed("jan@xn--mller-kva.example") in keys
        assert find_key(f"jan@{KELVIN}mail.example") == ""

    def test_follows_whoever_writes_the_address(self) -> None:
        row = OnboardingRequest.objects.create(contact_email="Ann@example.org")
        assert row.contact_key == keyed("ann@example.org")
        OnboardingRequest.objects.update(contact_email="Bob@example.org")
        row.refresh_from_db()
        assert row.contact_key == keyed("bob@example.org")
        row.contact_email = "Eve@example.org"
        row.save(update_fields=["contact_email"])
        assert OnboardingRequest.objects.get().contact_key == keyed("eve@example.org")

    def test_is_nowhere_left_to_the_database_or_to_folding(self) -> None:
        """`LOWER` and its like know letters beyond ASCII; only `contact` may fold, and it says how."""
        folding = re.compile(r"__i(exact|contains|startswith|endswith|regex)\b|\b(Lower|Upper)\(")
        by_hand = re.compile(r"(mail|address|recipient|\bto)\w*(\[\w*\])?\.(lower|upper|casefold)\(")
        found = [
            f"{path.relative_to(ROOT)}: {line.strip()}"
            for room in ("onboarding", "realto_portal", "sandbox")
            for path in sorted((ROOT / room).rglob("*.py"))
            if "migrations" not in path.parts and path.name not in {"addresses.py", "contact.py"}
            for line in path.read_text().splitlines()
            if by_hand.search(line) or (folding.search(line) and "manufacturer" not in line)
        ]
        assert found == []


@pytest.mark.django_db
class TestEntryLink:
    def test_signed_long_ago_is_read_as_the_forms_do(self) -> None:
        until = int(timezone.now().timestamp()) + 60
        read = {}
        for typed in ("Jan@M\u00fcller.example", f"m{DOTLESS}ke@gmail.com", "x" * 300 + "@example.org"):
            token = signing.dumps({"contact_email": typed, "own_reference": "r", "until": until}, salt=entry_links.SALT)
            origin = entry_links.read({entry_links.TOKEN: token}).origin
            assert origin.own_reference == "r"
            read[typed[:3]] = origin.contact_email
        assert [*read.values()] == ["Jan@xn--mller-kva.example", "", ""]

    def test_is_made_with_what_is_stored(self, customer: Customer) -> None:
        form = EntryLinkForm({"contact_email": "Jan@M\u00fcller.example", "days": 1}, catalogue=actions_catalogue())
        assert form.is_valid()
        assert form.cleaned_data["contact_email"] == "Jan@xn--mller-kva.example"


def actions_catalogue() -> Any:
    return import_module("onboarding.catalogue.catalogue").load()
