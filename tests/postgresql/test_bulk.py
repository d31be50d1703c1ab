"""Workers that take the same job at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.customers import do
from tests.onboarding.support.test_bulk import counts, make, notes, start


@pytest.mark.django_db(transaction=True)
def test_three_workers_do_each_request_once() -> None:
    keys = make(60)
    job = start(keys)

    def run(_number: int) -> None:
        try:
            do(job)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        list(workers.map(run, range(3)))
    assert notes() == keys
    assert counts(job) == (60, 0, 0)
