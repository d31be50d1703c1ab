"""How manufacturers are doing: the rule as a table, and that workers measure and pages only read."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.catalogue import availability, catalogue
from onboarding.catalogue.connection_times import Attempt, Pace, measure
from onboarding.models import CatalogueSnapshot, OnboardingRequest
from onboarding.status.waiting import in_words
from tests.customers import Customer, work_until
from tests.onboarding.portal.test_wizard import text_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def took(duration: timedelta, count: int, *, ago: timedelta, is_connected: bool = True) -> list[Attempt]:
    """Some that ended so long ago and before, a minute apart."""
    ends = [NOW - ago - number * MINUTE for number in range(count)]
    return [Attempt(end - duration, end, is_connected) for end in ends]


def waiting(duration: timedelta, count: int) -> list[Attempt]:
    return [Attempt(NOW - duration)] * count


def pace(*attempts: list[Attempt]) -> Pace:
    return measure("EV", "Audi", [one for some in attempts for one in some], now=NOW)


USUAL = took(5 * MINUTE, 40, ago=8 * DAY)


class TestSlow:
    @pytest.mark.parametrize(
        ("now", "is_slow"),
        [
            (took(5 * MINUTE, 10, ago=HOUR), False),
            (took(14 * MINUTE, 10, ago=HOUR), False),
            (took(16 * MINUTE, 10, ago=HOUR), True),
            (took(HOUR, 4, ago=HOUR), False),  # too few to tell
            (took(HOUR, 5, ago=HOUR), True),
            (took(HOUR, 4, ago=HOUR) + took(5 * MINUTE, 6, ago=HOUR), False),
            (took(HOUR, 10, ago=8 * DAY), False),  # that was last week
            (waiting(2 * HOUR, 10), True),  # nothing finishes at all
            (waiting(MINUTE, 10), False),  # not longer than usual yet
            (waiting(2 * HOUR, 3) + took(5 * MINUTE, 10, ago=MINUTE), False),  # a few that nobody can reach
            (took(HOUR, 10, ago=HOUR, is_connected=False), False),  # failing is not slow
        ],
    )
    def test_is_what_takes_over_three_times_as_long_as_usual(self, now: list[Attempt], is_slow: bool) -> None:
        assert pace(USUAL, now).is_slow is is_slow

    def test_is_nobody_before_it_is_known_what_is_usual(self) -> None:
        assert not pace(took(HOUR, 10, ago=HOUR), took(MINUTE, 19, ago=2 * DAY)).is_slow
        assert pace(took(HOUR, 10, ago=HOUR), took(MINUTE, 20, ago=2 * DAY)).is_slow

    def test_is_nobody_below_ten_minutes(self) -> None:
        fast = took(timedelta(seconds=5), 40, ago=8 * DAY)
        assert not pace(fast, took(9 * MINUTE, 10, ago=HOUR)).is_slow


class TestDoneRate:
    def test_is_of_the_last_fifty_within_seven_days(self) -> None:
        shown = pace(took(MINUTE, 45, ago=HOUR), took(MINUTE, 10, ago=2 * DAY, is_connected=False), USUAL)
        assert (shown.ended, shown.connected, shown.percentage) == (50, 45, 90)
        assert shown.last_connected_at == NOW - HOUR

    def test_is_none_while_nothing_ended(self) -> None:
        shown = pace(waiting(MINUTE, 3))
        assert (shown.ended, shown.percentage, shown.seconds, shown.last_connected_at) == (0, 0, None, None)

    def test_is_kept_as_it_was_measured(self) -> None:
        assert Pace.from_json(pace(USUAL).as_json()) == pace(USUAL)


class TestMonthly:
    """How popular a manufacturer is, from the newest that ended."""

    def test_counts_what_ended_in_thirty_days(self) -> None:
        assert pace(took(MINUTE, 12, ago=HOUR), waiting(MINUTE, 3)).monthly == 12

    def test_is_a_rate_where_only_the_newest_are_known(self) -> None:
        """Of very many only so many are read: two hundred and fifty within six hours are thirty thousand a month."""
        newest = [Attempt(NOW - HOUR, NOW - 6 * HOUR * number / 250, is_connected=True) for number in range(1, 251)]
        assert pace(newest).monthly == 30_000

    def test_stays_what_it_is_where_all_are_known(self) -> None:
        spread = [Attempt(NOW - 31 * DAY, NOW - 30 * DAY * number / 120, is_connected=True) for number in range(1, 121)]
        assert pace(spread).monthly == 120


def steps(seconds: list[float], kind: str = "Connect") -> list[Attempt]:
    return [Attempt(NOW - HOUR, NOW - MINUTE, is_connected=True, steps={kind: one}) for one in seconds]


class TestSteps:
    def test_usually_take_what_three_in_four_took_at_most(self) -> None:
        assert pace(steps([10.0] * 31 + [40.0] * 9)).steps == {"Connect": 10.0}
        assert pace(steps([10.0] * 29 + [40.0] * 11)).steps == {"Connect": 40.0}

    def test_of_which_few_are_known_tell_nothing(self) -> None:
        assert pace(steps([10.0] * 9)).steps == {}
        assert pace(steps([10.0] * 10), steps([5.0] * 9, "CreateEntity")).steps == {"Connect": 10.0}

    def test_of_what_failed_do_not_count(self) -> None:
        failed = [Attempt(NOW - HOUR, NOW - MINUTE, steps={"Connect": 900.0}) for _number in range(20)]
        assert pace(failed).steps == {}


def store(state: str, took: timedelta, count: int, *, ago: timedelta) -> None:
    now = timezone.now()
    OnboardingRequest.objects.bulk_create(
        OnboardingRequest(
            type="EV",
            manufacturer="Audi",
            state=state,
            sent_at=now - ago - took,
            finished_at=None if state == "following" else now - ago,
        )
        for _number in range(count)
    )


def connected_in_steps(count: int, *, started: bool) -> None:
    """Store some that took 20 s to register, after their customer's hour, and five minutes to connect, half idle."""
    store("connected", HOUR, count, ago=HOUR)
    registered = timezone.now() - HOUR
    for row in OnboardingRequest.objects.filter(state="connected"):
        for position, (kind, began, ended) in enumerate(
            (("CreateEntity", -20, 0), ("Connect", 150, 300)),
        ):
            step = row.transactions.create(position=position, type=kind, status="Done")
            at = {"updated_at": registered + timedelta(seconds=ended)}
            if started:
                at["started_at"] = registered + timedelta(seconds=began)
            type(step).objects.filter(pk=step.pk).update(**at)


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [
            (0, "less than a minute"),
            (60, "up to a minute"),
            (61, "up to 2 minutes"),
            (6 * 60, "up to 10 minutes"),
            (45 * 60, "up to 45 minutes"),
            (46 * 60, "up to an hour"),
            (5 * 3600, "up to 5 hours"),
            (25 * 3600, "up to 2 days"),
        ],
    )
    def test_round_up_as_people_do(self, seconds: float, words: str) -> None:
        assert in_words(seconds) == words


class TestMeasurement:
    @pytest.fixture
    def slow_audi(self, customer: Customer) -> Customer:
        store("connected", 5 * MINUTE, 30, ago=8 * DAY)
        store("following", 2 * HOUR, 8, ago=timedelta(0))
        availability.measure_manufacturers()
        return customer

    def test_times_each_step_from_when_it_was_seen_under_way(self, customer: Customer) -> None:
        connected_in_steps(12, started=True)
        availability.measure_manufacturers()
        found = catalogue.find_pace("EV", "Audi")
        assert found
        assert found.steps == {"CreateEntity": 20.0, "Connect": 150.0}

    def test_times_a_step_that_was_not_seen_to_begin_from_the_end_of_that_before(self, customer: Customer) -> None:
        connected_in_steps(12, started=False)
        availability.measure_manufacturers()
        found = catalogue.find_pace("EV", "Audi")
        assert found
        assert found.steps == {"Connect": 300.0}

    def test_tells_customers_how_long_the_steps_that_are_left_usually_take(self, customer: Customer) -> None:
        connected_in_steps(12, started=True)
        availability.measure_manufacturers()
        customer.submit()
        row = work_until(customer.request, "following")
        for kind, status, words in (
            ("CreateEntity", "InProgress", "This usually takes up to 3 minutes. The car may have to be within reach"),
            ("CreateEntity", "Done", "This usually takes up to 3 minutes."),
            ("CreateEntity", "InProgress", "Usually takes less than a minute."),
        ):
            row.transactions.all().delete()
            row.transactions.create(position=0, type=kind, status=status)
            row.transactions.create(position=1, type="Connect", status="Pending")
            assert words in text_of(customer.get("status"))
        row.transactions.create(position=2, type="Unheard", status="Pending")
        assert "This usually takes a few minutes." in text_of(customer.get("status"))

    def test_tells_nothing_while_it_is_the_customers_turn(self, customer: Customer) -> None:
        connected_in_steps(12, started=True)
        availability.measure_manufacturers()
        customer.submit()
        row = work_until(customer.request, "following")
        OnboardingRequest.objects.filter(pk=row.pk).update(action_type="Redirect")
        row.transactions.create(position=9, type="Connect", status="Pending")
        assert "sually takes" not in text_of(customer.get("status"))

    def test_counts_what_ended_and_what_still_waits(self, slow_audi: Customer) -> None:
        store("failed", MINUTE, 1, ago=HOUR)
        store("connected", MINUTE, 3, ago=HOUR)
        availability.measure_manufacturers()
        found = catalogue.load().find_pace("EV", "Audi")
        assert found
        assert (found.ended, found.connected, found.is_slow) == (4, 3, True)

    def test_leaves_out_what_waits_for_the_customer(self, slow_audi: Customer) -> None:
        OnboardingRequest.objects.filter(state="following").update(action_type="Redirect")
        availability.measure_manufacturers()
        assert not catalogue.is_slow("EV", "Audi")

    def test_happens_every_few_minutes_by_a_worker(self, customer: Customer) -> None:
        assert availability.measure_if_due()
        assert not availability.measure_if_due()
        measured = CatalogueSnapshot.objects.get().measured_at
        CatalogueSnapshot.objects.update(measured_at=timezone.now() - 6 * MINUTE)
        assert availability.measure_if_due()
        assert measured

    def test_needs_a_catalogue(self, db: None) -> None:
        assert not availability.measure_if_due()
        assert not catalogue.is_slow("EV", "Audi")

    def test_tells_customers_before_they_agree(self, slow_audi: Customer) -> None:
        slow_audi.start().choose("EV", "Audi")
        assert "takes longer than usual at the moment" in text_of(slow_audi.get("identify"))
        other = Customer(Client()).start().choose("EV", "Tesla")
        assert "longer than usual" not in text_of(other.get("identify"))

    def test_tells_customers_while_they_wait_for_it(self, slow_audi: Customer) -> None:
        slow_audi.submit()
        assert "longer than usual" not in text_of(slow_audi.get("status"))
        assert work_until(slow_audi.request, "following").action_type == ""
        assert "longer than usual" in text_of(slow_audi.get("status"))
        work_until(slow_audi.request, "connected")
        assert "longer than usual" not in text_of(slow_audi.get("status"))
