"""A disk without room: a clear page, and nothing lost.

SQLite can be told that it has no room; how PostgreSQL's trouble ends is seen in `tests/chaos`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import OperationalError, connection

from onboarding.limits.limit_table import LIMITS, Limit
from tests.customers import GUIDES_VIN, Customer, do, work_until
from tests.onboarding.portal.test_wizard import text_of

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def no_room() -> Iterator[None]:
    """Let the database grow by no page, and fill the pages that it has."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler (text TEXT)")
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        with suppress(OperationalError):
            for _row in range(100_000):
                cursor.execute("INSERT INTO filler VALUES (%s)", ["x" * 200])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
            cursor.execute("DROP TABLE filler")


class TestFullDisk:
    def test_is_a_page_that_says_so_and_keeps_the_answers(
        self, customer: Customer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(LIMITS, "identify", Limit())  # it is the disk that stops them
        customer.start().choose("EV", "Audi")
        with no_room():
            answers = [customer.post("identify", vin=GUIDES_VIN) for _attempt in range(100)]
            full = [answer for answer in answers if answer.status_code == 503]
            assert full
            assert "What you entered is kept on this page" in text_of(full[0])
            assert f'name="vin" value="{GUIDES_VIN}"' in full[0].content.decode()
            assert full[0].headers["Retry-After"] == "5"
        assert customer.post("identify", vin=GUIDES_VIN).headers["Location"] == customer.url("check")
        assert customer.request.attributes == {"vin": GUIDES_VIN}

    def test_costs_a_worker_one_try(self, customer: Customer) -> None:
        customer.submit()
        with no_room(), suppress(OperationalError):
            do(customer.request)
        assert work_until(customer.request, "connected").consents.count() == 1
