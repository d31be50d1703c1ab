"""Entities that more than one request of ours has: the platform may give a device the same one when it comes anew.

Letting such an entity go for one request would disconnect the other. So this is looked at right before each call.
"""

from django.db.models import Q, QuerySet

from onboarding.platform_api.errors import RequestRejected
from onboarding.request.family import family_of
from onboarding.request.lifecycle import UNSENT, State
from onboarding.request.models import OnboardingRequest

ON_THE_WAY = tuple(state.value for state in (*UNSENT, State.FOLLOWING))


def is_in_use(request: OnboardingRequest, entity_id: str) -> bool:
    """Tell whether another request is connected by this entity, and stays so.

    Raises: RequestRejected when another request of the same device is connected by one that nobody knows.
    """
    connected = Q(state=State.CONNECTED, withdrawn_at=None)
    if _family(request).filter(connected, entity_id="").exists():
        raise RequestRejected(status=0, code="NoEntity", message="What took its place may have the same entity.")
    return _others(request, entity_id).filter(connected).exists()


def may_come_into_use(request: OnboardingRequest, entity_id: str) -> bool:
    """Tell whether another request is about to be connected by this entity, or by one that is not known yet."""
    on_the_way = Q(state__in=ON_THE_WAY, withdrawn_at=None)
    coming = _family(request).filter(on_the_way, entity_id="")
    return coming.exists() or _others(request, entity_id).filter(on_the_way).exists()


def was_let_go(request: OnboardingRequest, entity_id: str) -> bool:
    """Tell whether the entity was asked back for another request: a conflict may be with that."""
    return _others(request, entity_id).exclude(offboarding_status="").exists()


def _family(request: OnboardingRequest) -> QuerySet[OnboardingRequest]:
    return OnboardingRequest.objects.filter(pk__in=family_of(request.pk) - {request.pk})


def _others(request: OnboardingRequest, entity_id: str) -> QuerySet[OnboardingRequest]:
    return OnboardingRequest.objects.filter(entity_id=entity_id).exclude(pk=request.pk)
