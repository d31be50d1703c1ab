"""What workers do for a campaign: look whom it is for, then ask them, so many a day, and remind each once.

Each customer is asked in one transaction with the note that they were, under the lock of their request's row, by who
has the campaign's lease. So a worker that is killed, or two at once, leave nobody out and ask nobody twice.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Max, QuerySet
from django.tasks import task
from django.utils import timezone

from onboarding.consent import texts
from onboarding.consent.models import Consent
from onboarding.consent.records import newest
from onboarding.jobs.lease import RELEASED, LeaseLost
from onboarding.lib import faults
from onboarding.notifications.rules import ask_again
from onboarding.request.events import Event
from onboarding.request.lifecycle import WITHDRAWABLE
from onboarding.request.models import OnboardingRequest

from .campaign_models import Campaign, CampaignMember
from .campaigns import Outcome, Stage, is_asked_by_another, is_for

logger = logging.getLogger(__name__)

# So many requests are looked at in one transaction, and so many such windows by one task.
WINDOW, WINDOWS = 500, 20
LEASE = timedelta(seconds=60)
# Mails go out at least so far apart that nobody waits for them to be written; a day's mails are spread evenly.
TICK = timedelta(minutes=5)
MOST_A_TICK = 200
DAY = timedelta(days=1)
REMIND_AFTER = timedelta(days=14)
REST = timedelta(minutes=10)


def claim() -> str:
    """Lease the campaign that has been due for longest; return its token, "" when there is none."""
    return Campaign.claim(Campaign.due(timezone.now()).order_by("due_at", "pk"), holds=LEASE)


@task
def run_campaign(token: str) -> None:
    """Go on with the campaign that was claimed with a token: gather, or ask. Harmless to repeat."""
    ours = Campaign.begin(token, holds=LEASE)
    texts.forget()  # the new one may have been published a moment ago, by another process
    with faults.contained("run_campaign", lambda _problem: _let_rest(ours)), suppress(LeaseLost):
        if campaign := ours.first():
            _gather(campaign) if campaign.stage == Stage.GATHERING else _ask(campaign)


def _let_rest(ours: QuerySet[Campaign]) -> None:
    ours.update(**RELEASED, due_at=timezone.now() + REST)


def _gather(campaign: Campaign) -> None:
    for _turn in range(WINDOWS):
        with campaign.held(release=False) as row:
            row.lease_expires_at = timezone.now() + LEASE
            if not _gather_window(row):
                row.stage, row.due_at = Stage.READY, None
                row.let_go()
                return
    campaign.write(due_at=timezone.now())


def _gather_window(campaign: Campaign) -> bool:
    """Look at the next requests, whoever they are of, so that no question takes long; False when none is left."""
    following = OnboardingRequest.objects.filter(pk__gt=campaign.gathered_to).order_by("pk")
    keys = list(following.values_list("pk", flat=True)[:WINDOW])
    if not keys:
        return False
    # The newest first: what refers to a request locks its row, in an order in which nobody waits for another.
    found = [CampaignMember(campaign=campaign, request=request) for request in reversed(_wanted(campaign, keys))]
    CampaignMember.objects.bulk_create(found, ignore_conflicts=True)
    campaign.gathered_to = keys[-1]
    return True


def _wanted(campaign: Campaign, keys: list[int]) -> list[OnboardingRequest]:
    running = OnboardingRequest.objects.filter(pk__range=(keys[0], keys[-1]), withdrawn_at=None)
    running = running.filter(consented_at__isnull=False, state__in=[state.value for state in WITHDRAWABLE])
    wanted = {name: getattr(campaign, name) for name in ("type", "manufacturer", "language")}
    running = running.filter(**{name: value for name, value in wanted.items() if value})
    requests = list(running.order_by("pk").only("pk", "state", "withdrawn_at"))
    records = _newest_of([request.pk for request in requests])
    return [request for request in requests if is_for(campaign, request, records.get(request.pk))]


def _newest_of(keys: list[int]) -> dict[int, Consent]:
    """Read the newest record of each request, but for what is sealed."""
    newest_of_each = Consent.objects.order_by().filter(request__in=keys).values("request").annotate(last=Max("pk"))
    records = Consent.objects.filter(pk__in=[one["last"] for one in newest_of_each])
    needed = ("request_id", "kind", "at", "text_id", "type", "manufacturer", "language", "version")
    return {record.request_id: record for record in records.only(*needed)}


def _ask(campaign: Campaign) -> None:
    """Ask as many as the pace allows now, and come back when it allows more."""
    apart = DAY / campaign.per_day
    many, asked = max(1, min(MOST_A_TICK, int(TICK / apart))), 0
    for _turn in range(MOST_A_TICK):
        found = _ask_next(campaign)
        asked += found == 1
        if found is None or asked == many:
            break
    with campaign.held(release=False) as row:
        row.due_at = _next_turn(row, timezone.now() + apart * asked)
        if row.due_at is None:
            row.stage, row.ended_at = Stage.OVER, timezone.now()
        row.let_go()


def _next_turn(campaign: Campaign, soonest: datetime) -> datetime | None:
    """Return when to go on: at once with who was not asked yet, later with reminders; None when all is done."""
    if campaign.members.filter(outcome=Outcome.WAITING).exists():
        return soonest
    first = _unreminded(campaign).values_list("asked_at", flat=True).first()
    return max(first + REMIND_AFTER, soonest) if first else None


def _unreminded(campaign: Campaign) -> QuerySet[CampaignMember]:
    return campaign.members.filter(outcome=Outcome.ASKED, reminded_at=None).order_by("asked_at")


def _ask_next(campaign: Campaign) -> int | None:
    """Ask, or remind, one customer. Returns how many mails that made, 1 or 0; None when nobody is next.

    Raises: LeaseLost when another worker has the campaign by now, or a colleague stopped it.
    """
    with campaign.held(release=False) as row:
        row.lease_expires_at = timezone.now() + LEASE
        member = _next(row)
        return None if member is None else _try(row, member)


def _next(campaign: Campaign) -> CampaignMember | None:
    """Return who is next: who was asked long enough ago, before who was not asked yet."""
    due = _unreminded(campaign).filter(asked_at__lte=timezone.now() - REMIND_AFTER).first()
    return due or campaign.members.filter(outcome=Outcome.WAITING).order_by("pk").first()


def _try(campaign: Campaign, member: CampaignMember) -> int:
    """Mail to one; where our code fails at that, the others have their turn all the same.

    Raises: OperationalError, InterfaceError when the database is at fault; then it is tried again.
    """
    failed: dict[str, Any] = {"outcome": Outcome.FAILED} if member.asked_at is None else {"reminded_at": timezone.now()}
    try:
        with transaction.atomic():
            return _mail(campaign, member)
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        logger.exception("Campaign %s failed for %s.", campaign.pk, member.pk)
        faults.note("run_campaign", type(problem).__name__)
        CampaignMember.objects.filter(pk=member.pk).update(**failed)
        return 0


def _mail(campaign: Campaign, member: CampaignMember) -> int:
    """Mail to one, unless they agreed or stopped meanwhile; the row of their request is locked, so that is so."""
    request = OnboardingRequest.objects.select_for_update().get(pk=member.request_id)
    member.refresh_from_db()
    if member.outcome not in {Outcome.WAITING, Outcome.ASKED}:
        return 0
    now, is_first = timezone.now(), member.asked_at is None
    if not is_for(campaign, request, newest(request)):
        member.outcome, member.answered_at = (Outcome.LEFT_OUT if is_first else Outcome.ENDED), now
    elif is_first and is_asked_by_another(campaign, request):
        member.outcome = Outcome.LEFT_OUT
    elif not request.has_address:
        member.outcome = Outcome.UNREACHABLE
    elif is_first:
        member.outcome, member.asked_at = Outcome.ASKED, now
        Event.record(request, Event.Actor.WORKER, "asked-again", version=campaign.text.version)
        ask_again(request, campaign.pk, step=1)
    else:
        member.reminded_at = now
        ask_again(request, campaign.pk, step=2)
    member.save()
    return int(member.outcome == Outcome.ASKED)
