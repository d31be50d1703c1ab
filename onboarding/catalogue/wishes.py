"""Wishes that came true: those whose device can be connected by now."""

from django.dispatch import Signal

from onboarding.lib import faults
from onboarding.lib.folding import searchable

from . import catalogue
from .wish_models import Wish

# Sent when more may be on offer than before: after a refresh, and when a manufacturer is resumed.
offers_changed = Signal()


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
    waiting = Wish.objects.filter(announced_at=None).order_by("created_at", "pk").iterator()
    return [wish for wish in waiting if _is_among(on_offer, wish)]


def _is_among(on_offer: set[tuple[str, str]], wish: Wish) -> bool:
    with faults.contained("wishes_come_true"):
        return (searchable(wish.type), searchable(wish.manufacturer)) in on_offer
    return False
