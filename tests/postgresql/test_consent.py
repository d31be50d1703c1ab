"""What PostgreSQL refuses besides: to empty the table at once, and whatever the app's own role may not do."""

import base64
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as portal_settings
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.backends.utils import CursorWrapper
from pytest_django import Settings

from onboarding.lib.resealing import reseal
from onboarding.models import Consent
from tests.customers import Customer


@pytest.fixture
def cursor(customer: Customer) -> Iterator[CursorWrapper]:
    customer.submit()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        yield cursor


class TestGuards:
    def test_refuse_to_empty_the_table(self, cursor: CursorWrapper) -> None:
        with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
            cursor.execute("TRUNCATE onboarding_consent CASCADE")
        assert Consent.objects.count() == 1


class TestRoleOfTheApp:
    """`docs/app-role.sql`"""

    @pytest.fixture
    def run_as_app(self, cursor: CursorWrapper) -> Iterator[Callable[[str], None]]:
        cursor.execute((portal_settings.BASE_DIR / "docs" / "app-role.sql").read_text())
        cursor.execute("SET ROLE portal_app")
        yield cursor.execute
        cursor.execute("RESET ROLE")

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE onboarding_consent SET words = 'others'",
            "UPDATE onboarding_consent SET at = now()",
            "DELETE FROM onboarding_consent",
            "TRUNCATE onboarding_consent CASCADE",
            "ALTER TABLE onboarding_consent DISABLE TRIGGER ALL",
            "DROP TRIGGER onboarding_consent_no_update ON onboarding_consent",
        ],
    )
    def test_may_not(self, run_as_app: Callable[[str], None], sql: str) -> None:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            run_as_app(sql)

    def test_may_do_the_daily_work(self, run_as_app: Callable[[str], None]) -> None:
        run_as_app("UPDATE onboarding_onboardingrequest SET version = version + 1")
        run_as_app("UPDATE onboarding_consent SET attributes = '', reason = '', salt = '', erased_at = now()")
        assert Consent.objects.get().erased_at

    def test_may_seal_with_another_key(self, run_as_app: Callable[[str], None], settings: Settings) -> None:
        settings.DATA_KEYS = [base64.b64encode(bytes(range(32))).decode(), *settings.DATA_KEYS]
        assert reseal(Consent).resealed == 1
        assert Consent.objects.get().is_intact
