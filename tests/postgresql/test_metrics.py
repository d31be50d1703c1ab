"""What Prometheus asks for reads no table that grows from end to end."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding.monitoring import database_metrics

pytestmark = pytest.mark.django_db

GROWING = ("onboarding_onboardingrequest", "onboarding_mail", "onboarding_webhookdelivery", "onboarding_event")


class TestStatements:
    def test_find_an_index_for_every_table_that_grows(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            database_metrics.exposition()
        plans = {}
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # then one is planned only where no index will do
            for query in queries:
                cursor.execute(f"EXPLAIN {query['sql']}")
                plans[query["sql"]] = "\n".join(line for (line,) in cursor.fetchall())
        assert len(plans) >= 15
        assert [sql for sql, plan in plans.items() if any(f"Seq Scan on {table}" in plan for table in GROWING)] == []
