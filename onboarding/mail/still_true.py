"""Whether a mail that asks to renew still is true when its turn comes."""

from onboarding.consent.records import newest
from onboarding.consent.texts import is_asked_again
from onboarding.request import family
from onboarding.request.ending import Ends
from onboarding.request.lifecycle import Health
from onboarding.request.models import OnboardingRequest

from .models import Mail
from .renewal import LAST_STEP

RENEWALS = frozenset({Mail.Kind.EXPIRING, Mail.Kind.ASKED_AGAIN})


def why_not_renew(mail: Mail, request: OnboardingRequest) -> str:
    """Say why nobody needs to be asked any more: it was stopped or renewed meanwhile; nothing, when they should be."""
    if not request.is_withdrawable:
        return "no longer so"
    if mail.kind == Mail.Kind.ASKED_AGAIN:
        record = newest(request)
        return "" if record and is_asked_again(record) else "no longer so"
    end = request.coming_end
    if end is None or end.occasion != mail.occasion:
        return "no longer so"
    if end.of != Ends.CONSENT and family.under_way(request):
        return "renewed already"
    return "quiet first" if _is_quiet(request) and mail.step != LAST_STEP else ""


def _is_quiet(request: OnboardingRequest) -> bool:
    """Tell whether its owner has another mail to act on. The last reminder goes all the same: the end is near."""
    device = getattr(request, "device", None)
    return device is not None and device.health == Health.QUIET and device.told_quiet_at is not None
