"""How often answers are refused, counted by day and field. No value, no request, no person."""

import logging
from collections.abc import Mapping

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from onboarding.request.models import OnboardingRequest
from onboarding.request.tally_models import AnswerTally

logger = logging.getLogger(__name__)

KEY = ("day", "type", "manufacturer", "tenant_id", "field", "outcome")
TABLE = AnswerTally._meta.db_table
# Django's `bulk_create` can replace a number on conflict, not add to it.
ADD_ONE = (
    f"INSERT INTO {TABLE} ({', '.join(KEY)}, times) VALUES ({', '.join(['%s'] * len(KEY))}, 1)"  # noqa: S608
    f" ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET times = {TABLE}.times + 1"
)


def tally(request: OnboardingRequest, outcomes: Mapping[str, str]) -> None:
    """Count how the answers to these fields came out, by the codes of `AnswerTally.Outcome`.

    A count that cannot be stored is lost: no page and no outcome waits for it, or fails with it.
    """
    day, of = timezone.localdate().isoformat(), (request.type, request.manufacturer, request.tenant_id)
    rows = [(day, *of, field, outcome) for field, outcome in sorted(outcomes.items())]
    if not rows:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(ADD_ONE, rows)
    except DatabaseError:
        logger.warning("Answers were not counted.", exc_info=True)
