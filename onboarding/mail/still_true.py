"""Whether mails about a connected device still are true when their turn comes."""

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
    return "quiet first" if _was_told_quiet(request) and mail.step != LAST_STEP else ""


def is_quiet(request: OnboardingRequest) -> bool:
    """Tell whether a device is quiet, and nobody connects it anew or has stopped it."""
    return _is_silent(request) and not request.withdrawn_at and family.under_way(request) is None


def _was_told_quiet(request: OnboardingRequest) -> bool:
    """Tell whether its owner has another mail to act on. The last reminder goes all the same: the end is near."""
    return _is_silent(request) and request.known_device.told_quiet_at is not None


def _is_silent(request: OnboardingRequest) -> bool:
    return request.known_device is not None and request.known_device.health == Health.QUIET
