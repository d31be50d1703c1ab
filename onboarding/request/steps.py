"""The wizard as data: which steps a draft has, which is next, how far along it is.

Pure: knows no URLs, no forms, no database. A draft is told by the answers it holds and the attributes that its type
and manufacturer need.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Step(StrEnum):
    TYPE = "type"
    MANUFACTURER = "manufacturer"
    IDENTIFY = "identify"
    CHECK = "check"


@dataclass(frozen=True)
class Draft:
    """The answers so far.

    `needed`: names of the attributes to ask; `required`: those of them that cannot stay empty; `rejected`: names of
    the answers that the platform refused.
    """

    type: str = ""
    manufacturer: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    needed: Collection[str] = ()
    required: Collection[str] = ()
    rejected: Collection[str] = ()


def steps_of(draft: Draft) -> tuple[Step, ...]:
    """List the steps that this draft goes through; a maker that needs nothing has no identify step."""
    asks_nothing = bool(draft.manufacturer) and not draft.needed
    return tuple(step for step in Step if not (step == Step.IDENTIFY and asks_nothing))


def is_complete(draft: Draft, step: Step) -> bool:
    match step:
        case Step.TYPE:
            return bool(draft.type) and "type" not in draft.rejected
        case Step.MANUFACTURER:
            return bool(draft.manufacturer) and "manufacturer" not in draft.rejected
        case Step.IDENTIFY:
            answered = all(draft.attributes.get(name) for name in draft.required)
            seen = all(name in draft.attributes for name in draft.needed)
            return answered and seen and not set(draft.needed) & set(draft.rejected)
        case Step.CHECK:
            return False  # consent ends the draft, so a draft is always still to be checked


def first_incomplete(draft: Draft) -> Step:
    return next(step for step in steps_of(draft) if not is_complete(draft, step))


def is_reachable(draft: Draft, step: Step) -> bool:
    """Tell whether every step before this one has its answer."""
    order = steps_of(draft)
    return step in order and order.index(step) <= order.index(first_incomplete(draft))


def before(draft: Draft, step: Step) -> Step | None:
    """Return the step that Back leads to, None on the first."""
    order = steps_of(draft)
    position = order.index(step)
    return order[position - 1] if position else None


def progress(draft: Draft, step: Step) -> tuple[int, int]:
    """Return (this step's number, how many there are); both count from 1."""
    order = steps_of(draft)
    return order.index(step) + 1, len(order)


@dataclass(frozen=True)
class Cleared:
    """What an answer made pointless."""

    manufacturer: str = ""
    attributes: tuple[str, ...] = ()


def cleared_by(draft: Draft, *, offers_manufacturer: bool, needed: Collection[str]) -> Cleared:
    """Say which older answers no longer apply once type or manufacturer changed.

    `offers_manufacturer`: the chosen type offers the draft's manufacturer. `needed`: what the new combination asks.
    """
    lost = draft.manufacturer if draft.manufacturer and not offers_manufacturer else ""
    names = tuple(name for name, value in draft.attributes.items() if value and name not in needed)
    return Cleared(manufacturer=lost, attributes=names)
