from datetime import UTC, datetime, timedelta

import pytest

from sandbox.lives import (
    LIVES,
    Flow,
    Silence,
    Standing,
    connected_at,
    find_life,
    flow,
    silences,
    standing,
    valid_until,
)
from sandbox.rules import BEHAVIOURS

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def minutes(moment: datetime | None) -> float | None:
    return None if moment is None else (moment - NOON) / MINUTE


def silence(since: float, until: float | None = None) -> Silence:
    return Silence(at(since), None if until is None else at(until))


class TestConnection:
    @pytest.mark.parametrize(
        ("behaviour", "allowed", "connected"),
        [
            ("direct", None, 4),
            ("unknown-transaction", None, 5),
            ("no-transactions", None, 4),
            ("consent", None, 6),
            ("consent", 1, 4),
            ("consent", 30, 6),
            ("redirect", 20, 23),
            ("unknown-action", None, 8),
        ],
    )
    def test_is_where_the_last_transaction_is_done(
        self, behaviour: str, allowed: float | None, connected: float
    ) -> None:
        allowed_at = None if allowed is None else at(allowed)

        assert minutes(connected_at(BEHAVIOURS[behaviour], NOON, allowed_at, MINUTE)) == connected

    def test_is_at_once_when_steps_have_no_length(self) -> None:
        assert connected_at(BEHAVIOURS["consent"], NOON, None, timedelta()) == NOON


class TestFlow:
    @pytest.mark.parametrize(("now", "last"), [(-1, None), (0, None), (1.9, None), (2, 2), (3.9, 2), (4, 4), (99, 98)])
    def test_begins_two_steps_after_the_connection_and_goes_on_every_two(self, now: float, last: float | None) -> None:
        assert minutes(flow(NOON, MINUTE).last(at(now))) == last

    def test_goes_on_every_second_when_steps_have_no_length(self) -> None:
        found = flow(NOON, timedelta())

        assert found.last(NOON) == NOON
        assert found.last(at(1)) == at(1)
        assert len(list(found.between(NOON, at(1)))) == 61

    @pytest.mark.parametrize(
        ("silences", "now", "last"),
        [
            ([silence(0)], 99, None),
            ([silence(2)], 99, 2),
            ([silence(5)], 99, 4),
            ([silence(5, 9)], 9.9, 4),
            ([silence(5, 9)], 10, 10),
            ([silence(5, 10)], 10, 10),
            ([silence(5, 5)], 6, 6),
            ([silence(5, 9), silence(8, 20)], 15, 4),
            ([silence(8, 20), silence(5, 9)], 15, 4),
            ([silence(1, 9), silence(8, 20)], 15, None),
        ],
    )
    def test_has_no_readings_in_a_silence(self, silences: list[Silence], now: float, last: float | None) -> None:
        assert minutes(flow(NOON, MINUTE, tuple(silences)).last(at(now))) == last

    @pytest.mark.parametrize(
        ("start", "now", "readings"),
        [
            (-99, 1, []),
            (-99, 7, [2, 4, 6]),
            (2, 6, [2, 4, 6]),
            (2.1, 6, [4, 6]),
            (7, 6, []),
            (-99, 12, [2, 4, 6, 8, 10, 12]),
        ],
    )
    def test_lists_readings_from_a_start_on(self, start: float, now: float, readings: list[float]) -> None:
        assert [minutes(moment) for moment in flow(NOON, MINUTE).between(at(start), at(now))] == readings

    @pytest.mark.parametrize(
        ("silences", "readings"),
        [
            ([silence(5)], [2, 4]),
            ([silence(5, 9)], [2, 4, 10, 12]),
            ([silence(5, 9), silence(8, 11)], [2, 4, 12]),
            ([silence(0)], []),
        ],
    )
    def test_lists_none_of_a_silence(self, silences: list[Silence], readings: list[float]) -> None:
        found = flow(NOON, MINUTE, tuple(silences))

        assert [minutes(moment) for moment in found.between(NOON, at(12))] == readings

    def test_counts_its_readings_whatever_was_silent(self) -> None:
        assert [Flow(NOON, MINUTE, (silence(1, 3),)).number(at(number)) for number in (0, 1, 5)] == [0, 1, 5]

    def test_knows_when_it_is_silent(self) -> None:
        found = flow(NOON, MINUTE, (silence(5, 9),))

        assert [found.is_silent(at(now)) for now in (5, 6, 9)] == [False, True, False]


class TestLives:
    @pytest.mark.parametrize(
        ("life", "now", "expected"),
        [
            ("flowing", 9999, Standing.CONNECTED),
            ("gone", 9.9, Standing.CONNECTED),
            ("gone", 10, Standing.GONE),
            ("revoked", 9.9, Standing.CONNECTED),
            ("revoked", 10, Standing.REVOKED),
            ("short-mandate", 9999, Standing.CONNECTED),
        ],
    )
    def test_end_or_do_not(self, life: str, now: float, expected: Standing) -> None:
        assert standing(LIVES[life], NOON, MINUTE, at(now)) == expected

    @pytest.mark.parametrize(
        ("life", "expected"),
        [
            ("flowing", []),
            ("quiet", [(10, None)]),
            ("quiet-for-a-while", [(10, 40)]),
            ("short-mandate", [(20, None)]),
            ("mandate", [(45 * 24 * 60, None)]),
            ("gone", [(10, None)]),
        ],
    )
    def test_have_silences(self, life: str, expected: list[tuple[float, float | None]]) -> None:
        found = silences(LIVES[life], NOON, MINUTE)

        assert [(minutes(silence.since), minutes(silence.until)) for silence in found] == expected

    def test_may_have_no_data_even_when_steps_have_no_length(self) -> None:
        found = silences(LIVES["without-data"], NOON, timedelta())

        assert flow(NOON, timedelta(), found).last(at(99)) is None

    @pytest.mark.parametrize(
        ("life", "expected"), [("flowing", None), ("short-mandate", 20), ("mandate", 45 * 24 * 60)]
    )
    def test_may_have_a_mandate_with_an_end(self, life: str, expected: float | None) -> None:
        assert minutes(valid_until(LIVES[life], NOON, MINUTE)) == expected

    def test_that_nobody_has_heard_of_are_plain(self) -> None:
        assert find_life("nobody-knows") == LIVES["flowing"]
