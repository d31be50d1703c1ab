"""Campaigns for a new text, as staff steer them: made, started, paused, ended. Workers do the rest."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.dispatch import receiver
from django.utils import timezone

from onboarding.consent import texts
from onboarding.consent.models import Consent, ConsentText
from onboarding.consent.records import consent_recorded
from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest

from .campaign_models import Campaign, CampaignMember

Stage, Outcome = Campaign.Stage, CampaignMember.Outcome
# From which stages staff may go to which, by what they press.
STEPS: Mapping[str, tuple[frozenset[str], Campaign.Stage]] = {
    "start": (frozenset({Stage.READY}), Stage.RUNNING),
    "pause": (frozenset({Stage.RUNNING}), Stage.PAUSED),
    "resume": (frozenset({Stage.PAUSED}), Stage.RUNNING),
    "end": (frozenset({Stage.GATHERING, Stage.READY, Stage.RUNNING, Stage.PAUSED}), Stage.OVER),
}
# Who has not answered.
UNANSWERED = (Outcome.ASKED, Outcome.UNREACHABLE)


def askable() -> list[ConsentText]:
    """List the published texts that ask people to agree again, the newest of each kind of device and language."""
    newest: dict[tuple[str, str, str], ConsentText] = {}
    for text in sorted(texts.published(), key=lambda text: (text.published_at, text.pk)):
        newest[text.language, text.type, text.manufacturer] = text
    found = [text for text in newest.values() if text.asks_again]
    return sorted(found, key=lambda text: -text.pk)


@transaction.atomic
def make(wanted: Mapping[str, Any], *, by: str, key: str) -> Campaign:
    """Store a campaign and let workers look whom it is for; once for each page (`key`) that asks."""
    defaults = dict(wanted) | {"by": by, "due_at": timezone.now()}
    campaign, _is_new = Campaign.objects.get_or_create(key=key, defaults=defaults)
    return campaign


@transaction.atomic
def steer(pk: int, step: str, *, by: str = "", per_day: int | None = None) -> bool:
    """Start, pause, resume or end a campaign, on the record; False when that makes no sense where it stands.

    `per_day`: at which pace from now on, if at another.
    """
    may_from, stage = STEPS[step]
    row = Campaign.objects.select_for_update().get(pk=pk)
    if row.stage not in may_from:
        return False
    now = timezone.now()
    row.stage, row.due_at = stage, now if stage == Stage.RUNNING else None
    row.per_day = per_day or row.per_day
    row.started_at = row.started_at or (now if stage == Stage.RUNNING else None)
    row.ended_at = now if stage == Stage.OVER else None
    row.let_go()
    row.save()
    Event.record(None, Event.Actor.STAFF, f"campaign-{step}", by=by, version=row.text.version, per_day=row.per_day)
    return True


def count_members(campaign: Campaign) -> dict[str, int]:
    """Count whom a campaign is for by what came of it."""
    return dict(campaign.members.order_by().values_list("outcome").annotate(Count("pk")))


def is_for(campaign: Campaign, request: OnboardingRequest, record: Consent | None) -> bool:
    """Tell whether the owner of a request is to be asked, by the newest record of their consent."""
    if record is None or not record.is_standing or not request.is_withdrawable:
        return False
    before = campaign.agreed_before
    if before and timezone.localdate(record.at) >= before:
        return False
    applies = texts.find_text(record.type, record.manufacturer, record.language)
    is_theirs = (applies.type, applies.manufacturer) == (campaign.text.type, campaign.text.manufacturer)
    return is_theirs and texts.is_asked_again(record)


def is_asked_by_another(campaign: Campaign, request: OnboardingRequest) -> bool:
    """Tell whether a customer has been asked for the same text by a campaign that is not over, and has not answered.

    That one reminds them. Needs the lock of their request's row: two campaigns may come to them at once.
    """
    others = CampaignMember.objects.filter(request=request, outcome=Outcome.ASKED, campaign__text=campaign.text_id)
    return others.exclude(campaign=campaign).exclude(campaign__stage=Stage.OVER).exists()


@receiver(consent_recorded)
def note_answer(record: Consent, **_signal: object) -> None:
    """Note what a customer answered, however they came to it: agreeing counts for every campaign that asks them."""
    match record.kind:
        case Consent.Kind.RENEWED:
            _close([record.request_id], Outcome.AGREED, record.at)
        case Consent.Kind.GIVEN:
            _close(_before(record), Outcome.AGREED, record.at)
        case Consent.Kind.WITHDRAWN:
            _close([record.request_id], Outcome.STOPPED, record.at)
        case Consent.Kind.CONTINUED:
            pass  # they agreed to nothing new
        case _:
            _close([record.request_id], Outcome.ENDED, record.at)


def _before(record: Consent) -> list[int]:
    """Name the request that this one connects anew: who agrees for the new one has answered for the old one.

    A first consent answers for nothing else.
    """
    request = record.request
    return [request.retry_of_id] if request.is_reconnection and request.retry_of_id else []


def _close(requests: Sequence[int], outcome: CampaignMember.Outcome, at: datetime) -> None:
    """Write an answer down. Who was not asked yet has nothing to answer any more."""
    if not requests:
        return
    members = CampaignMember.objects.filter(request__in=requests)
    members.filter(outcome__in=UNANSWERED).update(outcome=outcome, answered_at=at)
    members.filter(outcome=Outcome.WAITING).update(outcome=Outcome.LEFT_OUT, answered_at=at)
