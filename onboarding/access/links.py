"""Making links that let another browser hold a request."""

from datetime import timedelta

from django.utils import timezone

from onboarding.request.models import OnboardingRequest

from .models import AccessLink

Kind = AccessLink.Kind
LASTS = {Kind.EMAIL: timedelta(days=30), Kind.PHONE: timedelta(minutes=10), Kind.INVITE: timedelta(days=14)}


def make_link(request: OnboardingRequest, kind: AccessLink.Kind, *, address: str = "") -> AccessLink:
    """Make a link to be shown, that opens a request for whoever holds it, until it expires or is revoked.

    `address`: the one to which the link was mailed by which the browser came that shows this one, as compared.
    """
    return seal(AccessLink(request=request, kind=kind, address=address))


def is_held_by(row: OnboardingRequest, browser: str) -> bool:
    """Tell whether a browser began a request, or was let in and not let go of since."""
    return bool(browser) and (row.browser == browser or row.holders.filter(browser=browser).exists())


def seal(link: AccessLink) -> AccessLink:
    """Give a link new secrets and its whole time, and store it. What was handed out of it before opens nothing more."""
    link.created_at = timezone.now()
    link.expires_at, link.revoked_at = link.created_at + LASTS[Kind(link.kind)], None
    link.seal()
    link.save()
    return link
