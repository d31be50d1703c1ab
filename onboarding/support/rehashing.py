"""Making all keyed hashes anew, after `INDEX_KEY` was replaced: of addresses, of search keys, of rows, and copies."""

import logging
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from onboarding.catalogue.wish_models import Wish
from onboarding.lib.sealed import CannotOpen
from onboarding.lib.sealed_fields import seal_for
from onboarding.mail.models import Mail
from onboarding.request.models import OnboardingRequest

from .invitation_file_models import InvitationRow
from .invitation_files import keys_of

logger = logging.getLogger(__name__)

BATCH = 100
type Row = OnboardingRequest | Wish | Mail | InvitationRow

ADDRESSES: dict[type[Row], str] = {OnboardingRequest: "contact_email", Wish: "contact_email", Mail: "to"}


def rehash() -> tuple[int, int]:
    """Make all hashes anew, while neither web nor workers run; return how many rows, and how many do not open.

    Harmless to repeat, and to stop and begin again.
    """
    done = unreadable = 0
    for model in (*ADDRESSES, InvitationRow):
        for rows in _batches(model):
            with transaction.atomic():
                hashed = sum(_rehash(row) for row in rows)
            done, unreadable = done + hashed, unreadable + len(rows) - hashed
    return done, unreadable


def _batches(model: type[Row]) -> Iterator[list[Any]]:
    rows, last = model.objects.order_by("pk"), 0
    while found := list(rows.filter(pk__gt=last)[:BATCH]):
        yield found
        last = found[-1].pk


def _rehash(row: Row) -> bool:
    try:
        with transaction.atomic():  # all of a row or nothing: what it had before tells what else has to change
            if isinstance(row, InvitationRow):
                _rehash_row_of_file(row)
            else:
                _rehash_address(row)
    except CannotOpen:
        logger.error("A row cannot be hashed anew, because it does not open: %s %s", row._meta.db_table, row.pk)  # noqa: TRY400  it is no bug
        return False
    return True


def _rehash_row_of_file(row: InvitationRow) -> None:
    """Let an erasure find whom it names, and another file that it is the same; one that is through says nothing."""
    if row.values:
        InvitationRow.objects.filter(pk=row.pk).update(**keys_of(row.values))


def _rehash_address(row: OnboardingRequest | Wish | Mail) -> None:
    name = ADDRESSES[type(row)]
    sealed = seal_for(row, {name: getattr(row, name)})
    before = row.contact_key if isinstance(row, OnboardingRequest) else ""
    type(row).objects.filter(pk=row.pk).update(**sealed)
    if isinstance(row, OnboardingRequest):
        _rehash_what_finds(row, before)


def _rehash_what_finds(row: OnboardingRequest, before: str) -> None:
    """Bring links and holders along that came by this address; who came by an earlier one opens nothing anyway."""
    row.rebuild_keys()
    if before:
        now = OnboardingRequest.objects.values_list("contact_key", flat=True).get(pk=row.pk)
        row.links.filter(address=before).update(address=now)
        row.holders.filter(address=before).update(address=now)
