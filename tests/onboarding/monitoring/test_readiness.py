"""What programs hear that watch over the processes: alive, and ready, and which part is not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.jobs import heartbeat
from onboarding.models import Heartbeat
from onboarding.monitoring import readiness


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    readiness._seen.clear()
    yield
    readiness._seen.clear()


def ask(path: str) -> tuple[int, str]:
    response = Client().get(path)
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.content.decode()


def no_answer(execute: Callable[..., Any], *given: Any) -> Any:
    raise OperationalError("connection refused by db.internal:5432, password swordfish")


class TestAlive:
    @pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
    def test_is_said_without_a_database(self, path: str) -> None:
        assert ask(path) == (200, "ok")


@pytest.mark.django_db
class TestReady:
    @pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
    def test_is_who_has_a_database_its_tables_and_a_worker(self, path: str) -> None:
        heartbeat.beat()
        assert ask(path) == (200, "database: ok\nmigrations: ok\nclock: ok\nworker: ok")

    def test_is_not_who_never_had_a_worker(self) -> None:
        assert ask("/readyz") == (503, "database: ok\nmigrations: ok\nclock: ok\nworker: not ok")

    @pytest.mark.parametrize(("seconds", "status"), [(50, 200), (70, 503)])
    def test_is_not_whose_worker_is_silent_for_a_minute(self, seconds: int, status: int) -> None:
        heartbeat.beat()
        Heartbeat.objects.update(beaten_at=timezone.now() - timedelta(seconds=seconds))
        assert ask("/readyz")[0] == status

    def test_is_not_whose_migrations_are_not_applied(self) -> None:
        heartbeat.beat()
        MigrationRecorder(connection).record_unapplied("onboarding", "0001_initial")
        assert ask("/readyz") == (503, "database: ok\nmigrations: not ok")

    def test_is_not_whose_database_does_not_answer(self) -> None:
        with connection.execute_wrapper(no_answer):
            assert ask("/readyz") == (503, "database: not ok")

    def test_is_asked_over_plain_http_too(self, settings: Settings) -> None:
        settings.SECURE_SSL_REDIRECT = True
        assert {ask(path)[0] for path in ("/healthz", "/healthz/", "/readyz", "/readyz/")} == {200, 503}
        assert Client().get("/").status_code == 301

    def test_looks_for_migrations_once(self) -> None:
        heartbeat.beat()
        ask("/readyz")
        asked: list[str] = []

        def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
            asked.append(sql)
            return execute(sql, *more)

        with connection.execute_wrapper(note):
            ask("/readyz")
        assert len([sql for sql in asked if "clock_timestamp" not in sql]) == 1
