"""What can be onboarded: the platform's list, joined with our names and help for it.

Read from the last good copy in the database, so that pages never wait for the platform; held in memory once by each
process, and looked up there, because the list may be very long.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from onboarding.branding import sound
from onboarding.lib import faults
from onboarding.lib.cached_rows import Cached
from onboarding.lib.folding import searchable
from onboarding.request.models import OnboardingRequest
from onboarding.request.steps import Draft

from .connection_times import Pace
from .models import CatalogueSnapshot
from .shipped_help import TYPE_HELP, default_attributes
from .wish_models import PlannedOffer

logger = logging.getLogger(__name__)

# Of which copy the memory is, as long as it need not be looked at again.
COPY = Cached[datetime | None]("onboarding.catalogue.catalogue")
# So many manufacturers come first, each with so many onboardings a month; fewer may be chance.
MOST_POPULAR, FEWEST_MONTHLY = 6, 10
# Without one of these nobody knows what a planned offer is.
PLANNED = ("type", "manufacturer", "kind")


_USUAL = {name: place for place, name in enumerate(TYPE_HELP)}


class CatalogueMissing(LookupError):
    """No list of devices has ever been fetched."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something a manufacturer needs to find the device; `name` is the platform's."""

    name: str
    is_required: bool = True
    description: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    type: str
    manufacturer: str
    attributes: tuple[Attribute, ...]


class Listing:
    """The offers of one copy, ready to be looked up."""

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        self.offers = offers
        self.by_key = {(offer.type, offer.manufacturer): offer for offer in offers}
        by_type = defaultdict[str, list[str]](list)
        for offer in offers:
            by_type[offer.type].append(offer.manufacturer)
        self.by_type = {kind: tuple(sorted(names, key=searchable)) for kind, names in by_type.items()}
        # The types that most people have first, then what else the platform names.
        self.types = tuple(sorted(by_type, key=lambda name: _USUAL.get(name, len(_USUAL))))
        self.attribute_names = frozenset(item.name for offer in offers for item in offer.attributes)


@dataclass(frozen=True)
class Catalogue:
    """What the platform offers, what staff know beyond that, and how the manufacturers are doing."""

    offers: tuple[Offer, ...]
    fetched_at: datetime | None = None
    planned: tuple[PlannedOffer, ...] = ()
    paces: tuple[Pace, ...] = ()

    @property
    def types(self) -> tuple[str, ...]:
        """The types on offer: those that most people have first, then what else the platform names."""
        return self.listing.types

    @property
    def attribute_names(self) -> frozenset[str]:
        """Everything that any manufacturer asks for."""
        return self.listing.attribute_names

    def manufacturers(self, type: str) -> list[str]:
        return list(self.listing.by_type.get(type, ()))

    def open_manufacturers(self, type: str) -> list[str]:
        """The manufacturers that can be chosen now."""
        names, paused = self.manufacturers(type), self._paused_names(type)
        return [name for name in names if searchable(name) not in paused] if paused else names

    def find(self, type: str, manufacturer: str) -> Offer | None:
        return self.listing.by_key.get((type, manufacturer))

    def find_pause(self, type: str, manufacturer: str) -> PlannedOffer | None:
        """Return why staff let nobody choose this manufacturer at the moment, if they do."""
        return self._pauses.get((searchable(type), searchable(manufacturer))) if self._pauses else None

    def find_pace(self, type: str, manufacturer: str) -> Pace | None:
        return self._paces_by_key.get((type, manufacturer))

    def popular(self, type: str) -> list[str]:
        """The manufacturers that most people choose and that can be chosen now, the most chosen first."""
        if not (names := self._popular_by_type.get(type)):
            return []
        choosable = set(self.open_manufacturers(type))
        return [name for name in names if name in choosable][:MOST_POPULAR]

    @cached_property
    def listing(self) -> Listing:
        return _listing_of(self.offers)

    @cached_property
    def _pauses(self) -> Mapping[tuple[str, str], PlannedOffer]:
        paused = (row for row in self.planned if row.kind == PlannedOffer.Kind.PAUSED)
        return {(searchable(row.type), searchable(row.manufacturer)): row for row in paused}

    def _paused_names(self, type: str) -> set[str]:
        return {name for kind, name in self._pauses if kind == searchable(type)}

    @cached_property
    def _popular_by_type(self) -> Mapping[str, list[str]]:
        found = defaultdict[str, list[str]](list)
        for pace in sorted(self.paces, key=lambda pace: (-pace.monthly, searchable(pace.manufacturer))):
            if pace.monthly >= FEWEST_MONTHLY:
                found[pace.type].append(pace.manufacturer)
        return found

    @cached_property
    def _paces_by_key(self) -> Mapping[tuple[str, str], Pace]:
        return {(pace.type, pace.manufacturer): pace for pace in self.paces}


class _Memory:
    """What this process holds: the last catalogue that was put together, and the last copy that was read."""

    catalogue: Catalogue | None = None
    listing: Listing | None = None


def planned(type: str, catalogue: Catalogue) -> list[PlannedOffer]:
    """Return the manufacturers of a type that staff know about and that cannot be chosen: not offered, or paused."""
    rows = [row for row in catalogue.planned if searchable(row.type) == searchable(type)]
    if not rows:
        return []
    choosable = {searchable(name) for name in catalogue.open_manufacturers(type)}
    return sorted(
        (row for row in rows if searchable(row.manufacturer) not in choosable),
        key=lambda row: searchable(row.manufacturer),
    )


def is_slow(type: str, manufacturer: str) -> bool:
    """Tell whether connections with a manufacturer take longer than usual at the moment."""
    pace = find_pace(type, manufacturer)
    return pace is not None and pace.is_slow


def find_pace(type: str, manufacturer: str) -> Pace | None:
    """Return how fast and how surely a manufacturer connects, if that was measured."""
    try:
        return load().find_pace(type, manufacturer)
    except CatalogueMissing:
        return None


def load() -> Catalogue:
    """Return the last good copy.

    Raises: CatalogueMissing when there has never been one, or when it cannot be read.
    """
    held = _Memory.catalogue
    if held is not None and COPY.known() == held.fetched_at:
        return held
    snapshot = CatalogueSnapshot.objects.filter(fetched_at__isnull=False)
    found = snapshot.values_list("fetched_at", "paces").first()
    if found is None:
        raise CatalogueMissing
    fetched_at, paces = found
    if held is None or held.fetched_at != fetched_at:
        offers = _read_offers(snapshot.values_list("offers", flat=True).get())
    else:
        offers = held.offers
    catalogue = Catalogue(
        offers,
        fetched_at,
        planned=tuple(sound.rows(PlannedOffer.objects.prefetch_related("notes"), needed=PLANNED)),
        paces=_read_paces(paces),
    )
    _Memory.catalogue = catalogue
    COPY.keep(fetched_at)
    return catalogue


def _read_offers(stored: Any) -> tuple[Offer, ...]:
    try:
        return from_json(stored).offers
    except (TypeError, KeyError, ValueError, AttributeError) as problem:
        logger.exception("The copy of the list of devices cannot be read.")
        faults.note("refresh_catalogue", type(problem).__name__)
    raise CatalogueMissing


def _read_paces(stored: Any) -> tuple[Pace, ...]:
    try:
        return tuple(map(Pace.from_json, stored))
    except (TypeError, KeyError, ValueError, AttributeError):
        logger.exception("How fast manufacturers are cannot be read.")
        return ()


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
    COPY.forget()
    _Memory.catalogue = _Memory.listing = None


def from_json(offers: Iterable[Mapping[str, Any]], fetched_at: datetime | None = None) -> Catalogue:
    """Build the catalogue from the stored copy, as `actions.refresh_catalogue` wrote it."""
    return Catalogue(tuple(_offer(offer) for offer in offers), fetched_at)


def _listing_of(offers: tuple[Offer, ...]) -> Listing:
    """Make the listing of a copy once, however often what staff know is put beside it."""
    listing = _Memory.listing
    if listing is None or listing.offers is not offers:
        listing = _Memory.listing = Listing(offers)
    return listing


def _offer(stored: Mapping[str, Any]) -> Offer:
    kind, manufacturer, attributes = stored["type"], stored["manufacturer"], stored["attributes"]
    if attributes is None:  # the platform does not say what it needs: our own help table does
        known = default_attributes(kind, manufacturer)
        return Offer(kind, manufacturer, tuple(Attribute(name, is_required) for name, is_required in known))
    return Offer(kind, manufacturer, tuple(Attribute(**attribute) for attribute in attributes))
