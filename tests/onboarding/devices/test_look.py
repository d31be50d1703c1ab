"""What workers see of connected devices, and what follows from it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.utils import timezone

from onboarding.consent.records import ConsentAct
from onboarding.devices import lease, renewal
from onboarding.devices.look import look_at_devices
from onboarding.devices.models import MakerHealth
from onboarding.intake import withdrawal
from onboarding.mail.outbox import send_mail
from onboarding.models import Consent, Device, Event, Mail, OnboardingRequest, PlatformHealth, WebhookDelivery
from tests.connected import EntityPlatform as Platform
from tests.connected import claim, connect, fresh, look, tell, work_off
from tests.customers import claim as claim_row
from tests.customers import do
from tests.onboarding.retention.test_two_years import Clock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def events(device: Device) -> list[str]:
    mine = Event.objects.filter(request=device.request_id).order_by("pk").values_list("name", flat=True)
    ours = {"first-data", "turned-quiet", "flows-again", "seems-gone", "ended-elsewhere"}
    return [name for name in mine if name in ours]


def webhooks(device: Device) -> list[str]:
    told = WebhookDelivery.objects.filter(request=device.request_id, kind__startswith="device.").order_by("pk")
    return list(told.values_list("kind", flat=True))


def mails(device: Device, kind: str) -> int:
    return Mail.objects.filter(request=device.request_id, kind=kind).count()


def flowing(clock: Clock, *, type: str = "SmartMeter", manufacturer: str = "Fluvius") -> Device:
    """Have a device that sent data a moment ago."""
    device = connect(type=type, manufacturer=manufacturer)
    clock.at += 10 * timedelta(minutes=1)
    tell(device, clock.at)
    return look(device)


def another_that_flows(clock: Clock) -> Device:
    return flowing(clock, type="EV", manufacturer="Audi")


def later(clock: Clock, device: Device, *, days: float) -> Device:
    """Let so much time pass, and look as often as a worker would meanwhile."""
    end = clock.at + days * DAY
    while (due := fresh(device).due_at) and due <= end:
        clock.at = max(clock.at, due)
        look(device, is_due=False)
    clock.at = end
    return fresh(device)


class TestFirstData:
    def test_is_noticed_soon_after_connecting(self, clock: Clock) -> None:
        device = connect()
        assert device.health == "waiting"
        assert device.due_at
        assert device.due_at <= clock.at + 5 * timedelta(minutes=1)
        came = clock.at + 3 * HOUR
        later(clock, device, days=0.12)
        tell(device, came)
        device = later(clock, device, days=0.2)
        assert (device.health, device.first_data_at, device.last_data_at) == ("flowing", came, came)
        assert events(device) == ["first-data"]
        assert webhooks(device) == ["device.first_data"]

    def test_is_told_once(self, clock: Clock) -> None:
        device = flowing(clock)
        for _look in range(3):
            tell(device, clock.at)
            look(device)
        assert webhooks(device) == ["device.first_data"]

    def test_is_not_what_was_there_before_it_was_connected(self, clock: Clock) -> None:
        device = connect(seen_at=clock.at - DAY)
        assert look(device).health == "waiting"

    def test_may_be_a_reading_where_the_platform_does_not_say_when_it_saw_it(
        self, clock: Clock, entities: Platform
    ) -> None:
        device = connect()
        assert look(device).health == "waiting"
        entities.read_at[device.request.entity_id] = clock.at
        assert look(device).health == "flowing"
        assert len(entities.asked) == 4

    def test_takes_one_call_where_the_platform_says_when_it_saw_it(self, clock: Clock, entities: Platform) -> None:
        device = connect(seen_at=clock.at)
        assert look(device).health == "flowing"
        assert len(entities.asked) == 1

    def test_may_never_come_and_is_looked_for_ever_more_seldom(self, clock: Clock, entities: Platform) -> None:
        device = connect()
        device = later(clock, device, days=7)
        in_the_first_week = len(entities.asked)
        device = later(clock, device, days=7)
        in_the_second = len(entities.asked) - in_the_first_week
        assert device.health == "waiting"
        assert in_the_first_week > 4 * in_the_second
        assert events(device) == []

    def test_is_asked_for_by_the_id_that_the_platform_told_late(self, clock: Clock) -> None:
        device = connect(seen_at=clock.at)
        entity_id = device.request.entity_id
        OnboardingRequest.objects.update(entity_id="")
        device = look(device)
        assert (device.health, device.request.entity_id) == ("flowing", entity_id)


class TestQuiet:
    def test_is_who_is_silent_for_longer_than_is_usual(self, clock: Clock) -> None:
        device = flowing(clock)
        assert later(clock, device, days=1.9).health == "flowing"
        device = later(clock, device, days=2)
        assert device.health == "quiet"
        assert events(device) == ["first-data", "turned-quiet"]
        assert webhooks(device) == ["device.first_data", "device.quiet"]

    def test_is_no_car_that_nobody_drives_for_three_weeks(self, clock: Clock) -> None:
        device = flowing(clock, type="EV", manufacturer="Audi")
        assert later(clock, device, days=20.5).health == "flowing"
        assert later(clock, device, days=3).health == "quiet"

    def test_is_no_device_that_came_back_from_a_longer_silence_by_itself(self, clock: Clock) -> None:
        device = flowing(clock)
        assert later(clock, device, days=4).health == "quiet"
        tell(device, clock.at)
        device = later(clock, device, days=1.2)
        assert device.health == "flowing"
        assert device.longest_silence >= 3 * 86_400
        tell(device, clock.at)
        look(device)
        assert later(clock, device, days=4).health == "flowing"
        assert later(clock, device, days=3).health == "quiet"
        assert events(device) == ["first-data", "turned-quiet", "flows-again", "turned-quiet"]
        assert webhooks(device) == ["device.first_data", "device.quiet", "device.flowing", "device.quiet"]

    def test_is_told_by_mail_when_a_second_look_finds_it_so(self, clock: Clock) -> None:
        device = flowing(clock)
        while device.health != "quiet":
            device = later(clock, device, days=0.1)
        assert mails(device, "quiet") == 0
        device = later(clock, device, days=0.3)
        assert mails(device, "quiet") == 1
        assert device.told_quiet_at

    def test_is_told_once_in_a_spell(self, clock: Clock) -> None:
        device = flowing(clock)
        device = later(clock, device, days=40)
        assert mails(device, "quiet") == 1

    def test_is_told_again_in_the_next_spell(self, clock: Clock) -> None:
        device = later(clock, flowing(clock), days=4)
        tell(device, clock.at)
        later(clock, device, days=30)
        assert mails(device, "quiet") == 2

    def test_is_not_told_of_who_came_back_meanwhile(self, clock: Clock) -> None:
        device = flowing(clock)
        while device.health != "quiet":
            device = later(clock, device, days=0.1)
        tell(device, clock.at)
        later(clock, device, days=1)
        assert mails(device, "quiet") == 0

    @pytest.mark.parametrize("what", ["flows", "stopped", "reconnecting", "still quiet"])
    def test_mail_is_sent_only_if_it_is_still_true(self, clock: Clock, what: str) -> None:
        device = later(clock, flowing(clock), days=4)
        [mail] = Mail.objects.filter(kind="quiet")
        if what == "flows":
            tell(device, clock.at)
            look(device)
        elif what == "stopped":
            withdrawal.withdraw(device.request, ConsentAct("stop"))
        elif what == "reconnecting":
            OnboardingRequest.objects.create(
                browser="b", type="EV", retry_of=device.request, is_reconnection=True, state="queued"
            )
        send_mail.call(claim_row(mail))
        mail.refresh_from_db()
        assert bool(mail.sent_at) == (what == "still quiet")
        assert (mail.ended == "no longer so") == (what != "still quiet")

    def test_mail_waits_while_the_manufacturer_is_silent_for_all(self, clock: Clock) -> None:
        device = later(clock, flowing(clock), days=4)
        [mail] = Mail.objects.filter(kind="quiet")
        MakerHealth.objects.update(silent_since=clock.at)
        send_mail.call(claim_row(mail))
        mail.refresh_from_db()
        assert (mail.sent_at, mail.ended) == (None, "")
        assert mail.due_at
        clock.at = mail.due_at
        MakerHealth.objects.update(silent_since=None)
        send_mail.call(claim_row(mail))
        mail.refresh_from_db()
        assert mail.sent_at
        assert mails(device, "quiet") == 1


class TestTransientTrouble:
    @pytest.mark.parametrize("status", [503, 429, 401, 418])
    def test_says_nothing_about_a_device(self, clock: Clock, entities: Platform, status: int) -> None:
        device = flowing(clock)
        entities.status = status
        for _time in range(2):
            PlatformHealth.objects.all().delete()
            clock.at += HOUR
            device = look(device)
        assert (device.health, device.misses) == ("flowing", 0)
        assert device.due_at
        assert device.due_at <= clock.at + timedelta(hours=25)
        assert events(device) == ["first-data"]
        assert "needs-staff" not in Event.objects.values_list("name", flat=True)

    def test_is_waited_out_while_the_platform_is_away(self, clock: Clock, entities: Platform) -> None:
        device = flowing(clock)
        soon = clock.at + HOUR
        PlatformHealth.objects.create(pk=1, failures=5, away_since=clock.at, next_probe_at=soon)
        before = len(entities.asked)
        device = look(device)
        assert len(entities.asked) == before
        assert device.due_at
        assert clock.at < device.due_at < clock.at + timedelta(minutes=1)

    @pytest.mark.parametrize("status", [404, 403, 410, 400])
    def test_may_be_a_slip(self, clock: Clock, entities: Platform, status: int) -> None:
        device = flowing(clock)
        for _time in range(6):
            clock.at += 36 * HOUR
            entities.statuses = {device.request.entity_id: status}
            assert look(device).health == "flowing"
            entities.statuses = {}
            tell(device, clock.at)
            assert look(device).health == "flowing"
        assert events(device) == ["first-data"]


class TestGone:
    @pytest.mark.parametrize("status", [404, 403, 410, 400])
    def test_is_believed_after_several_looks_on_several_days(
        self, clock: Clock, entities: Platform, status: int
    ) -> None:
        other = another_that_flows(clock)
        device = flowing(clock)
        entities.statuses = {device.request.entity_id: status}
        device, began = look(device), clock.at
        while not device.request.withdrawn_at:
            tell(other, clock.at)
            look(other)
            clock.at += 2 * HOUR
            device = look(device)
            assert clock.at < began + 5 * DAY
        assert clock.at >= began + 2 * DAY
        assert events(device) == ["first-data", "seems-gone", "ended-elsewhere"]
        assert (device.health, device.due_at) == ("ended", None)

    def test_leaves_a_record_of_its_own_kind_and_a_receipt_and_nobody_is_chased(
        self, clock: Clock, entities: Platform
    ) -> None:
        device = self.ended(clock, entities)
        request = device.request
        assert (request.ended_as, request.state) == ("elsewhere", "withdrawing")
        assert Consent.objects.filter(request=request).latest("pk").kind == "elsewhere"
        kinds = list(Mail.objects.filter(request=request).order_by("pk").values_list("kind", flat=True))
        assert kinds.count("receipt") == 2  # of what was given, and of its end
        assert {"quiet", "withdrawn", "needs-you", "reminder"}.isdisjoint(kinds)

    def test_is_told_to_the_companys_systems_once(self, clock: Clock, entities: Platform) -> None:
        device = self.ended(clock, entities)
        assert webhooks(device) == ["device.first_data", "device.ended"]
        assert json.loads(WebhookDelivery.objects.latest("pk").body)["type"] == "device.ended"

    def test_is_never_believed_while_others_are_not_found_either(self, clock: Clock, entities: Platform) -> None:
        others = [another_that_flows(clock) for _device in range(3)]
        device = flowing(clock)
        entities.status = 403
        for _day in range(20):
            for one in (device, *others):
                look(one)
            clock.at += DAY + HOUR
        device = fresh(device)
        assert device.health == "gone"
        assert not OnboardingRequest.objects.exclude(withdrawn_at=None)
        entities.status = 0
        tell(device, clock.at)
        assert look(device).health == "flowing"
        assert events(device) == ["first-data", "seems-gone", "flows-again"]
        assert webhooks(device) == ["device.first_data"]

    def test_is_believed_later_where_there_are_no_others(self, clock: Clock, entities: Platform) -> None:
        device = flowing(clock)
        entities.statuses = {device.request.entity_id: 404}
        look(device)
        assert not later(clock, device, days=5).request.withdrawn_at
        assert later(clock, device, days=5).request.ended_as == "elsewhere"

    @pytest.mark.parametrize("status", [403, 404])
    def test_is_not_believed_of_the_only_one_where_nothing_else_is_found_either(
        self, clock: Clock, entities: Platform, status: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        device = flowing(clock)
        monkeypatch.setattr(entities, "handle_request", lambda _request: httpx.Response(status))
        look(device)
        device = later(clock, device, days=20)
        assert (device.health, device.request.withdrawn_at) == ("gone", None)

    def test_is_not_believed_of_the_only_one_which_we_never_saw(self, clock: Clock, entities: Platform) -> None:
        device = connect()
        entities.status = 404  # the platform may have no such address
        look(device)
        device = later(clock, device, days=20)
        assert (device.health, device.request.withdrawn_at) == ("gone", None)

    def test_is_not_believed_of_a_manufacturer_that_is_silent_for_all(self, clock: Clock, entities: Platform) -> None:
        other, device = another_that_flows(clock), flowing(clock)
        MakerHealth.objects.filter(type="SmartMeter").update(silent_since=clock.at)
        entities.statuses = {device.request.entity_id: 404}
        look(device)
        for _day in range(6):
            tell(other, clock.at)
            look(other)
            device = later(clock, device, days=1.1)
        assert device.health == "gone"

    def test_that_was_quiet_is_quiet_again_when_it_is_found_and_flows_when_it_sends(
        self, clock: Clock, entities: Platform
    ) -> None:
        other, device = another_that_flows(clock), flowing(clock)
        device = later(clock, device, days=4)
        entities.statuses = {device.request.entity_id: 404}
        look(device)
        tell(other, clock.at)
        look(other)
        assert later(clock, device, days=1.2).health == "gone"
        entities.statuses = {}
        assert look(device).health == "quiet"
        tell(device, clock.at)
        assert look(device).health == "flowing"
        assert webhooks(device) == ["device.first_data", "device.quiet", "device.flowing"]

    def ended(self, clock: Clock, entities: Platform) -> Device:
        other, device = another_that_flows(clock), flowing(clock)
        entities.statuses = {device.request.entity_id: 404}
        while not device.request.withdrawn_at:
            tell(other, clock.at)
            look(other)
            clock.at += DAY + HOUR
            device = look(device)
        return device


class TestEnd:
    @pytest.mark.parametrize("kind", ["withdrawn", "expired", "elsewhere", "replaced"])
    def test_is_told_once_unless_another_took_over(self, clock: Clock, kind: str) -> None:
        device = flowing(clock)
        if kind == "expired":
            OnboardingRequest.objects.update(consent_ends_at=clock.at)
        assert withdrawal.withdraw(device.request, ConsentAct("stop"), Consent.Kind(kind))
        device = fresh(device)
        assert (device.health, device.due_at, device.remind_at) == ("ended", None, None)
        assert webhooks(device) == ["device.first_data"] + (["device.ended"] if kind != "replaced" else [])

    def test_is_the_end_of_looking(self, clock: Clock, entities: Platform) -> None:
        device = flowing(clock)
        withdrawal.withdraw(device.request, ConsentAct("stop"))
        before = len(entities.asked)
        clock.at += 30 * DAY
        work_off(timedelta(days=30))
        assert len(entities.asked) == before


class TestValidity:
    def test_is_taken_out_of_the_properties(self, clock: Clock) -> None:
        device = connect(seen_at=clock.at)
        tell(device, clock.at, properties={"validUntil": "2027-03-01T00:00:00Z"})
        assert look(device).valid_until == datetime(2027, 3, 1, tzinfo=UTC)
        tell(device, clock.at)
        assert look(device).valid_until == datetime(2027, 3, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        "odd",
        [
            {"validUntil": 0},
            {"validUntil": "1970-01-01T00:00:00Z"},
            {"expiresAt": "soon"},
            {"token": {"expires": "soon"}},
        ],
    )
    def test_is_not_over_by_what_is_no_permission(self, clock: Clock, odd: dict[str, Any]) -> None:
        device = connect(seen_at=clock.at)
        soon = (clock.at + timedelta(hours=1)).isoformat()
        tell(device, clock.at, properties=json.loads(json.dumps(odd).replace("soon", soon)))
        assert look(device).valid_until == device.valid_until
        clock.at += timedelta(hours=2)
        assert renewal.end_expired_mandates() == 0


class TestMany:
    def many(self, clock: Clock, count: int = 40, **kind: str) -> list[Device]:
        devices = [connect(seen_at=clock.at, **kind) for _device in range(count)]
        clock.at += DAY
        for device in devices:
            tell(device, clock.at)
        return devices

    def test_of_one_kind_are_looked_at_by_pages(self, clock: Clock, entities: Platform) -> None:
        self.many(clock)
        entities.has_list = True
        work_off()
        assert entities.asked == ["entities"]
        assert set(Device.objects.values_list("health", flat=True)) == {"flowing"}

    def test_are_looked_at_one_by_one_where_there_is_no_list(self, clock: Clock, entities: Platform) -> None:
        cache.delete("onboarding.devices.no-list")
        self.many(clock)
        work_off()
        assert (entities.asked.count("entities"), len(entities.asked)) == (1, 41)
        work_off(3 * DAY)
        assert entities.asked.count("entities") == 1
        cache.delete("onboarding.devices.no-list")

    def test_that_a_list_leaves_out_are_looked_at_one_by_one(self, clock: Clock, entities: Platform) -> None:
        devices = self.many(clock)
        entities.has_list = True
        entities.statuses = {devices[0].request.entity_id: 404}
        work_off()
        assert len(entities.asked) == 2
        assert fresh(devices[0]).misses == 1

    def test_are_not_looked_for_in_pages_that_hardly_serve_any(self, clock: Clock, entities: Platform) -> None:
        entities.has_list = True
        entities.entities = {f"stranger {n}": {"id": f"stranger {n}"} for n in range(1000)}
        self.many(clock)
        work_off()
        assert entities.asked.count("entities") == 1

    def test_of_other_kinds_come_in_their_turn(self, clock: Clock, entities: Platform) -> None:
        self.many(clock, 25)
        self.many(clock, 25, type="EV", manufacturer="Audi")
        entities.has_list = True
        work_off()
        assert entities.asked == ["entities", "entities"]
        assert set(Device.objects.values_list("health", flat=True)) == {"flowing"}

    def test_whose_row_is_broken_hold_nobody_up(self, clock: Clock, entities: Platform) -> None:
        devices = self.many(clock, 3)
        OnboardingRequest.objects.filter(pk=devices[0].request_id).update(type="x" * 64, attributes=None)
        work_off()
        assert [fresh(device).health for device in devices[1:]] == ["flowing", "flowing"]


class TestLease:
    def test_is_begun_once(self, clock: Clock, entities: Platform) -> None:
        device = connect(seen_at=clock.at)
        Device.objects.update(due_at=clock.at)
        token = claim(device)
        look_at_devices.call(token)
        look_at_devices.call(token)
        assert len(entities.asked) == 1

    def test_brings_a_device_back_whose_worker_died(self, clock: Clock) -> None:
        device = connect(seen_at=clock.at)
        Device.objects.update(due_at=clock.at)
        assert lease.claimed(claim(device))
        assert claim(device) == ""
        clock.at += lease.lease_time() + HOUR
        assert look(device).health == "flowing"

    def test_never_waits_for_longer_than_it_may(self, clock: Clock) -> None:
        device = connect(seen_at=clock.at)
        Device.objects.update(due_at=clock.at + 400 * DAY)
        assert Device.bring_back() == 1
        assert look(device, is_due=False).health == "flowing"
        assert timezone.now() < clock.at + DAY


class TestLettingGo:
    @pytest.mark.parametrize(("kind", "state"), [("elsewhere", "withdrawn"), ("withdrawn", "withdrawing")])
    def test_of_what_ended_elsewhere_does_not_need_a_platform_that_lets_us(
        self, clock: Clock, entities: Platform, kind: str, state: str
    ) -> None:
        device = flowing(clock)
        withdrawal.withdraw(device.request, ConsentAct("ended"), Consent.Kind(kind))
        for _turn in range(4):
            clock.at += HOUR
            OnboardingRequest.objects.filter(due_at__isnull=False).update(due_at=clock.at)
            entities.fault = "403"
            do(fresh(device).request)
        request = fresh(device).request
        assert (request.state, request.needs_staff) == (state, "")
