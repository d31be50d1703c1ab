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
    def flow(self) -> lives.Flow:
        return lives.flow(self.connected_at, step())

    @property
    def last_seen(self) -> datetime | None:
        return self.flow.last(self.now)

    @property
    def is_online(self) -> bool:
        return self.last_seen is not None and not self.flow.is_silent(self.now)


def connected(requests: SandboxRequestQuerySet) -> SandboxRequestQuerySet:
    """Leave out what cannot be connected, and read what `find_entity` asks about the rest."""
    return requests.filter(canceled_at=None).prefetch_related("offboardings")


def entity_of(row: SandboxRequest, now: datetime) -> Entity | None:
    """Give what a request became; None when that is not connected: not yet, never, or no more."""
    connected_at = row.connected_at(now)
    if connected_at is None or is_offboarded(row, now):
        return None
    return Entity(row, connected_at, now)


def is_offboarded(row: SandboxRequest, now: datetime) -> bool:
    """Tell whether an offboarding has succeeded; until then the entity is there."""
    return any(offboarding.status(now) == rules.SUCCEEDED for offboarding in row.offboardings.all())


def find_entity(entity_id: UUID, now: datetime) -> Entity | None:
    """Find what is connected by its id."""
    row = connected(SandboxRequest.objects.visible(now)).filter(entity_id=entity_id).first()
    return entity_of(row, now) if row else None
