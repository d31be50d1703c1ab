"""After a backup was restored: what it has as unsent may have been sent since, and the platform may have more.

A request that was queued in the backup, and sent afterwards, is queued again by the restore. So whatever is unsent is
looked for at the platform before it is sent: also a draft, which its customer had agreed to after the backup was made,
and agrees to once more. What the platform has and this database does not know is listed for staff.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import resolve
from django.urls.exceptions import Resolver404

from onboarding.gateway import upstream
from onboarding.platform_api import resources
from onboarding.request.lifecycle import EDITABLE, UNSENT
from onboarding.request.models import OnboardingRequest

from .look_up import CLOCK_TOLERANCE
from .models import StrayOnboarding

UNSENT_OR_NOT_EVEN_ASKED = tuple(state.value for state in (*EDITABLE, *UNSENT))


def look_before_sending() -> int:
    """Have every unsent request looked for before it is sent. Returns how many there are."""
    return OnboardingRequest.objects.filter(state__in=UNSENT_OR_NOT_EVEN_ASKED).update(is_restored=True)


def list_strays(*, since: datetime) -> tuple[int, int]:
    """List for staff, anew, what the platform has since then and we do not know. Returns how many are known, and not.

    Raises: PlatformError, NotNow; then the list stays as it was.
    """
    known, strays = 0, []
    with upstream.platform() as client:
        for candidate in client.iter_onboardings(since=since - CLOCK_TOLERANCE):
            if not candidate.id or (candidate.created and candidate.created < since - CLOCK_TOLERANCE):
                continue
            if _is_known(candidate):
                known += 1
            elif _may_be_ours(candidate):
                strays.append(candidate)
    _replace(strays)
    return known, len(strays)


@transaction.atomic
def _replace(strays: Iterable[resources.OnboardingRequest]) -> None:
    StrayOnboarding.objects.all().delete()
    for candidate in strays:
        _note(candidate)


def _is_known(candidate: resources.OnboardingRequest) -> bool:
    """Tell whether a row of ours has it, or will: one that is queued looks for it before it is sent."""
    if OnboardingRequest.objects.filter(platform_id=candidate.id).exists():
        return True
    unsent = [state.value for state in UNSENT]
    reference = _reference_in(candidate.return_url)
    return bool(reference) and OnboardingRequest.objects.filter(reference=reference, state__in=unsent).exists()


def _may_be_ours(candidate: resources.OnboardingRequest) -> bool:
    """Tell whether it leads back to this portal, or does not say where to."""
    return not candidate.return_url or candidate.return_url.startswith(f"{settings.PUBLIC_URL}/")


def _reference_in(return_url: str) -> str:
    try:
        return str(resolve(return_url.removeprefix(settings.PUBLIC_URL)).kwargs.get("reference", ""))
    except Resolver404:
        return ""


def _note(candidate: resources.OnboardingRequest) -> None:
    request = OnboardingRequest.objects.filter(reference=_reference_in(candidate.return_url)).first()
    seen = {
        "type": candidate.type,
        "manufacturer": candidate.manufacturer,
        "status": candidate.status,
        "created_at": candidate.created,
        "request": request,
    }
    StrayOnboarding.objects.update_or_create(platform_id=candidate.id, defaults=seen)
