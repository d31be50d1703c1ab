"""Two years of one customer, day by day: they renew after the first, say nothing in the second, and it ends on the day.

By a clock of ours, with the worker's own duties, the sandbox as the platform, and links out of mails.
"""

import re
from datetime import date, timedelta

import pytest
from django.core import mail as outgoing
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from onboarding.catalogue.catalogue import Catalogue
from onboarding.devices import renewal
from onboarding.intake import withdrawal
from onboarding.models import Consent, Device, OnboardingRequest, WebhookDelivery
from tests.customers import Customer, work, work_until
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.mail.test_outbox import ADDRESS, submit
from tests.onboarding.portal.test_wizard import text_of
from tests.onboarding.retention.test_two_years import Clock
from tests.receiver import endpoint

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, db: None) -> Clock:
    endpoint()
    return Clock(monkeypatch)


def a_day_passes(clock: Clock, days: int = 1) -> list[EmailMessage]:
    """Let a worker do what it does on a day, or after so many. Returns the mails of then."""
    outgoing.outbox.clear()
    clock.at += days * DAY
    for duty in (renewal.remind_of_ends, renewal.end_expired_mandates, withdrawal.end_expired_consents):
        duty()
    work()
    return list(outgoing.outbox)


def until(last: date, clock: Clock) -> dict[int, EmailMessage]:
    """Let the days until one pass. Returns the mails, at most one a day, by how many days they came before it."""
    told: dict[int, EmailMessage] = {}
    while timezone.localdate() < last:
        for mail in a_day_passes(clock):
            assert told.setdefault((last - timezone.localdate()).days, mail) is mail
    return told


def follow_link(mail: EmailMessage) -> Customer:
    """Open the link of a mail in a new browser, and press its button; be at the page behind it."""
    link = re.search(r"http://[^/]+(/continue/\S+)", str(mail.body))
    assert link
    other = Customer(Client())
    assert other.client.get(link[1]).status_code == 200
    page = other.client.post(link[1])
    other.reference = page.headers["Location"].split("/")[2]
    assert page.headers["Location"].partition("?")[0] == other.url("consent")
    return other


def agree_again(customer: Customer) -> None:
    page = customer.get("consent")
    assert "Your consent ends on" in text_of(page)
    assert "your device is disconnected that day" in text_of(page)
    customer.post("consent", consent="on", page_sha256=page.context["page_sha256"])


def end_of(request: OnboardingRequest) -> date:
    ends_at = OnboardingRequest.objects.get(pk=request.pk).consent_ends_at
    assert ends_at
    return timezone.localdate(ends_at)


def test_of_a_consent_that_is_renewed_once_and_then_runs_out(
    clock: Clock, platform: Catalogue, customer: Customer
) -> None:
    publish(type="EV", valid_days=365)
    request = work_until(submit(customer), "connected")
    work()
    first_end = end_of(request)

    told = until(first_end - 30 * DAY, clock)
    assert sorted(told) == [0, 30]  # 30 and 60 days before the end
    assert told[0].subject == f"Keep it connected after {first_end:%-d %B %Y}? Electric car, Audi"
    agree_again(follow_link(told[0]))
    second_end = end_of(request)
    assert second_end == first_end - 30 * DAY + timedelta(days=365)
    assert a_day_passes(clock)[0].subject == "Receipt: You agreed again"

    while timezone.localdate() < second_end - 71 * DAY:
        assert a_day_passes(clock, 10) == []
    told = until(second_end - DAY, clock)
    assert sorted(told) == [6, 29, 59]  # days before the day before
    assert OnboardingRequest.objects.get().state == "connected"

    ended = a_day_passes(clock)
    assert [mail.subject for mail in ended][:1] == ["Receipt: Your consent has ended"]
    assert "You can connect it again whenever you like." in ended[0].body
    assert ended[0].to == [ADDRESS]
    record = Consent.objects.latest("pk")
    assert (record.kind, record.channel) == ("expired", "system")
    assert record.act == "The time that the text gave your consent was over."

    row = work_until(request, "withdrawn")
    assert row.ended_as == "expired"
    assert Device.objects.get().health == "ended"
    assert outgoing.outbox[-1].subject == "Your device is disconnected: Electric car, Audi"
    assert WebhookDelivery.objects.filter(kind="consent.expiring").count() == 2 + 3


def test_of_a_permission_that_runs_out_at_the_manufacturers(
    clock: Clock, platform: Catalogue, customer: Customer
) -> None:
    request = work_until(submit(customer), "connected")
    work()
    end = timezone.now() + timedelta(days=90)
    Device.objects.update(valid_until=end, remind_at=end - timedelta(days=60))
    told = until(timezone.localdate(end) - DAY, clock)
    assert sorted(told) == [6, 29, 59]
    assert "Your permission at Audi ends on" in told[6].body
    a_day_passes(clock)
    assert Consent.objects.latest("pk").act == "Your permission at Audi was over."
    assert work_until(request, "withdrawn").ended_as == "expired"
