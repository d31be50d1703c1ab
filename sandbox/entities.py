"""What is connected: onboarding requests that succeeded, as the entities that they became."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sandbox import lives, rules
from sandbox.models import SandboxRequest, SandboxRequestQuerySet, SandboxSilence, step

# Of whole makers, by type and manufacturer.
type MakerSilences = Mapping[tuple[str, str], tuple[lives.Silence, ...]]


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity as it stands at `now`."""

    row: SandboxRequest
    connected_at: datetime
    now: datetime
    silences: tuple[lives.Silence, ...] = ()

    @property
    def life(self) -> lives.Life:
        return lives.find_life(self.row.life)

    @property
    def standing(self) -> lives.Standing:
        found = lives.standing(self.life, self.connected_at, step(), self.now)
        is_revoked = found == lives.Standing.CONNECTED and self.row.revoked_at is not None
        return lives.Standing.REVOKED if is_revoked else found

    @property
    def flow(self) -> lives.Flow:
        by_life = lives.silences(self.life, self.connected_at, step())
        return lives.flow(self.connected_at, step(), by_life + self.silences)

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
    return requests.filter(canceled_at=None).prefetch_related("offboardings", "silences")


def maker_silences() -> MakerSilences:
    """Read which makers are silent, or were."""
    found: dict[tuple[str, str], tuple[lives.Silence, ...]] = defaultdict(tuple)
    for row in SandboxSilence.objects.filter(request=None):
        found[row.type, row.manufacturer] += (row.as_silence(),)
    return found


def entity_of(row: SandboxRequest, now: datetime, makers: MakerSilences) -> Entity | None:
    """Give what a request became; None when that is not connected: not yet, never, or no more."""
    is_shared = row.entity_id == row.device_id
    found = find_onboarded(row.entity_id, now) if is_shared else onboarded(row, now, makers)
    return found if found and found.row == row and not found.is_offboarded else None


def onboarded(row: SandboxRequest, now: datetime, makers: MakerSilences) -> Entity | None:
    """Give what a request became, even if it was offboarded since."""
    connected_at = row.connected_at(now)
    if connected_at is None:
        return None
    own = [silence.as_silence() for silence in row.silences.all()]
    own += [lives.Silence(row.revoked_at)] if row.revoked_at else []
    return Entity(row, connected_at, now, (*own, *makers.get((row.type, row.manufacturer), ())))


def find_onboarded(entity_id: UUID, now: datetime) -> Entity | None:
    """Find an entity by its id as it was onboarded last: earlier requests of the same entity count no more."""
    rows = connected(SandboxRequest.objects.visible(now)).filter(entity_id=entity_id).newest_first()
    makers = maker_silences()
    return next((found for row in rows if (found := onboarded(row, now, makers))), None)


def find_entity(entity_id: UUID, now: datetime) -> Entity | None:
    """Find what is connected by its id."""
    found = find_onboarded(entity_id, now)
    return found if found and not found.is_offboarded else None


def find_entities(rows: SandboxRequestQuerySet, now: datetime) -> list[Entity]:
    """Find what these requests became and is connected; `rows` come from `connected`."""
    makers = maker_silences()
    return [found for row in rows if (found := entity_of(row, now, makers))]


def is_connected(device_id: UUID, now: datetime) -> bool:
    """Tell whether a device is connected at this moment."""
    rows = connected(SandboxRequest.objects.visible(now)).filter(device_id=device_id)
    return bool(find_entities(rows, now))
