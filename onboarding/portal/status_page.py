"""What the status page shows."""

from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.catalogue import catalogue
from onboarding.catalogue.help_texts import type_help
from onboarding.devices.health_words import HealthWords, device_of, health_words, makers_of
from onboarding.intake import entry_links
from onboarding.lib.languages import to_the_second
from onboarding.push import subscriptions
from onboarding.request.lifecycle import Actor
from onboarding.request.models import OnboardingRequest
from onboarding.status.view import ShownStatus, show_status

from .device_page import reconnect_url


def status_context(request: OnboardingRequest, browser: str) -> dict[str, Any]:
    """Collect what the status page shows to a browser; reads our database only."""
    shown, health = shown_to_customer(request)
    return {
        "title": shown.headline,
        "health": health,
        "reconnect_url": reconnect_url(request) if health and health.is_up_to_customer else "",
        "polls": _polls(shown, health),
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


def shown_to_customer(request: OnboardingRequest) -> tuple[ShownStatus, HealthWords | None]:
    """Say how a request is, and how its device is once it was connected."""
    device = device_of(request)
    health = health_words(device, makers_of([request])) if device else None
    return _cared_for(show_status(request, list(request.transactions.order_by("position"))), health), health


def _polls(shown: ShownStatus, health: HealthWords | None) -> str:
    """Say how the page asks for news: "often" until there is an outcome, "slowly" while it waits for first data."""
    if shown.is_polling:
        return "often"
    return "slowly" if health and health.is_waiting else ""


def _cared_for(shown: ShownStatus, health: HealthWords | None) -> ShownStatus:
    """Let the page of a connected device be about the data, when that has stopped."""
    if health is None or not health.is_silent:
        return shown
    words = {Actor.CUSTOMER: _("Your turn, if you like"), Actor.US: _("We are at work")}
    return replace(
        shown,
        headline=health.state,
        sentence=health.sentence,
        icon="action" if health.is_up_to_customer else "waiting",
        actor=health.actor,
        actor_words=words.get(health.actor, shown.actor_words),
    )


def checked_at(request: OnboardingRequest) -> str:
    """Return the time of day when the platform last answered about it, e.g. "14:03:20", empty before."""
    return to_the_second(timezone.localtime(request.checked_at)) if request.checked_at else ""
