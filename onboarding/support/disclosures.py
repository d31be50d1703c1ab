"""What staff see and what they take out is on the record, under their name."""

from django.db.models import Model

from onboarding.request.events import Event
from onboarding.request.masking import Secret, find_secret
from onboarding.request.models import OnboardingRequest


def reveal(row: Model, name: str, *, by: str) -> Secret | None:
    """Note who looks at a masked value, then give it; None when the row has none of this name.

    It stands on the timeline of the request that the row is, or belongs to.
    """
    secret = find_secret(row, name)
    if secret is None:
        return None
    request = row if isinstance(row, OnboardingRequest) else getattr(row, "request", None)
    where = {} if row is request else {"on": f"{row._meta.model_name} {row.pk}"}
    Event.record(request, Event.Actor.STAFF, "revealed", by=by, field=name, **where)
    return secret


def note_export(request: OnboardingRequest | None, *, by: str, what: str = "evidence", **detail: str) -> None:
    """Note who took data out: evidence of a request, or figures, which belong to none."""
    Event.record(request, Event.Actor.STAFF, f"{what}-exported", by=by, **detail)
