"""Taking consent back: recorded at once; workers bring it to the platform."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from onboarding.consent import acts
from onboarding.consent.models import Consent
from onboarding.consent.records import ConsentAct, newest, record_end
from onboarding.delivery.lease import follow_withdrawal, set_aside
from onboarding.lib import faults
from onboarding.notifications.rules import notifying, tell_of_consent
from onboarding.request import lifecycle
from onboarding.request.events import Event
from onboarding.request.family import lock_family, locked
from onboarding.request.lifecycle import State
from onboarding.request.masking import scrub
from onboarding.request.models import OnboardingRequest

ACTORS = {
    Consent.Channel.SELF: Event.Actor.CUSTOMER,
    Consent.Channel.ASSISTED: Event.Actor.STAFF,
    Consent.Channel.SYSTEM: Event.Actor.WORKER,
}
# The key of a consent that could not be ended, while it rests.
RESTING, REST_SECONDS = "onboarding.consent-end.", 3600


@transaction.atomic
def withdraw(
    request: OnboardingRequest, act: ConsentAct, kind: Consent.Kind = Consent.Kind.WITHDRAWN
) -> Consent | None:
    """Take the consent back, from now on; workers tell the platform. Returns the record, None if it was done before.

    Who takes it back means the device: that goes for what connects it anew just now, too, for what that would take the
    place of, and for what took its place a moment before. Any other end is the end of this one alone.
    Raises: IllegalMove when nothing runs that could be stopped.
    """
    is_of_all = kind == Consent.Kind.WITHDRAWN
    family = {row.pk: row for row in (lock_family(request.pk) if is_of_all else locked([request.pk]))}
    others = [row for row in family.values() if row.is_withdrawable and row.pk != request.pk]
    row = _meant(family[request.pk], others)
    if row.withdrawn_at or (kind == Consent.Kind.EXPIRED and not row.is_out_of_time):
        return None
    lifecycle.check_withdrawable(State(row.state))
    record = _end(row, act, kind, is_told=True)
    for other in others:
        if other.pk != row.pk:
            _end(other, act, kind, is_told=False)
    return record


def _meant(row: OnboardingRequest, others: list[OnboardingRequest]) -> OnboardingRequest:
    """Return the request itself; of one that was over a moment before, what of the same device is not over."""
    return row if row.is_withdrawable or not others else others[0]


def _end(row: OnboardingRequest, act: ConsentAct, kind: Consent.Kind, *, is_told: bool) -> Consent | None:
    """End one consent. `is_told`: with a receipt by mail; of several that end at once, one is enough."""
    standing, now = newest(row), timezone.now()
    record = record_end(standing, kind, act, at=now) if standing else None
    with notifying(row):
        Event.record(row, ACTORS[act.channel], f"consent-{kind}", by=act.by, reason=scrub(act.reason, row))
        row.ended_as = kind.value
        _stop(row, now)
        if record and is_told:
            tell_of_consent(row, record)
    return record


def _stop(row: OnboardingRequest, now: datetime) -> None:
    """Have workers clear up where a request stands, and let go of what the platform has of it."""
    row.withdrawn_at = row.attended_at = now
    row.version += 1
    if row.state in lifecycle.UNSENT and row.due_at is None and row.needs_staff != "several":
        row.due_at, row.needs_staff = now, ""  # where it stands has to be cleared up after all
    if row.state != State.SENDING:  # whoever holds it finds its lease gone and writes nothing
        row.let_go()
        follow_withdrawal(row, now)
    row.save()


def end_expired_consents() -> int:
    """Take back what its own text gave a last day. Returns how many ended."""
    over = OnboardingRequest.objects.filter(
        consent_ends_at__lte=timezone.now(), withdrawn_at=None, state__in=lifecycle.WITHDRAWABLE
    )
    return end_by_time(over.values_list("pk", flat=True))


def end_by_time(keys: Iterable[int]) -> int:
    """Take back the consents of these requests, as far as their time is over. Returns how many ended."""
    ended = 0
    for key in keys:
        if cache.get(f"{RESTING}{key}"):
            continue
        with faults.contained("end_expired_consents", partial(_let_rest, key)):
            ended += _end_by_time(key)
    return ended


def _end_by_time(key: int) -> bool:
    row = OnboardingRequest.objects.select_related("device").get(pk=key)
    words = acts.TEXT_ENDED if row.has_expired_consent else acts.MANDATE_ENDED
    with override(row.language):
        act = ConsentAct(str(words) % {"manufacturer": row.manufacturer}, channel=Consent.Channel.SYSTEM)
    return withdraw(row, act, Consent.Kind.EXPIRED) is not None


def _let_rest(key: int, problem: Exception) -> None:
    """Tell staff of a consent that could not be ended; once they know, it is tried again every hour."""
    set_aside(key, problem)
    if OnboardingRequest.objects.filter(pk=key, needs_staff="unexpected").exists():
        cache.set(f"{RESTING}{key}", True, REST_SECONDS)
