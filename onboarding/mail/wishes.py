"""The mails to those whose wish came true."""

from collections.abc import Iterable
from itertools import batched

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from onboarding.catalogue.wish_models import Wish
from onboarding.catalogue.wishes import offers_changed, wishes_come_true
from onboarding.lib import faults
from onboarding.lib.folding import searchable

from .mailboxes import mailbox_of
from .models import Mail
from .outbox import queue

BATCH = 100


@receiver(offers_changed)
def tell_wishers(**_signal: object) -> None:
    """Queue a mail for everybody whose device can be connected now; one for each time they asked.

    The same wish in another spelling is told with the first.
    """
    told = set[tuple[str, ...]]()
    for some in batched(wishes_come_true(), BATCH):
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
