"""The platform's steps of a request, as they come with each of its answers."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from onboarding.platform_api import resources
from onboarding.request import lifecycle
from onboarding.request.models import OnboardingRequest, Transaction

# What changed about a transaction: its type, its status before ("" for a new one) and now.
type Step = tuple[str, str, str]
# Where a transaction is, and what is said of it there.
PLACE, SAID = ("request", "position"), ("type", "status", "started_at", "updated_at")


def store_transactions(request: OnboardingRequest, reported: Sequence[resources.Transaction]) -> list[Step]:
    """Store what the platform says of each step, and return what changed. The caller holds the request."""
    known = {item.position: item for item in request.transactions.all()}
    steps: list[Step] = []
    changed: list[Transaction] = []
    for position, item in enumerate(reported):
        row = known.get(position)
        before = row if row and row.type == item.type else None
        if before and (before.status == item.status or lifecycle.is_step_back(before.status, item.status)):
            continue
        said = {"type": item.type, "status": item.status, "started_at": _started_at(before, item)}
        changed.append(Transaction(request=request, position=position, **said))
        steps.append((item.type, before.status if before else "", item.status))
    Transaction.objects.bulk_create(changed, update_conflicts=True, unique_fields=PLACE, update_fields=SAID)
    return steps


def _started_at(before: Transaction | None, reported: resources.Transaction) -> datetime | None:
    """Return when a step was first seen under way; None for one that waits, or that was over when we looked."""
    is_under_way = lifecycle.progress(reported.status) == lifecycle.Progress.ACTIVE
    return (before and before.started_at) or (timezone.now() if is_under_way else None)
