"""An action that nobody took: a request that waits for it for thirty days ends by itself, with a way back.

It ends within the very look at the platform that finds it still waiting, so whoever acts on the last day has acted.
"""

from datetime import datetime, timedelta

from onboarding.consent.models import Consent
from onboarding.consent.records import BY_ITSELF, newest, record_end
from onboarding.notifications.rules import tell_of_consent
from onboarding.request import schedule
from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest

# Who came back from the manufacturer's page may have allowed it; some take a while to tell the platform.
BENEFIT_OF_DOUBT = timedelta(days=1)


def waits_since(request: OnboardingRequest, *, now: datetime) -> datetime:
    """Say since when a followed request waits for whoever it waits for now. `turn` is still as before this look."""
    began = request.turn_since if request.turn == request.actor else now
    if request.has_action and request.returned_at:
        return max(began, request.returned_at + BENEFIT_OF_DOUBT - schedule.LONGEST)
    return began


def is_over(request: OnboardingRequest, *, now: datetime) -> bool:
    """Tell whether its customer could have taken the action for as long as anybody waits.

    Where a colleague is to look first, at a link that could not be offered for instance, it was not up to them.
    """
    can_act = request.has_action and not request.needs_staff
    return can_act and now - waits_since(request, now=now) > schedule.LONGEST


def end(request: OnboardingRequest, *, now: datetime) -> None:
    """End the consent of a request that the caller holds; letting go of it brings it on the way out."""
    standing = newest(request)
    Event.record(request, Event.Actor.WORKER, "consent-timed-out")
    request.withdrawn_at = request.attended_at = now
    request.ended_as = Consent.Kind.TIMED_OUT.value
    request.version += 1
    if standing:
        tell_of_consent(request, record_end(standing, Consent.Kind.TIMED_OUT, BY_ITSELF, at=now))
