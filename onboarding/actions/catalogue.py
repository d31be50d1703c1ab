"""Keeping our copy of what the platform offers fresh, and the last good one when it cannot be had."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from onboarding import catalogue, faults, tasks
from onboarding.models import CatalogueChange, CatalogueSnapshot, Wish
from onboarding.platform_api.errors import PlatformError
from onboarding.platform_api.resources import Offer
from onboarding.search import searchable

from . import upstream
from .mails import tell_wishers

logger = logging.getLogger(__name__)

ONLY = 1  # the snapshot's primary key
RETRY_AFTER = timedelta(seconds=30)

Stored = dict[str, Any]  # an offer, as the copy has it
Key = tuple[str, str]  # type, manufacturer
ByKey = dict[Key, list[Stored] | None]


def refresh_catalogue() -> bool:
    """Fetch the platform's list and keep it. Returns False, and keeps the old one, when that brings nothing usable."""
    is_new = False
    with faults.contained("refresh_catalogue", lambda problem: _keep_old(type(problem).__name__)):
        is_new = _refresh()
    if is_new:
        catalogue.forget()
        tell_wishers(wishes_come_true())
    return is_new


def _refresh() -> bool:
    try:
        with upstream.platform() as client:
            offers = client.list_types()
    except (PlatformError, upstream.NotNow) as error:
        return _keep_old(type(error).__name__)
    if not offers:
        return _keep_old("Empty")
    _keep([_stored(offer) for offer in offers])
    return True


def wake_catalogue_refresh(*, is_wanted_now: bool = False) -> bool:
    """Queue a refresh when our copy is old or missing, or staff want one. Returns whether one was queued."""
    now = timezone.now()
    with transaction.atomic():
        snapshot, _created = CatalogueSnapshot.objects.get_or_create(pk=ONLY)
        is_old = not snapshot.fetched_at or now - snapshot.fetched_at > timedelta(
            seconds=settings.CATALOGUE_REFRESH_SECONDS
        )
        is_done = bool(snapshot.fetched_at and snapshot.woken_at and snapshot.fetched_at > snapshot.woken_at)
        is_under_way = bool(snapshot.woken_at and now - snapshot.woken_at < RETRY_AFTER) and not is_done
        if not (is_old or is_wanted_now) or is_under_way:
            return False
        CatalogueSnapshot.objects.filter(pk=ONLY).update(woken_at=now)
        tasks.refresh_catalogue.enqueue()
    return True


def wishes_come_true() -> list[Wish]:
    """Return the wishes, the oldest first, that can be chosen now and whose people have not been told yet.

    Names are compared without case, accents and punctuation; a wish without a type is one for any type.
    """
    try:
        offered = catalogue.load()
    except catalogue.CatalogueMissing:
        return []
    offers = (offer for offer in offered.offers if not offered.find_pause(offer.type, offer.manufacturer))
    kinds = {(searchable(offer.type), searchable(offer.manufacturer)) for offer in offers}
    on_offer = kinds | {("", manufacturer) for _type, manufacturer in kinds}
    waiting = Wish.objects.filter(announced_at=None).order_by("created_at", "pk")
    return [wish for wish in waiting if _is_among(on_offer, wish)]


def _is_among(on_offer: set[tuple[str, str]], wish: Wish) -> bool:
    with faults.contained("wishes_come_true"):
        return (searchable(wish.type), searchable(wish.manufacturer)) in on_offer
    return False


def _keep(offers: list[Stored]) -> None:
    """Store a new copy, and how it differs from the one before."""
    now = timezone.now()
    with transaction.atomic():
        old = CatalogueSnapshot.objects.select_for_update().filter(pk=ONLY, fetched_at__isnull=False).first()
        if old:
            CatalogueChange.objects.bulk_create(_changes(old.offers, offers, now))
        CatalogueSnapshot.objects.update_or_create(
            pk=ONLY, defaults={"offers": offers, "fetched_at": now, "trouble": ""}
        )


def _changes(old: list[Stored], new: list[Stored], now: datetime) -> list[CatalogueChange]:
    before, after = _by_key(old), _by_key(new)
    return [
        CatalogueChange(
            at=now, kind=kind, type=key[0], manufacturer=key[1], before=before.get(key), after=after.get(key)
        )
        for key in dict.fromkeys([*before, *after])
        if (kind := _kind_of_change(key, before, after))
    ]


def _kind_of_change(key: Key, before: ByKey, after: ByKey) -> CatalogueChange.Kind | None:
    if key not in before:
        return CatalogueChange.Kind.ADDED
    if key not in after:
        return CatalogueChange.Kind.REMOVED
    return CatalogueChange.Kind.CHANGED if before[key] != after[key] else None


def _by_key(offers: list[Stored]) -> ByKey:
    return {(offer["type"], offer["manufacturer"]): offer["attributes"] for offer in offers}


def _keep_old(reason: str) -> bool:
    logger.warning("The list of devices could not be refreshed (%s); the last good copy stays in use.", reason)
    CatalogueSnapshot.objects.update_or_create(pk=ONLY, defaults={"trouble": reason[:64]})
    return False


def _stored(offer: Offer) -> Stored:
    attributes = None
    if offer.attributes is not None:
        attributes = [
            {
                "name": attribute.name,
                "is_required": attribute.required,
                "description": attribute.description,
                "pattern": attribute.pattern,
            }
            for attribute in offer.attributes
        ]
    return {"type": offer.type, "manufacturer": offer.manufacturer, "attributes": attributes}
