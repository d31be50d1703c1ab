"""Campaigns for a new text: everybody whom it concerns, once, at a pace, and what they answered however they came."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as outgoing
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from onboarding.consent import records, texts
from onboarding.consent.records import ConsentAct
from onboarding.intake import draft, withdrawal
from onboarding.models import Campaign, CampaignMember, Consent, Event, Mail, OnboardingRequest
from onboarding.support import campaign_work, campaigns
from tests.customers import claim, do, work
from tests.onboarding.consent.test_consent import publish
from tests.platforms import Killed
from tests.racing import at_once, shared_database

pytestmark = pytest.mark.django_db
Outcome = CampaignMember.Outcome


def connected(count: int = 1, **columns: Any) -> list[OnboardingRequest]:
    """Make devices whose owners agreed to what applies now."""
    known: dict[str, Any] = {"browser": "b", "state": "connected", "type": "EV", "manufacturer": "Audi"}
    return [_agreed(OnboardingRequest.objects.create(**known | _address() | columns)) for _number in range(count)]


def _address() -> dict[str, str]:
    return {"contact_email": f"{secrets.token_hex(4)}@mail.example"}


def _agreed(request: OnboardingRequest) -> OnboardingRequest:
    with transaction.atomic():
        records.record_consent(request, words(request), ConsentAct("agreed"), at=timezone.now())
    request.consented_at = timezone.now()
    request.save()
    return request


def words(request: OnboardingRequest) -> texts.ConsentWords:
    return texts.consent_words(type=request.type, device="Car", manufacturer=request.manufacturer)


def new_text(**more: Any) -> None:
    publish(asks_again=True, accessed="More than before.", **more)


def make(**wanted: Any) -> Campaign:
    """Make a campaign, and let workers look whom it is for."""
    text = campaigns.askable()[0]
    campaign = campaigns.make({"text": text, "per_day": 100_000} | wanted, by="ann", key=secrets.token_hex(8))
    work()
    return now_of(campaign)


def started(**wanted: Any) -> Campaign:
    campaign = make(**wanted)
    assert campaigns.steer(campaign.pk, "start")
    return now_of(campaign)


def now_of(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def asked_for(campaign: Campaign) -> list[int]:
    return sorted(campaign.members.values_list("request_id", flat=True))


def outcome_of(request: OnboardingRequest) -> str:
    return CampaignMember.objects.get(request=request).outcome


def time_passes(days: float) -> None:
    ago = timedelta(days=days)
    Campaign.objects.update(due_at=F("due_at") - ago)
    CampaignMember.objects.update(asked_at=F("asked_at") - ago)


def mails() -> list[tuple[int, int]]:
    """List whom we wrote to, and which time."""
    found = Mail.objects.filter(kind="asked-again").order_by("request_id", "step")
    return [*found.values_list("request_id", "step")]


class TestWhom:
    def test_is_everybody_who_agreed_to_an_earlier_text(self) -> None:
        before = connected(3)
        new_text()
        connected()
        campaign = make()
        assert asked_for(campaign) == [request.pk for request in before]
        assert campaign.stage == "ready"
        assert mails() == []

    def test_is_so_for_a_worker_that_does_not_know_the_text_yet(self) -> None:
        before = connected(2)
        known = list(texts.published())
        new_text()
        text = campaigns.askable()[0]
        texts.PUBLISHED.keep(known)  # as of another process, some seconds ago
        campaign = campaigns.make({"text": text, "per_day": 100_000}, by="ann", key=secrets.token_hex(8))
        work()
        assert asked_for(campaign) == [request.pk for request in before]

    def test_is_nobody_who_stopped_or_never_agreed(self) -> None:
        stopped, *_rest = connected(2)
        OnboardingRequest.objects.create(browser="b", type="EV", manufacturer="Audi")
        withdrawal.withdraw(stopped, ConsentAct("stopped"))
        new_text()
        assert stopped.pk not in asked_for(make())
        assert len(asked_for(make())) == 1

    @pytest.mark.parametrize(
        "wanted", [{"type": "PV"}, {"manufacturer": "SMA"}, {"language": "nl"}, {"type": "PV", "language": "nl"}]
    )
    def test_can_be_narrowed_down(self, wanted: dict[str, str]) -> None:
        connected(2)
        [theirs] = connected(type="PV", manufacturer="SMA", language="nl")
        new_text()
        assert asked_for(make(**wanted)) == [theirs.pk]

    def test_can_be_who_agreed_before_a_day(self) -> None:
        [early], [_late] = connected(), connected()
        new_text()
        with transaction.atomic():
            make(agreed_before=timezone.localdate())
        assert asked_for(make(agreed_before=timezone.localdate())) == []
        assert len(asked_for(make(agreed_before=timezone.localdate() + timedelta(days=1)))) == 2
        assert early.pk in asked_for(make())

    def test_is_nobody_for_whom_another_text_stands(self) -> None:
        [car] = connected()
        [panels] = connected(type="PV", manufacturer="SMA")
        new_text(type="PV")
        assert asked_for(make()) == [panels.pk]
        assert car.pk not in asked_for(make())

    def test_is_looked_for_a_little_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(campaign_work, "WINDOW", 2)
        monkeypatch.setattr(campaign_work, "WINDOWS", 1)
        connected(5)
        new_text()
        campaign = make()
        assert (campaign.stage, campaign.members.count()) == ("gathering", 2)
        for _turn in range(3):
            work()
        assert (now_of(campaign).stage, campaign.members.count()) == ("ready", 5)

    def test_is_made_once_for_each_page_that_asks(self) -> None:
        connected()
        new_text()
        wanted = {"text": campaigns.askable()[0], "per_day": 5}
        assert campaigns.make(wanted, by="ann", key="k") == campaigns.make(wanted, by="ann", key="k")


class TestAsking:
    def test_is_by_one_mail_with_a_line_on_the_timeline(self) -> None:
        requests = connected(3)
        new_text()
        campaign = started()
        work()
        work()
        assert mails() == [(request.pk, 1) for request in requests]
        assert len(outgoing.outbox) == 3
        assert "The text that you agreed to has changed." in outgoing.outbox[0].body
        assert Event.objects.filter(name="asked-again").count() == 3
        assert campaigns.count_members(campaign) == {"asked": 3}

    def test_keeps_to_its_pace(self) -> None:
        connected(10)
        new_text()
        campaign = started(per_day=4)
        work()
        for _quarter in range(3):
            time_passes(0.25)
            work()
        assert len(mails()) == 4  # within a day
        time_passes(0.25)
        work()
        assert campaigns.count_members(campaign) == {"asked": 5, "waiting": 5}

    def test_leaves_out_who_agreed_meanwhile(self) -> None:
        early, late = connected(2)
        new_text()
        make()
        assert draft.renew_consent(early, words(early), ConsentAct("agreed"))
        campaigns.steer(Campaign.objects.get().pk, "start")
        work()
        assert (outcome_of(early), outcome_of(late)) == ("left_out", "asked")

    def test_mails_nothing_that_is_no_longer_so(self) -> None:
        [request] = connected()
        new_text()
        campaign = started()
        do(campaign)
        draft.renew_consent(request, words(request), ConsentAct("agreed"))
        work()
        assert Mail.objects.get(kind="asked-again").ended == "no longer so"

    def test_is_done_by_one_of_two_campaigns_for_the_same_text(self) -> None:
        people = connected(2)
        new_text()
        one, other = started(), started()
        for _turn in range(3):
            work()
        assert mails() == [(request.pk, 1) for request in people]
        by_either = CampaignMember.objects.filter(campaign__in=[one, other]).values_list("request_id", "outcome")
        assert sorted(by_either) == sorted((request.pk, how) for request in people for how in ("asked", "left_out"))

    def test_is_done_anew_by_a_campaign_after_one_that_is_over(self) -> None:
        [one] = connected()
        new_text()
        before = started()
        work()
        campaigns.steer(before.pk, "end")
        started()
        work()
        assert mails() == [(one.pk, 1), (one.pk, 1)]

    def test_names_who_has_no_address(self) -> None:
        [request] = connected(contact_email="")
        new_text()
        started()
        work()
        assert (outcome_of(request), mails()) == ("unreachable", [])
        draft.renew_consent(request, words(request), ConsentAct("agreed"))
        assert outcome_of(request) == "agreed"

    def test_reminds_once_after_two_weeks(self) -> None:
        silent, quick = connected(2)
        new_text()
        campaign = started()
        work()
        draft.renew_consent(quick, words(quick), ConsentAct("agreed"))
        time_passes(13.9)
        work()
        assert (silent.pk, 2) not in mails()
        for _turn in range(3):
            time_passes(14)
            work()
        assert mails() == [(silent.pk, 1), (silent.pk, 2), (quick.pk, 1)]
        assert "This is the only reminder." in outgoing.outbox[-1].body
        assert now_of(campaign).stage == "over"

    def test_stops_while_it_is_paused_and_goes_on(self) -> None:
        connected(2)
        new_text()
        campaign = started(per_day=10)
        do(campaign)
        assert campaigns.steer(campaign.pk, "pause")
        time_passes(1)
        work()
        assert len(mails()) == 1
        assert campaigns.steer(campaign.pk, "resume", per_day=20)
        work()
        assert len(mails()) == 2
        assert now_of(campaign).per_day == 20

    def test_stops_for_good_once_it_is_ended(self) -> None:
        connected(2)
        new_text()
        campaign = started(per_day=10)
        do(campaign)
        assert campaigns.steer(campaign.pk, "end")
        assert not campaigns.steer(campaign.pk, "resume")
        work()
        assert len(mails()) == 1

    def test_goes_on_after_one_that_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = connected(2)
        new_text()
        campaign = started()
        with breaking(monkeypatch, at=first.pk, error=RuntimeError("a mistake of ours")):
            do(campaign)
        assert (outcome_of(first), outcome_of(second)) == ("failed", "asked")
        assert mails() == [(second.pk, 1)]


class TestAnswers:
    @pytest.fixture
    def asked(self) -> OnboardingRequest:
        [request] = connected()
        new_text()
        started()
        work()
        return request

    def test_of_who_agrees_count_however_they_came(self, asked: OnboardingRequest) -> None:
        draft.renew_consent(asked, words(asked), ConsentAct("agreed on the phone"))
        assert outcome_of(asked) == "agreed"

    def test_count_where_the_device_was_connected_anew(self, asked: OnboardingRequest) -> None:
        anew = OnboardingRequest.objects.create(type="EV", manufacturer="Audi", retry_of=asked, is_reconnection=True)
        _agreed(anew)
        assert outcome_of(asked) == "agreed"

    def test_of_who_stops_count(self, asked: OnboardingRequest) -> None:
        withdrawal.withdraw(asked, ConsentAct("stopped"))
        assert outcome_of(asked) == "stopped"

    def test_tell_apart_what_ended_otherwise(self, asked: OnboardingRequest) -> None:
        withdrawal.withdraw(asked, ConsentAct(""), Consent.Kind.ELSEWHERE)
        assert outcome_of(asked) == "ended"


class TestWorkers:
    def test_that_are_killed_ask_nobody_twice_and_leave_nobody_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        requests = connected(3)
        new_text()
        campaign = started()
        with breaking(monkeypatch, at=requests[1].pk, error=Killed()), pytest.raises(Killed):
            do(campaign)
        assert mails() == [(requests[2].pk, 1)]
        Campaign.objects.update(lease_expires_at=timezone.now())
        do(campaign)
        assert mails() == [(request.pk, 1) for request in requests]

    def test_that_are_killed_while_they_look_leave_nobody_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(campaign_work, "WINDOW", 2)
        connected(5)
        new_text()
        wanted, looked = campaign_work._wanted, []

        def once(campaign: Campaign, keys: list[int]) -> list[OnboardingRequest]:
            looked.append(keys)
            if len(looked) == 2:
                raise Killed
            return wanted(campaign, keys)

        monkeypatch.setattr(campaign_work, "_wanted", once)
        with pytest.raises(Killed):
            make()
        Campaign.objects.update(lease_expires_at=timezone.now())
        work()
        campaign = Campaign.objects.get()
        assert (campaign.stage, campaign.members.count()) == ("ready", 5)

    @pytest.mark.django_db(transaction=True)
    def test_that_come_at_once_ask_each_once(self, tmp_path: Path) -> None:
        requests = connected(6)
        new_text()
        campaign = started()
        token = claim(campaign)
        with shared_database(tmp_path):
            at_once([lambda: campaign_work.run_campaign.call(token)] * 3)
            assert mails() == [(request.pk, 1) for request in requests]
            assert campaigns.count_members(campaign) == {"asked": 6}

    @pytest.mark.django_db(transaction=True)
    def test_and_a_customer_who_agrees_at_that_moment_agree_on_what_came_of_it(self, tmp_path: Path) -> None:
        requests = connected(4)
        new_text()
        campaign = started()
        token = claim(campaign)
        with shared_database(tmp_path):
            agree = [lambda row=row: draft.renew_consent(row, words(row), ConsentAct("agreed")) for row in requests]
            at_once([lambda: campaign_work.run_campaign.call(token), *agree])
            outcomes = {outcome_of(row) for row in requests}
        assert outcomes <= {"agreed", "left_out"}


@contextmanager
def breaking(monkeypatch: pytest.MonkeyPatch, *, at: int, error: BaseException) -> Iterator[None]:
    """Let asking one customer end with an error, after it wrote what it writes."""
    whole = campaign_work.ask_again

    def broken(request: OnboardingRequest, campaign: int, *, step: int) -> None:
        whole(request, campaign, step=step)
        if request.pk == at:
            raise error

    with monkeypatch.context() as patch:
        patch.setattr(campaign_work, "ask_again", broken)
        yield
