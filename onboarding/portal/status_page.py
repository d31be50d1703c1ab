"""What the status page shows."""

from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.catalogue import catalogue
from onboarding.catalogue.help_texts import type_help
from onboarding.devices.health_words import HealthWords
from onboarding.intake import entry_links
from onboarding.lib.languages import to_the_second
from onboarding.push import subscriptions
from onboarding.request.lifecycle import Actor, State
from onboarding.request.models import OnboardingRequest
from onboarding.status.view import ShownStatus, show_status

from . import renewal_page
from .device_page import health_context


def status_context(request: OnboardingRequest, browser: str) -> dict[str, Any]:
    """Collect what the status page shows to a browser; reads our database only."""
    since = health_context(request) | _renewal_context(request)
    health = since["health"]
    shown = _to_renew(shown_to_customer(request, health), since["renewal"])
    return since | {
        "title": shown.headline,
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


def shown_to_customer(request: OnboardingRequest, health: HealthWords | None) -> ShownStatus:
    """Say how a request is, and how its device is once it was connected."""
    return _cared_for(show_status(request, list(request.transactions.order_by("position"))), health)


def _renewal_context(request: OnboardingRequest) -> dict[str, str]:
    """Say of what is connected what ends before long, or has new words to agree to."""
    nothing = {"renewal": "", "renewal_button": ""}
    return renewal_page.notice_context(request) if request.state == State.CONNECTED else nothing


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
        actor_words=health.turn or words.get(health.actor, shown.actor_words),
    )


def _to_renew(shown: ShownStatus, renewal: str) -> ShownStatus:
    """Say whose turn it is where nothing else is asked of its owner, nor looked into: theirs, who may renew."""
    if not renewal or shown.actor not in {Actor.NOBODY, Actor.MANUFACTURER}:
        return shown
    return replace(shown, actor=Actor.CUSTOMER, actor_words=_("Your turn, if you like"))


def checked_at(request: OnboardingRequest) -> str:
    """Return the time of day when the platform last answered about it, e.g. "14:03:20", empty before."""
    return to_the_second(timezone.localtime(request.checked_at)) if request.checked_at else ""
