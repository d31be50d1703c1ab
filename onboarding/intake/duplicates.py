"""A device that its customer has here already. Only their own requests are ever looked at."""

from django.db.models import QuerySet

from onboarding.request.lifecycle import UNSENT, State
from onboarding.request.models import OnboardingRequest

# These name one device in the world; the others only one of its manufacturer.
WORLDWIDE = frozenset({"vin", "ean"})
OF_MAKER = frozenset({"reference", "code", "uuid", "serial", "serialnumber"})

ALIVE = UNSENT | {State.FOLLOWING, State.REJECTED, State.CONNECTED}
DEAD = frozenset({State.FAILED, State.CANCELED})
MOST = 50


def find_duplicate(request: OnboardingRequest, mine: QuerySet[OnboardingRequest]) -> OnboardingRequest | None:
    """Return the newest of a customer's requests that is about the device of this one, one that is alive first.

    None too for another try of it: there the customer knows.
    """
    if not _names_of(request):
        return None
    others = mine.filter(type=request.type, state__in=ALIVE | DEAD, withdrawn_at=None).exclude(pk=request.pk)
    same = [other for other in others.order_by("-created_at")[:MOST] if is_same_device(request, other)]
    if request.retry_of_id in {other.pk for other in same}:
        return None
    return min(same, key=lambda other: other.state in DEAD, default=None)


def is_same_device(one: OnboardingRequest, other: OnboardingRequest) -> bool:
    """Tell whether two requests of one type share an identifier, and contradict each other in none."""
    mine, theirs = _names_of(one), _names_of(other)
    shared = mine.keys() & theirs.keys()
    if one.manufacturer != other.manufacturer:
        shared &= WORLDWIDE
    return bool(shared) and all(mine[name] == theirs[name] for name in shared)


def _names_of(request: OnboardingRequest) -> dict[str, str]:
    known = {name.lower(): value for name, value in request.attributes.items() if value}
    return {name: value for name, value in known.items() if name in WORLDWIDE | OF_MAKER}
