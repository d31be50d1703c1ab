"""Faults that nobody expected: each is logged where it happens and counted here, so that the desk shows it.

What is kept says where and what kind, never whose or which words: a message of an error may quote a person's answers.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from .fault_models import Fault

logger = logging.getLogger(__name__)


def note(room: str, error: str) -> None:
    """Count a fault by where it happened and the name of its error. One that cannot be stored is in the log alone."""
    now = timezone.now()
    key = {"day": timezone.localdate(now), "room": room[:64], "error": error[:64]}
    try:
        with transaction.atomic():
            Fault.objects.bulk_create([Fault(**key, last_at=now)], ignore_conflicts=True)
            Fault.objects.filter(**key).update(times=F("times") + 1, last_at=now)
    except Error:
        logger.warning("A fault was not counted: %s in %s.", error, room, exc_info=True)


@contextmanager
def contained(room: str, otherwise: Callable[[Exception], object] | None = None) -> Iterator[None]:
    """Let what nobody expected to go wrong be logged and counted, so that those who come after have their turn.

    `otherwise`: what is done about it then. Raises: OperationalError, InterfaceError when the database is away: that
    is no row's fault.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        logger.exception("Something unexpected went wrong in %s; the rest goes on.", room)
        note(room, type(problem).__name__)
        if otherwise:
            otherwise(problem)
