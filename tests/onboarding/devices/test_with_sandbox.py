"""What becomes of connected devices at the sandbox, whose magic endings say how they go on: days in a moment."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding.mail.outbox import queue_mail
from onboarding.models import Consent, Device, Event, Mail, OnboardingRequest, WebhookDelivery
from onboarding.platform_api import connection
from tests.connected import fresh, work_off
from tests.customers import Customer, work
from tests.onboarding.retention.test_two_years import Clock
from tests.receiver import endpoint

DAY = timedelta(days=1)
OURS = {"first-data", "turned-quiet", "flows-again", "seems-gone", "ended-elsewhere"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, customer: Customer, settings: Settings) -> Clock:
    """Let a step of the sandbox's be a day."""
    settings.SANDBOX_STEP_SECONDS = 86_400.0
    endpoint()
    connection.reset()
    now = timezone.now()
    clock = Clock(monkeypatch)
    clock.at = now
    return clock


def connected(clock: Clock, ending: str) -> Device:
    """Connect a car whose identifier ends so."""
    row = Customer(Client()).submit(vin=f"WA1DMAFE0D000{ending}").request
    OnboardingRequest.objects.filter(pk=row.pk).update(contact_email="ann@example.org")
    for _day in range(12):
        clock.at += DAY
        OnboardingRequest.objects.filter(due_at__isnull=False).update(due_at=clock.at)
        work()
    return Device.objects.select_related("request").get(request=row)


def live(clock: Clock, device: Device, days: int) -> Device:
    for _turn in range(2 * days):
        clock.at += DAY / 2
        work_off()
        work()
    return fresh(device)


def lines(device: Device) -> list[str]:
    names = Event.objects.filter(request=device.request_id).order_by("pk").values_list("name", flat=True)
    return [name for name in names if name in OURS]


class TestEndings:
    @pytest.mark.parametrize(
        ("ending", "health", "told"),
        [
            ("0000", "flowing", ["first-data"]),
            ("0900", "waiting", []),
            ("0901", "quiet", ["first-data", "turned-quiet"]),
            ("0902", "flowing", ["first-data", "turned-quiet", "flows-again"]),
            ("0903", "ended", ["first-data", "seems-gone", "ended-elsewhere"]),
            ("0904", "ended", ["first-data", "seems-gone", "ended-elsewhere"]),
            ("0905", "flowing", ["first-data"]),
        ],
    )
    def test_are_seen(self, clock: Clock, ending: str, health: str, told: list[str]) -> None:
        device = live(clock, connected(clock, ending), 55)
        assert (device.health, lines(device)) == (health, told)
        kinds = WebhookDelivery.objects.filter(kind__startswith="device.").values_list("kind", flat=True)
        assert list(kinds).count("device.ended") == (health == "ended")

    @pytest.mark.parametrize("ending", ["0903", "0904"])
    def test_elsewhere_are_recorded_received_and_let_go_of(self, clock: Clock, ending: str) -> None:
        device = live(clock, connected(clock, ending), 55)
        request = device.request
        assert (request.state, request.ended_as, request.needs_staff) == ("withdrawn", "elsewhere", "")
        assert list(Consent.objects.order_by("pk").values_list("kind", flat=True)) == ["given", "elsewhere"]
        assert Mail.objects.filter(kind="receipt", record__kind="elsewhere").count() == 1
        assert not Mail.objects.filter(kind__in=["quiet", "withdrawn"])

    def test_of_a_mandate_are_known_before(self, clock: Clock) -> None:
        device = live(clock, connected(clock, "0906"), 4)
        assert device.valid_until
        assert clock.at < device.valid_until < clock.at + 20 * DAY

    def test_that_are_quiet_are_told_by_one_mail(self, clock: Clock) -> None:
        device = live(clock, connected(clock, "0901"), 60)
        assert Mail.objects.filter(request=device.request_id, kind="quiet").count() == 1
        queue_mail(device.request, Mail.Kind.QUIET, occasion=device.spells)
        assert Mail.objects.filter(request=device.request_id, kind="quiet").count() == 1
