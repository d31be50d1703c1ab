"""Being reminded of an end that comes by itself: 60, 30 and 7 days before, each once, and only while it is so."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outgoing
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from onboarding.catalogue import help_texts
from onboarding.catalogue.help_models import ActionText
from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import consent_words
from onboarding.devices import renewal
from onboarding.intake import draft, withdrawal
from onboarding.models import Consent, Device, Event, Mail, OnboardingRequest, WebhookDelivery
from onboarding.request.events import state_changed
from tests.customers import Customer, work, work_until
from tests.onboarding.consent.test_consent import publish
from tests.onboarding.mail.test_outbox import submit
from tests.racing import at_once, shared_database
from tests.receiver import endpoint

EXPIRING = "expiring"


@pytest.fixture
def connected(customer: Customer) -> OnboardingRequest:
    request = work_until(submit(customer), "connected")
    work()
    outgoing.outbox.clear()
    return request


def ends_in(days: float, *, mandate: float | None = None) -> None:
    """Let the consent end in so many days, and say when the first reminder would come: 60 days before."""
    ends_at = timezone.now() + timedelta(days=days)
    OnboardingRequest.objects.update(consent_ends_at=ends_at)
    until = timezone.now() + timedelta(days=mandate) if mandate is not None else None
    Device.objects.update(remind_at=ends_at - timedelta(days=60), valid_until=until)


def days_pass(days: float) -> None:
    """Move everything that lies ahead closer."""
    ago = timedelta(days=days)
    OnboardingRequest.objects.update(consent_ends_at=F("consent_ends_at") - ago)
    Device.objects.update(remind_at=F("remind_at") - ago, valid_until=F("valid_until") - ago)


def steps() -> list[int]:
    return [*Mail.objects.filter(kind=EXPIRING).order_by("pk").values_list("step", flat=True)]


def agree_again(request: OnboardingRequest) -> None:
    words = consent_words(type="EV", device="Electric car", manufacturer="Audi")
    assert draft.renew_consent(request, words, ConsentAct("agreed"))


class TestReminders:
    def test_come_at_each_step_once(self, connected: OnboardingRequest) -> None:
        ends_in(61)
        assert renewal.remind_of_ends() == 0
        for days in (1, 0, 29, 1, 22, 0.5, 0.5):
            days_pass(days)
            renewal.remind_of_ends()
            renewal.remind_of_ends()
            work()
        assert steps() == [60, 30, 7]
        assert [message.subject.startswith("Keep it connected after") for message in outgoing.outbox] == [True] * 3
        assert "This is the last reminder." in outgoing.outbox[2].body
        assert "This is the last reminder." not in outgoing.outbox[1].body

    def test_say_what_ends_and_what_happens_then(self, connected: OnboardingRequest) -> None:
        ends_in(60)
        renewal.remind_of_ends()
        work()
        body = outgoing.outbox[0].body
        assert "Your consent ends on" in body
        assert "If you do nothing, your device is disconnected that day" in body

    def test_leave_out_steps_that_nobody_was_there_for(self, connected: OnboardingRequest) -> None:
        ends_in(25)  # no worker ran for five weeks
        assert renewal.remind_of_ends() == 1
        assert steps() == [30]

    def test_are_those_that_are_still_ahead_for_who_connects_late(self, customer: Customer) -> None:
        publish(valid_days=20)
        work_until(submit(customer), "connected")
        device = Device.objects.get()
        assert device.remind_at
        assert device.request.consent_ends_at
        assert device.request.consent_ends_at - device.remind_at == timedelta(days=7)

    def test_are_none_where_nothing_ends(self, connected: OnboardingRequest) -> None:
        assert Device.objects.get().remind_at is None

    def test_end_with_a_renewal(self, connected: OnboardingRequest) -> None:
        publish(valid_days=365)
        ends_in(60)
        renewal.remind_of_ends()
        agree_again(connected)
        device, now = Device.objects.get(), timezone.now()
        assert device.remind_at
        assert timedelta(days=304) < device.remind_at - now < timedelta(days=306)
        work()
        assert Mail.objects.get(kind=EXPIRING).ended == "no longer so"

    def test_begin_where_a_renewal_brings_an_end(self, connected: OnboardingRequest) -> None:
        publish(valid_days=100)
        agree_again(connected)
        assert Device.objects.get().remind_at

    def test_are_planned_anew_when_the_platform_names_another_day(self, connected: OnboardingRequest) -> None:
        device, now = Device.objects.get(), timezone.now()
        renewal.learn_end(device, now + timedelta(days=40))
        device.save()
        assert device.remind_at == now + timedelta(days=10)
        renewal.learn_end(device, None)
        assert device.valid_until == now + timedelta(days=40)

    def test_are_told_to_the_companys_systems_at_each_step_of_each_end(self, connected: OnboardingRequest) -> None:
        endpoint()
        for year in range(2):
            ends_in(60 - year)
            renewal.remind_of_ends()
            days_pass(30)
            renewal.remind_of_ends()
            OnboardingRequest.objects.update(consent_ends_at=timezone.now() + timedelta(days=400))
        told = WebhookDelivery.objects.filter(kind="consent.expiring").order_by("pk")
        assert len(told) == 4
        data = json.loads(told[0].body)["data"]
        assert (data["ends"], data["endsAt"][:10]) == ("consent", f"{timezone.now() + timedelta(days=60):%Y-%m-%d}")

    def test_are_on_the_timeline(self, connected: OnboardingRequest) -> None:
        ends_in(60)
        renewal.remind_of_ends()
        assert Event.objects.get(name="reminded-of-end").detail == {"days": 60, "ends": "consent"}


class TestMailThatWaits:
    """It was queued, and is looked at again before it goes."""

    @pytest.fixture(autouse=True)
    def queued(self, connected: OnboardingRequest) -> None:
        ends_in(60)
        renewal.remind_of_ends()

    def ended(self) -> str:
        work()
        return Mail.objects.get(kind=EXPIRING).ended

    def test_is_sent_while_it_is_so(self) -> None:
        assert (self.ended(), len(outgoing.outbox)) == ("", 1)

    def test_is_dropped_once_it_is_stopped(self, connected: OnboardingRequest) -> None:
        withdrawal.withdraw(connected, ConsentAct("stopped"))
        assert self.ended() == "no longer so"

    def test_is_dropped_when_the_day_is_another(self) -> None:
        OnboardingRequest.objects.update(consent_ends_at=timezone.now() + timedelta(days=90))
        assert self.ended() == "no longer so"

    def test_is_dropped_while_the_device_is_connected_anew(self, connected: OnboardingRequest) -> None:
        ends_at = connected.consent_ends_at or timezone.now()
        Device.objects.update(valid_until=ends_at + timedelta(days=60))
        Mail.objects.filter(kind=EXPIRING).delete()
        Device.objects.update(remind_at=timezone.now())
        renewal.remind_of_ends()
        OnboardingRequest.objects.create(state="queued", retry_of=connected, is_reconnection=True)
        assert self.ended() == "renewed already"

    def test_leaves_the_word_to_the_one_about_a_device_that_is_quiet(self) -> None:
        Device.objects.update(health="quiet", told_quiet_at=timezone.now())
        assert self.ended() == "quiet first"

    def test_is_sent_all_the_same_when_the_end_is_near(self) -> None:
        Mail.objects.filter(kind=EXPIRING).update(step=7)
        Device.objects.update(health="quiet", told_quiet_at=timezone.now())
        assert self.ended() == ""


class TestMandate:
    """The manufacturer's permission, which has an end of its own."""

    @pytest.fixture
    def metered(self, customer: Customer) -> OnboardingRequest:
        customer.start().choose("SmartMeter", "Fluvius")
        customer.post("identify", ean="541448820000000008", properties__flow="B2C")
        page = customer.get("check")
        customer.post("check", consent="on", page_sha256=page.context["page_sha256"], contact_email="a@example.org")
        OnboardingRequest.objects.update(state="connected")
        request = customer.request
        state_changed.send(sender=OnboardingRequest, request=request, now=timezone.now())
        return request

    def until(self) -> datetime:
        until = Device.objects.get().valid_until
        assert until
        return until

    def test_lasts_as_long_as_is_known_of_its_manufacturer(self, metered: OnboardingRequest) -> None:
        assert abs(self.until() - timezone.now() - timedelta(days=365)) < timedelta(minutes=1)

    def test_lasts_as_long_as_staff_say(self, customer: Customer) -> None:
        ActionText.objects.create(action="Mandate", type="EV", manufacturer="Audi", days=90)
        work_until(submit(customer), "connected")
        assert abs(self.until() - timezone.now() - timedelta(days=90)) < timedelta(minutes=1)

    def test_is_not_known_to_end_where_staff_say_so(self) -> None:
        assert help_texts.mandate_days("SmartMeter", "FLUVIUS ") == 365
        rows = [ActionText(action="Mandate", type="SmartMeter", manufacturer="Fluvius", days=0)]
        assert help_texts.mandate_days("SmartMeter", "Fluvius", rows=rows) == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            {"action": "Mandate"},
            {"action": "Mandate", "days": 5, "sentence": "Five days."},
            {"action": "Redirect", "days": 5, "sentence": "Go there."},
        ],
    )
    def test_is_a_number_of_days_and_nothing_else(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            ActionText(**wrong).clean()

    def test_is_told_before_it_ends(self, metered: OnboardingRequest) -> None:
        days_pass(305.5)
        renewal.remind_of_ends()
        work()
        body = outgoing.outbox[-1].body
        assert "Your permission at Fluvius ends on" in body
        assert "allow it at Fluvius once more" in body

    def test_that_ends_with_the_consent_is_told_together(self, metered: OnboardingRequest) -> None:
        ends_in(60, mandate=70)
        renewal.remind_of_ends()
        assert Event.objects.get(name="reminded-of-end").detail["ends"] == "both"

    def test_ends_the_consent_on_its_day_and_the_record_says_which(self, metered: OnboardingRequest) -> None:
        assert renewal.end_expired_mandates() == 0
        days_pass(366)
        assert withdrawal.end_expired_consents() == 0
        assert renewal.end_expired_mandates() == 1
        assert renewal.end_expired_mandates() == 0
        record = Consent.objects.latest("pk")
        assert (record.kind, record.act) == ("expired", "Your permission at Fluvius was over.")
        assert OnboardingRequest.objects.get().ended_as == "expired"


class TestEnd:
    def test_of_the_text_is_named_on_the_record_in_the_customers_language(self, connected: OnboardingRequest) -> None:
        OnboardingRequest.objects.update(consent_ends_at=timezone.now(), language="nl")
        assert withdrawal.end_expired_consents() == 1
        english = "The time that the text gave your consent was over."
        assert Consent.objects.latest("pk").act not in {"", english}

    def test_is_told_with_a_way_back(self, connected: OnboardingRequest) -> None:
        OnboardingRequest.objects.update(consent_ends_at=timezone.now())
        withdrawal.end_expired_consents()
        work()
        (receipt,) = [one for one in outgoing.outbox if one.subject == "Receipt: Your consent has ended"]
        assert "You can connect it again whenever you like." in receipt.body
        assert Device.objects.get().remind_at is None


class TestTwoWorkers:
    @pytest.mark.django_db(transaction=True)
    def test_remind_of_each_end_once(self, customer: Customer, tmp_path: Path) -> None:
        work_until(submit(customer), "connected")
        ends_in(60)
        with shared_database(tmp_path):
            reminded = at_once([renewal.remind_of_ends] * 3)
            assert (sum(reminded), steps()) == (1, [60])

    @pytest.mark.django_db(transaction=True)
    def test_end_nothing_that_its_owner_renews_at_that_moment(self, customer: Customer, tmp_path: Path) -> None:
        """Whoever comes second finds what the first one did."""
        request = work_until(submit(customer), "connected")
        publish(valid_days=365)
        OnboardingRequest.objects.update(consent_ends_at=timezone.now())
        words = consent_words(type="EV", device="Electric car", manufacturer="Audi")
        with shared_database(tmp_path):
            renewed, ended = at_once(
                [lambda: draft.renew_consent(request, words, ConsentAct("agreed")), withdrawal.end_expired_consents]
            )
            row, newest = OnboardingRequest.objects.get(), Consent.objects.latest("pk")
        assert (bool(renewed), bool(ended)) in {(True, False), (False, True)}
        assert (newest.kind, row.withdrawn_at is None) == (("renewed", True) if renewed else ("expired", False))
