"""Requests that are all due now: `python -m benchmarks.backlog queued|following COUNT`, to be sent or to be looked at.

Their manufacturers differ, so that workers ask about each by itself and not for lists.
"""

import os
import sys
from datetime import timedelta
from uuid import uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.utils import timezone

from benchmarks.far_platform import MAKERS
from onboarding.models import OnboardingRequest


def fill(state: str, count: int) -> None:
    """Make so many requests, due one after the other up to now."""
    now = timezone.now()
    is_sent = state == "following"
    OnboardingRequest.objects.bulk_create(
        OnboardingRequest(
            browser="b" * 64,
            type="EV",
            manufacturer=MAKERS[number % len(MAKERS)],
            attributes={"vin": f"WA1DMAFE{number:09}"},
            state=state,
            platform_id=str(uuid4()) if is_sent else "",
            consented_at=now,
            sent_at=now - timedelta(hours=12) if is_sent else None,
            due_at=now - timedelta(milliseconds=count - number),
        )
        for number in range(count)
    )


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
