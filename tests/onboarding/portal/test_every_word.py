"""Every word on every page, in every mail and on every receipt comes from a catalogue, or is a name.

The catalogue has only what the files in `locale/customers` say, and the sandbox: to translate these is enough.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages import Message
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import trans_real
from pytest_django import Settings

from onboarding.catalogue.catalogue import Catalogue, Offer
from onboarding.catalogue.shipped_help import help_for
from onboarding.consent import records
from onboarding.consent.receipts import Receipt, receipt_for
from onboarding.desk.mails import sample
from onboarding.intake import access_links
from onboarding.mail.content import message
from onboarding.models import AccessLink, Consent, ConsentText, Mail, OnboardingRequest, PlannedOffer
from sandbox import bench
from sandbox.catalogue import OFFERINGS
from sandbox.models import SandboxRequest
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.pseudo import LANGUAGE, for_customers, pseudo, write_catalogue

# Names: of the portal, of languages, of what the sandbox is told; and what Django says itself: months.
NAMES = {"Connect", "nl", "Trabant", "Volkswagen", *(name for _code, name in settings.LANGUAGES)}
NAMES |= {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"}
NAMES |= {"september", "oktober", "november", "december"}
NAMES |= {word for offering in OFFERINGS for word in re.findall(r"\w[\w.-]*", offering.manufacturer)}
SHOWN = frozenset({"alt", "aria-label", "placeholder", "title", "data-copied"})
SILENT = frozenset({"script", "style", "code"})
OWN = {"Origin": "http://testserver"}
# What Django has read of the catalogues for these tests, by language.
READ: dict[str, Any] = {}


class Words(HTMLParser):
    """Collects what people see or hear of a page, but for code, and for what is typed into it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.silent = 0
        self.texts: list[str] = []
        self.spoken: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        self.spoken += [value for name, value in attrs if name in SHOWN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def foreign_words(text: str) -> list[str]:
    """Name the words that stand outside of every bracket and are no names, identifiers or numbers."""
    before = ""
    while text != before:
        before, text = text, re.sub(r"\[[^\[\]]*\]", " ", text)
    words = re.findall(r"[^\W\d_][\w.@/:-]*|\d\S*", text)
    return [word for word in (word.rstrip(".:/-") for word in words) if word not in NAMES and not is_code(word)]


def is_code(word: str) -> bool:
    """Tell whether it is in capitals, or has something in it that no plain word has."""
    return not re.search(r"[a-zà-ž]{2}", word) or bool(re.search(r"\d|@|/|\w\.\w", word))


def helps_of(offer: Offer) -> tuple[str, ...]:
    return tuple(str(help_for(offer.type, offer.manufacturer, item.name).label) for item in offer.attributes)


def untranslated(page: HttpResponse) -> list[str]:
    words = Words(page.content.decode())
    return foreign_words(" ".join(words.texts)) + [word for one in words.spoken for word in foreign_words(one)]


def is_wanted(message: Message) -> bool:
    return for_customers(message) or any("sandbox/" in file for file, _line in message.locations)


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    READ.clear()
    return write_catalogue(tmp_path_factory.mktemp("locale"), is_wanted=is_wanted)


@pytest.fixture(autouse=True)
def pseudo_language(settings: Settings, catalogues: Path, platform: Catalogue) -> Iterator[None]:
    settings.LOCALE_PATHS = [catalogues]
    trans_real._translations = READ  # reading all catalogues anew for each test takes longer than the test
    settings.SUPPORT_CONTACT = "+32 2 000 00 00"
    settings.RETURN_HOSTS = ["www.example.org"]
    names = ("accessed", "not_accessed", "purpose", "duration", "stopping", "complaints", "statement")
    text = ConsentText.objects.create(language=LANGUAGE, **{name: f"[{name} {{company}}]" for name in names})
    records.publish(text, by="ann")
    with translation.override(LANGUAGE):
        yield


@pytest.fixture
def ann(platform: Catalogue) -> Customer:
    return Customer(Client(headers={"Accept-Language": LANGUAGE}, raise_request_exception=False))


@pytest.fixture
def submitted(ann: Customer) -> Customer:
    ann.submit()
    OnboardingRequest.objects.update(contact_email="ann@example.org", language=LANGUAGE)
    return ann


def rejected_by_platform() -> dict[str, object]:
    return {"state": "rejected", "rejections": {"vin": ["[x]"], "type": [""], "manufacturer": [""]}}


STATES: dict[str, dict[str, object]] = {
    **{state: {"state": state} for state in ("queued", "sending", "unknown", "following", "connected", "canceled")},
    **{state: {"state": state} for state in ("withdrawing", "withdrawn")},
    "no way to us": {"state": "queued", "trouble": "NotAuthorized"},
    "away": {"state": "queued", "trouble": "PlatformUnavailable"},
    "with staff": {"state": "following", "needs_staff": "too-old", "due_at": None},
    "redirect": {"state": "following", "action_type": "Redirect", "redirect_link": "https://maker.invalid/"},
    "consent": {"state": "following", "action_type": "Consent", "documentation_link": "https://maker.invalid/"},
    "unheard of": {"state": "following", "action_type": "Telephone", "redirect_link": "https://maker.invalid/"},
    "just back": {"state": "following", "action_type": "Redirect", "returned_at": timezone.now() + timedelta(hours=1)},
    "rejected": rejected_by_platform(),
    "failed": {"state": "failed", "errors": [{"code": "X", "message": "[y]"}]},
    "denied": {"state": "failed", "errors": [{"code": "ConsentDenied"}]},
    "let go, nothing there": {"state": "withdrawn", "entity_id": ""},
    "letting go": {"state": "following", "withdrawn_at": timezone.now()},
    "letting go, away": {"state": "following", "withdrawn_at": timezone.now(), "trouble": "RateLimited"},
    "sent back": {"state": "connected", "return_address": "https://www.example.org/"},
}


class TestTheTest:
    def test_writes_40_percent_more_and_keeps_what_must_stay(self) -> None:
        assert pseudo("Start") == "[Šţåŕţ··]"
        assert pseudo(" %(n)d of <b>4</b> ") == " [%(n)d öf <b>4</b>··] "

    @pytest.mark.parametrize("text", ["[Šţåŕţ] Audi 12:05", "[a [b] c]", "VIN WA1DMAFE0D0000000", "K3X4-ACDE"])
    def test_lets_names_and_numbers_pass(self, text: str) -> None:
        assert foreign_words(text) == []

    @pytest.mark.parametrize("text", ["Start", "[Šţåŕţ] now", "Audi [x] works"])
    def test_finds_what_no_catalogue_knows(self, text: str) -> None:
        assert len(foreign_words(text)) == 1

    def test_finds_it_in_attributes_too(self) -> None:
        assert untranslated(HttpResponse('<img alt="A code">')) == ["code"]


class TestPages:
    @pytest.mark.parametrize(
        "url",
        [
            *("/", "/devices/", "/code/", "/nothing/here/", "/continue/nothing/", "/start/?k=made-up"),
            *("/start/?type=EV&manufacturer=Audi&vin=x", "/start/?language=nl", "/return/nothing/", "/sandbox/"),
        ],
    )
    def test_for_everybody(self, ann: Customer, url: str) -> None:
        assert untranslated(ann.client.get(url)) == []

    @pytest.mark.parametrize(("url", "status"), [("/breaks/", 500), ("/no-database/", 503)])
    def test_that_failed(self, ann: Customer, settings: Settings, url: str, status: int) -> None:
        settings.ROOT_URLCONF = "tests.realto_portal.failing_urls"
        page = ann.client.get(url)
        assert (page.status_code, untranslated(page)) == (status, [])

    def test_that_were_refused(self, settings: Settings) -> None:
        careful = Client(enforce_csrf_checks=True, headers={"Accept-Language": LANGUAGE})
        assert untranslated(careful.post("/start/")) == []
        assert untranslated(careful.get("/", headers={"Host": "elsewhere.example.org"})) == []

    def test_of_the_first_steps(self, ann: Customer) -> None:
        offer = PlannedOffer.objects.create(type="EV", manufacturer="Trabant")
        offer.notes.create(language="nl", words="[note]")
        ann.start()
        assert untranslated(ann.get("type")) == []
        assert untranslated(ann.post("type")) == []
        ann.post("type", type="EV")
        for page in (ann.get("manufacturer"), ann.post("manufacturer"), ann.post("manufacturer", manufacturer="x")):
            assert untranslated(page) == []
        assert untranslated(ann.client.get(ann.url("manufacturer") + "?q=zzz")) == []
        assert untranslated(ann.get("not-listed")) == []
        assert untranslated(ann.post("not-listed", contact_email="ann@")) == []
        assert untranslated(ann.client.get("/")) == []

    def test_that_ask_for_an_identifier(self, ann: Customer, platform: Catalogue) -> None:
        ann.start()
        questions = {(offer.type, helps_of(offer)): offer for offer in platform.offers if offer.attributes}
        for offer in questions.values():
            ann.choose(offer.type, offer.manufacturer)
            names = {attribute.name.replace(".", "__"): "x" for attribute in offer.attributes}
            for page in (ann.post("identify"), ann.post("identify", **names)):
                left = untranslated(page) if page.status_code == 200 else []
                assert left == [], offer

    @pytest.mark.parametrize("vin", ["WA1", GUIDES_VIN + "0", "WA1DMAFE0D000000O", "WA1#", "WVWZZZ1KZAW000001"])
    def test_that_doubt_an_identifier(self, ann: Customer, vin: str) -> None:
        ann.start().choose("EV", "Audi")
        assert untranslated(ann.post("identify", vin=vin)) == []

    @pytest.mark.parametrize("ean", ["5", "5414488200", "541448820000000006", "5414488200000000080", "O"])
    def test_that_doubt_a_meter(self, ann: Customer, ean: str) -> None:
        ann.start().choose("SmartMeter", "Fluvius")
        assert untranslated(ann.post("identify", ean=ean)) == []

    def test_to_agree_on(self, ann: Customer) -> None:
        ann.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN)
        assert untranslated(ann.get("check")) == []
        assert untranslated(ann.post("check", contact_email="x")) == []

    @pytest.mark.parametrize("state", STATES)
    def test_of_a_request(self, submitted: Customer, state: str) -> None:
        OnboardingRequest.objects.update(entity_id="e", checked_at=timezone.now())
        OnboardingRequest.objects.update(**STATES[state])
        for name, status in (("CreateEntity", "Done"), ("CreatePermissions", "InProgress"), ("Connect", "Pending")):
            position = submitted.request.transactions.count()
            submitted.request.transactions.create(type=name, status=status, position=position)
        for page in ("status", "device", "stop", "identify", "type", "manufacturer", "send-step", "consent"):
            answer = submitted.get(page)
            left = untranslated(answer) if answer.status_code == 200 else []
            assert left == [], page
        assert untranslated(submitted.client.get("/")) == []

    def test_for_the_owner_of_a_device(self, submitted: Customer) -> None:
        OnboardingRequest.objects.update(**STATES["redirect"], checked_at=timezone.now())
        url = submitted.get("send-step").context["url"].partition("/step/")[2]
        assert untranslated(submitted.client.get(f"/step/{url}")) == []
        OnboardingRequest.objects.update(state="connected")
        assert untranslated(submitted.client.get(f"/step/{url}")) == []

    def test_about_going_on_elsewhere(self, submitted: Customer) -> None:
        link = access_links.phone_link(submitted.request, browser=submitted.request.browser)
        pages = [submitted.get("elsewhere"), submitted.post("elsewhere"), submitted.get("phone")]
        pages += [submitted.client.get(f"/continue/{link.token}/"), submitted.client.post("/code/", {"code": "x"})]
        pages.append(submitted.client.post(submitted.url("elsewhere"), {"contact_email": "b@example.org"}, follow=True))
        AccessLink.objects.update(taken_at=timezone.now())
        pages.append(submitted.get("phone"))
        AccessLink.objects.update(taken_at=None, expires_at=timezone.now())
        pages += [submitted.get("phone"), submitted.client.get(f"/continue/{link.token}/")]
        pages += [submitted.client.post(f"/continue/{link.token}/"), submitted.client.post("/leave/", follow=True)]
        assert [untranslated(page) for page in pages] == [[]] * len(pages)

    def test_about_a_device_known_already(self, submitted: Customer) -> None:
        another = Customer(submitted.client).start().choose("EV", "Audi")
        another.post("identify", vin=GUIDES_VIN)
        assert untranslated(another.get("check")) == []
        changed = another.client.post(another.url("type"), {"type": "PV"}, follow=True)
        assert untranslated(changed) == []

    @pytest.mark.parametrize("ending", ["0804", "0800"])
    def test_of_the_sandbox(self, ann: Customer, ending: str) -> None:
        ann.start().choose("EV", "Audi").post("identify", vin=GUIDES_VIN[:-4] + ending)
        ann.consent()
        work_until(ann.request, "following")
        bench.let_steps_pass(5)
        key = SandboxRequest.objects.get().pk
        for page in ("", "done/", "done/?status=ok"):
            assert untranslated(ann.client.get(f"/sandbox/consent/{key}/{page}")) == []
        assert untranslated(ann.client.get(f"/sandbox/documentation/{key}/")) == []


class TestMails:
    @pytest.mark.parametrize("kind", Mail.Kind)
    def test_of_each_kind(self, kind: Mail.Kind) -> None:
        mail = sample(kind, LANGUAGE)
        built = message(mail, "https://portal.invalid/continue/x/")
        assert foreign_words(built.subject) == []
        assert foreign_words(built.body) == []
        assert untranslated(HttpResponse(built.alternatives[0].content)) == []


class TestReceipts:
    @pytest.mark.parametrize("kind", Consent.Kind)
    @pytest.mark.parametrize("channel", Consent.Channel)
    def test_of_each_kind(self, submitted: Customer, kind: str, channel: str) -> None:
        record = Consent.objects.get()
        record.kind, record.channel, record.expires_at = kind, channel, timezone.now()
        assert foreign_words(" | ".join(written(receipt_for(record)))) == []

    def test_are_shown_with_the_same_words(self, submitted: Customer) -> None:
        assert untranslated(submitted.get(f"receipts/{Consent.objects.get().record_id}")) == []


def written(receipt: Receipt) -> list[str]:
    """Everything that the PDF lays out."""
    pairs = [text for pair in (*receipt.facts, *receipt.proof) for text in pair]
    return [receipt.title, receipt.sentence, receipt.words_title, *pairs, *receipt.words.blocks]
