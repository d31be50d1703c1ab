from datetime import UTC, datetime, timedelta

import pytest

from onboarding.request import schedule

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class TestUntilNextCheck:
    @pytest.mark.parametrize(
        ("quiet", "seconds"),
        [
            (timedelta(seconds=5), 2.5),
            (timedelta(seconds=59), 2.5),
            (timedelta(minutes=2), 60),
            (timedelta(hours=1), 300),
        ],
    )
    def test_slows_down_when_nothing_happens_before_somebodys_eyes(self, quiet: timedelta, seconds: float) -> None:
        wait = schedule.until_next_check(age=timedelta(days=2), quiet=quiet, is_watched=True, chance=0.9)
        assert wait == timedelta(seconds=seconds)

    def test_is_never_slower_because_somebody_watches(self) -> None:
        young = timedelta(seconds=90)
        assert schedule.until_next_check(age=young, quiet=young, is_watched=True, chance=0) == timedelta(seconds=10)

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
        wait = schedule.until_next_check(age=age, quiet=age, is_watched=False, chance=0.0)
        assert wait == timedelta(seconds=seconds)

    def test_spreads_by_up_to_a_fifth(self) -> None:
        hour = timedelta(hours=1)
        assert schedule.until_next_check(age=hour, quiet=hour, is_watched=False, chance=1.0) == timedelta(seconds=1080)

    @pytest.mark.parametrize(("is_watched", "most"), [(False, 25), (True, 50)])
    def test_asks_seldom_within_the_first_hour(self, is_watched: bool, most: int) -> None:
        """One call to send it, then the checks of an hour in which nothing happens."""
        passed, calls = timedelta(), 1
        while passed < timedelta(hours=1):
            passed += schedule.until_next_check(age=passed, quiet=passed, is_watched=is_watched, chance=0.0)
            calls += 1
        assert calls <= most


class TestIsWatched:
    def test_outlasts_the_minute_between_two_polls_of_a_page_that_is_long_open(self) -> None:
        assert schedule.is_watched(NOW - timedelta(seconds=62), NOW)
        assert not schedule.is_watched(NOW - timedelta(seconds=91), NOW)

    def test_is_false_for_a_page_never_opened(self) -> None:
        assert not schedule.is_watched(None, NOW)


class TestCalls:
    def test_doubles_and_stops_growing(self) -> None:
        waits = [schedule.CALLS.after(n, chance=0.5).total_seconds() for n in (1, 2, 3, 6, 7, 5000)]
        assert waits == [2, 4, 8, 64, 120, 120]

    def test_is_never_shorter_than_the_platform_asks(self) -> None:
        assert schedule.CALLS.after(1, chance=0.5, asked=60) == timedelta(seconds=60)
        assert schedule.CALLS.after(9, chance=0.5, asked=60) == timedelta(seconds=120)


class TestMails:
    def test_double_from_half_a_minute_to_two_hours(self) -> None:
        waits = [schedule.MAILS.after(n, chance=0.5).total_seconds() for n in (1, 2, 3, 8, 9, 5000)]
        assert waits == [30, 60, 120, 3840, 7200, 7200]
        assert schedule.MAILS.after(1, chance=0) == timedelta(seconds=22.5)


class TestWebhooks:
    @pytest.mark.parametrize(
        ("failures", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, 10800), (7, 21600), (30, 21600)]
    )
    def test_grows_to_six_hours(self, failures: int, seconds: int) -> None:
        assert schedule.WEBHOOKS.after(failures, chance=0) == timedelta(seconds=seconds)
        assert schedule.WEBHOOKS.after(failures, chance=1) == timedelta(seconds=seconds) * 1.2

    def test_is_as_long_as_the_receiver_asks(self) -> None:
        assert schedule.WEBHOOKS.after(1, chance=0, asked=900) == timedelta(minutes=15)
        assert schedule.WEBHOOKS.after(7, chance=0, asked=1) == timedelta(hours=6)
