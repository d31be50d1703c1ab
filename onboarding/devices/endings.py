"""When a connected device comes to its end by itself, and when its owner is reminded of that. Times are passed in."""

from datetime import datetime, timedelta
from typing import Any

from onboarding.catalogue.help_texts import mandate_days
from onboarding.request.ending import coming_end
from onboarding.request.models import OnboardingRequest

# So many days before the end there is a mail.
STEPS = (60, 30, 7)


def first_plan(request: OnboardingRequest, now: datetime) -> dict[str, Any]:
    """Say for a device that was connected when its permission ends, by its manufacturer, and when to remind of an end.

    What the platform says of the permission goes before that, once it says anything.
    """
    days = mandate_days(request.type, request.manufacturer)
    valid_until = now + timedelta(days=days) if days else None
    return {"valid_until": valid_until, "remind_at": next_reminder(request.consent_ends_at, valid_until, after=now)}


def next_reminder(
    consent_ends_at: datetime | None, mandate_ends_at: datetime | None, *, after: datetime
) -> datetime | None:
    """Return the moment of the next step; None when there is no end, or no step before it that is still ahead."""
    end = coming_end(consent_ends_at, mandate_ends_at)
    moments = [end.at - timedelta(days=step) for step in STEPS] if end else []
    return next((moment for moment in moments if moment > after), None)


def step_at(end: datetime, now: datetime) -> int:
    """Return the last step whose moment has come; 0 before the first, and when it is over."""
    come = [step for step in STEPS if end - timedelta(days=step) <= now < end]
    return min(come, default=0)
