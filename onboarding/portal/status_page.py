"""What the status page shows."""

from typing import Any

from django.utils import timezone

from onboarding.catalogue import catalogue
from onboarding.catalogue.help_texts import type_help
from onboarding.intake import entry_links
from onboarding.lib.languages import to_the_second
from onboarding.push import subscriptions
from onboarding.request.lifecycle import Actor
from onboarding.request.models import OnboardingRequest
from onboarding.status.view import show_status


def status_context(request: OnboardingRequest, browser: str) -> dict[str, Any]:
    """Collect what the status page shows to a browser; reads our database only."""
    shown = show_status(request, list(request.transactions.order_by("position")))
    return {
        "title": shown.headline,
        "request_row": request,
        "device": type_help(request.type),
        "status": shown,
        "checked_at": checked_at(request),
        "resume_url": request.get_absolute_url(),
        "return_host": entry_links.return_host(request.return_address),
        "push_key": subscriptions.public_key() if shown.is_polling else "",
        "is_told_here": shown.is_polling and subscriptions.is_subscribed(request, browser),
        "is_slow": shown.actor == Actor.MANUFACTURER and catalogue.is_slow(request.type, request.manufacturer),
    }


def checked_at(request: OnboardingRequest) -> str:
    """Return the time of day when the platform last answered about it, e.g. "14:03:20", empty before."""
    return to_the_second(timezone.localtime(request.checked_at)) if request.checked_at else ""
