"""A worker's sign of life beside a transaction that is under way, which SQLite does not let happen."""

import threading
from pathlib import Path

import pytest
from django.db import transaction

from onboarding.jobs import heartbeat
from onboarding.jobs.news import News
from tests.onboarding.jobs.test_news import elsewhere, write
from tests.racing import shared_database

pytestmark = pytest.mark.django_db(transaction=True)


class TestSignOfLife:
    def test_hides_nothing_that_is_still_being_written(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            heartbeat.beat()
            news, written, may_commit = News(), threading.Event(), threading.Event()

            def write_slowly() -> None:
                with transaction.atomic():
                    write()
                    written.set()
                    may_commit.wait(10)

            thread = threading.Thread(target=elsewhere, args=(write_slowly,))
            thread.start()
            written.wait(10)
            news.write_quietly(heartbeat.beat)
            before = news.count
            may_commit.set()
            thread.join(20)
            news.look()
            assert news.count > before
