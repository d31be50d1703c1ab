"""What all tests share: a process without memory, and short ways to a request in any state."""

import functools
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.db import connection as database
from django.db import transaction
from django.test import Client, TransactionTestCase, override_settings
from django.utils import timezone, translation
from httpx._transports import default
from pytest_django import DjangoDbBlocker, Settings

from onboarding.catalogue import refresh
from onboarding.catalogue.catalogue import Catalogue, load
from onboarding.lib import log_context
from onboarding.lib.cached_rows import ONLY
from onboarding.models import CatalogueSnapshot
from onboarding.platform_api import connection
from tests import pristine
from tests.customers import Customer

# What one of the two databases alone can show.
collect_ignore = ["realto_portal/test_database_trouble.py"] if database.vendor == "postgresql" else ["postgresql"]
# Where storage itself is what a test is about: `make test` runs these on SQLite too, and everything on PostgreSQL.
ON_SQLITE_TOO = (
    "onboarding/consent/test_consent.py",
    "onboarding/consent/test_ends.py",
    "onboarding/delivery/test_interleavings.py",
    "onboarding/delivery/test_offboarding.py",
    "onboarding/delivery/test_reconnecting_in_any_order.py",
    "onboarding/delivery/test_submission.py",
    "onboarding/desk/test_lists_search.py",
    "onboarding/desk/test_search.py",
    "onboarding/desk/test_work_queues.py",
    "onboarding/intake/test_reconnecting_at_once.py",
    "onboarding/jobs/test_news.py",
    "onboarding/lib/test_concurrently.py",
    "onboarding/lib/test_sealed.py",
    "onboarding/mail/test_outbox.py",
    "onboarding/portal/test_queries.py",
    "onboarding/portal/test_wizard.py",
    "onboarding/support/test_bulk.py",
    "onboarding/support/test_campaigns.py",
    "onboarding/test_migrate.py",
    "onboarding/webhooks/test_outbox.py",
    "realto_portal/test_database_trouble.py",
    "security/test_addresses.py",
    "security/test_bad_rows.py",
    "security/test_dump.py",
    "security/test_fuzz.py",
    "security/test_limits.py",
    "security/test_odd_ids.py",
)
TESTS = Path(__file__).parent
# Looking for garbage often costs more than it frees.
gc.set_threshold(50_000, 20, 50)
IN_A_HURRY = {
    "SANDBOX_STEP_SECONDS": 0.001,
    "REALTO_TIMEOUT_SECONDS": 0.05,
    "REALTO_SETTLE_SECONDS": 0.2,
    "REALTO_MAX_CALLS_PER_SECOND": 0,
}
# What the sandbox offers, once a test of this process has asked it.
FETCHED: dict[str, Any] = {}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even read what `-m sqlite` leaves out."""
    is_left_out = collection_path.is_file() and not is_for_sqlite_too(collection_path)
    return True if config.option.markexpr == "sqlite" and is_left_out else None


def is_for_sqlite_too(path: Path) -> bool:
    return path.relative_to(TESTS).as_posix().startswith(ON_SQLITE_TOO)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on SQLite too; what uses no database need not run again on another one."""
    for item in items:
        if is_for_sqlite_too(item.path) and uses_database(item):
            item.add_marker(pytest.mark.sqlite)


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays: the code, and all these tests."""
    gc.collect()
    gc.freeze()


def uses_database(item: pytest.Item) -> bool:
    return bool(
        {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db")
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """After each test that commits, bring the database back to what it was, by a shorter way than Django's."""
    with django_db_blocker.unblock(), pristine.kept() as bring_back, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: bring_back())
        yield


@pytest.fixture(autouse=True)
def process_without_memory() -> Iterator[None]:
    """Forget what a process remembers: the catalogue's copy, the platform client, the language, what it was at."""
    cache.clear()
    translation.deactivate()
    log_context.begin()
    connection.reset()
    yield
    connection.reset()


@pytest.fixture(autouse=True, scope="session")
def certificates_read_once() -> Iterator[None]:
    """Let clients share the certificates of authorities; to read them for each takes longer than most tests."""
    read = functools.cache(lambda _file, *given, **named: httpx.create_ssl_context(*given, **named))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default, "create_ssl_context", lambda *a, **n: read(os.environ.get("SSL_CERT_FILE"), *a, **n))
        yield


@pytest.fixture(autouse=True)
def unbuilt_static_files(settings: Settings) -> None:
    """Let pages find their style sheet without collectstatic."""
    settings.STATIC_ROOT = None
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def quick_hashes(settings: Settings) -> None:
    """Let passwords cost nothing; the real way takes most of a second for each."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def platform(settings: Settings, db: None) -> Catalogue:
    """Let the in-process sandbox be the platform, in a hurry, and know what it offers."""
    for name, value in IN_A_HURRY.items():
        setattr(settings, name, value)
    return know_what_is_offered()


def know_what_is_offered() -> Catalogue:
    if FETCHED:
        known = CatalogueSnapshot(pk=ONLY, **FETCHED, fetched_at=timezone.now())
        over = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": [*FETCHED, "fetched_at"]}
        CatalogueSnapshot.objects.bulk_create([known], **over)
    else:
        assert refresh.refresh_catalogue()
        FETCHED.update(CatalogueSnapshot.objects.values("offers", "paces").get())
        connection.reset()  # as for the tests after this one
    return load()


@pytest.fixture(scope="class")
def for_all(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Catalogue]:
    """Let a fixture of a class store rows for all its tests, of which each undoes what it does itself.

    Not for tests that commit, nor for those to which the database's own clock matters: it stands still meanwhile.
    """
    with django_db_blocker.unblock(), override_settings(**IN_A_HURRY), transaction.atomic():
        yield know_what_is_offered()
        transaction.set_rollback(True)


@pytest.fixture
def customer(client: Client, platform: Catalogue) -> Customer:
    return Customer(client)


@pytest.fixture
def stranger(platform: Catalogue) -> Customer:
    return Customer(Client())
