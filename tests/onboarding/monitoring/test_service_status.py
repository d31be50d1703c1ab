"""The page for customers who wonder whether it works: what it says, when, in whose words, and of nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.catalogue import refresh
from onboarding.gateway import upstream
from onboarding.jobs import heartbeat
from onboarding.models import Heartbeat, OnboardingRequest, PlatformHealth
from sandbox import bench
from tests.customers import Customer
from tests.onboarding.portal.test_wizard import text_of

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def page(language: str = "en") -> str:
    return text_of(Client().get("/status/", headers={"Accept-Language": language}))


def told() -> Any:
    response = Client().get("/status.json")
    assert response["Cache-Control"] == "no-store"
    return response.json()


@pytest.fixture
def away() -> None:
    PlatformHealth.objects.create(pk=1, away_since=NOON)


class TestPage:
    def test_says_that_it_works(self) -> None:
        heartbeat.beat()
        assert "Connecting works You can connect a device now." in page()
        assert told() == {"connecting": "ok", "platform": "ok", "since": None}

    def test_says_since_when_the_platform_is_away(self, away: None) -> None:
        assert "Since 1 July 2026, 14:00 the platform that connects devices has not answered." in page()
        assert "Nothing is lost" in page()
        assert told() == {"connecting": "delayed", "platform": "away", "since": "2026-07-01T12:00:00+00:00"}

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("nl", ("Koppelen duurt langer Sinds", "antwoordt het platform dat apparaten koppelt niet.")),
            ("fr", ("La connexion prend plus de temps Depuis", "la plateforme qui connecte les appareils ne répond")),
            ("de", ("Das Verbinden dauert länger Seit", "antwortet die Plattform, die Geräte verbindet, nicht.")),
        ],
    )
    def test_speaks_the_languages_of_the_portal(self, away: None, language: str, words: tuple[str, str]) -> None:
        assert all(part in page(language) for part in words)

    def test_says_since_when_no_worker_is_alive(self) -> None:
        heartbeat.beat()
        Heartbeat.objects.update(beaten_at=NOON)
        assert "Since 1 July 2026, 14:00 requests have been taking longer than usual." in page()
        assert told() == {"connecting": "delayed", "platform": "ok", "since": "2026-07-01T12:00:00+00:00"}

    def test_believes_no_worker_whose_clock_is_ahead(self) -> None:
        heartbeat.beat()
        Heartbeat.objects.update(beaten_at=timezone.now() + timedelta(hours=25))
        assert told()["connecting"] == "delayed"

    @pytest.mark.parametrize(("minutes", "connecting"), [(4, "ok"), (6, "delayed")])
    def test_says_that_requests_wait(self, customer: Customer, minutes: int, connecting: str) -> None:
        customer.submit()
        since = timezone.now() - timedelta(minutes=minutes)
        OnboardingRequest.objects.filter(pk=customer.request.pk).update(due_at=since)
        assert told()["connecting"] == connecting

    def test_says_of_a_new_portal_that_it_works(self) -> None:
        assert told()["connecting"] == "ok"

    def test_follows_the_platform_away_and_back(self, customer: Customer) -> None:
        bench.go_away()
        for _call in range(upstream.FAILURES_TO_OPEN):
            refresh.refresh_catalogue()
        assert told()["platform"] == "away"
        bench.come_back()
        PlatformHealth.objects.update(next_probe_at=timezone.now())
        refresh.refresh_catalogue()
        cache.clear()  # ten seconds later
        assert told()["platform"] == "ok"


class TestAnybody:
    def test_learns_nothing_of_somebody(self, customer: Customer, away: None) -> None:
        customer.submit("EV", "Volkswagen", vin="WVWZZZ1KZAW000802")
        request = customer.request
        words = customer.client.get("/status/").content.decode() + customer.client.get("/status.json").content.decode()
        assert [secret for secret in (request.reference, request.support_code, "WVWZZZ1K") if secret in words] == []

    def test_gets_no_cookie(self) -> None:
        assert Client().get("/status/").cookies == {}

    def test_who_asks_again_and_again_asks_no_database(self) -> None:
        Client().get("/status.json")
        with CaptureQueriesContext(connection) as queries:
            for _time in range(5):
                Client().get("/status.json")
        assert len(queries) == 0
