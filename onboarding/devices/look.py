"""Looking at connected devices: one by one, or many of one kind by the pages of the platform's list."""

import logging
import random
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.gateway.upstream import NotNow
from onboarding.lib import faults
from onboarding.platform_api.client import Client
from onboarding.platform_api.entities import Entity, EntityPage
from onboarding.platform_api.errors import NotAuthorized, NotFound, PlatformError, RequestRejected
from onboarding.request.family import lock_family

from . import judgement, schedule
from .judgement import Happening, Others, Record, Sight, Usual
from .lease import claimed, give_back, holding, postpone, renew, trouble, unless_taken_over
from .makers import usual_of
from .models import Device
from .renewal import learn_end
from .telling import end_elsewhere, tell

logger = logging.getLogger(__name__)

PAGE_SIZE = 100
# A page that serves fewer of ours than this share of it is not worth the next one.
WORTH = 0.05
# For so long the list is not asked for where the platform has none.
NO_LIST, NO_LIST_SECONDS = "onboarding.devices.no-list", 24 * 3600
# Others that were looked at so recently, the newest so many of them, tell how the platform is doing.
LATELY, MOST_OTHERS, FEWEST_SEEN = timedelta(days=2), 20, 1 / 3
# Staff read of it now and then, not once for each device.
TOLD, TOLD_SECONDS = "onboarding.devices.told-of-others", 3600
NOT_FOR_US = 403
COLUMNS = [field.name for field in fields(Record)]


@task
def look_at_devices(token: str) -> None:
    """Look at the devices that were claimed with a token. Harmless to repeat."""
    devices = claimed(token)
    if not devices:
        return
    usual = usual_of(devices[0].type, devices[0].manufacturer)
    known: dict[int, Entity] = {}
    if len(devices) > 1:
        with faults.contained("list_devices"), suppress(NotNow, PlatformError):
            known = _listed(devices)
        renew(devices)
    ends_at = time.monotonic() + upstream.longest_call().total_seconds()
    for device in sorted(devices, key=lambda one: one.pk not in known):
        with unless_taken_over(device):
            entity = known.get(device.pk)
            if time.monotonic() < ends_at or (entity and entity.last_seen):
                renew([device])
                look(device, usual, entity)
            else:
                give_back(device)


def look(device: Device, usual: Usual, entity: Entity | None = None) -> None:
    """Ask the platform about one device, and take in what it says. `entity`: what its list said already."""
    now = timezone.now()
    try:
        entity = entity or _entity_of(device)
        sight = Sight(entity.last_seen or _read_at(device, entity), entity.is_online)
    except NotNow as wait:
        postpone(device, wait)
    except NotFound:
        _miss(device, usual, now)
    except NotAuthorized as error:
        if error.status == NOT_FOR_US:
            _miss(device, usual, now)
        else:
            trouble(device, error)
    except PlatformError as error:
        trouble(device, error)
    else:
        _absorb(device, sight, usual, now, entity)


def _entity_of(device: Device) -> Entity:
    """Read the entity; where nobody told us which one it is, the onboarding request tells."""
    with upstream.platform() as client:
        return client.get_entity(id=device.request.entity_id or _ask_for_id(client, device))


def _ask_for_id(client: Client, device: Device) -> str:
    found = client.get_onboarding(id=device.request.platform_id).entity_id
    if not found:
        raise RequestRejected("The platform does not say which entity it is.", status=0)
    return found


def _read_at(device: Device, entity: Entity) -> datetime | None:
    """Read when it sent data last; None when there is nothing, or nothing for us: the entity itself is there."""
    try:
        with upstream.platform() as client:
            return client.last_reading(entity_id=entity.id).at
    except NotFound:
        return None
    except NotAuthorized as error:
        if error.status != NOT_FOR_US:
            raise
        return None


def _listed(devices: Sequence[Device]) -> dict[int, Entity]:
    """Read many of one kind in pages, as long as these serve enough of them; at most a fifth as many as they are."""
    if cache.get(NO_LIST):
        return {}
    left = {device.request.entity_id: device.pk for device in devices if device.request.entity_id}
    found: dict[int, Entity] = {}
    kind, token = {"type": devices[0].type, "manufacturer": devices[0].manufacturer}, ""
    ends_at = time.monotonic() + upstream.longest_list().total_seconds()
    for _page in range(max(1, len(left) // 5)):
        renew(devices)
        page = _page_of(kind, token)
        served = [entity for entity in page.items if entity.id in left]
        found |= {left.pop(entity.id): entity for entity in served}
        token = page.continuation_token
        if not (token and left and time.monotonic() < ends_at) or len(served) < WORTH * len(page.items):
            break
    return found


def _page_of(kind: dict[str, str], token: str) -> EntityPage:
    try:
        with upstream.platform() as client:
            return client.list_entities(**kind, continuation_token=token, page_size=PAGE_SIZE)
    except RequestRejected as error:
        if error.status in (404, 405):
            cache.set(NO_LIST, True, NO_LIST_SECONDS)
        raise


def _miss(device: Device, usual: Usual, now: datetime) -> None:
    _absorb(device, _others(device, now), usual, now)


def _absorb(claimed: Device, found: Sight | Others, usual: Usual, now: datetime, entity: Entity | None = None) -> None:
    """Take what a look showed into our row, tell of what happened by it, and plan the next look.

    `found`: what was seen; of one that was not found, how others were. An end is written last, when the row is saved:
    it takes the consent back, and that ends the device.
    """
    with transaction.atomic():
        if isinstance(found, Others):  # it may end, and who ends one locks what connects it anew before it
            lock_family(claimed.request_id)
        with holding(claimed) as device:
            before = Record(**{name: getattr(device, name) for name in COLUMNS})
            if isinstance(found, Sight):
                record, happened = judgement.seen(before, found, usual, now)
            else:
                record, happened = judgement.missed(before, found, usual, now)
            for name in COLUMNS:
                setattr(device, name, getattr(record, name))
            if entity:
                _take_in(device, entity)
            chance = random.random()  # noqa: S311  spreads load
            device.failures, device.due_at = 0, now + schedule.wait_after(record, now, chance=chance)
            tell(device, happened, now=now)
        if Happening.ENDED_ELSEWHERE in happened:
            end_elsewhere(device.request)


def _take_in(device: Device, entity: Entity) -> None:
    """Keep what an entity tells about itself."""
    learn_end(device, entity.valid_until)
    if not device.request.entity_id:
        device.request.entity_id = entity.id
        device.request.save()


def _others(device: Device, now: datetime) -> Others:
    """Say how the newest looks at other devices ended."""
    others = Device.objects.filter(due_at__isnull=False).exclude(pk=device.pk)
    lately = others.filter(looked_at__gt=now - LATELY).order_by("-looked_at")
    missed = list(lately.values_list("missed_at", flat=True)[:MOST_OTHERS])
    if missed and missed.count(None) >= FEWEST_SEEN * len(missed):
        return Others.SEEN
    if missed and cache.add(TOLD, True, TOLD_SECONDS):
        logger.error("The platform does not show most of the connected devices; none of them is taken for ended.")
    return Others.MISSED if missed or others.exists() or not _is_well_else(device) else Others.NONE


def _is_well_else(device: Device) -> bool:
    """Tell whether the platform showed the only device before, and still knows its request: it lets us in, then."""
    if not (device.first_data_at or device.is_online is not None):
        return False
    renew([device])
    with suppress(NotNow, PlatformError), upstream.platform() as client:
        return bool(client.get_onboarding(id=device.request.platform_id))
    return False
