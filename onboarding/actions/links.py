"""Making links that let another browser hold a request."""

import secrets
from datetime import timedelta

from django.utils import timezone

from onboarding.models import AccessLink, OnboardingRequest

Kind = AccessLink.Kind
LASTS = {Kind.EMAIL: timedelta(days=30), Kind.PHONE: timedelta(minutes=10), Kind.INVITE: timedelta(days=14)}


def make_link(request: OnboardingRequest, kind: AccessLink.Kind) -> AccessLink:
    """Make a link that opens a request for whoever holds it, until it expires or is revoked."""
    now = timezone.now()
    link = AccessLink(request=request, kind=kind, nonce=secrets.token_hex(16), expires_at=now + LASTS[kind])
    link.seal()
    link.save()
    return link
