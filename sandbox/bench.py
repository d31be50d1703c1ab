"""Handles for tests: let time pass, answer for the customer, change the weather and what is connected, offer more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from sandbox import switches
from sandbox.entities import connected, find_entities
from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest, SandboxSilence, SandboxWeather
from sandbox.rules import Consent


def go_away() -> None:
    """Let every call fail: refused in-process, 503 with an HTML page over HTTP."""
    SandboxWeather.change(is_away=True)


def come_back() -> None:
    SandboxWeather.change(is_away=False)


def revoke_tokens() -> None:
    """Make every token that was handed out so far worthless."""
    SandboxWeather.change(tokens_valid_from=timezone.now())


def let_steps_pass(steps: float) -> None:
    """Make everything that was ever sent `steps` transitions older."""
    let_seconds_pass(steps * settings.SANDBOX_STEP_SECONDS)


def let_seconds_pass(seconds: float) -> None:
    """Make everything that was ever sent so many seconds older; for what is not counted in steps."""
    by = timedelta(seconds=seconds)
    SandboxRequest.objects.update(
        created_at=F("created_at") - by,
        answered_at=F("answered_at") - by,
        canceled_at=F("canceled_at") - by,
        revoked_at=F("revoked_at") - by,
    )
    SandboxSilence.objects.update(since=F("since") - by, until=F("until") - by)
    SandboxOffboarding.objects.update(created_at=F("created_at") - by)


def allow(request_id: str | UUID) -> None:
    """Answer the manufacturer's consent page for the customer: yes."""
    SandboxRequest.objects.get(pk=request_id).answer_consent(Consent.ALLOWED, timezone.now())


def deny(request_id: str | UUID) -> None:
    """Answer the manufacturer's consent page for the customer: no."""
    SandboxRequest.objects.get(pk=request_id).answer_consent(Consent.DENIED, timezone.now())


def revoke(entity_id: str | UUID) -> None:
    """End an entity's access at the manufacturer's, for the customer: 403 from now on."""
    switches.revoke(row_of(entity_id), timezone.now())


def quieten(entity_id: str | UUID) -> None:
    """Let no more readings of an entity come, until `wake`."""
    switches.quieten(row_of(entity_id), timezone.now())


def wake(entity_id: str | UUID) -> None:
    switches.wake(row_of(entity_id), timezone.now())


def quieten_maker(type_: str, manufacturer: str) -> None:
    """Let no more readings come of any device of a maker, until `wake_maker`."""
    switches.quieten_maker(type_, manufacturer, timezone.now())


def wake_maker(type_: str, manufacturer: str) -> None:
    switches.wake_maker(type_, manufacturer, timezone.now())


def tell_less(*, tells_online: bool = True, lists_entities: bool = True) -> None:
    """Take `isOnline` and `lastSeen` away, as in the guide, or the list of entities: 405."""
    SandboxWeather.change(tells_online=tells_online, lists_entities=lists_entities)


def live_entities() -> dict[UUID, set[UUID]]:
    """Give the entities of each device that are connected and may be read, for "never two live".

    A device is told by who onboards it, type, manufacturer and identifier; without an identifier each request is a
    device of its own. An entity counts until its offboarding has succeeded.
    """
    now, found = timezone.now(), defaultdict(set)
    for entity in find_entities(connected(SandboxRequest.objects.visible(now)), now):
        if entity.is_live:
            found[entity.row.device_id].add(entity.row.entity_id)
    return dict(found)


def row_of(entity_id: str | UUID) -> SandboxRequest:
    return SandboxRequest.objects.filter(entity_id=entity_id).newest_first()[0]


def offer(
    type_: str, manufacturer: str, properties: Iterable[object] = (), *, behaviour: str = "direct"
) -> SandboxOffering:
    """Add a row to the types endpoint, or replace one."""
    offering, _ = SandboxOffering.objects.update_or_create(
        type=type_,
        manufacturer=manufacturer,
        defaults={"properties": list(properties), "behaviour": behaviour},
    )
    return offering
