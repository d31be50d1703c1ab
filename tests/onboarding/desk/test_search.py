"""One box finds any request: by all of what names it, or by the last characters of an identifier."""

import re
from collections.abc import Iterable

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from onboarding.catalogue.catalogue import Catalogue
from onboarding.intake import contact
from onboarding.models import OnboardingRequest, SearchKey, find_requests
from onboarding.request.search_keys import key_of, keys_of
from onboarding.retention.requests import strip
from tests.customers import GUIDES_VIN, Customer, work_until
from tests.sealing import keyed

LIST = "/admin/onboarding/onboardingrequest/"
EAN = "541448820000000008"
EMAIL = "Jan.Peeters@example.org"


class TestKeyOf:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            (" acde-fh34 ", "ACDEFH34"),
            ("wa1 dmafe.0d-0000000", "WA1DMAFE0D0000000"),
            ("541448 82000000 0008", EAN),
            ("\uff15\uff14\uff11", "541"),
            ("{123e4567-e89b-42d3-a456-426614174000}", "123E4567E89B42D3A456426614174000"),
            (" Jan.Peeters@Example.ORG ", "jan.peeters@example.org"),
            ("a\x00@b.example", "a@b.example"),
            ("-- .", ""),
            ("x" * 500, "X" * 200),
        ],
    )
    def test_forgives_how_it_is_written(self, text: str, key: str) -> None:
        assert key_of(text) == key


class TestKeysOf:
    def test_are_all_of_an_identifier_and_its_last_characters(self) -> None:
        row = OnboardingRequest(reference="r-1", support_code="ACDEFH34", attributes={"vin": GUIDES_VIN})
        assert keys_of(row) == {"R1", "ACDEFH34", "DEFH34", GUIDES_VIN, "000000"}

    def test_are_only_the_whole_of_an_address_or_an_id(self) -> None:
        row = OnboardingRequest(
            reference="", support_code="", platform_id="abc-1234567", contact_email=EMAIL, attributes={"email": EMAIL}
        )
        assert keys_of(row) == {"ABC1234567", EMAIL.lower()}

    def test_leave_out_what_names_no_device(self) -> None:
        described = {"model": "Model 3000", "track": "Jan Peeters", "properties.flow": "B2C", "vin": None}
        assert keys_of(OnboardingRequest(reference="", support_code="", attributes=described)) == set()


class Desk:
    def __init__(self, *permissions: str) -> None:
        self.client = Client()
        staff = User.objects.create_user("colleague", is_staff=True)
        staff.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        self.client.force_login(staff)

    def search(self, term: str) -> HttpResponse:
        return self.client.get(LIST, {"q": term})

    def found(self, term: str) -> list[OnboardingRequest]:
        return list(self.search(term).context["cl"].result_list)


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk("view_onboardingrequest", "view_event")


@pytest.fixture(scope="class")
def kept_car(for_all: Catalogue) -> OnboardingRequest:
    """A connected car with everything that somebody may look for; and a meter of somebody else."""
    Customer(Client()).submit("SmartMeter", "Fluvius", ean=EAN, properties__flow="B2C")
    row = Customer(Client()).submit().request
    row.save()
    contact.send_link(row, EMAIL)
    row = work_until(row, "connected")
    row.own_reference = "Contract 2026/0815"
    row.save()
    return row


@pytest.fixture
def car(kept_car: OnboardingRequest, platform: Catalogue) -> OnboardingRequest:
    return OnboardingRequest.objects.get(pk=kept_car.pk)


class TestSearch:
    @pytest.mark.parametrize(
        "term",
        [
            *(GUIDES_VIN, GUIDES_VIN.lower(), "WA1 DMAFE 0D-0000000", "wa1.dmafe0d0000000", GUIDES_VIN[-6:]),
            *(EMAIL, "jan.peeters@EXAMPLE.org", "contract 2026/0815", "CONTRACT20260815"),
        ],
    )
    def test_finds_the_one_that_is_meant(self, desk: Desk, car: OnboardingRequest, term: str) -> None:
        assert desk.found(term) == [car]

    @pytest.mark.parametrize(
        "term",
        [
            *(
                f"VIN: {GUIDES_VIN}",
                f"VIN {GUIDES_VIN}",
                f"vin no. {GUIDES_VIN}.",
                f"*{GUIDES_VIN}*",
                f"({GUIDES_VIN})",
            ),
            *("WA1DMAFEOD0000000", "WAIDMAFE0D0000000", "waidmafeodooooooo", "VIN: WA1 DMAFEO DOOOOOOO"),
            *(
                GUIDES_VIN.replace("A", "\u0410"),
                f"\u201c{GUIDES_VIN}\u201d",
                f"{GUIDES_VIN[:5]}\u2011{GUIDES_VIN[5:]}\ufe0f",
            ),
            *(f"<{EMAIL}>", f"Jan Peeters <{EMAIL}>", f"mailto:{EMAIL}", f"{EMAIL},", f"E-mail: {EMAIL}"),
        ],
    )
    def test_reads_what_is_pasted_or_heard(self, desk: Desk, car: OnboardingRequest, term: str) -> None:
        assert desk.found(term) == [car]

    def test_finds_an_address_however_its_domain_is_written(self, desk: Desk, car: OnboardingRequest) -> None:
        contact.send_link(car, "jan@xn--strae-oqa.example")
        for term in ("jan@stra\u00dfe.example", "jan@xn--strae-oqa.example", "Jan <JAN@Stra\u00dfe.Example>"):
            assert desk.found(term) == [car]
        assert desk.found("jan@strasse.example") == []

    @pytest.mark.parametrize("code", ["MEYT-YEEM", "P374-A9R4", "MEYT-Y3EM", "3EYT-YEEM"])
    @pytest.mark.parametrize("words", ["{}", "Support code: {}.", "code {}", "({})", "My code is {}"])
    def test_opens_a_request_by_its_code_with_words_around(
        self, desk: Desk, car: OnboardingRequest, code: str, words: str
    ) -> None:
        car.support_code = code.replace("-", "")
        car.save()
        for spoken in (code, code.lower(), code.replace("-", " "), car.support_code):
            answer = desk.search(words.format(spoken))
            assert answer.headers["Location"] == f"{LIST}{car.pk}/change/"

    def test_finds_by_the_entity(self, desk: Desk, car: OnboardingRequest) -> None:
        assert car.entity_id
        assert desk.found(car.entity_id) == [car]

    def test_finds_by_the_end_of_a_support_code(self, desk: Desk, car: OnboardingRequest) -> None:
        assert desk.found(car.support_code[-6:].lower()) == [car]

    @pytest.mark.parametrize("term", ["541448 820000 000008", "541448 820000000008", "000008"])
    def test_finds_a_meter_however_its_number_is_grouped(self, desk: Desk, car: OnboardingRequest, term: str) -> None:
        assert [row.type for row in desk.found(term)] == ["SmartMeter"]

    @pytest.mark.parametrize("term", ["WA1", "WA1DMAFE0D000000", "0000000", "00000", "peeters", "example.org", "@"])
    def test_finds_nothing_by_a_beginning_or_another_piece(self, desk: Desk, car: OnboardingRequest, term: str) -> None:
        assert desk.found(term) == []

    def test_wants_every_word_to_fit(self, desk: Desk, car: OnboardingRequest) -> None:
        assert desk.found(f"{EMAIL} {GUIDES_VIN}") == [car]
        assert desk.found(f"{EMAIL} {EAN}") == []

    def test_wants_every_word_to_fit_also_behind_a_code_of_letters(self, desk: Desk, car: OnboardingRequest) -> None:
        """A word without a digit may be one that was copied with a number, and a support code."""
        car.support_code = "ACDEFHJK"
        car.save()
        other = OnboardingRequest.objects.get(type="SmartMeter")
        contact.send_link(other, EMAIL)
        assert desk.found(f"ACDEFHJK {EMAIL}") == [car]
        assert set(desk.found(f"Jan {EMAIL}")) == {car, other}

    def test_reads_no_book(self, desk: Desk, car: OnboardingRequest) -> None:
        assert desk.found(" ".join(f"word{number}" for number in range(3000))) == []

    @pytest.mark.parametrize("name", ["support_code", "spoken_support_code", "platform_id", "reference"])
    def test_opens_a_request_at_once_by_its_own_code_or_id(self, desk: Desk, car: OnboardingRequest, name: str) -> None:
        answer = desk.search(f" {getattr(car, name).lower()} " if name != "reference" else car.reference)
        assert answer.headers["Location"] == f"{LIST}{car.pk}/change/"

    @pytest.mark.parametrize("term", [GUIDES_VIN, EMAIL])
    def test_lists_what_others_may_come_to_share(self, desk: Desk, car: OnboardingRequest, term: str) -> None:
        assert desk.search(term).status_code == 200

    def test_looks_everywhere_even_from_within_a_queue(self, desk: Desk, car: OnboardingRequest) -> None:
        answer = desk.client.get(LIST, {"q": GUIDES_VIN, "queue": "us"})
        assert list(answer.context["cl"].result_list) == [car]

    def test_finds_what_belongs_to_a_request(self, desk: Desk, car: OnboardingRequest) -> None:
        events = desk.client.get("/admin/onboarding/event/", {"q": GUIDES_VIN}).context["cl"].result_list
        assert {event.request_id for event in events} == {car.pk}

    def test_survives_what_nobody_can_mean(self, desk: Desk, car: OnboardingRequest) -> None:
        assert desk.search("a\x00@b").status_code == 400
        assert desk.found("- .") == []

    def test_is_for_those_who_may_read(self, car: OnboardingRequest) -> None:
        assert Desk().search(car.support_code).status_code == 403

    def test_uses_the_index(self, car: OnboardingRequest) -> None:
        SearchKey.objects.bulk_create([SearchKey(key=f"{number:022}", request=car) for number in range(1000)])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE onboarding_searchkey")
            if connection.vendor == "postgresql":  # which reads the one request in any case otherwise
                cursor.execute("SET LOCAL enable_seqscan = off")
        plan = find_requests(OnboardingRequest.objects.order_by(), GUIDES_VIN).explain()
        assert re.search(r"USING .*INDEX sqlite_autoindex_onboarding_searchkey_1 \(key=\?|searchkey_pkey", plan)
        assert not re.search(r"\bSCAN|Seq Scan", plan)


class TestKeys:
    def test_follow_a_request_from_the_first_answer_to_the_outcome(self, customer: Customer) -> None:
        customer.start()
        assert stored(customer.request) == hashed(keys_of(customer.request))
        customer.choose("EV", "Audi").post("identify", vin="WA1DMAFE0D0000001")
        assert keyed("WA1DMAFE0D0000001") in stored(customer.request)
        customer.post("identify", vin=GUIDES_VIN)
        assert keyed("WA1DMAFE0D0000001") not in stored(customer.request)
        customer.post("check", consent="on", contact_email=EMAIL, page_sha256=page_sha256(customer))
        row = work_until(customer.request, "connected")
        assert stored(row) == hashed(keys_of(row)) >= hashed({GUIDES_VIN, EMAIL.lower(), key_of(row.platform_id)})

    def test_go_when_identifiers_are_erased(self, customer: Customer) -> None:
        customer.submit("EV", "Audi", vin="WA1DMAFE0D0000700")
        row = work_until(customer.request, "failed")
        SearchKey.objects.create(request=row, key="LEFTBEHIND")
        strip([row.pk])
        code = row.support_code
        assert stored(row) == hashed({code, code[-6:], key_of(row.reference)})

    def test_are_not_asked_about_while_none_changes(
        self, customer: Customer, django_assert_num_queries: object
    ) -> None:
        row = customer.start().request
        row.language = "nl"
        with django_assert_num_queries(1):  # type: ignore[operator]
            row.save()

    def test_are_right_when_only_some_columns_were_read(self, customer: Customer) -> None:
        customer.submit()
        row = OnboardingRequest.objects.only("pk", "own_reference").get(pk=customer.request.pk)
        row.own_reference = "another"
        row.save()
        assert stored(row) == hashed(keys_of(customer.request))
        assert keyed("ANOTHER") in stored(row)


def stored(row: OnboardingRequest) -> set[str]:
    return set(SearchKey.objects.filter(request=row).values_list("key", flat=True))


def hashed(keys: Iterable[str]) -> set[str]:
    return set(map(keyed, keys))


def page_sha256(customer: Customer) -> str:
    return str(customer.get("check").context["page_sha256"])
