"""How the portal and what it depends on are doing, for the first page of the support desk."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .lifecycle import OPEN
from .models import CatalogueSnapshot, Mail, OnboardingRequest, PlatformHealth, WebhookDelivery

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Workers look every second; what is due for longer has nobody who works on it.
LATE = timedelta(minutes=5)
LATELY = timedelta(days=1)
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Sign:
    """One thing to watch; `trouble` is empty while it is well. `page`: the admin's list about it."""

    title: "StrOrPromise"
    page: str
    trouble: str = ""


def read_signs(now: datetime) -> list[Sign]:
    return [
        Sign(gettext_lazy("Platform"), "platformhealth", _platform(now)),
        Sign(gettext_lazy("List of devices"), "cataloguesnapshot", _catalogue(now)),
        Sign(gettext_lazy("Workers"), "onboardingrequest", _workers(now)),
        Sign(gettext_lazy("Mails"), "mail", _mails()),
        Sign(gettext_lazy("Webhooks"), "webhookdelivery", _webhooks(now)),
    ]


def _platform(now: datetime) -> str:
    health = PlatformHealth.objects.first()
    if health and health.away_since:
        return _("It does not answer, for %(time)s now.") % {"time": timesince(health.away_since, now, depth=1)}
    if health and health.next_call_at and health.next_call_at - now > LATE:
        return _("It asked us to pause.")
    return ""


def _catalogue(now: datetime) -> str:
    snapshot = CatalogueSnapshot.objects.defer("offers").first()
    if snapshot is None or snapshot.fetched_at is None:
        return _("It was never fetched.")
    if now - snapshot.fetched_at > timedelta(seconds=2 * settings.CATALOGUE_REFRESH_SECONDS) + LATE:
        return _("Our copy is %(time)s old.") % {"time": timesince(snapshot.fetched_at, now, depth=1)}
    return ""


def _workers(now: datetime) -> str:
    late = OnboardingRequest.objects.filter(next_check_at__lt=now - LATE, state__in=OPEN).order_by("next_check_at")
    since = late.values_list("next_check_at", flat=True).first()
    words = [_("Work waits for %(time)s. Is one running?") % {"time": timesince(since, now, depth=1)}] if since else []
    health = PlatformHealth.objects.first()
    if health and health.thread_lost_at and now - health.thread_lost_at < LATELY:
        lost = ngettext(
            "A thread hung or died and was replaced; %(count)d so far.",
            "A thread hung or died and was replaced; %(count)d so far.",
            health.lost_threads,
        )
        words.append(lost % {"count": health.lost_threads})
    return " ".join(words)


def _mails() -> str:
    failing = _count(Mail.objects.filter(due_at__isnull=False).exclude(trouble=""))
    words = ngettext("%(count)d could not be sent yet.", "%(count)d could not be sent yet.", failing)
    return words % {"count": failing} if failing else ""


def _webhooks(now: datetime) -> str:
    waiting = Q(next_attempt_at__isnull=False, tries__gt=0)
    failing = _count(WebhookDelivery.objects.filter(waiting))
    lost = _count(WebhookDelivery.objects.filter(gave_up_at__isnull=False, gave_up_at__gte=now - LATELY))
    words = []
    if failing:
        words.append(
            ngettext("%(count)d did not arrive yet.", "%(count)d did not arrive yet.", failing) % {"count": failing}
        )
    if lost:
        words.append(
            ngettext("%(count)d was given up since yesterday.", "%(count)d were given up since yesterday.", lost)
            % {"count": lost}
        )
    return " ".join(words)


def _count(rows: QuerySet[Any]) -> int:
    return rows[:MOST_COUNTED].count()
