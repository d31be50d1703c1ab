"""How a manufacturer's devices are: what is usual for them, and when it is not about one of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding.devices import learning
from onboarding.devices.learning import Sample
from onboarding.devices.makers import measure_makers, silent_makers, usual_of
from onboarding.devices.models import MakerHealth
from onboarding.models import Device, Mail
from onboarding.request.lifecycle import Health
from tests.connected import EntityPlatform, connect, fresh, look, tell
from tests.onboarding.retention.test_two_years import Clock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FLOWS = Sample(
    health=Health.FLOWING,
    health_since=NOW - 90 * DAY,
    connected_at=NOW - 90 * DAY - 2 * HOUR,
    looked_at=NOW - 20 * HOUR,
    first_data_at=NOW - 90 * DAY,
    last_data_at=NOW - 21 * HOUR,
    longest_silence=3600,
)
JUST_QUIET = replace(FLOWS, health=Health.QUIET, health_since=NOW - DAY, last_data_at=NOW - 3 * DAY)
LONG_QUIET = replace(FLOWS, health=Health.QUIET, health_since=NOW - 40 * DAY, last_data_at=NOW - 43 * DAY)
GONE = replace(JUST_QUIET, health=Health.GONE)
STALE = replace(FLOWS, last_data_at=NOW - 4 * DAY)


class TestUsualSilence:
    def test_is_what_nearly_all_keep_to_and_half_as_much_again(self) -> None:
        samples = [replace(FLOWS, longest_silence=days * 86_400 // 10) for days in range(1, 51)]
        found = learning.silence_of(samples, "EV", NOW)
        assert found
        assert 7.2 * 86_400 < found <= 7.5 * 86_400

    def test_is_never_shorter_than_a_look_or_two_take(self) -> None:
        assert learning.silence_of([FLOWS] * 50, "SmartMeter", NOW) == 2 * 86_400

    def test_is_never_much_longer_than_what_is_shipped(self) -> None:
        samples = [replace(FLOWS, longest_silence=90 * 86_400)] * 50
        assert learning.silence_of(samples, "PV", NOW) == 9 * 86_400

    @pytest.mark.parametrize(
        "samples",
        [[FLOWS] * 19, [replace(FLOWS, first_data_at=NOW - 29 * DAY)] * 50, [LONG_QUIET] * 50, []],
        ids=["few", "known for a short time", "quiet", "none"],
    )
    def test_is_not_known_of(self, samples: list[Sample]) -> None:
        assert learning.silence_of(samples, "EV", NOW) is None


class TestFirstData:
    def test_is_there_in_three_of_four_after(self) -> None:
        samples = [replace(FLOWS, connected_at=FLOWS.first_data_at - n * HOUR) for n in range(1, 14)]  # type: ignore[operator]
        assert learning.first_data_of(samples) == 10 * 3600

    def test_is_not_known_of_few(self) -> None:
        assert learning.first_data_of([FLOWS] * 9) is None


class TestSilentForAll:
    @pytest.mark.parametrize(
        ("samples", "is_silent"),
        [
            ([JUST_QUIET] * 5 + [FLOWS] * 4, True),
            ([JUST_QUIET] * 3 + [GONE] * 2 + [FLOWS] * 4, True),
            ([JUST_QUIET] * 5 + [FLOWS] * 5, False),
            ([JUST_QUIET] * 4, False),
            ([JUST_QUIET] * 4 + [FLOWS], False),
            ([LONG_QUIET] * 9 + [FLOWS] * 3, False),
            ([STALE] * 5, True),
            ([STALE] * 4, False),
            ([STALE] * 50 + [FLOWS], False),
            ([replace(STALE, looked_at=NOW - 3 * DAY)] * 5, False),  # nobody looked: it is not the maker's
            ([STALE] * 5 + [LONG_QUIET] * 9, True),
            ([LONG_QUIET] * 9, False),
            ([], False),
        ],
    )
    def test_is(self, samples: list[Sample], is_silent: bool) -> None:
        assert learning.silent_since(samples, None, NOW) == (NOW if is_silent else None)

    @pytest.mark.parametrize(
        ("samples", "since", "is_over"),
        [
            ([JUST_QUIET] * 9, 2, False),
            ([FLOWS] * 2 + [JUST_QUIET] * 7, 2, False),
            ([FLOWS] * 5 + [JUST_QUIET] * 4, 2, True),
            ([STALE] * 9, 2, False),
            ([FLOWS] * 3, 2, True),
            ([LONG_QUIET] * 9, 31, False),
            ([LONG_QUIET] * 9 + [FLOWS], 31, True),
        ],
    )
    def test_ends_when_a_good_share_flows_again(self, samples: list[Sample], since: int, is_over: bool) -> None:
        before = NOW - since * DAY
        assert learning.silent_since(samples, before, NOW) == (None if is_over else before)


class TestMeasuring:
    def test_counts_each_kind(self, clock: Clock) -> None:
        for health in ("flowing", "flowing", "quiet", "gone", "waiting", "ended"):
            Device.objects.filter(pk=connect().pk).update(health=health)
        connect(type="EV", manufacturer="Audi")
        self.measure(clock)
        row = MakerHealth.objects.get(type="SmartMeter", manufacturer="Fluvius")
        assert (row.devices, row.flowing, row.quiet, row.gone) == (5, 2, 1, 1)
        assert MakerHealth.objects.get(type="EV").devices == 1

    def test_is_done_once_in_an_hour(self, clock: Clock) -> None:
        connect()
        assert self.measure(clock) == 1
        assert measure_makers() == 0
        clock.at += HOUR
        assert measure_makers() == 1

    def test_teaches_the_looks(self, clock: Clock) -> None:
        connect()
        assert usual_of("SmartMeter", "Fluvius").silence == 2 * DAY
        MakerHealth.objects.update(usual_silence_seconds=5 * 86_400)
        assert usual_of("SmartMeter", "Fluvius").silence == 5 * DAY
        assert usual_of("SmartMeter", "Nobody").silence == 2 * DAY

    def test_asks_as_much_of_many_as_of_few(self, clock: Clock) -> None:
        def queries() -> int:
            clock.at += HOUR
            with CaptureQueriesContext(connection) as asked:
                measure_makers()
            return len(asked)

        connect()
        few = queries()
        for _device in range(10):
            connect()
        assert queries() == few

    def measure(self, clock: Clock) -> int:
        clock.at += HOUR
        return measure_makers()


class TestAnOutageOfAManufacturer:
    """Ten meters of one manufacturer fall silent at once, and come back but for one."""

    def looks(self, clock: Clock, devices: list[Device], days: float, *, sending: list[Device]) -> None:
        end = clock.at + days * DAY
        while clock.at < end:
            clock.at += 4 * HOUR
            for device in sending:
                tell(device, clock.at)
            for device in devices:
                if (due := fresh(device).due_at) and due <= clock.at:
                    look(device)
            measure_makers()

    def test_is_one_line_for_staff_and_no_mail(self, clock: Clock, entities: EntityPlatform) -> None:
        devices = [connect(seen_at=clock.at) for _device in range(10)]
        others = [connect(seen_at=clock.at, type="EV", manufacturer="Audi") for _device in range(2)]
        self.looks(clock, [*devices, *others], 4, sending=[*devices, *others])
        self.looks(clock, [*devices, *others], 9, sending=others)
        assert [str(row) for row in silent_makers()] == ["SmartMeter, Fluvius"]
        assert set(Device.objects.filter(type="SmartMeter").values_list("health", flat=True)) == {"quiet"}
        assert not Mail.objects.filter(kind="quiet")
        *well, dead = devices
        self.looks(clock, [*devices, *others], 4, sending=[*well, *others])
        assert silent_makers() == []
        assert fresh(dead).health == "quiet"
        assert [mail.request_id for mail in Mail.objects.filter(kind="quiet")] == [dead.request_id]
        assert all(fresh(device).longest_silence < 3 * 86_400 for device in well)

    def test_before_any_sent_data_ends_nobody(self, clock: Clock, entities: EntityPlatform) -> None:
        devices = [connect() for _device in range(6)]
        others = [connect(seen_at=clock.at, type="EV", manufacturer="Audi") for _device in range(9)]
        self.looks(clock, [*devices, *others], 2, sending=others)
        entities.statuses = {device.request.entity_id: 404 for device in devices}
        self.looks(clock, [*devices, *others], 9, sending=others)
        assert set(Device.objects.filter(type="SmartMeter").values_list("health", flat=True)) == {"gone"}
        assert [str(row) for row in silent_makers()] == ["SmartMeter, Fluvius"]
        entities.statuses = {}
        self.looks(clock, [*devices, *others], 3, sending=others)
        assert set(Device.objects.filter(type="SmartMeter").values_list("health", flat=True)) == {"waiting"}
        assert silent_makers() == []

    def test_ends_nobody_while_they_come_back_one_after_the_other(self, clock: Clock, entities: EntityPlatform) -> None:
        devices = [connect(seen_at=clock.at) for _device in range(6)]
        others = [connect(seen_at=clock.at, type="EV", manufacturer="Audi") for _device in range(6)]
        self.looks(clock, [*devices, *others], 4, sending=[*devices, *others])
        entities.statuses = {device.request.entity_id: 403 for device in devices}
        self.looks(clock, [*devices, *others], 8, sending=others)
        while entities.statuses:
            entities.statuses.popitem()
            back = [device for device in devices if device.request.entity_id not in entities.statuses]
            self.looks(clock, [*devices, *others], 0.4, sending=[*back, *others])
        self.looks(clock, [*devices, *others], 3, sending=[*devices, *others])
        assert set(Device.objects.values_list("health", flat=True)) == {"flowing"}

    def test_that_looks_like_an_end_ends_nobody(self, clock: Clock, entities: EntityPlatform) -> None:
        devices = [connect(seen_at=clock.at) for _device in range(6)]
        others = [connect(seen_at=clock.at, type="EV", manufacturer="Audi") for _device in range(6)]
        self.looks(clock, [*devices, *others], 4, sending=[*devices, *others])
        entities.statuses = {device.request.entity_id: 403 for device in devices}
        self.looks(clock, [*devices, *others], 8, sending=others)
        assert set(Device.objects.filter(type="SmartMeter").values_list("health", flat=True)) == {"gone"}
        assert len(silent_makers()) == 1
        entities.statuses = {}
        self.looks(clock, [*devices, *others], 3, sending=[*devices, *others])
        assert set(Device.objects.values_list("health", flat=True)) == {"flowing"}
        assert silent_makers() == []
        assert timezone.now() > NOW - 400 * DAY
