"""Whether anything was written: told at once by either database, whoever wrote it."""

import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from onboarding.jobs.news import News
from onboarding.models import Wish
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
            news, written, may_commit = News(), threading.Event(), threading.Event()

            def write_slowly() -> None:
                with transaction.atomic():
                    write()
                    written.set()
                    may_commit.wait(10)

            thread = threading.Thread(target=elsewhere, args=(write_slowly,))
            thread.start()
            written.wait(10)
            news.look()
            before, seen_before = news.count, Wish.objects.count()
            may_commit.set()
            thread.join(20)
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
