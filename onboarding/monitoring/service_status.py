"""Whether connecting works at the moment, for anybody: nothing about a person, a request or a machine."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import Error
from django.utils import timezone

from onboarding.gateway.models import PlatformHealth
from onboarding.jobs import heartbeat
from onboarding.lib.cached_rows import Cached
from onboarding.request.models import OnboardingRequest

# What is due for longer has nobody who works on it, or too much before it.
LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class ServiceStatus:
    """`late_since` is empty while all is well; `is_platform_away` tells whether that is why."""

    late_since: datetime | None = None
    is_platform_away: bool = False


KNOWN = Cached[ServiceStatus]("onboarding.monitoring.service_status")


def current() -> ServiceStatus:
    """Return what this process knows, some seconds old at most, however many ask; without a database, that it waits."""
    try:
        return KNOWN.get(_read)
    except Error:
        return ServiceStatus(timezone.now())


def _read() -> ServiceStatus:
    now = timezone.now()
    away_since = PlatformHealth.objects.values_list("away_since", flat=True).first()
    if away_since:
        return ServiceStatus(away_since, is_platform_away=True)
    beaten_at = heartbeat.last_beat()
    if beaten_at and not heartbeat.is_alive(beaten_at, now):
        return ServiceStatus(beaten_at)
    due = OnboardingRequest.due(now - LATE).order_by("due_at")
    return ServiceStatus(due.values_list("due_at", flat=True).first())
