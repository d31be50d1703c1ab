"""What can be onboarded: the platform's list, joined with our names and help for it.

Read from the last good copy in the database, so that pages never wait for the platform.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.core.cache import cache

from .attributes import TYPE_HELP, default_attributes
from .models import CatalogueSnapshot, OnboardingRequest, PlannedOffer
from .search import searchable
from .steps import Draft

# Each process reads the copy again after this long.
CACHE_SECONDS = 10
CACHE_KEY = "onboarding.catalogue"


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
    offers: tuple[Offer, ...]
    fetched_at: datetime | None = None

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types on offer: those that most people have first, then what else the platform names."""
        offered = dict.fromkeys(offer.type for offer in self.offers)
        return tuple(sorted(offered, key=lambda name: _USUAL.get(name, len(_USUAL))))

    def manufacturers(self, type: str) -> list[str]:
        names = (offer.manufacturer for offer in self.offers if offer.type == type)
        return sorted(names, key=searchable)

    def find(self, type: str, manufacturer: str) -> Offer | None:
        return self._by_key.get((type, manufacturer))

    @cached_property
    def _by_key(self) -> Mapping[tuple[str, str], Offer]:
        return {(offer.type, offer.manufacturer): offer for offer in self.offers}


def planned(type: str, catalogue: Catalogue) -> list[PlannedOffer]:
    """Return the manufacturers of a type that staff know about and the platform does not offer."""
    offered = {searchable(name) for name in catalogue.manufacturers(type)}
    rows = PlannedOffer.objects.filter(type__iexact=type).prefetch_related("notes")
    return sorted(
        (row for row in rows if searchable(row.manufacturer) not in offered),
        key=lambda row: searchable(row.manufacturer),
    )


def load() -> Catalogue:
    """Return the last good copy.

    Raises: CatalogueMissing when there has never been one.
    """
    catalogue: Catalogue | None = cache.get(CACHE_KEY)
    if catalogue is None:
        snapshot = CatalogueSnapshot.objects.filter(fetched_at__isnull=False).first()
        if snapshot is None:
            raise CatalogueMissing
        catalogue = from_json(snapshot.offers, snapshot.fetched_at)
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
