"""Inviting many customers by a file: kept sealed, checked by workers, and invited once a colleague says so."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from onboarding.intake.invitation_csv import Line, mark_of
from onboarding.lib import sealed
from onboarding.request.contact import address_hash
from onboarding.request.search_index import find_addressed

from .bulk import start_bulk
from .bulk_models import BulkJob
from .invitation_file_models import InvitationFile, InvitationRow

Outcome = InvitationRow.Outcome
# What forgets the customer whom a row names.
FORGOTTEN: dict[str, Any] = {"values": {}, "contact_key": ""}


@transaction.atomic
def store_file(lines: Sequence[Line], *, by: str, key: str, language: str, is_mailing: bool) -> InvitationFile:
    """Keep the rows of a file and let workers check them; once for each page (`key`) that asks."""
    said = {"language": language, "is_mailing": is_mailing}
    file, is_new = InvitationFile.objects.get_or_create(key=key, by=by, defaults=said)
    if is_new:
        rows = InvitationRow.objects.bulk_create([_row(file, line) for line in lines])
        file.job = start_bulk(BulkJob.Action.CHECK_ROWS, [row.pk for row in rows], by=by, page=key, detail={})
        file.save(update_fields=["job"])
    return file


@transaction.atomic
def invite_all(file: InvitationFile, *, by: str, with_asked: bool) -> bool:
    """Let workers invite whom the checked rows name; False when none is ready, that was said before, or it is gone.

    `with_asked`: also the rows that have something unusual, which the colleague compared. The others are out for good.
    """
    row = InvitationFile.objects.select_for_update().filter(pk=file.pk).first()
    if row is None or row.invited_at or not is_at_rest(row):
        return False
    wanted = [Outcome.READY, Outcome.ASKED] if with_asked else [Outcome.READY]
    keys = list(row.rows.filter(outcome__in=wanted).values_list("pk", flat=True))
    if not keys:
        return False
    others = row.rows.exclude(outcome__in=wanted)
    others.update(**FORGOTTEN)
    others.filter(outcome=Outcome.ASKED).update(outcome=Outcome.LEFT_OUT)
    row.job = start_bulk(BulkJob.Action.INVITE_ROWS, keys, by=by, page=secrets.token_hex(16), detail={})
    row.invited_at = timezone.now()
    row.save(update_fields=["job", "invited_at"])
    return True


@transaction.atomic
def discard(pk: int) -> bool:
    """Forget a file from which nobody is invited, if it is still there; False when workers are at it, or were."""
    row = InvitationFile.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return True
    if row.invited_at or not is_at_rest(row):
        return False
    row.delete()
    return True


def forget_person(address: str) -> int:
    """Leave out the rows that name an address, and forget what they say. Returns how many."""
    rows = find_addressed(InvitationRow.objects.all(), address, by="contact_key")
    return rows.update(**FORGOTTEN, remarks=[], outcome=Outcome.LEFT_OUT)


def is_at_rest(file: InvitationFile) -> bool:
    """Tell whether no worker is at a file, or will be."""
    return file.job is None or file.job.is_finished


def count_rows(file: InvitationFile) -> dict[str, int]:
    """Count the rows of a file by what became of them."""
    return dict(file.rows.order_by().values_list("outcome").annotate(Count("pk")))


def keys_of(values: Mapping[str, str]) -> dict[str, str]:
    """Return the keyed hashes by which a row is found: of all that it says, and of the address in it."""
    address = values.get("contact_email", "")
    return {"mark": sealed.keyed_hash(mark_of(values)), "contact_key": address_hash(address)}


def _row(file: InvitationFile, line: Line) -> InvitationRow:
    return InvitationRow(
        file=file,
        number=line.number,
        key=secrets.token_hex(16),
        values=dict(line.values),
        remarks=[list(remark) for remark in line.remarks],
        **keys_of(line.values),
    )
