"""How requests go: drafts without a trace, those that are over down to the proof of what was agreed to."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from onboarding.access.models import AccessLink, Holder
from onboarding.consent import records
from onboarding.devices.models import Device
from onboarding.intake.invitation_models import Invitation
from onboarding.lib.sealed_fields import readable
from onboarding.mail.models import Mail
from onboarding.push.models import PushSubscription
from onboarding.request.events import DISCLOSING, Event
from onboarding.request.lifecycle import OPEN, State
from onboarding.request.models import OnboardingRequest, Transaction
from onboarding.request.search_index import SearchKey, hashed_keys
from onboarding.support.campaign_models import CampaignMember
from onboarding.webhooks.models import WebhookDelivery

# What belongs to a request and is no proof. Who looked at what has a time of its own.
BELONGINGS = (
    *(Transaction, AccessLink, Holder, Mail, PushSubscription, WebhookDelivery, Invitation, SearchKey),
    *(Device, CampaignMember),
)


def old_drafts(limit: datetime) -> QuerySet[OnboardingRequest]:
    """Return the drafts that nobody changed since then, and to which no link leads any more."""
    links = AccessLink.objects.filter(request=OuterRef("pk"), expires_at__gt=timezone.now(), revoked_at=None)
    old = OnboardingRequest.objects.filter(~Exists(links), state=State.DRAFT.value, updated_at__lt=limit)
    return _at_rest(old).order_by("updated_at")


def old_failures(limit: datetime) -> QuerySet[OnboardingRequest]:
    """Return what failed or was canceled before then, and has more than its proof."""
    return _over(limit, State.FAILED, State.CANCELED)


def old_withdrawals(limit: datetime) -> QuerySet[OnboardingRequest]:
    """Return what was disconnected before then, and has more than its proof."""
    return _over(limit, State.WITHDRAWN)


def delete(keys: Sequence[int]) -> None:
    """Delete requests that nobody agreed to. Who looked at them stays on the record.

    Raises: ProtectedError when there is a consent after all.
    """
    looked_at = Event.objects.filter(request__in=keys, name__in=DISCLOSING)
    for event in looked_at.select_related("request").defer("request__attributes"):
        code = event.request.spoken_support_code if event.request else ""
        told = readable(event, "detail", {})  # as long as it is bound to its request
        event.detail, event.request = told | {"on": f"request {code}"}, None
        event.save(update_fields=["detail", "request"])
    OnboardingRequest.objects.filter(pk__in=keys).delete()


def reduce(keys: Sequence[int]) -> None:
    """Take from requests that are over all but the proof, because their time is over."""
    for row in strip(keys):
        Event.record(row, Event.Actor.WORKER, "reduced")


def strip(keys: Sequence[int]) -> list[OnboardingRequest]:
    """Take from requests all but the proof: their consents' words, times and hashes, and a bare row. Returns those."""
    now, requests = timezone.now(), OnboardingRequest.objects.filter(pk__in=keys)
    records.empty(keys, at=now)
    Event.objects.filter(request__in=keys).exclude(name__in=DISCLOSING).delete()
    for model in BELONGINGS:
        QuerySet(model).filter(request__in=keys).delete()
    requests.update(**records.EMPTIED, reduced_at=now, updated_at=now)
    bare = list(requests.only("pk", "state", *records.EMPTIED, "reference", "support_code"))
    found_by = [SearchKey(request_id=row.pk, key=key) for row in bare for key in hashed_keys(row)]
    SearchKey.objects.bulk_create(found_by, ignore_conflicts=True)
    return bare


def of_open_requests() -> Exists:
    """Match rows of requests that somebody or something still works on."""
    states = [state.value for state in (*OPEN, State.DRAFT, State.REJECTED)]
    return Exists(OnboardingRequest.objects.filter(pk=OuterRef("request"), state__in=states))


def _over(limit: datetime, *states: State) -> QuerySet[OnboardingRequest]:
    """Leave out what a colleague is still to look at."""
    over = OnboardingRequest.objects.filter(state__in=[state.value for state in states], finished_at__lt=limit)
    return _at_rest(over.filter(reduced_at=None, needs_staff="")).order_by("finished_at")


def _at_rest(requests: QuerySet[OnboardingRequest]) -> QuerySet[OnboardingRequest]:
    """Leave out those with work that is left: their own, a mail or a webhook."""
    mails = Mail.objects.filter(request=OuterRef("pk"), due_at__isnull=False)
    webhooks = WebhookDelivery.objects.filter(request=OuterRef("pk"), delivered_at=None, gave_up_at=None)
    return requests.filter(~Exists(mails), ~Exists(webhooks), due_at=None, lease="")
