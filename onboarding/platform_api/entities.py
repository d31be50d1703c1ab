"""What is connected, and what it tells: an entity, its last reading, and the calls that ask for them.

As tolerant as `resources`. How often readings come is promised nowhere, and neither are most spellings: those that are
likely stand in `wire`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from . import calls, wire
from .errors import PlatformUnavailable
from .resources import continuation_token, list_in, some
from .trace import Trace
from .values import NAME, WORD, ident, items, mapping, moment, spelled, text
from .wire import Call, lone_entity

# A whole number this large counts thousandths of a second.
LARGEST_SECONDS = 100_000_000_000
MOST_READINGS = 1000


@dataclass(frozen=True, slots=True)
class Entity:
    """A connected device as the platform sees it; what it does not tell is None or "".

    `valid_until`: when the mandate ends by which it is connected. `properties` are flat: name -> value.
    """

    id: str
    is_online: bool | None = None
    last_seen: datetime | None = None
    valid_until: datetime | None = None
    type: str = ""
    manufacturer: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    trace: Trace | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, from the answer to the call that `trace` tells of.

        Raises:
            PlatformUnavailable: it has no id, or an odd one.
        """
        fields = lone_entity(value)
        if not ident(fields.get("id")):
            raise PlatformUnavailable("The platform's answer has no id that can be one.")
        told = mapping(fields.get("information"))
        holders = [mapping(holder.get(wire.PROPERTIES)) for holder in (fields, told)]
        online = _first(wire.IS_ONLINE, (fields, told))
        return cls(
            id=ident(fields.get("id")),
            is_online=online if isinstance(online, bool) else None,
            last_seen=_moment(_first(wire.LAST_SEEN, (fields, told))),
            valid_until=_valid_until((*holders, fields)),
            type=spelled(told.get("type"), WORD) or spelled(fields.get("type"), WORD),
            manufacturer=spelled(told.get(wire.MANUFACTURER)) or spelled(fields.get(wire.MANUFACTURER)),
            properties={
                text(name, NAME): text(said) for holder in holders for name, said in some(holder) if text(said)
            },
            trace=trace and trace.about(value),
        )


@dataclass(frozen=True, slots=True)
class EntityPage:
    """Part of the list of entities; `continuation_token` asks for the next part and is "" on the last one."""

    items: tuple[Entity, ...]
    continuation_token: str = field(default="", repr=False)

    @classmethod
    def from_json(cls, value: object, trace: Trace | None = None) -> Self:
        """Read one, leaving out what has no usable id.

        Raises:
            PlatformUnavailable: there is no list at all.
        """
        readable = (item for item in list_in(value) if ident(lone_entity(item).get("id")))
        return cls(tuple(Entity.from_json(item, trace) for item in readable), continuation_token(value))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device told last: `at` is None when there is nothing, or nothing that says when."""

    at: datetime | None = None

    @classmethod
    def from_json(cls, value: object, _trace: Trace | None = None) -> Self:
        """Read one, or the newest of several, however they are wrapped."""
        told = value if isinstance(value, list) else mapping(value).get("data", value)
        several = items(told, MOST_READINGS) if isinstance(told, list) else [told]
        times = [_moment(_first(wire.READ_AT, (mapping(item),))) for item in several]
        return cls(max(filter(None, times), default=None))


class Entities:
    """The endpoints about what is connected, for `Client`, which knows how calls are made."""

    def _read[Read](self, read: Callable[[object, Trace | None], Read], call: Call) -> Read:
        raise NotImplementedError

    def _found[Read](self, read: Callable[[object, Trace | None], Read], call: Call) -> Read:
        raise NotImplementedError

    def get_entity(self, *, id: str) -> Entity:
        """Read one connected device.

        Raises:
            NotFound: the platform does not know it (any more); it says so by 404, 410 or 400.
            NotAuthorized: its `status` is 403 where we may not see this one (any more), 401 where nobody knows us.
            PlatformUnavailable: no usable answer, after three attempts.
            RequestRejected: the platform refuses.
            ValueError: the id is empty.
        """
        return self._found(Entity.from_json, calls.get_entity(id))

    def last_reading(self, *, entity_id: str) -> Reading:
        """Read when a device told something last.

        Raises:
            NotFound: the platform does not know it, or has no reading of it; it says so by 404, 410 or 400.
            NotAuthorized, PlatformUnavailable, RequestRejected, ValueError: as for `get_entity`.
        """
        return self._found(Reading.from_json, calls.last_reading(entity_id))

    def list_entities(
        self,
        *,
        type: str = "",
        manufacturer: str = "",
        continuation_token: str = "",
        page_size: int | None = None,
    ) -> EntityPage:
        """Read one page of what is connected, filtered as far as the platform does it.

        Raises:
            PlatformUnavailable: no usable answer, after three attempts.
            RequestRejected, NotAuthorized: the platform refuses; by 404 or 405 where it has no such list.
        """
        call = calls.list_entities(
            type=type,
            manufacturer=manufacturer,
            continuation_token=continuation_token,
            page_size=page_size,
        )
        return self._read(EntityPage.from_json, call)


def _valid_until(holders: Iterable[Mapping[str, object]]) -> datetime | None:
    """Find when a mandate ends: among these fields, or in those that one of them holds."""
    given = list(holders)
    inner = [mapping(value) for holder in given for _name, value in some(holder)]
    return _moment(_first(wire.VALID_UNTIL, (*given, *filter(None, inner))))


def _first(names: Iterable[str], holders: Iterable[Mapping[str, object]]) -> object:
    """Give the first of these fields that says something, however it is spelled; None when none does."""
    told: dict[str, object] = {}
    for holder in holders:
        for name, value in some(holder):
            plain = text(name, NAME).replace("_", "").replace("-", "").casefold()
            if value not in (None, ""):
                told.setdefault(plain, value)
    return next((told[name] for name in names if name in told), None)


def _moment(value: object) -> datetime | None:
    """A point in time, as a text or as seconds (or their thousandths) since 1970."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return moment(value)
    seconds = value / 1000 if value > LARGEST_SECONDS else value
    try:
        return moment(datetime.fromtimestamp(seconds, UTC).isoformat())
    except (ValueError, OverflowError, OSError):
        return None
