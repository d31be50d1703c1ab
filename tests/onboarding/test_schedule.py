from datetime import UTC, datetime, timedelta

import pytest

from onboarding import schedule

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class TestUntilNextCheck:
    @pytest.mark.parametrize("age", [timedelta(seconds=1), timedelta(days=20)])
    def test_is_two_seconds_while_somebody_watches(self, age: timedelta) -> None:
        assert schedule.until_next_check(age=age, is_watched=True, chance=0.9) == timedelta(seconds=2)

    @pytest.mark.parametrize(
        ("age", "seconds"),
        [
            (timedelta(seconds=30), 10),
            (timedelta(minutes=10), 120),
            (timedelta(hours=1), 900),
            (timedelta(days=1), 3600),
            (timedelta(days=20), 21600),
        ],
    )
    def test_grows_with_age_while_nobody_does(self, age: timedelta, seconds: int) -> None:
        wait = schedule.until_next_check(age=age, is_watched=False, chance=0.0)
        assert wait == timedelta(seconds=seconds)

    def test_spreads_by_up_to_a_fifth(self) -> None:
        wait = schedule.until_next_check(age=timedelta(hours=1), is_watched=False, chance=1.0)
        assert wait == timedelta(seconds=1080)


class TestIsWatched:
    def test_holds_for_half_a_minute(self) -> None:
        assert schedule.is_watched(NOW - timedelta(seconds=30), NOW)
        assert not schedule.is_watched(NOW - timedelta(seconds=31), NOW)

    def test_is_false_for_a_page_never_opened(self) -> None:
        assert not schedule.is_watched(None, NOW)


class TestUntilRetry:
    def test_doubles_and_stops_growing(self) -> None:
        waits = [schedule.until_retry(failures=n, chance=0.5).total_seconds() for n in (1, 2, 3, 8, 9, 5000)]
        assert waits == [2, 4, 8, 256, 300, 300]

    def test_is_never_shorter_than_the_platform_asks(self) -> None:
        assert schedule.until_retry(failures=1, chance=0.5, retry_after=60) == timedelta(seconds=60)
        assert schedule.until_retry(failures=9, chance=0.5, retry_after=60) == timedelta(seconds=300)
