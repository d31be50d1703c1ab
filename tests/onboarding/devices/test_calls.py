"""What looking at devices costs the platform: three months of some, by the real schedule and the real conclusions."""

import pytest

from benchmarks.devices import simulate
from onboarding.devices.judgement import Happening

MOST = 1.5  # for each device and day


class TestCalls:
    @pytest.mark.parametrize(("telling", "most"), [(1.0, 1.0), (0.5, 1.25), (0.0, MOST)])
    def test_are_few_for_each_device_and_day(self, telling: float, most: float) -> None:
        result = simulate(150, 90, telling=telling)
        assert result.looks > 150 * 90 / 3
        assert 0.5 < result.calls_a_day <= most

    def test_are_few_too_where_all_are_new(self) -> None:
        assert simulate(150, 90, telling=0.5, new=100).calls_a_day <= MOST

    def test_find_out_all_the_same(self) -> None:
        told = simulate(400, 90).told
        assert {Happening.FIRST_DATA, Happening.TURNED_QUIET, Happening.FLOWS_AGAIN, Happening.TELL_QUIET} <= set(told)
        assert told[Happening.ENDED_ELSEWHERE] > 0
        assert told[Happening.TELL_QUIET] <= told[Happening.TURNED_QUIET]
