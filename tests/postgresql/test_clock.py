"""The clock of a database server that goes wrong."""

import pytest
from django.db import connection

from onboarding.jobs import clock
from onboarding.monitoring import readiness
from realto_portal.doctor.inside import check_database

pytestmark = pytest.mark.django_db
HOUR_AHEAD = (
    "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
    " AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$"
)


class TestClock:
    def test_that_agrees_is_well(self) -> None:
        assert "ok   Clock: It agrees with the database's." in map(str, check_database())

    def test_that_is_an_hour_ahead_is_to_be_mended(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(HOUR_AHEAD)
            cursor.execute("SET LOCAL search_path = public, pg_catalog")
        [line] = [line for line in map(str, check_database()) if "Clock" in line]
        assert line == "MEND Clock: It is 3600 s apart from the database's: let both machines follow NTP."

    def test_that_is_an_hour_ahead_lets_nothing_be_ready(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(HOUR_AHEAD)
            cursor.execute("SET LOCAL search_path = public, pg_catalog")
        assert 3590 < -clock.seconds_ahead() < 3610
        assert readiness.readiness()["clock"] is False
