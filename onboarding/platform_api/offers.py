"""The platform's list of what can be onboarded. Its shape is not public, so each likely one is read.

    [{"type": "EV", "manufacturer": "Audi", "properties": ["vin"]}]
    [{"type": "EV", "manufacturers": ["Audi", {"name": "Tesla", "properties": [{"name": "vin", ...}]}]}]
    {"EV": ["Audi", "Tesla"]}

each also inside `{"data": ...}`. Anything unreadable is skipped and counted in the log, never fatal; what is too much
is left out, so that the list has its place in memory whatever it says.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from . import wire
from .resources import Attribute, Offer
from .values import MOST_ATTRIBUTES, WORD, mapping, name, spelled, text

logger = logging.getLogger(__name__)

type Attributes = tuple[Attribute, ...] | None
type Lost = Counter[str]  # how many of what could not be read
ENTRIES, ATTRIBUTES = "entries", "attributes"

MOST_OFFERS, MOST_TYPES = 100_000, 50
# Of all attributes together; so much of a list is kept, about, in characters and some more for each attribute.
MOST_KEPT = 20_000_000
LONGEST_DESCRIPTION, LONGEST_PATTERN = 300, 200


def read_offers(answer: object) -> list[Offer]:
    """Read one answer, a page or all of it, whichever shape it has."""
    lost: Lost = Counter()
    found = list(_offers(answer, lost))
    for what, count in lost.items():
        logger.warning("Skipped %s unreadable %s in the list of types", count, what)
    return found


def merge_offers(offers: Iterable[Offer]) -> tuple[Offer, ...]:
    """Make one of those for the same type and manufacturer: a list beats none, and lists are joined."""
    merged: dict[tuple[str, str], Offer] = {}
    kept, kinds = 0, set[str]()
    for offer in offers:
        key = (offer.type.strip().casefold(), offer.manufacturer.strip().casefold())
        known = merged.get(key, offer)
        kept, kinds = kept + _weight(offer), kinds | {key[0]}
        if len(merged) >= MOST_OFFERS or len(kinds) > MOST_TYPES or kept > MOST_KEPT:
            logger.error("The list of types is too long: %s manufacturers are read, the rest is left out", len(merged))
            break
        merged[key] = Offer(known.type, known.manufacturer, _joined(known.attributes, offer.attributes))
    return tuple(merged.values())


def _weight(offer: Offer) -> int:
    return 100 + sum(100 + len(item.description) + len(item.pattern) for item in offer.attributes or ())


def _offers(answer: object, lost: Lost) -> Iterator[Offer]:
    """Yield an offer for each readable entry, and count the others."""
    content = answer["data"] if isinstance(answer, dict) and "data" in answer else answer
    if isinstance(content, dict):
        for kind, makers in content.items():
            yield from _of_makers(kind, makers, None, lost)
    elif isinstance(content, list):
        for entry in content:
            yield from _of_entry(mapping(entry), lost)
    elif content is not None:
        lost[ENTRIES] += 1


def _of_entry(entry: Mapping[str, object], lost: Lost) -> Iterator[Offer]:
    makers = entry.get(wire.MANUFACTURERS)
    if makers is None:
        makers = [entry.get(wire.MANUFACTURER)]
    yield from _of_makers(entry.get("type"), makers, _attributes(entry, lost), lost)


def _of_makers(kind: object, makers: object, shared: Attributes, lost: Lost) -> Iterator[Offer]:
    if not isinstance(makers, list):
        lost[ENTRIES] += 1
        return
    for maker in makers:
        fields = mapping(maker)
        called = spelled(maker) or spelled(fields.get("name")) or spelled(fields.get(wire.MANUFACTURER))
        own = _attributes(fields, lost)
        if spelled(kind, WORD) and called:
            yield Offer(spelled(kind, WORD), called, shared if own is None else own)
        else:
            lost[ENTRIES] += 1


def _attributes(fields: Mapping[str, object], lost: Lost) -> Attributes:
    listed = next((fields[name] for name in wire.ATTRIBUTE_LISTS if fields.get(name) is not None), None)
    if not isinstance(listed, list):
        return None
    readable = [attribute for attribute in map(_attribute, listed[:MOST_ATTRIBUTES]) if attribute.name]
    if len(readable) < len(listed):
        lost[ATTRIBUTES] += len(listed) - len(readable)
    # What is ours to say is not asked of customers.
    asked = tuple(attribute for attribute in readable if attribute.name not in wire.OURS)
    # A list of which nothing could be read must not pass for "nothing is needed".
    return _joined((), asked) if readable or not listed else None


def _attribute(value: object) -> Attribute:
    fields = mapping(value)
    return Attribute(
        name=wire.attribute_name(value) or wire.attribute_name(fields.get("name")),
        required=fields.get("required") is not False,
        description=text(fields.get("description"), LONGEST_DESCRIPTION),
        pattern=name(fields.get("pattern"), LONGEST_PATTERN),
    )


def _joined(first: Attributes, second: Attributes) -> Attributes:
    if first is None or second is None:
        return second if first is None else first
    by_name = {attribute.name: attribute for attribute in (*second, *first)}
    names = dict.fromkeys(attribute.name for attribute in (*first, *second))
    return tuple(by_name[name] for name in islice(names, MOST_ATTRIBUTES))
