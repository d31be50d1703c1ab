"""Wishes that came true: those whose device can be connected by now, and the mails that tell them."""

from collections.abc import Iterable
from itertools import batched

from django.db import transaction
from django.utils import timezone

from onboarding import catalogue, faults
from onboarding.folding import searchable
from onboarding.mailboxes import mailbox_of
from onboarding.models import Mail, Wish

from .mails import queue

BATCH = 100


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


def tell_wishers(wishes: Iterable[Wish]) -> None:
    """Queue a mail for everybody whose device can be connected now; one for each time they asked.

    The same wish in another spelling is told with the first.
    """
    told = set[tuple[str, ...]]()
    for some in batched(wishes, BATCH):
        _tell_some(some, told)


@transaction.atomic
def _tell_some(wishes: Iterable[Wish], told: set[tuple[str, ...]]) -> None:
    for wish in wishes:
        with faults.contained("tell_wishers"), transaction.atomic():
            _tell(wish, told)


def _tell(wish: Wish, told: set[tuple[str, ...]]) -> None:
    news = (mailbox_of(wish.contact_email), searchable(wish.type), searchable(wish.manufacturer))
    if news in told:
        Wish.objects.filter(pk=wish.pk).update(announced_at=timezone.now())
        return
    told.add(news)
    told_before = wish.mails.filter(due_at=None).count()  # or tried to
    content = {"wish": wish, "kind": Mail.Kind.AVAILABLE, "to": wish.contact_email, "language": wish.language}
    queue(f"wish:{wish.pk}:{told_before}", None, **content)
