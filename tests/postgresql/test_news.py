"""A worker's sign of life beside a transaction that is under way, which SQLite does not let happen."""

from pathlib import Path

import pytest

from onboarding.jobs import heartbeat
from onboarding.jobs.news import News
from tests.onboarding.jobs.test_news import written_slowly
from tests.racing import shared_database

pytestmark = pytest.mark.django_db(transaction=True)


class TestSignOfLife:
    def test_hides_nothing_that_is_still_being_written(self, tmp_path: Path) -> None:
        with shared_database(tmp_path):
            heartbeat.beat()
            news = News()
            with written_slowly():
                news.write_quietly(heartbeat.beat)
                before = news.count
            news.look()
            assert news.count > before
