"""What is connected: onboarding requests that succeeded, as the entities that they became."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox import lives, rules
from sandbox.models import SandboxRequest, SandboxRequestQuerySet, step


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as it stands at `now`."""

    row: SandboxRequest
    connected_at: datetime
    now: datetime

    @property
    def life(self) -> lives.Life:
        return lives.find_life(self.row.life)

    @property
    def standing(self) -> lives.Standing:
        return lives.standing(self.life, self.connected_at, step(), self.now)

    @property
    def flow(self) -> lives.Flow:
        return lives.flow(self.connected_at, step(), lives.silences(self.life, self.connected_at, step()))

    @property
    def last_seen(self) -> datetime | None:
        return self.flow.last(self.now)

    @property
    def is_online(self) -> bool:
        return self.last_seen is not None and not self.flow.is_silent(self.now)

    @property
    def is_offboarded(self) -> bool:
        """Tell whether an offboarding has succeeded; until then the entity is there."""
        return any(row.status(self.now) == rules.SUCCEEDED for row in self.row.offboardings.all())

    @property
    def is_live(self) -> bool:
        return self.standing == lives.Standing.CONNECTED


def connected(requests: SandboxRequestQuerySet) -> SandboxRequestQuerySet:
    """Leave out what cannot be connected, and read what `entity_of` asks about the rest."""
    return requests.filter(canceled_at=None).prefetch_related("offboardings")


def entity_of(row: SandboxRequest, now: datetime) -> Entity | None:
    """Give what a request became; None when that is not connected: not yet, never, or no more."""
    is_shared = row.entity_id == row.device_id
    found = find_onboarded(row.entity_id, now) if is_shared else onboarded(row, now)
    return found if found and found.row == row and not found.is_offboarded else None


def onboarded(row: SandboxRequest, now: datetime) -> Entity | None:
    """Give what a request became, even if it was offboarded since."""
    connected_at = row.connected_at(now)
    return Entity(row, connected_at, now) if connected_at else None


def find_onboarded(entity_id: UUID, now: datetime) -> Entity | None:
    """Find an entity by its id as it was onboarded last: earlier requests of the same entity count no more."""
    rows = connected(SandboxRequest.objects.visible(now)).filter(entity_id=entity_id).newest_first()
    return next((found for row in rows if (found := onboarded(row, now))), None)


def find_entity(entity_id: UUID, now: datetime) -> Entity | None:
    """Find what is connected by its id."""
    found = find_onboarded(entity_id, now)
    return found if found and not found.is_offboarded else None


def is_connected(device_id: UUID, now: datetime) -> bool:
    """Tell whether a device is connected at this moment."""
    rows = connected(SandboxRequest.objects.visible(now)).filter(device_id=device_id)
    return any(entity_of(row, now) for row in rows)
