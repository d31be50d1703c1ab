"""Sealing what is stored with the first of the keys, so that an earlier one can be taken away."""

import logging
from dataclasses import dataclass

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Substr
from django.db.models.lookups import In

from . import sealed
from .sealed_fields import Sealed, SealedField, bound_by, sealed_fields

logger = logging.getLogger(__name__)

# One transaction holds so many rows; whoever wants one of them waits for milliseconds.
BATCH = 100


@dataclass
class Outcome:
    """How many rows were sealed anew, and how many have a value that does not open and stay as they are."""

    resealed: int = 0
    unreadable: int = 0


def sealed_models() -> list[type[models.Model]]:
    """List the tables that have sealed columns."""
    return [model for model in apps.get_models() if not model._meta.proxy and sealed_fields(model)]


def count_left(model: type[models.Model]) -> int:
    """Count the rows with a value that another key sealed than the one that seals now."""
    return _left(model).count()


def reseal(model: type[models.Model]) -> Outcome:
    """Seal all rows of a table anew that need it, batch by batch, each in a transaction of its own.

    Rows that somebody else has locked are left for the next round. It goes on where an earlier one was stopped.
    """
    outcome, before = Outcome(), -1
    while before < outcome.resealed:  # until a round finds nothing more to do
        before, outcome.unreadable, last = outcome.resealed, 0, 0
        while rows := _reseal_next(model, last, outcome):
            last = rows[-1].pk
    return outcome


def _left(model: type[models.Model]) -> QuerySet[models.Model]:
    is_old = Q()
    for field in sealed_fields(model):
        is_old |= ~Q(In(Substr(field.name, 1, sealed.ID_LENGTH), ["", sealed.current_id()]))
    return model._default_manager.filter(is_old)  # noqa: SLF001  Django's own word for it


@transaction.atomic
def _reseal_next(model: type[models.Model], last: int, outcome: Outcome) -> list[models.Model]:
    fields = sealed_fields(model)
    left = _left(model).filter(pk__gt=last).order_by("pk").select_for_update(skip_locked=True)
    rows = list(left.only("pk", *bound_by(model), *(field.name for field in fields))[:BATCH])
    for row in rows:
        if _reseal_row(row, fields):
            outcome.resealed += 1
        else:
            outcome.unreadable += 1
            logger.error("A row cannot be sealed anew, because it does not open: %s %s", model._meta.db_table, row.pk)
    return rows


def _reseal_row(row: models.Model, fields: list[SealedField]) -> bool:
    held = {field: row.__dict__[field.attname] for field in fields}
    old = {field: value for field, value in held.items() if isinstance(value, Sealed) and not value.is_current}
    new = {field.name: field.renewed(value, row) for field, value in old.items()}
    if not all(value.is_current for value in new.values()):
        return False
    return bool(type(row)._default_manager.filter(pk=row.pk).update(**new))  # noqa: SLF001
