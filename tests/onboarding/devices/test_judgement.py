"""What a look means, as a table of records and what came of them; and when the next one is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from onboarding.devices.judgement import Happening, Others, Record, Sight, Usual, missed, seen, usual_silence
from onboarding.devices.schedule import until_next_look
from onboarding.request.lifecycle import Health

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
USUAL = Usual(2 * DAY)
NEW = Record(Health.WAITING, NOW - 30 * DAY, NOW - 30 * DAY)
FLOWS = replace(
    NEW,
    health=Health.FLOWING,
    first_data_at=NOW - 29 * DAY,
    last_data_at=NOW - 2 * DAY,
    looked_at=NOW - 36 * HOUR,
)
QUIET = replace(FLOWS, health=Health.QUIET, last_data_at=NOW - 5 * DAY, quiet_since=NOW - DAY, spells=1)
GONE = replace(FLOWS, health=Health.GONE, misses=2, missed_at=NOW - DAY)


class TestSeen:
    @pytest.mark.parametrize(
        ("record", "data_at", "health", "happened"),
        [
            (NEW, None, "waiting", []),
            (NEW, NOW - 31 * DAY, "waiting", []),
            (NEW, NOW + DAY, "waiting", []),
            (NEW, NOW - HOUR, "flowing", [Happening.FIRST_DATA]),
            (FLOWS, NOW - HOUR, "flowing", []),
            (FLOWS, None, "flowing", []),
            (replace(FLOWS, last_data_at=NOW - 49 * HOUR), None, "quiet", [Happening.TURNED_QUIET]),
            (replace(FLOWS, last_data_at=NOW - 60 * HOUR), NOW - 49 * HOUR, "quiet", [Happening.TURNED_QUIET]),
            (QUIET, None, "quiet", [Happening.TELL_QUIET]),
            (replace(QUIET, looked_at=NOW - 4 * DAY), NOW - 3 * DAY, "quiet", [Happening.TELL_QUIET]),
            (QUIET, NOW - HOUR, "flowing", [Happening.FLOWS_AGAIN]),
            (replace(QUIET, told_quiet_at=NOW - HOUR), None, "quiet", []),
            (replace(QUIET, quiet_since=NOW - 5 * HOUR), None, "quiet", []),
            (GONE, NOW - HOUR, "flowing", [Happening.FOUND_AGAIN]),
            (replace(GONE, first_data_at=None, last_data_at=None), None, "waiting", [Happening.FOUND_AGAIN]),
            (replace(QUIET, health=Health.GONE), None, "quiet", [Happening.FOUND_AGAIN]),
            (replace(QUIET, health=Health.GONE), NOW - HOUR, "flowing", [Happening.FLOWS_AGAIN]),
        ],
    )
    def test_leads_to(self, record: Record, data_at: datetime | None, health: str, happened: list[Happening]) -> None:
        found, told = seen(record, Sight(data_at), USUAL, NOW)
        assert (found.health, list(told)) == (health, happened)
        assert (found.misses, found.missed_at, found.looked_at) == (0, None, NOW)

    def test_is_quiet_of_a_silent_manufacturer_but_nobody_is_told(self) -> None:
        assert seen(QUIET, Sight(), Usual(2 * DAY, is_maker_silent=True), NOW)[1] == ()

    def test_is_not_well_again_because_others_may_be_silent_for_longer_now(self) -> None:
        assert seen(replace(QUIET, told_quiet_at=NOW), Sight(), Usual(9 * DAY), NOW)[0].health == "quiet"

    @pytest.mark.parametrize(("type", "days"), [("SmartMeter", 2), ("PV", 3), ("EV", 21), ("Boiler", 7), ("New", 7)])
    def test_is_silent_for_too_long_by_its_type(self, type: str, days: int) -> None:
        usual = Usual(usual_silence(type))
        for hours, health in ((-1, "flowing"), (1, "quiet")):
            record = replace(FLOWS, last_data_at=NOW - days * DAY - hours * HOUR)
            assert seen(record, Sight(), usual, NOW)[0].health == health


class TestLearning:
    def test_takes_the_silence_that_was_seen_and_ended_by_itself(self) -> None:
        back, _told = seen(replace(QUIET, looked_at=NOW - DAY), Sight(NOW - HOUR), USUAL, NOW)
        assert back.longest_silence == 4 * 86_400

    def test_lets_a_device_be_silent_for_half_as_long_again_as_it_was(self) -> None:
        known = replace(FLOWS, longest_silence=3 * 86_400)
        assert seen(replace(known, last_data_at=NOW - 4.4 * DAY), Sight(), USUAL, NOW)[0].health == "flowing"
        assert seen(replace(known, last_data_at=NOW - 4.6 * DAY), Sight(), USUAL, NOW)[0].health == "quiet"

    def test_goes_only_so_far(self) -> None:
        known = replace(FLOWS, longest_silence=200 * 86_400, last_data_at=NOW - 7 * DAY)
        assert seen(known, Sight(), USUAL, NOW)[0].health == "quiet"

    @pytest.mark.parametrize("usual", [Usual(2 * DAY, is_maker_silent=True)])
    def test_takes_nothing_from_an_outage(self, usual: Usual) -> None:
        assert seen(QUIET, Sight(NOW - HOUR), usual, NOW)[0].longest_silence == 0

    def test_takes_nothing_from_while_it_was_not_found(self) -> None:
        assert seen(GONE, Sight(NOW - HOUR), USUAL, NOW)[0].longest_silence == 0


class TestMissed:
    @pytest.mark.parametrize(
        ("misses", "ago", "others", "health", "counted", "happened"),
        [
            (0, None, Others.SEEN, "flowing", 1, []),
            (1, 23 * HOUR, Others.SEEN, "flowing", 1, []),
            (1, DAY, Others.SEEN, "gone", 2, [Happening.SEEMS_GONE]),
            (2, 23 * HOUR, Others.SEEN, "gone", 2, []),
            (2, DAY, Others.SEEN, "gone", 3, [Happening.ENDED_ELSEWHERE]),
            (1, DAY, Others.MISSED, "gone", 0, [Happening.SEEMS_GONE]),
            (2, DAY, Others.MISSED, "gone", 0, []),
            (0, DAY, Others.SEEN, "gone", 1, [Happening.SEEMS_GONE]),
            (5, DAY, Others.NONE, "gone", 6, []),
            (6, DAY, Others.NONE, "gone", 7, [Happening.ENDED_ELSEWHERE]),
            (2, -2 * DAY, Others.SEEN, "gone", 3, [Happening.ENDED_ELSEWHERE]),  # a clock was wrong
        ],
    )
    def test_leads_to(
        self,
        misses: int,
        ago: timedelta | None,
        others: Others,
        health: str,
        counted: int,
        happened: list[Happening],
    ) -> None:
        record = replace(FLOWS, misses=misses, missed_at=ago and NOW - ago)
        record = replace(record, health=Health.GONE) if misses > 1 else record
        found, told = missed(record, others, USUAL, NOW)
        assert (found.health, found.misses, list(told)) == (health, counted, happened)

    def test_is_not_believed_of_a_silent_manufacturer(self) -> None:
        assert missed(GONE, Others.SEEN, Usual(2 * DAY, is_maker_silent=True), NOW)[1] == ()

    @pytest.mark.parametrize(
        ("others", "usual"), [(Others.MISSED, USUAL), (Others.SEEN, Usual(2 * DAY, is_maker_silent=True))]
    )
    def test_counts_for_nothing_when_the_outage_is_over(self, others: Others, usual: Usual) -> None:
        """They come back one after the other: who is the last has not ended."""
        record, now = GONE, NOW
        for _day in range(9):
            record, _told = missed(record, others, usual, now)
            now += DAY
        for _day in range(2):
            record, told = missed(record, Others.SEEN, USUAL, now)
            assert told == ()
            now += DAY
        assert missed(record, Others.SEEN, USUAL, now)[1] == (Happening.ENDED_ELSEWHERE,)


class TestNextLook:
    def wait(self, health: str, *, age: timedelta = 90 * DAY, quiet: timedelta = timedelta(0), **more: float) -> float:
        missing = more.get("missing")
        found = until_next_look(
            Health(health),
            age=age,
            quiet_for=quiet,
            missing_for=None if missing is None else timedelta(days=missing),
            chance=more.get("chance", 0.0),
        )
        return found / HOUR

    def test_comes_soon_for_who_was_connected_just_now_and_later_for_who_was_long_ago(self) -> None:
        ages = [timedelta(0), HOUR, 5 * HOUR, DAY, 3 * DAY, 8 * DAY, 90 * DAY]
        waits = [self.wait("waiting", age=age) for age in ages]
        assert waits == [5 / 60, 0.5, 3.0, 6.0, 24.0, 72.0, 168.0]

    def test_comes_every_day_and_a_half_while_data_flows(self) -> None:
        assert self.wait("flowing") == 36.0
        assert 36.0 < self.wait("flowing", chance=0.999) < 40.0

    def test_comes_soon_after_it_fell_quiet_then_daily_then_seldom(self) -> None:
        assert [self.wait("quiet", quiet=days * DAY) for days in (0, 1, 13, 20, 100)] == [6.0, 24.0, 24.0, 72.0, 168.0]

    def test_comes_a_day_after_it_was_not_found_whatever_it_was(self) -> None:
        for health in ("waiting", "flowing", "quiet", "gone"):
            assert self.wait(health, age=timedelta(0), missing=0) == 24.0
        assert self.wait("gone", missing=30) == 96.0
