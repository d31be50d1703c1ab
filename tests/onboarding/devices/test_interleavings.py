"""Worker, platform, customer, crash and a second worker in any order: no look is written twice, none after the end."""

import contextlib
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from onboarding.consent.records import ConsentAct
from onboarding.devices import lease
from onboarding.devices.look import look_at_devices
from onboarding.devices.makers import measure_makers
from onboarding.intake import withdrawal
from onboarding.models import Consent, Device, Event, Mail, OnboardingRequest, PlatformHealth, WebhookDelivery
from onboarding.request.lifecycle import Health
from tests.connected import PLATFORM, EntityPlatform, claim, connect, fresh, tell, work_off
from tests.customers import work
from tests.onboarding.retention.test_two_years import Clock
from tests.platforms import Killed
from tests.racing import at_once, shared_database

STATUSES = [0, 0, 0, 403, 404]
ENDS = [Consent.Kind.WITHDRAWN, Consent.Kind.REPLACED]


class Interleavings(RuleBasedStateMachine):
    """Two devices, and all that can befall them and whoever looks at them."""

    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        PLATFORM.__init__()  # type: ignore[misc]
        PlatformHealth.objects.all().delete()
        self.devices = [connect(seen_at=timezone.now()), connect(seen_at=timezone.now())]
        self.tokens: list[str] = []
        self.ended_looks = 0
        self.asked_at_the_end: dict[int, int] = {}

    def device(self, which: int) -> Device:
        return fresh(self.devices[which])

    @rule(which=st.sampled_from([0, 1]), is_withdrawn=st.booleans(), is_killed=st.booleans(), again=st.booleans())
    def worker_looks(self, which: int, is_withdrawn: bool, is_killed: bool, again: bool) -> None:
        """Meanwhile the customer may stop it, the worker may die, and a second one may come with the same claim."""
        Device.objects.filter(pk=self.devices[which].pk, due_at__isnull=False).update(due_at=timezone.now())
        token = claim(self.devices[which])
        if is_withdrawn:
            PLATFORM.meanwhile = lambda: self.customer_stops(which, Consent.Kind.WITHDRAWN)
        PLATFORM.is_deadly = is_killed
        with contextlib.suppress(Killed):
            look_at_devices.call(token)
        PLATFORM.is_deadly, PLATFORM.meanwhile = False, None
        if again:
            before = len(PLATFORM.asked)
            look_at_devices.call(token)
            assert len(PLATFORM.asked) == before

    @rule(which=st.sampled_from([0, 1]), hours=st.sampled_from([1, 30]))
    def worker_freezes_during_a_look_and_wakes_later(self, which: int, hours: int) -> None:
        """Another one takes over when the lease is over; the first one writes nothing then."""
        Device.objects.filter(pk=self.devices[which].pk, due_at__isnull=False).update(due_at=timezone.now())
        token = claim(self.devices[which])

        def freeze() -> None:
            self.clock.at += timedelta(hours=hours)
            Device.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
            work_off()
            self.row_of_the_other = Device.objects.filter(pk=self.devices[which].pk).values().get()

        PLATFORM.meanwhile = freeze if token else None
        look_at_devices.call(token)
        PLATFORM.meanwhile = None
        if token:
            assert Device.objects.filter(pk=self.devices[which].pk).values().get() == self.row_of_the_other

    @rule(hours=st.sampled_from([1, 7, 25, 100]))
    def time_passes(self, hours: int) -> None:
        self.clock.at += timedelta(hours=hours)
        PlatformHealth.objects.all().delete()

    @rule(which=st.sampled_from([0, 1]))
    def device_sends_data(self, which: int) -> None:
        tell(self.devices[which], timezone.now())

    @rule(which=st.sampled_from([0, 1]), status=st.sampled_from(STATUSES))
    def platform_does_not_show_one(self, which: int, status: int) -> None:
        key = self.devices[which].request.entity_id
        PLATFORM.statuses = {**PLATFORM.statuses, key: status} if status else {}

    @rule(status=st.sampled_from([*STATUSES, 401]))
    def platform_does_not_show_any(self, status: int) -> None:
        PLATFORM.status = status

    @rule(which=st.sampled_from([0, 1]), kind=st.sampled_from(ENDS))
    def customer_stops(self, which: int, kind: Consent.Kind) -> None:
        row = self.device(which).request
        if row.is_withdrawable:
            assert withdrawal.withdraw(row, ConsentAct("stopped"), kind)

    @rule()
    def workers_do_all_else(self) -> None:
        measure_makers()
        work()

    @precondition(lambda self: any(device.health != Health.ENDED for device in self.devices))
    @rule()
    def a_worker_looks_at_all_that_is_due(self) -> None:
        work_off()

    @invariant()
    def everything_holds(self) -> None:
        for device in self.devices:
            row = fresh(device)
            self.what_ended_is_not_looked_at(row)
            self.what_is_connected_will_be_looked_at(row)
            self.everything_is_told_once(row)

    def what_ended_is_not_looked_at(self, row: Device) -> None:
        if not row.request.withdrawn_at:
            return
        assert (row.health, row.due_at, row.remind_at, row.lease) == ("ended", None, None, "")
        asked = sum(path.split("/")[1] == row.request.entity_id for path in PLATFORM.asked)
        assert asked <= self.asked_at_the_end.setdefault(row.pk, asked)

    def what_is_connected_will_be_looked_at(self, row: Device) -> None:
        if not row.request.withdrawn_at:
            assert row.health != "ended"
            assert row.due_at
            assert row.request.state == "connected"

    def everything_is_told_once(self, row: Device) -> None:
        told = list(
            WebhookDelivery.objects.filter(request=row.request_id, kind__startswith="device.")
            .order_by("pk")
            .values_list("kind", flat=True)
        )
        ends = 1 if row.request.ended_as not in {"", "replaced"} else 0
        assert told.count("device.ended") == ends
        assert told.count("device.first_data") == bool(row.first_data_at)
        spells = [kind for kind in told if kind in {"device.quiet", "device.flowing"}]
        assert spells == (["device.quiet", "device.flowing"] * len(spells))[: len(spells)]
        assert spells.count("device.quiet") == row.spells
        mails = Mail.objects.filter(request=row.request_id, kind="quiet").count()
        assert mails <= row.spells
        lines = Event.objects.filter(request=row.request_id)
        assert lines.filter(name="turned-quiet").count() == row.spells
        assert lines.filter(name="ended-elsewhere").count() == (row.request.ended_as == "elsewhere")
        assert Consent.objects.filter(request=row.request_id).exclude(kind="given").count() == bool(
            row.request.withdrawn_at
        )

    def teardown(self) -> None:
        """After the storm: what is connected flows again, and what was stopped is let go of."""
        PLATFORM.status, PLATFORM.statuses = 0, {}
        for _round in range(7):
            self.clock.at += timedelta(hours=49)
            PlatformHealth.objects.all().delete()
            for device in self.devices:
                tell(device, timezone.now())
            work_off(timedelta(days=30))
            OnboardingRequest.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
            work()
        for device in self.devices:
            row = fresh(device)
            assert row.health == ("ended" if row.request.withdrawn_at else "flowing")
            assert (row.request.state == "withdrawn") == (row.request.withdrawn_at is not None)
            assert (row.request.entity_id in PLATFORM.let_go) == (row.request.withdrawn_at is not None)


class TestAnyOrder:
    def test_looks_at_what_is_connected_and_at_nothing_else(
        self, entities: EntityPlatform, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("CRITICAL")

        class Ours(Interleavings):
            pass

        Ours.clock = clock
        with transaction.atomic():
            run_state_machine_as_test(
                Ours,
                settings=settings(
                    max_examples=10,
                    stateful_step_count=16,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )


class TestLease:
    def test_of_a_device_that_ended_is_gone(self, entities: EntityPlatform) -> None:
        device = connect(seen_at=timezone.now())
        Device.objects.update(due_at=timezone.now())
        [held] = lease.claimed(claim(device))
        withdrawal.withdraw(device.request, ConsentAct("stopped"))
        with pytest.raises(lease.LeaseLost), lease.holding(held):
            pass
        assert not held.write(failures=1)


class TestTwoWorkers:
    def test_look_at_each_device_once(self, transactional_db: None, entities: EntityPlatform, tmp_path: Path) -> None:
        devices = [connect(seen_at=timezone.now()) for _device in range(12)]
        Device.objects.update(due_at=timezone.now())
        with shared_database(tmp_path):
            at_once([work_off, work_off, work_off])
            assert set(Device.objects.values_list("health", flat=True)) == {"flowing"}
        asked = Counter(PLATFORM.asked)
        assert asked == {f"entities/{device.request.entity_id}": 1 for device in devices}

    def test_and_a_customer_who_stops_do_not_wait_for_each_other(
        self, transactional_db: None, entities: EntityPlatform, tmp_path: Path
    ) -> None:
        devices = [connect(seen_at=timezone.now()) for _device in range(8)]
        Device.objects.update(due_at=timezone.now())

        def stop() -> None:
            for device in devices:
                withdrawal.withdraw(device.request, ConsentAct("stopped"))

        with shared_database(tmp_path):
            at_once([work_off, stop, work_off])
            assert set(Device.objects.values_list("health", "due_at", "lease")) == {("ended", None, "")}
            told = WebhookDelivery.objects.filter(kind="device.ended")
            assert told.count() == len(devices)
