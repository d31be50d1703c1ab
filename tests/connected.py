"""A platform with connected entities, and customers' requests that became them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from django.utils import timezone

from onboarding.consent.records import ConsentAct
from onboarding.consent.texts import consent_words
from onboarding.devices import lease
from onboarding.devices.look import look_at_devices
from onboarding.intake.draft import give_consent
from onboarding.models import Device, OnboardingRequest
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from tests.customers import GUIDES_VIN
from tests.platforms import Killed, ModelPlatform

WAY = (State.SENDING, State.FOLLOWING, State.CONNECTED)


class EntityPlatform(ModelPlatform):
    """What it tells of each entity, and what goes wrong: for one, or for all."""

    def __init__(self) -> None:
        super().__init__()
        self.entities: dict[str, dict[str, Any]] = {}
        self.read_at: dict[str, datetime] = {}
        self.statuses: dict[str, int] = {}  # of one entity
        self.status = 0  # of all
        self.has_list = False
        self.asked: list[str] = []
        self.meanwhile: Any = None  # done while the next call is out
        self.is_deadly = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition("/v1/")[2]
        if not path.startswith("entities"):
            return super().handle_request(request)
        self.asked.append(path)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        if self.is_deadly:
            raise Killed
        return self._answer(path.split("/")[1:], request)

    def _answer(self, rest: list[str], request: httpx.Request) -> httpx.Response:
        if self.status:
            return httpx.Response(self.status)
        if not rest:
            return self._list(request)
        entity = self.entities.get(rest[0])
        status = self.statuses.get(rest[0], 0 if entity else 404)
        if status:
            return httpx.Response(status)
        if rest[1:] != ["readings", "last"]:
            return httpx.Response(200, json=entity)
        at = self.read_at.get(rest[0])
        return httpx.Response(200, json={"timestamp": at.isoformat()}) if at else httpx.Response(404)

    def _list(self, request: httpx.Request) -> httpx.Response:
        if not self.has_list:
            return httpx.Response(405)
        size, begin = int(request.url.params["pageSize"]), int(request.url.params.get("continuationToken", 0))
        shown = [one for key, one in self.entities.items() if key not in self.statuses]
        token = str(begin + size) if begin + size < len(shown) else None
        return httpx.Response(200, json={"data": shown[begin : begin + size], "meta": {"continuationToken": token}})


PLATFORM = EntityPlatform()


class Transport(httpx.BaseTransport):
    """Reaches `PLATFORM`."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return PLATFORM.handle_request(request)


def connect(*, seen_at: datetime | None = None, type: str = "SmartMeter", manufacturer: str = "Fluvius") -> Device:
    """Connect a device of a customer with an address, whose entity was `seen_at` last, if that is told."""
    request = OnboardingRequest.objects.create(
        browser="b", type=type, manufacturer=manufacturer, contact_email="ann@example.org"
    )
    if type == "EV":
        request.attributes = {"vin": GUIDES_VIN}
        request.save()
    words = consent_words(type=type, device="A device", manufacturer=manufacturer)
    give_consent(request, words, ConsentAct("said yes"))
    row = OnboardingRequest.objects.get(pk=request.pk)
    row.platform_id, row.entity_id, row.sent_at = str(uuid4()), str(uuid4()), timezone.now()
    for state in WAY:
        row.move_to(state, Event.Actor.PLATFORM, state.value, now=timezone.now())
        row.save()
    held = {"id": row.platform_id, "status": "Succeeded", "data": {"entity": {"id": row.entity_id}}}
    PLATFORM.held[row.platform_id] = held | {"returnUrl": "https://portal.test/"}
    tell(row.device, seen_at)
    return Device.objects.select_related("request").get(request=row)


def tell(device: Device, seen_at: datetime | None = None, **more: Any) -> None:
    """Let the platform say when an entity was seen last; None: it does not say that of any."""
    key = device.request.entity_id
    entity = {"id": key, "type": device.type, "information": {"manufacturer": device.manufacturer}}
    PLATFORM.entities[key] = entity | ({"lastSeen": seen_at.isoformat()} if seen_at else {}) | more


def look(device: Device, *, is_due: bool = True) -> Device:
    """Be a worker that looks at this device now. Returns it as it is then."""
    if is_due:
        Device.objects.filter(pk=device.pk, due_at__isnull=False).update(due_at=timezone.now())
    look_at_devices.call(claim(device))
    return fresh(device)


def claim(device: Device) -> str:
    """Lease this one device as a worker would; "" when it is not due or somebody holds it."""
    return Device.claim(Device.due(timezone.now()).filter(pk=device.pk), holds=lease.lease_time())


def fresh(device: Device) -> Device:
    return Device.objects.select_related("request").get(pk=device.pk)


def work_off(until: timedelta = timedelta(0)) -> None:
    """Look at all that is due by now, or a while from now, as a worker does."""
    Device.objects.filter(due_at__lte=timezone.now() + until).update(due_at=timezone.now())
    for token in iter(lease.claim, ""):
        look_at_devices.call(token)
