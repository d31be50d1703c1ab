"""Keeping our copy of what the platform offers fresh, and the last good one when it cannot be had."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from onboarding.gateway import upstream
from onboarding.lib import faults
from onboarding.lib.cached_rows import ONLY
from onboarding.lib.patterns import compile_pattern
from onboarding.platform_api.errors import PlatformError
from onboarding.platform_api.resources import Attribute, Offer

from . import catalogue
from .models import CatalogueChange, CatalogueSnapshot
from .wishes import offers_changed

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=30)
# So many changes are told of one refresh, and so many are kept of all.
MOST_CHANGES, MOST_KEPT_CHANGES = 200, 20_000
MOST_PATTERNS = 1000
USUALLY = asdict(catalogue.Attribute(""))

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
        offers_changed.send(sender=None)
    return is_new


def _refresh() -> bool:
    try:
        with upstream.platform() as client:
            offers = client.list_types()
    except (PlatformError, upstream.NotNow) as error:
        return _keep_old(type(error).__name__)
    if not offers:
        return _keep_old("Empty")
    _warn_of_patterns(offers)
    _keep([_stored(offer) for offer in offers])
    return True


def refresh_if_due() -> bool:
    """Refresh our copy when it is old, missing, or wanted by staff, and nobody is at it. Returns whether it is new."""
    now = timezone.now()
    is_old = Q(fetched_at=None) | Q(fetched_at__lt=now - timedelta(seconds=settings.CATALOGUE_REFRESH_SECONDS))
    due = _unless_busy(now).filter(is_old | Q(is_wanted=True))
    return due.exists() and bool(due.update(busy_until=now + upstream.longest_list())) and refresh_catalogue()


def want_refresh() -> bool:
    """Have our copy refreshed as soon as a worker is free. False while one is at it, or has just failed at it."""
    return bool(_unless_busy(timezone.now()).update(is_wanted=True))


def _unless_busy(now: datetime) -> QuerySet[CatalogueSnapshot]:
    """Return the one row, made if it was missing; none while a worker is at it."""
    CatalogueSnapshot.objects.only("pk").get_or_create(pk=ONLY)
    return CatalogueSnapshot.objects.filter(Q(busy_until=None) | Q(busy_until__lte=now), pk=ONLY)


def _keep(offers: list[Stored]) -> None:
    """Store a new copy, and how it differs from the one before."""
    now = timezone.now()
    with transaction.atomic():
        old = CatalogueSnapshot.objects.select_for_update().filter(pk=ONLY, fetched_at__isnull=False).first()
        if old:
            with faults.contained(
                "refresh_catalogue"
            ):  # the old copy may be broken: all the more a reason for this one
                CatalogueChange.objects.bulk_create(_changes(old.offers, offers, now))
            newest = CatalogueChange.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            CatalogueChange.objects.filter(pk__lte=newest - MOST_KEPT_CHANGES).delete()
        _note(offers=offers, fetched_at=now, trouble="", busy_until=None, is_wanted=False)


def _note(**changes: Any) -> None:
    """Write into the one row, without reading the list that is in it."""
    if not CatalogueSnapshot.objects.filter(pk=ONLY).update(**changes):
        CatalogueSnapshot.objects.create(pk=ONLY, **changes)


def _changes(old: list[Stored], new: list[Stored], now: datetime) -> list[CatalogueChange]:
    before, after = _by_key(old), _by_key(new)
    kinds = [(key, _kind_of_change(key, before, after)) for key in dict.fromkeys([*before, *after])]
    found = [(key, kind) for key, kind in kinds if kind]
    told = [
        CatalogueChange(
            at=now, kind=kind, type=key[0], manufacturer=key[1], before=before.get(key), after=after.get(key)
        )
        for key, kind in found[:MOST_CHANGES]
    ]
    others = len(found) - len(told)
    return told + ([CatalogueChange(at=now, kind=CatalogueChange.Kind.MORE, others=others)] if others else [])


def _kind_of_change(key: Key, before: ByKey, after: ByKey) -> CatalogueChange.Kind | None:
    if key not in before:
        return CatalogueChange.Kind.ADDED
    if key not in after:
        return CatalogueChange.Kind.REMOVED
    return CatalogueChange.Kind.CHANGED if before[key] != after[key] else None


def _by_key(offers: list[Stored]) -> ByKey:
    return {(offer["type"], offer["manufacturer"]): _in_full(offer["attributes"]) for offer in offers}


def _in_full(attributes: list[Stored] | None) -> list[Stored] | None:
    """Write out what the copy leaves out: what it has of an attribute is what is unusual about it."""
    if attributes is None:
        return None
    return [USUALLY | attribute for attribute in attributes]


def _keep_old(reason: str) -> bool:
    logger.warning("The list of devices could not be refreshed (%s); the last good copy stays in use.", reason)
    _note(trouble=reason[:64], busy_until=timezone.now() + RETRY_AFTER)
    return False


def _warn_of_patterns(offers: Iterable[Offer]) -> None:
    """Say once for each refresh that patterns are ignored; what they are for is asked all the same."""
    patterns = {attribute.pattern for offer in offers for attribute in offer.attributes or () if attribute.pattern}
    unusable = sum(compile_pattern(pattern) is None for pattern in islice(patterns, MOST_PATTERNS))
    if unusable:
        logger.warning("%s patterns in the list of devices cannot be used, and are ignored.", unusable)


def _stored(offer: Offer) -> Stored:
    attributes = None
    if offer.attributes is not None:
        attributes = [_stored_attribute(attribute) for attribute in offer.attributes]
    return {"type": offer.type, "manufacturer": offer.manufacturer, "attributes": attributes}


def _stored_attribute(attribute: Attribute) -> Stored:
    told: Stored = {"name": attribute.name}
    unusual = {"description": attribute.description, "pattern": attribute.pattern}
    return told | ({} if attribute.required else {"is_required": False}) | {k: v for k, v in unusual.items() if v}
