"""Keeping our copy of what the platform offers fresh, and the last good one when it cannot be had."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from onboarding import catalogue, tasks
from onboarding.models import CatalogueSnapshot, Wish
from onboarding.platform_api.errors import PlatformError
from onboarding.platform_api.resources import Offer
from onboarding.search import searchable

from . import upstream
from .mails import tell_wishers

logger = logging.getLogger(__name__)

ONLY = 1  # the snapshot's primary key
RETRY_AFTER = timedelta(seconds=30)


def refresh_catalogue() -> bool:
    """Fetch the platform's list and keep it. Returns False, and keeps the old one, when that brings nothing usable."""
    try:
        with upstream.platform() as client:
            offers = client.list_types()
    except (PlatformError, upstream.NotNow) as error:
        return _keep_old(type(error).__name__)
    if not offers:
        return _keep_old("Empty")
    CatalogueSnapshot.objects.update_or_create(
        pk=ONLY,
        defaults={
            "offers": [_stored(offer) for offer in offers],
            "fetched_at": timezone.now(),
            "trouble": "",
        },
    )
    catalogue.forget()
    tell_wishers(wishes_come_true())
    return True


def wake_catalogue_refresh() -> bool:
    """Queue a refresh when our copy is old, or missing. Returns whether one was queued."""
    now = timezone.now()
    with transaction.atomic():
        snapshot, _created = CatalogueSnapshot.objects.get_or_create(pk=ONLY)
        is_old = not snapshot.fetched_at or now - snapshot.fetched_at > timedelta(
            seconds=settings.CATALOGUE_REFRESH_SECONDS
        )
        is_under_way = bool(snapshot.woken_at and now - snapshot.woken_at < RETRY_AFTER)
        if not is_old or is_under_way:
            return False
        CatalogueSnapshot.objects.filter(pk=ONLY).update(woken_at=now)
        tasks.refresh_catalogue.enqueue()
    return True


def wishes_come_true() -> list[Wish]:
    """Return the wishes, the oldest first, that are on offer now and whose people have not been told yet.

    Names are compared without case, accents and punctuation; a wish without a type is one for any type.
    """
    try:
        offers = catalogue.load().offers
    except catalogue.CatalogueMissing:
        return []
    kinds = {(searchable(offer.type), searchable(offer.manufacturer)) for offer in offers}
    on_offer = kinds | {("", manufacturer) for _type, manufacturer in kinds}
    waiting = Wish.objects.filter(announced_at=None).order_by("created_at", "pk")
    return [wish for wish in waiting if (searchable(wish.type), searchable(wish.manufacturer)) in on_offer]


def _keep_old(reason: str) -> bool:
    logger.warning("The list of devices could not be refreshed (%s); the last good copy stays in use.", reason)
    CatalogueSnapshot.objects.update_or_create(pk=ONLY, defaults={"trouble": reason})
    return False


def _stored(offer: Offer) -> dict[str, object]:
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
