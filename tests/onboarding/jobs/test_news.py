"""Whether anything was written: told at once by either database, whoever wrote it."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.jobs import heartbeat
from onboarding.jobs.news import News
from onboarding.jobs.work import Heart
from onboarding.models import Heartbeat, Wish
from tests.racing import shared_database

NUMBERS = itertools.count()

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(do: Callable[[], object]) -> None:
    """Do something in a thread, so over another connection."""

    def run() -> None:
        try:
            do()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)


def write() -> None:
    Wish.objects.create(type="EV", manufacturer=f"Maker {next(NUMBERS)}", contact_email="ann@example.org")


@contextmanager
def written_slowly() -> Iterator[None]:
    """Have somebody write, and commit only at the end."""
    written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with transaction.atomic():
            write()
            written.set()
            may_commit.wait(10)

    thread = threading.Thread(target=elsewhere, args=(write_slowly,))
    thread.start()
    written.wait(10)
    yield
    may_commit.set()
    thread.join(20)


class TestNews:
    def test_is_what_somebody_else_wrote(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            news = News()
            for _write in range(4):
                news.look()
                before = news.count
                elsewhere(write)
                news.look()
                assert news.count == before + 1

    def test_is_not_what_was_read(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            news = News()
            news.look()
            before = news.count
            elsewhere(lambda: list(Wish.objects.all()))
            news.look()
            by_others = int(connection.vendor == "postgresql")  # a server tells of all of its databases together
            assert news.count <= before + by_others

    def test_comes_with_the_commit_and_not_before_it_can_be_seen(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            news = News()
            with written_slowly():
                news.look()
                before, seen_before = news.count, Wish.objects.count()
            news.look()
            assert (seen_before, Wish.objects.count()) == (0, 1)
            assert news.count == before + 1

    def test_is_every_new_connection(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            news = News()
            news.look()
            before = news.count
            connection.close()
            news.look()
            assert news.count == before + 1

    def test_comes_again_when_the_connection_was_ended(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            news = News()
            news.look()
            before = news.count
            connection.connection.close()  # as a server does that restarts
            news.look()
            assert news.count == before + 1
            assert not Wish.objects.exists()

    def test_is_taken_for_granted_while_it_cannot_be_asked(self) -> None:
        news = News()
        news.look()
        before = news.count
        news.rest(60)
        news.look()
        assert news.count == before + 1


def transactions() -> list[str]:
    """Return the first open and the next number of a transaction, and which are open: a server counts for everybody.

    After one write, and nobody else's, both numbers are one more.
    """
    if connection.vendor == "sqlite":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        first, following, *others = str(cursor.fetchone()[0]).replace(",", ":").strip(":").split(":")
    return [first, following, *others]


def is_by_others(written: list[str]) -> bool:
    """Tell whether more was written since than one thing, or is being written: never on SQLite."""
    is_alone = len(written) == len(now := transactions()) == 2 and written[0] == written[1]
    return connection.vendor == "postgresql" and not (is_alone and now == [str(int(written[0]) + 1)] * 2)


class TestSignOfLife:
    """What a worker writes about itself, a few times a minute, is no reason to look for work."""

    def test_is_no_news(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            heartbeat.beat()  # the first one makes the row
            for _beat in range(20):
                news, written = News(), transactions()
                news.look()
                before = news.count
                news.write_quietly(heartbeat.beat)
                news.look()
                assert news.count == before or is_by_others(written)

    def test_hides_nothing_that_others_write_at_the_same_time(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            heartbeat.beat()
            news = News()

            def beat_while_somebody_writes(*, is_before: bool) -> None:
                if is_before:
                    elsewhere(write)
                heartbeat.beat()
                if not is_before:
                    elsewhere(write)

            for is_before in (True, False) * 3:
                news.look()
                before = news.count
                news.write_quietly(partial(beat_while_somebody_writes, is_before=is_before))
                assert news.count > before

    def test_is_written_down(self) -> None:
        assert heartbeat.last_beat() is None
        for _beat in range(2):
            heartbeat.beat()
            last = heartbeat.last_beat()
            assert last
            assert abs(timezone.now() - last).total_seconds() < 10
        assert Heartbeat.objects.count() == 1

    def test_costs_one_statement(self) -> None:
        heartbeat.beat()
        with CaptureQueriesContext(connection) as queries:
            heartbeat.beat()
        assert [query["sql"].split()[0] for query in queries] == ["UPDATE"]

    def test_waits_while_the_database_is_away(self) -> None:
        heart, news = Heart(), News()
        news.rest(60)
        heart.beat(news)
        assert heartbeat.last_beat() is None

    def test_comes_with_the_first_look_for_work_and_then_once_in_a_while(self) -> None:
        heart, news = Heart(), News()
        for _look in range(5):
            heart.beat(news)
        first = heartbeat.last_beat()
        heart.beats_at = time.monotonic()
        heart.beat(news)
        second = heartbeat.last_beat()
        assert first
        assert second
        assert first < second
