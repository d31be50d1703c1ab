"""What can be onboarded: the platform's list, joined with our names and help for it.

Read from the last good copy in the database, so that pages never wait for the platform.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.cache import cache

from . import sound
from .attributes import TYPE_HELP, default_attributes
from .models import CatalogueSnapshot, OnboardingRequest, PlannedOffer
from .pace import Pace
from .search import searchable
from .steps import Draft

# Each process reads the copy again after this long.
CACHE_SECONDS = 10
CACHE_KEY = "onboarding.catalogue"
# Without one of these nobody knows what a planned offer is.
PLANNED = ("type", "manufacturer", "kind")


_USUAL = {name: place for place, name in enumerate(TYPE_HELP)}


class CatalogueMissing(LookupError):
    """No list of devices has ever been fetched."""


@dataclass(frozen=True)
class Attribute:
    """Something a manufacturer needs to find the device; `name` is the platform's."""

    name: str
    is_required: bool = True
    description: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class Offer:
    type: str
    manufacturer: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Catalogue:
    """What the platform offers, what staff know beyond that, and how the manufacturers are doing."""

    offers: tuple[Offer, ...]
    fetched_at: datetime | None = None
    planned: tuple[PlannedOffer, ...] = ()
    paces: tuple[Pace, ...] = ()

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types on offer: those that most people have first, then what else the platform names."""
        offered = dict.fromkeys(offer.type for offer in self.offers)
        return tuple(sorted(offered, key=lambda name: _USUAL.get(name, len(_USUAL))))

    def manufacturers(self, type: str) -> list[str]:
        names = (offer.manufacturer for offer in self.offers if offer.type == type)
        return sorted(names, key=searchable)

    def open_manufacturers(self, type: str) -> list[str]:
        """The manufacturers that can be chosen now."""
        return [name for name in self.manufacturers(type) if not self.find_pause(type, name)]

    def find(self, type: str, manufacturer: str) -> Offer | None:
        return self._by_key.get((type, manufacturer))

    def find_pause(self, type: str, manufacturer: str) -> PlannedOffer | None:
        """Return why staff let nobody choose this manufacturer at the moment, if they do."""
        return self._pauses.get((searchable(type), searchable(manufacturer)))

    def find_pace(self, type: str, manufacturer: str) -> Pace | None:
        return next((pace for pace in self.paces if (pace.type, pace.manufacturer) == (type, manufacturer)), None)

    @cached_property
    def _pauses(self) -> Mapping[tuple[str, str], PlannedOffer]:
        paused = (row for row in self.planned if row.kind == PlannedOffer.Kind.PAUSED)
        return {(searchable(row.type), searchable(row.manufacturer)): row for row in paused}

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], Offer]:
        return {(offer.type, offer.manufacturer): offer for offer in self.offers}


def planned(type: str, catalogue: Catalogue) -> list[PlannedOffer]:
    """Return the manufacturers of a type that staff know about and that cannot be chosen: not offered, or paused."""
    choosable = {searchable(name) for name in catalogue.open_manufacturers(type)}
    rows = (row for row in catalogue.planned if searchable(row.type) == searchable(type))
    return sorted(
        (row for row in rows if searchable(row.manufacturer) not in choosable),
        key=lambda row: searchable(row.manufacturer),
    )


def is_slow(type: str, manufacturer: str) -> bool:
    """Tell whether connections with a manufacturer take longer than usual at the moment."""
    try:
        pace = load().find_pace(type, manufacturer)
    except CatalogueMissing:
        return False
    return pace is not None and pace.is_slow


def load() -> Catalogue:
    """Return the last good copy.

    Raises: CatalogueMissing when there has never been one.
    """
    catalogue: Catalogue | None = cache.get(CACHE_KEY)
    if catalogue is None:
        snapshot = CatalogueSnapshot.objects.filter(fetched_at__isnull=False).first()
        if snapshot is None:
            raise CatalogueMissing
        catalogue = replace(
            from_json(snapshot.offers, snapshot.fetched_at),
            planned=tuple(sound.rows(PlannedOffer.objects.prefetch_related("notes"), needed=PLANNED)),
            paces=tuple(Pace.from_json(stored) for stored in snapshot.paces),
        )
        cache.set(CACHE_KEY, catalogue, CACHE_SECONDS)
    return catalogue


def draft_of(request: OnboardingRequest, catalogue: Catalogue) -> Draft:
    """Describe a request for `steps`: its answers, and what its type and manufacturer need."""
    offer = catalogue.find(request.type, request.manufacturer)
    attributes = offer.attributes if offer else ()
    return Draft(
        type=request.type if request.type in catalogue.types else "",
        manufacturer=request.manufacturer if offer else "",
        attributes=request.attributes,
        needed=[attribute.name for attribute in attributes],
        required=[attribute.name for attribute in attributes if attribute.is_required],
        rejected=list(request.rejections),
    )


def forget() -> None:
    """Drop this process's copy, after the stored one changed."""
    cache.delete(CACHE_KEY)


def from_json(offers: Iterable[Mapping[str, Any]], fetched_at: datetime | None = None) -> Catalogue:
    """Build the catalogue from the stored copy, as `actions.refresh_catalogue` wrote it."""
    return Catalogue(tuple(_offer(offer) for offer in offers), fetched_at)


def _offer(stored: Mapping[str, Any]) -> Offer:
    kind, manufacturer, attributes = stored["type"], stored["manufacturer"], stored["attributes"]
    if attributes is None:  # the platform does not say what it needs: our own help table does
        known = default_attributes(kind, manufacturer)
        return Offer(kind, manufacturer, tuple(Attribute(name, is_required) for name, is_required in known))
    return Offer(kind, manufacturer, tuple(Attribute(**attribute) for attribute in attributes))
