"""How others know that a worker is alive: it writes the time down, a few times a minute."""

from datetime import datetime, timedelta

from django.utils import timezone

from onboarding.lib.cached_rows import ONLY

from .models import Heartbeat

EVERY_SECONDS = 15.0
# Longer than anything that holds a worker up which is well: it waits 20 s for a database that is busy.
SILENCE = timedelta(seconds=60)


def beat() -> None:
    """Write down that a worker is alive, by one statement."""
    now = timezone.now()
    if not Heartbeat.objects.filter(pk=ONLY).update(beaten_at=now):
        Heartbeat.objects.create(pk=ONLY, beaten_at=now)


def last_beat() -> datetime | None:
    """Return when a worker last looked for work; None when none ever did."""
    return Heartbeat.objects.values_list("beaten_at", flat=True).first()


def is_alive(beaten_at: datetime | None, now: datetime) -> bool:
    """Tell whether a worker that was last heard of then can be taken to be alive; one from the future tells nothing."""
    return beaten_at is not None and abs(now - beaten_at) <= SILENCE
