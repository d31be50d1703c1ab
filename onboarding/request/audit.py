"""How colleagues sign what they did: on the timeline, in the transaction of the operation, with who and why."""

from .events import Event
from .masking import scrub
from .models import OnboardingRequest


def sign(row: OnboardingRequest, name: str, *, by: str, **detail: str) -> None:
    """Put an operation on the timeline. What people typed is stored without what would have to be masked."""
    told = {key: scrub(words, row) for key, words in detail.items() if words}
    Event.record(row, Event.Actor.STAFF, name, by=by, **told)
