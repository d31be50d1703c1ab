"""What the platform says fits our tables and pages, whatever it is; one bad answer is one request's trouble."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from django.db import models
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from pytest_django import Settings

from onboarding.catalogue import availability, catalogue, refresh
from onboarding.delivery import dispatch, lease
from onboarding.gateway import upstream
from onboarding.lib.safe_links import safe_link
from onboarding.models import AnswerTally, CatalogueChange, CatalogueSnapshot, Event, OnboardingRequest, Transaction
from onboarding.platform_api import calls, connection, resources, values
from onboarding.platform_api.errors import PlatformError
from onboarding.platform_api.offers import MOST_OFFERS, MOST_TYPES, merge_offers, read_offers
from onboarding.platform_api.problems import read_problem
from onboarding.request import lifecycle
from tests.customers import Customer, do, let_time_pass, work

pytestmark = pytest.mark.django_db

ENTITY = {
    "id": "0b5f3a3c-2f4d-4a59-9f39-6d6a3b1f7e21",
    "owner": "4f1d0f1e-6a7b-4c55-8a5e-0f2b1c3d4e5f",
    "type": "EV",
    "tenantId": "t",
    "collectiveId": "c",
    "properties": {"flow": "B2C"},
    "information": {"type": "EV", "manufacturer": "Audi", "model": "", "vin": "WA1DMAFE0D0000000", "ean": None},
}
REQUEST: dict[str, Any] = {
    "id": "5d9b6d7e-94d0-4bd9-9a9b-3f1a2b3c4d5e",
    "principalId": "p",
    "requestType": "Entity",
    "created": "2026-05-04T10:20:30Z",
    "returnUrl": None,
    "data": {"entity": ENTITY, "collective": {}, "tenant": {}},
    "status": "Pending",
    "transactions": [{"type": "CreateEntity", "status": "Done"}, {"type": "Connect", "status": "Pending"}],
    "action": {"type": "Redirect", "redirectLink": "https://m.example/a", "documentationLink": "https://m.example/b"},
    "errors": [{"code": "E1", "message": "not yet"}],
}
OFFERS: dict[str, Any] = {
    "data": [
        {"type": "EV", "manufacturer": "Audi", "properties": [{"name": "vin", "required": True, "pattern": ".{17}"}]},
        {"type": "PV", "manufacturers": ["Huawei", {"name": "SMA", "properties": ["reference"]}]},
    ],
    "links": {"next": None},
    "meta": {"continuationToken": None},
}
PROBLEM: dict[str, Any] = {
    "errors": [{"code": "InvalidVin", "description": "d", "message": "m", "field": "vin"}],
    "title": "t",
    "detail": "d",
}

ODD = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    float("inf"),
    float("nan"),
    10**4000,
    -(10**30),
    "",
    " ",
    "a",
    "x" * 65,
    "x" * 101,
    "x" * 1_000_000,
    "\0",
    "a\0b",
    "\ud800",
    "\u202eabc",
    "\x1b[31m",
    "é" * 64,
    "👩‍👩‍👧‍👦" * 64,
    "http://" + "a" * 64,
    "../../v1/authentication",
    "a/b",
    "%2e%2e%2f",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "9" * 5000,
    "2026-99-99T99:99:99Z",
    "9999-12-31T23:59:59-23:59",
    [],
    [[]],
    [None] * 1000,
    ["x"] * 10_000,
    {},
    {"": ""},
    {"id": {"id": "1"}},
    {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}},
    {str(number): number for number in range(10_000)},
    [{"type": "T" * 200, "status": "S" * 200, "code": 1, "message": [], "name": "n" * 500}] * 500,
]


def deep(levels: int) -> Any:
    value: Any = "x"
    for _level in range(levels):
        value = [value]
    return value


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the way to everything in a JSON value, itself first."""
    yield way
    named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in named:
        yield from places(item, (*way, name))


def with_odd(value: Any, way: tuple[Any, ...], odd: Any) -> Any:
    if not way:
        return odd
    changed = deepcopy(value)
    holder = changed
    for name in way[:-1]:
        holder = holder[name]
    holder[way[-1]] = odd
    return changed


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([o for o in ODD if o is not None]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner, max_size=5),
    max_leaves=20,
)
CALM = trying(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def length(model: type[models.Model], column: str) -> int:
    found = model._meta.get_field(column).max_length
    assert found
    return found


class TestColumns:
    """The code has bounds of its own; here they meet what the tables say."""

    @pytest.mark.parametrize(
        ("bound", "model", "column"),
        [
            (values.ID, OnboardingRequest, "platform_id"),
            (values.ID, OnboardingRequest, "entity_id"),
            (values.ID, OnboardingRequest, "offboarding_id"),
            (values.WORD, OnboardingRequest, "status"),
            (values.WORD, OnboardingRequest, "action_type"),
            (values.WORD, OnboardingRequest, "offboarding_status"),
            (values.WORD, OnboardingRequest, "type"),
            (values.NAME, OnboardingRequest, "manufacturer"),
            (values.WORD, Transaction, "type"),
            (values.WORD, Transaction, "status"),
            (values.WORD, CatalogueChange, "type"),
            (values.NAME, CatalogueChange, "manufacturer"),
            (values.WORD, AnswerTally, "type"),
            (values.NAME, AnswerTally, "field"),
        ],
    )
    def test_hold_what_is_read(self, bound: int, model: type[models.Model], column: str) -> None:
        assert bound <= length(model, column)

    @pytest.mark.parametrize("odd", [odd for odd in ODD if isinstance(odd, str)], ids=lambda odd: repr(odd)[:20])
    def test_take_every_word_after_it_was_masked(self, odd: str, customer: Customer) -> None:
        customer.submit()
        said = deepcopy(REQUEST) | {"status": odd, "action": {"type": odd}}
        said["transactions"] = [{"type": odd, "status": odd}]
        absorb(customer.request, said)
        row = customer.request
        assert all(len(word) <= 64 for word in (row.status, row.action_type, row.entity_id))


def absorb(row: OnboardingRequest, said: Any) -> OnboardingRequest | None:
    """Do with an answer what a worker does with it: as one that follows the request."""
    now = timezone.now()
    OnboardingRequest.objects.filter(pk=row.pk).update(
        state="following", platform_id="5d9b", due_at=now, lease="", lease_expires_at=None, sent_at=now
    )
    SAID["now"] = said
    do(row)
    return OnboardingRequest.objects.get(pk=row.pk)


SAID: dict[str, Any] = {"now": None}


class Says(httpx.BaseTransport):
    """Gives tokens, and says what `SAID` has to everything else."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/authentication"):
            return httpx.Response(200, json={"access_token": "token", "expires_in": 3599})
        said = SAID["now"]
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return httpx.Response(SAID.get("status", 200), content=body)


@pytest.fixture(autouse=True)
def platform_that_says(settings: Settings, request: pytest.FixtureRequest) -> None:
    if "customer" in request.fixturenames:
        request.getfixturevalue("customer")  # it needs the sandbox's catalogue
    settings.SANDBOX_TRANSPORT = f"{__name__}.Says"
    SAID.clear()
    SAID["now"] = REQUEST
    connection.reset()


def is_sane(row: OnboardingRequest) -> None:
    """Nothing is lost, and nothing loops: it waits for its next look, for somebody, or it is over."""
    state = lifecycle.State(row.state)
    assert row.lease == ""
    if state in lifecycle.OPEN and not row.is_with_staff:
        assert row.due_at is not None
        assert timedelta(seconds=-1) < row.due_at - timezone.now() < timedelta(days=1)


WAYS = {
    "request": (REQUEST, list(places(REQUEST))),
    "offers": (OFFERS, list(places(OFFERS))),
    "problem": (PROBLEM, list(places(PROBLEM))),
}


class TestReaders:
    """Pure: every field by everything odd."""

    @pytest.mark.parametrize("way", WAYS["request"][1], ids=str)
    def test_of_a_request_survive_everything(self, way: tuple[Any, ...]) -> None:
        for odd in [*ODD, deep(500)]:
            said = with_odd(REQUEST, way, odd)
            try:
                read = resources.OnboardingRequest.from_json(said)
            except PlatformError:
                continue
            self.fits(read)
            assert resources.Page.from_json([said, REQUEST]).items[-1].id == REQUEST["id"]

    @pytest.mark.parametrize("way", WAYS["offers"][1], ids=str)
    def test_of_offers_lose_one_entry_at_most(self, way: tuple[Any, ...]) -> None:
        for odd in [*ODD, deep(500)]:
            found = merge_offers(read_offers(with_odd(OFFERS, way, odd)))
            assert all(len(offer.type) <= 64 and len(offer.manufacturer) <= 100 for offer in found)
            assert all(len(item.name) <= 100 for offer in found for item in offer.attributes or ())
            if way[:2] == ("data", 0):
                assert {"Huawei", "SMA"} <= {offer.manufacturer for offer in found}

    @pytest.mark.parametrize("way", WAYS["problem"][1], ids=str)
    def test_of_problems_survive_everything(self, way: tuple[Any, ...]) -> None:
        for odd in [*ODD, deep(500)]:
            problem = read_problem(with_odd(PROBLEM, way, odd), ["vin"])
            assert len(problem.code) <= 64
            assert len(problem.message) <= 500
            assert all(len(messages) <= 5 for messages in problem.fields.values())

    @given(json_values)
    @CALM
    def test_survive_any_json(self, said: Any) -> None:
        for content in (said, {"data": said}, {"id": "1", "transactions": said, "action": said, "errors": said}):
            with suppress(PlatformError):
                self.fits(resources.OnboardingRequest.from_json(content))
            with suppress(PlatformError):
                resources.Page.from_json(content)
                resources.OffboardingRequest.from_json(content)
            read_offers(content)
            read_problem(content, ["vin"])

    @pytest.mark.parametrize("id", ["..", ".", "", " ", "a\nb", "a\0", "\u202ea", "a\u200bb", "\ud800", "x" * 65])
    def test_refuse_an_id_that_nobody_can_keep_or_name(self, id: str) -> None:
        with pytest.raises(PlatformError):
            resources.OnboardingRequest.from_json(REQUEST | {"id": id})
        told = {**REQUEST, "data": {"entity": {**ENTITY, "id": id}}}
        assert resources.OnboardingRequest.from_json(told).entity_id == ""
        with pytest.raises(PlatformError):
            resources.OffboardingRequest.from_json({"id": id})

    @pytest.mark.parametrize("id", ["a/b", "a/../b", "../x", "a\\b", "%2e%2e", "é", "a?b", "a#b", "a b", "{id}", "(%)"])
    def test_take_an_odd_id_that_leads_nowhere_else(self, id: str) -> None:
        assert resources.OnboardingRequest.from_json(REQUEST | {"id": id}).id == id
        asked = (calls.get_onboarding(id), calls.cancel_onboarding(id), calls.get_offboarding(id))
        for call in (*asked, calls.get_entity(id), calls.last_reading(id)):
            before, _id, after = call.template.partition("{id}")
            escaped = call.path.removeprefix(before).removesuffix(after)
            assert re.fullmatch(r"[\w.~%-]+", escaped, re.ASCII)
            assert unquote(escaped) == id
            assert httpx.URL("https://p.example").join(call.path).raw_path.decode() == call.path

    def fits(self, read: resources.OnboardingRequest) -> None:
        assert 0 < len(read.id) <= 64
        assert read.id.isprintable()
        assert len(read.status) <= 64
        assert len(read.entity_id) <= 64
        assert len(read.transactions) <= 50
        assert len(read.errors) <= 20
        words = [read.status, *(word for item in read.transactions for word in (item.type, item.status))]
        words += [word for error in read.errors for word in (error.code, error.message)]
        words += [read.type, read.manufacturer, *read.information, *read.information.values()]
        assert all(len(word) <= 2000 and "\0" not in word and word.encode() is not None for word in words)


class TestRow:
    """With tables, as a worker: PostgreSQL refuses what SQLite swallows."""

    @pytest.mark.parametrize("way", WAYS["request"][1], ids=str)
    def test_stays_sane_whatever_is_said(self, way: tuple[Any, ...], customer: Customer) -> None:
        customer.submit()
        for odd in ODD:
            row = absorb(customer.request, with_odd(REQUEST, way, odd))
            assert row is not None
            is_sane(row)
            assert row.needs_staff != "unreadable"
            if row.is_final or row.is_with_staff:
                return
        assert customer.get("status").status_code == 200

    @pytest.mark.parametrize("status", [200, 201, 400, 404, 409, 422, 429, 500])
    def test_stays_sane_whatever_is_answered_to_a_new_request(self, status: int, customer: Customer) -> None:
        SAID["status"] = status
        customer.submit()
        fresh = customer.request
        for odd in [*ODD[::4], PROBLEM, REQUEST]:
            for said in (odd, with_odd(PROBLEM, ("errors", 0, "message"), odd), with_odd(REQUEST, ("id",), odd)):
                fresh.save()
                SAID["now"] = said
                do(fresh)
                is_sane(customer.request)
                assert customer.get("status").status_code in {200, 302}

    @given(st.sampled_from(WAYS["request"][1]), json_values)
    @CALM
    def test_stays_sane_whatever_hypothesis_says(self, customer: Customer, way: tuple[Any, ...], odd: Any) -> None:
        if not customer.reference:
            customer.submit()
        row = absorb(customer.request, with_odd(REQUEST, way, odd))
        assert row is not None
        is_sane(row)

    def test_that_cannot_be_taken_in_goes_to_staff_once_and_blocks_no_other(
        self, customer: Customer, stranger: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two requests get one and the same id: only the first can have it."""
        customer.submit()
        stranger.submit()
        SAID["status"] = 201
        do(customer.request)
        assert customer.request.state == "following"
        for _turn in range(12):
            work()
            let_time_pass(stranger.request)
        row = stranger.request
        assert (row.state, row.needs_staff, row.due_at, row.lease) == ("unknown", "several", None, "")
        assert row.events.filter(name="needs-staff").count() == 1
        assert row.attempt == 1
        assert customer.request.needs_staff == ""

    def test_with_too_many_transactions_keeps_fifty_and_tells_how_many_there_are(self, customer: Customer) -> None:
        customer.submit()
        flood = [{"type": f"Step{number}", "status": "Pending"} for number in range(40_000)]
        started = time.monotonic()
        absorb(customer.request, REQUEST | {"transactions": flood})
        absorb(customer.request, REQUEST | {"transactions": flood})
        assert time.monotonic() - started < 10
        assert customer.request.transactions.count() == 50
        told = Event.objects.get(request=customer.request, name="progress").detail["transactions"]
        assert told.endswith("(+39950)")
        page = customer.get("status")
        assert len(page.content) < 60_000

    def test_with_too_many_errors_keeps_twenty(self, customer: Customer) -> None:
        customer.submit()
        absorb(customer.request, REQUEST | {"errors": [{"code": "E", "message": "m" * 400}] * 10_000})
        assert len(customer.request.errors) == 20
        assert len(customer.get("status").content) < 60_000


class TestLink:
    UNSAFE = [
        "https://portal.example@evil.example/",
        "https://portal.example:443@evil.example/",
        "https://portal.example%40evil.example/",
        "https://user:password@evil.example/",
        "https://@evil.example/",
        "https://evil.example\\@portal.example/",
        "https:\\\\evil.example/",
        "https://evil.example/\x00",
        "https://evil.example/\u202egpj.exe",
        "https://evil.example/a\u200bb",
        "https://evil.example/\ufeff",
        "https://evil.example/a b",
        "https://evil.example:0/",
        "https://evil.example:65536/",
        "https://evil.example:999999999/",
        "https://evil.example:x/",
        "https://",
        "https:///x",
        "https:evil.example",
        "https://?x",
        "https://[::1",
        "https://[zz]/",
        "http://evil.example/",
        "ftp://evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//evil.example/",
        "/x",
        "https://\u0430pple.com/",
        "https://xn--pple-43d.com/",
        "https://\u0430\u0440\u0440\u04cf\u0435.com/",
        "https://xn--80ak6aa92e.com/",
        "https://g\u03bf\u03bfgle.com/",
        "https://evil..example/",
        "https://" + "a" * 64 + ".example/",
        "https://xn--a/",
        "https://evil.example/" + "x" * 8000,
    ]
    SAFE = [
        "https://login.example.org/consent?id=1&b=%20#c",
        "https://example.org",
        "https://example.org:8443/x",
        "https://m\u00fcller.example/",
        "https://xn--mller-kva.example/",
        "https://1.2.3.4/x",
        "https://[2001:db8::1]/x",
        "https://example.org/a@b",
        "HTTPS://EXAMPLE.ORG/",
        "https://login.example/authorize?request=" + "a" * 7000,
        "https://auth_eu.maker.example/x",
        "https://eu--login.maker.example/",
        "https://ab--cd.maker.example/",
        "https://παράδειγμα.gr/",
        "https://пример.com/",
    ]

    @pytest.mark.parametrize("link", UNSAFE, ids=lambda link: link[:50].encode("unicode_escape").decode())
    def test_that_is_not_what_it_looks_like_is_not_shown_and_staff_hear_of_it(
        self, link: str, customer: Customer
    ) -> None:
        customer.submit()
        for name in ("redirectLink", "documentationLink"):
            action = {"type": "Redirect", name: link}
            absorb(customer.request, REQUEST | {"action": action})
        row = customer.request
        assert safe_link(link) == ""
        page = customer.get("status").content.decode()
        assert "evil" not in page
        assert 'href="https:' not in page
        assert row.needs_staff == "bad-link"
        assert row.due_at is not None
        assert row.events.filter(name="needs-staff").count() == 1

    @pytest.mark.parametrize("link", SAFE)
    def test_that_is_plain_is_shown(self, link: str, customer: Customer) -> None:
        customer.submit()
        absorb(customer.request, REQUEST | {"action": {"type": "Redirect", "redirectLink": link}})
        assert safe_link(link) == link
        assert customer.request.needs_staff == ""

    def test_that_comes_and_goes_is_told_once_until_it_was_handled(self, customer: Customer) -> None:
        customer.submit()
        bad = REQUEST | {"action": {"type": "Redirect", "redirectLink": "https://a@evil.example/"}}
        for said in (bad, bad, REQUEST, REQUEST, bad):
            absorb(customer.request, said)
        assert customer.request.events.filter(name="needs-staff").count() == 1


class TestCatalogue:
    def flood(self, makers: int, prefix: str = "Maker") -> None:
        names = [f"{prefix} {number:05}" for number in range(makers)]
        SAID["now"] = {"data": [{"type": "EV", "manufacturer": name, "properties": ["vin"]} for name in names]}
        assert refresh.refresh_catalogue()

    def test_of_fifty_thousand_makers_is_a_short_page(self, customer: Customer) -> None:
        self.flood(50_000)
        customer.start().post("type", type="EV")
        customer.get("manufacturer")  # reads the copy
        started = time.monotonic()
        page = customer.get("manufacturer")
        seconds = time.monotonic() - started
        html = page.content.decode()
        assert len(page.content) <= 60_000
        assert html.count('type="radio"') == 50
        assert "49950 more: search by name" in html or "49,950 more: search by name" in html
        assert seconds < 1.5
        for query in ("maker 49999", "49999"):
            found = customer.client.get(customer.url("manufacturer"), {"q": query}).content.decode()
            assert 'value="Maker 49999"' in found
            alone = customer.client.get(customer.url("manufacturer").replace("manufacturer/", "makers/"), {"q": query})
            assert alone.status_code in {200, 404}
        assert customer.post("manufacturer", manufacturer="Maker 49999").status_code == 302
        again = customer.get("manufacturer").content.decode()
        assert re.search(r'value="Maker 49999" checked', again)
        assert again.count('type="radio"') == 50
        assert "not on offer" in customer.post("manufacturer", manufacturer="Maker 50000").content.decode()

    def test_that_is_all_new_each_time_leaves_few_changes(self, customer: Customer) -> None:
        for round_ in range(2):
            self.flood(5_000, f"Round {round_}")
        assert CatalogueChange.objects.count() <= 2 * 201
        more = CatalogueChange.objects.filter(kind="more").first()
        assert more is not None
        assert more.others == 2 * 5_000 - 200

    def test_pages_of_the_desk_are_short(self, customer: Customer, admin_client: Client) -> None:
        self.flood(5_000)
        pages = {
            "/admin/onboarding/cataloguesnapshot/": 250_000,
            "/admin/onboarding/cataloguesnapshot/?page=50": 250_000,
            "/admin/onboarding/cataloguesnapshot/1/history/": 100_000,
            "/admin/onboarding/cataloguechange/": 250_000,
            "/admin/onboarding/helptext/add/": 100_000,
            "/admin/onboarding/actiontext/add/": 100_000,
        }
        for path, most in pages.items():
            page = admin_client.get(path)
            assert page.status_code == 200, path
            assert len(page.content) < most, path

    def test_is_measured_with_few_queries(self, customer: Customer, django_assert_max_num_queries: Any) -> None:
        self.flood(5_000)
        with django_assert_max_num_queries(20):
            availability.measure_manufacturers()

    @pytest.mark.parametrize("odd", [*ODD, deep(500)], ids=lambda odd: repr(odd)[:20])
    def test_loses_no_more_than_the_bad_entry(self, odd: Any, customer: Customer) -> None:
        good = {"type": "EV", "manufacturer": "Audi", "properties": ["vin"]}
        bad = [odd, {"type": odd, "manufacturer": "B"}, {"type": "EV", "manufacturer": odd}, good | {"properties": odd}]
        SAID["now"] = {"data": [*bad, good]}
        assert refresh.refresh_catalogue()
        assert catalogue.load().find("EV", "Audi")
        assert customer.start().post("type", type="EV").status_code == 302
        assert customer.get("manufacturer").status_code == 200

    def test_is_read_up_to_a_hundred_thousand(self) -> None:
        many = merge_offers(
            resources.Offer("EV", f"M{number}", (resources.Attribute("vin"),)) for number in range(MOST_OFFERS + 5000)
        )
        assert len(many) <= MOST_OFFERS
        kinds = merge_offers(resources.Offer(f"T{number}", "M") for number in range(5000))
        assert len(kinds) <= MOST_TYPES
        fat = tuple(resources.Attribute(f"a{number}", True, "d" * 300, "p" * 200) for number in range(40))
        heavy = merge_offers(resources.Offer("EV", f"M{number}", fat) for number in range(100_000))
        assert sum(len(item.description) for offer in heavy for item in offer.attributes or ()) < 20_000_000

    def test_whose_pages_never_end_is_not_read_for_ever(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = {"at": time.time()}
        client = connection.connect()
        client._clock = lambda: now["at"]
        client._retry = client._retry.__class__(lambda _s: None, lambda: 0.0, client._clock)
        pages = 0

        def page(_request: httpx.Request) -> httpx.Response:
            nonlocal pages
            if _request.url.path.endswith("/authentication"):
                return httpx.Response(200, json={"access_token": "token"})
            pages += 1
            now["at"] += 9
            return httpx.Response(200, json={"data": [], "meta": {"continuationToken": str(pages)}})

        client._http._transport = httpx.MockTransport(page)
        with pytest.raises(PlatformError):
            client.list_types()
        assert pages <= 300 / 9 + 2
        client.close()

    def test_refresh_does_not_begin_again_while_one_may_be_under_way(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        CatalogueSnapshot.objects.update(fetched_at=timezone.now() - timedelta(days=1), busy_until=None)
        seen: list[tuple[bool, bool]] = []

        def look(*_given: object) -> bool:
            seen.append((refresh.refresh_if_due(), refresh.want_refresh()))
            return True

        monkeypatch.setattr("onboarding.catalogue.refresh.refresh_catalogue", look)
        assert refresh.refresh_if_due()
        assert seen == [(False, False)]
        CatalogueSnapshot.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
        assert refresh.refresh_if_due()
        assert len(seen) == 2


class TestLease:
    def test_outlasts_a_platform_that_uses_up_every_second(self, settings: Settings) -> None:
        """Count by a clock that only such a platform moves: everything fails in the last moment, tokens included."""
        settings.REALTO_TIMEOUT_SECONDS = 10.0
        now = {"at": 1_800_000_000.0}
        longest = 0.0
        for refused in range(2**6):  # which calls are refused at once, which use up all their time, which work late
            script = f"{refused:06b}"
            started = now["at"]
            self.one_read(now, script)
            longest = max(longest, now["at"] - started)
        assert longest > 30
        assert longest < upstream.longest_call().total_seconds()
        assert lease.lease_time() > upstream.longest_call()
        assert dispatch.longest_task() > lease.lease_time()

    def one_read(self, now: dict[str, float], script: str) -> None:
        steps = iter(script)

        def wait() -> None:
            now["at"] += 5.0  # as long as a call waits for its turn

        def answer(request: httpx.Request) -> httpx.Response:
            now["at"] += 9.999
            if next(steps, "0") == "1":
                raise httpx.ReadTimeout("", request=request)
            if request.url.path.endswith("/authentication"):
                return httpx.Response(200, json={"access_token": "t" * 20 + str(now["at"])})
            return httpx.Response(401)

        def sleep(seconds: float) -> None:
            now["at"] += seconds

        from onboarding.platform_api.auth import Credentials
        from onboarding.platform_api.client import Client as Platform

        http = httpx.Client(base_url="https://p.test", transport=httpx.MockTransport(answer))
        client = Platform(
            http,
            Credentials("a", "b"),
            types_path="/x",
            clock=lambda: now["at"],
            sleep=sleep,
            random=lambda: 1.0,
            before_call=wait,
        )
        with pytest.raises(PlatformError):
            client.get_onboarding(id="1")
        client.close()


def test_python_still_refuses_huge_numbers() -> None:
    """What is read relies on it: a number of millions of digits would take minutes."""
    assert sys.get_int_max_str_digits() == 4300
