"""What the pages about going on elsewhere show."""

from typing import Any

import segno
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from onboarding.access.models import AccessLink
from onboarding.consent.texts import controller
from onboarding.mail.content import link_url
from onboarding.mail.letter import device_of
from onboarding.request.models import OnboardingRequest


def context(request: OnboardingRequest) -> dict[str, Any]:
    return {
        "title": _("On another phone or computer") if request.is_final else _("Continue later, or elsewhere"),
        "request_row": request,
        "back_url": request.get_absolute_url(),
        "has_links": _is_open_to_others(request),
    }


def _is_open_to_others(request: OnboardingRequest) -> bool:
    """Tell whether there are links to switch off, of this device or of others with its address, or who came by one."""
    good = Q(request=request)
    if key := request.contact_key:
        good |= Q(request__contact_key=key, kind=AccessLink.Kind.EMAIL, address=key)
    return AccessLink.objects.filter(good, revoked_at=None).exists() or request.holders.exists()


def phone_context(request: OnboardingRequest, link: AccessLink) -> dict[str, Any]:
    url = link_url(link)
    return {
        "title": _("Continue on your phone"),
        "request_row": request,
        "link": link,
        "is_over": link.has_expired() or link.revoked_at is not None,
        "url": url,
        "code_url": settings.PUBLIC_URL.split("://")[-1] + reverse("onboarding:code"),
        "code": segno.make(url, error="m").svg_data_uri(scale=4, border=3, dark="#000", light="#fff"),
        "back_url": reverse("onboarding:elsewhere", args=[request.reference]),
        "resume_url": request.get_absolute_url(),
        "panel_url": reverse("onboarding:phone", args=[request.reference]),
    }


def go_on_context(link: AccessLink) -> dict[str, Any]:
    """Say what a link is for, to a browser that does not hold the request yet: the device, and nothing else."""
    is_new = link.kind == AccessLink.Kind.INVITE and link.taken_at is None
    title = _("You are invited to connect your device") if is_new else _("Continue with your device")
    return {"title": title, "what": device_of(link.request), "is_new": is_new, "company": controller()}
