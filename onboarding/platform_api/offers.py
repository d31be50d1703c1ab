"""The platform's list of what can be onboarded. Its shape is not public, so each likely one is read.

    [{"type": "EV", "manufacturer": "Audi", "properties": ["vin"]}]
    [{"type": "EV", "manufacturers": ["Audi", {"name": "Tesla", "properties": [{"name": "vin", ...}]}]}]
    {"EV": ["Audi", "Tesla"]}

each also inside `{"data": ...}`. Anything unreadable is skipped and counted in the log, never fatal.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping

from . import wire
from .resources import Attribute, Offer
from .values import mapping, text, word

logger = logging.getLogger(__name__)

type Attributes = tuple[Attribute, ...] | None


def read_offers(answer: object) -> list[Offer]:
    """Read one answer, a page or all of it, whichever shape it has."""
    found = list(_offers(answer))
    readable = [offer for offer in found if offer is not None]
    if len(readable) < len(found):
        logger.warning("Skipped %s unreadable entries in the list of types", len(found) - len(readable))
    return readable


def merge_offers(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Make one of those for the same type and manufacturer: a list beats none, and lists are joined."""
    merged: dict[tuple[str, str], Offer] = {}
    for offer in offers:
        key = (offer.type.casefold(), offer.manufacturer.casefold())
        known = merged.get(key, offer)
        merged[key] = Offer(known.type, known.manufacturer, _joined(known.attributes, offer.attributes))
    return tuple(merged.values())


def _offers(answer: object) -> Iterator[Offer | None]:
    """Yield an offer for each readable entry and None for each other one."""
    content = answer["data"] if isinstance(answer, dict) and "data" in answer else answer
    if isinstance(content, dict):
        for kind, makers in content.items():
            yield from _of_makers(kind, makers, None)
    elif isinstance(content, list):
        for entry in content:
            yield from _of_entry(mapping(entry))
    elif content is not None:
        yield None


def _of_entry(entry: Mapping[str, object]) -> Iterator[Offer | None]:
    makers = entry.get(wire.MANUFACTURERS)
    if makers is None:
        makers = [entry.get(wire.MANUFACTURER)]
    yield from _of_makers(entry.get("type"), makers, _attributes(entry))


def _of_makers(kind: object, makers: object, shared: Attributes) -> Iterator[Offer | None]:
    if not isinstance(makers, list):
        yield None
        return
    for maker in makers:
        fields = mapping(maker)
        name = word(maker) or word(fields.get("name")) or word(fields.get(wire.MANUFACTURER))
        own = _attributes(fields)
        readable = word(kind) and name
        yield Offer(word(kind), name, shared if own is None else own) if readable else None


def _attributes(fields: Mapping[str, object]) -> Attributes:
    listed = next((fields[name] for name in wire.ATTRIBUTE_LISTS if fields.get(name) is not None), None)
    if not isinstance(listed, list):
        return None
    readable = [attribute for attribute in map(_attribute, listed) if attribute.name]
    if len(readable) < len(listed):
        logger.warning("Skipped %s unreadable attributes in the list of types", len(listed) - len(readable))
    # A list of which nothing could be read must not pass for "nothing is needed".
    return _joined((), tuple(readable)) if readable or not listed else None


def _attribute(value: object) -> Attribute:
    fields = mapping(value)
    return Attribute(
        name=wire.attribute_name(value) or wire.attribute_name(fields.get("name")),
        required=fields.get("required") is not False,
        description=text(fields.get("description")),
        pattern=text(fields.get("pattern")),
    )


def _joined(first: Attributes, second: Attributes) -> Attributes:
    if first is None or second is None:
        return second if first is None else first
    by_name = {attribute.name: attribute for attribute in (*second, *first)}
    names = dict.fromkeys(attribute.name for attribute in (*first, *second))
    return tuple(by_name[name] for name in names)
