"""What a page costs the database, outside a wrapping transaction, with the catalogue and the brand in memory."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from onboarding.branding import brand
from onboarding.catalogue import catalogue, help_texts
from tests.customers import GUIDES_VIN, Customer, work_until

pytestmark = pytest.mark.django_db(transaction=True)

DESK = "/admin/onboarding/onboardingrequest/"
ANSWERS = (
    ("type", {"type": "EV"}),
    ("manufacturer", {"manufacturer": "Audi"}),
    ("identify", {"vin": GUIDES_VIN}),
)


def explained(sql: str) -> str:
    """Return how the database goes about a query, where it may not read whole tables."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # which reads so few rows one by one otherwise
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {'' if connection.vendor == 'postgresql' else 'QUERY PLAN'} {sql}")
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


class TestStep:
    @pytest.fixture
    def counted(self) -> Iterator[CaptureQueriesContext]:
        with CaptureQueriesContext(connection) as queries:
            yield queries

    def test_is_shown_with_at_most_three(self, customer: Customer, counted: CaptureQueriesContext) -> None:
        customer.start()
        for page, answers in ANSWERS:
            forget_what_is_not_for_all_pages()
            assert cost(counted, lambda page=page: customer.get(page)) <= 3
            customer.post(page, **answers)

    def test_to_agree_on_is_shown_with_at_most_five(self, customer: Customer, counted: CaptureQueriesContext) -> None:
        """Two more than the others: the text of consent, and whether this customer has the same device already."""
        customer.submit()
        another = Customer(customer.client).start()
        for page, answers in ANSWERS:
            another.post(page, **answers)
        forget_what_is_not_for_all_pages()
        assert cost(counted, lambda: another.get("check")) <= 5

    def test_is_answered_with_at_most_six(self, customer: Customer, counted: CaptureQueriesContext) -> None:
        """Five, and one that counts for the limits. The first answer makes the row."""
        customer.start()
        catalogue.load()
        for (page, answers), most in zip(ANSWERS, (8, 6, 6), strict=True):
            customer.get(page)
            assert cost(counted, lambda page=page, answers=answers: customer.post(page, **answers)) <= most
        assert cost(counted, lambda: customer.post("type", type="EV")) <= 6

    def test_is_agreed_to_with_at_most_six(self, customer: Customer, counted: CaptureQueriesContext) -> None:
        customer.start()
        for page, answers in ANSWERS:
            customer.post(page, **answers)
        words = customer.get("check").context["page_sha256"]
        post = lambda: customer.post("check", consent="on", page_sha256=words)  # noqa: E731
        assert cost(counted, post) <= 6
        assert customer.request.state == "queued"


class TestPoll:
    """Of a page that shows the newest."""

    @pytest.fixture
    def waiting(self, customer: Customer) -> Customer:
        customer.submit(vin="WA1DMAFE0D0000802")
        work_until(customer.request, "following")
        customer.get("status")
        return customer

    def test_costs_one_query_by_an_index(self, waiting: Customer) -> None:
        version = waiting.request.shown_version
        url = f"{waiting.url('status')}panel/?v={version}"
        with CaptureQueriesContext(connection) as asked:
            answer = waiting.client.get(url, headers={"HX-Request": "true", "HX-Target": "live"})
        assert answer.status_code == HTTPStatus.NO_CONTENT
        (query,) = asked.captured_queries
        plan = explained(query["sql"])
        assert not re.search(r"\bSCAN\b|Seq Scan", plan), plan

    def test_reads_all_columns_once_something_changed(self, waiting: Customer) -> None:
        url = f"{waiting.url('status')}panel/?v=of-before"
        with CaptureQueriesContext(connection) as asked:
            answer = waiting.client.get(url, headers={"HX-Request": "true", "HX-Target": "live"})
        assert b"Audi" in answer.content
        assert len(asked) <= 4


class TestSupportDesk:
    @pytest.fixture(autouse=True)
    def counted(self, admin_client: Client) -> None:
        """Read what is read once in ten seconds for all pages: how much waits in the queues."""
        admin_client.get("/admin/")

    def test_shows_a_request_with_at_most_fifteen(
        self, customer: Customer, admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer.submit()
        row = work_until(customer.request, "connected")
        with django_assert_max_num_queries(15):
            assert admin_client.get(f"{DESK}{row.pk}/change/").status_code == 200

    def test_lists_however_many_with_at_most_twelve(
        self, customer: Customer, admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer.submit()
        Customer(Client()).submit()
        with django_assert_max_num_queries(12):
            page = admin_client.get(DESK)
        assert len(page.context["cl"].result_list) == 2

    def test_opens_what_a_caller_names_with_at_most_four(
        self, customer: Customer, admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer.submit()
        with django_assert_max_num_queries(4):
            assert admin_client.get(DESK, {"q": customer.request.support_code}).status_code == 302


def forget_what_is_not_for_all_pages() -> None:
    """Begin as a process does whose memory is over, but for what it reads once in ten seconds for all pages."""
    cache.clear()
    brand.current()
    help_texts.read_all()


def cost(queries: CaptureQueriesContext, do: object) -> int:
    before = len(connection.queries_log)
    do()  # type: ignore[operator]
    new = [entry["sql"] for entry in list(connection.queries_log)[before:]]
    return sum(sql not in {"BEGIN", "BEGIN IMMEDIATE", "COMMIT"} for sql in new)
