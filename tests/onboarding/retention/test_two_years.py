"""Two years of the same each day, by a clock of ours: after the second, tables are as large as after the first.

All but the proof of consent, which grows by what was agreed to.
"""

import io
import itertools
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from onboarding.access.links import make_link
from onboarding.catalogue.catalogue import Catalogue
from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import consent_words
from onboarding.delivery.tally import tally
from onboarding.intake import draft, withdrawal
from onboarding.lib import faults
from onboarding.limits.limit_storage import delete_ended
from onboarding.management.commands.worker import forget_sessions
from onboarding.models import (
    AccessLink,
    CatalogueChange,
    Consent,
    Event,
    Invitation,
    OnboardingRequest,
    RateLimitCount,
    RateLimitTally,
    SearchKey,
    StaffSignIn,
    WebhookDelivery,
    Wish,
)
from onboarding.portal.csp_report_counts import count_reports
from onboarding.support import disclosures
from onboarding.support.bulk import start_bulk
from realto_portal.retention_settings import USUAL_DAYS
from sandbox import magic
from tests.customers import GUIDES_VIN, work, work_until
from tests.receiver import endpoint

STEP = timedelta(days=20)
# Short enough that a year is more than all of them together, and none a multiple of the step.
DAYS = {name: min(days or 90, 125) for name, days in USUAL_DAYS.items()}
CONNECTED_FOR = timedelta(days=95)
PROOF = {OnboardingRequest, Consent, SearchKey}


class Clock:
    """What the time is for all: it goes on by a little with each look, and by days when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = datetime(2026, 1, 5, 9, tzinfo=UTC)
        clock = self

        class Moment(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                clock.at += timedelta(milliseconds=5)
                return clock.at if tz else clock.at.replace(tzinfo=None)

        monkeypatch.setattr("django.utils.timezone.datetime", Moment)
        monkeypatch.setattr(time, "time", lambda: self.at.timestamp())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    settings.RETENTION_DAYS = DAYS
    clock = Clock(monkeypatch)
    endpoint()
    return clock


def drafted(number: int, vin: str) -> OnboardingRequest:
    request = draft.start(browser=f"browser-{number}", language="en")
    request.type, request.manufacturer, request.attributes = "EV", "Audi", {"vin": vin}
    request.contact_email = f"person{number}@mail.example"
    request.save()
    request.holders.create(browser=f"phone-{number}")
    make_link(request, AccessLink.Kind.EMAIL)
    Invitation.objects.create(request=request, key=str(number), by="ann", opened_at=timezone.now())
    return request


def agreed(number: int, vin: str) -> OnboardingRequest:
    request = drafted(number, vin)
    draft.give_consent(request, consent_words(type="EV", device="Car", manufacturer="Audi"), ConsentAct("said yes"))
    return request


def customers(numbers: Iterator[int]) -> None:
    """One leaves a draft behind, one fails, one connects; and who connected a while ago takes it back."""
    drafted(next(numbers), GUIDES_VIN)
    work_until(agreed(next(numbers), magic.BY_ENDING["0700"].vin), "failed")
    work_until(agreed(next(numbers), GUIDES_VIN), "connected")
    since = timezone.now() - CONNECTED_FOR
    for request in OnboardingRequest.objects.filter(state="connected", finished_at__lt=since):
        withdrawal.withdraw(request, ConsentAct("stopped"))
        work_until(request, "withdrawn")
    with suppress(OnboardingRequest.DoesNotExist):
        draft.wish_for(type="EV", manufacturer="Lada", contact_email=f"w{next(numbers)}@mail.example", language="en")


def staff_and_others(numbers: Iterator[int], ann: User) -> None:
    """Everything else that leaves a row."""
    number, now = next(numbers), timezone.now()
    newest = OnboardingRequest.objects.order_by("-pk")[0]
    Client().force_login(ann)
    StaffSignIn.objects.create(user=ann, name="ann", outcome="signed-in")
    LogEntry.objects.create(user=ann, action_time=now, action_flag=2)
    disclosures.reveal(newest, "vin", by="ann")
    disclosures.note_export(None, by="ann", what="figures")
    start_bulk("add_note", [newest.pk], by="ann", page=str(number), detail={"note": "Called."})
    work()
    tally(newest, {"vin": "form"})
    faults.note("advance", "ValueError")
    count_reports([("img-src", "inline")])
    hour = now.replace(minute=0, second=0, microsecond=0)
    RateLimitTally.objects.create(hour=hour, name="code", scope="address", times=1)
    RateLimitCount.objects.create(key=str(number), ends_at=int(now.timestamp()), count=1)
    CatalogueChange.objects.create(kind="added", type="EV", manufacturer="Lada")


def receiver_takes_everything() -> None:
    now = timezone.now()
    for delivery in WebhookDelivery.objects.filter(due_at__isnull=False):
        delivery.attempts.create(started_at=now, status=204)
    WebhookDelivery.objects.filter(due_at__isnull=False).update(due_at=None, delivered_at=now)


def live_for(days: int, clock: Clock, numbers: Iterator[int]) -> dict[Any, int]:
    """Let so many days pass. Returns how many rows there are of everything."""
    ann = User.objects.get_or_create(username="ann")[0]
    ends_at = clock.at + timedelta(days=days)
    while clock.at < ends_at:
        customers(numbers)
        staff_and_others(numbers, ann)
        receiver_takes_everything()
        clock.at += STEP
        work()  # mails and reminders whose moment came
        call_command("retention", stdout=io.StringIO())
        delete_ended()
        forget_sessions()
    return {model: model._default_manager.count() for model in apps.get_models() if not model._meta.proxy}


@pytest.mark.django_db
def test_leave_tables_as_large_as_one_year(clock: Clock, platform: Catalogue) -> None:
    numbers = itertools.count()
    first = live_for(365, clock, numbers)
    second = live_for(365, clock, numbers)
    told = {model.__name__: (count, second[model]) for model, count in first.items() if second[model] or count}
    assert {name for name, (count, _later) in told.items() if not count} == set(), told
    grown = {model for model, count in first.items() if abs(second[model] - count) > max(2, count * 0.05)}
    assert grown == PROOF, told
    steps = 19
    assert second[Consent] - first[Consent] == pytest.approx(3 * steps, abs=3), told
    assert second[OnboardingRequest] - first[OnboardingRequest] == pytest.approx(2 * steps, abs=3), told
    assert not Event.objects.filter(at__lt=timezone.now() - timedelta(days=250)).exists()
    assert Wish.objects.exists()
