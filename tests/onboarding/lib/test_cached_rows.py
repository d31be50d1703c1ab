"""What a process remembers of rows: what others store arrives after seconds, and what it stores itself at once."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.branding import brand
from onboarding.catalogue import catalogue, help_texts
from onboarding.consent import texts
from onboarding.models import ActionText, Brand, CatalogueSnapshot, HelpText, PlannedOffer
from tests.customers import Customer
from tests.onboarding.consent.test_consent import write

# Under which key, how it is read, how another process changes it, and how this one is told.
REMEMBERED: list[tuple[str, Callable[[], Any], Callable[[], Any], Callable[[], None]]] = [
    (
        "onboarding.branding.brand",
        lambda: brand.current().name,
        lambda: Brand.objects.create(name="Bright"),
        brand.forget,
    ),
    (
        "onboarding.consent-texts",
        lambda: len(texts.published()),
        lambda: type(write()).objects.filter(published_at=None).update(published_at=timezone.now(), version="2"),
        texts.forget,
    ),
    (
        "onboarding.HelpText",
        lambda: help_texts.help_for("EV", "Audi", "vin").label,
        lambda: HelpText.objects.create(attribute="vin", label="Chassis number"),
        help_texts.forget,
    ),
    (
        "onboarding.ActionText",
        lambda: help_texts.usual_wait("EV", "Audi"),
        lambda: ActionText.objects.create(type="EV", duration="A week."),
        help_texts.forget,
    ),
    (
        "onboarding.catalogue.catalogue",
        lambda: len(catalogue.load().planned),
        lambda: PlannedOffer.objects.create(type="EV", manufacturer="Audi", kind="paused"),
        catalogue.forget,
    ),
]


@pytest.mark.parametrize(("key", "read", "change", "forget"), REMEMBERED, ids=[row[0] for row in REMEMBERED])
class TestMemory:
    @pytest.fixture(autouse=True)
    def offered(self, customer: Customer) -> None:
        assert CatalogueSnapshot.objects.exists()
        cache.clear()

    def test_lasts_for_seconds_and_asks_nothing(self, key: str, read: Any, change: Any, forget: Any) -> None:
        before = read()
        assert 0 < cache._expire_info[cache.make_key(key)] - time.time() <= 10  # type: ignore[attr-defined]
        change()
        with CaptureQueriesContext(connection) as queries:
            assert read() == before
        assert not [query for query in queries if f"onboarding_{key.rpartition('.')[2].lower()}" in query["sql"]]
        cache.delete(key)  # as when they are over
        assert read() != before

    def test_ends_when_this_process_changed_it(self, key: str, read: Any, change: Any, forget: Any) -> None:
        before = read()
        change()
        forget()
        assert read() != before
