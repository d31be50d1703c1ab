"""How the portal and what it depends on are doing, for the first page of the support desk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Model, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from onboarding.branding import brand, sound
from onboarding.branding.models import Brand
from onboarding.catalogue import catalogue, help_texts
from onboarding.catalogue.help_models import ActionText, HelpText
from onboarding.catalogue.help_texts import type_help
from onboarding.catalogue.models import CatalogueSnapshot
from onboarding.catalogue.wish_models import PlannedOffer
from onboarding.consent import texts
from onboarding.consent.models import ConsentText
from onboarding.devices.makers import silent_makers
from onboarding.devices.models import MakerHealth
from onboarding.gateway.models import PlatformHealth
from onboarding.lib.fault_models import Fault
from onboarding.lib.moments import at_last
from onboarding.limits.limit_table import title_of
from onboarding.limits.models import RateLimitTally
from onboarding.mail.models import Mail
from onboarding.portal.models import CspReport
from onboarding.request.lifecycle import OPEN
from onboarding.request.models import OnboardingRequest
from onboarding.webhooks.endpoint_models import WebhookEndpoint
from onboarding.webhooks.models import WebhookDelivery

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Workers look every second; what is due for longer has nobody who works on it.
LATE = timedelta(minutes=5)
LATELY = timedelta(days=1)
MOST_COUNTED = 1000
# A few reports come from what people have added to their browsers.
WORTH_A_LOOK = 20
MOST_NAMED = 5
# Whose rows are staff's own, on every page.
OWN: tuple[type[Model], ...] = (Brand, HelpText, ActionText, ConsentText, PlannedOffer)
ROOMS = {
    "advance": gettext_lazy("a request"),
    "look_for_many": gettext_lazy("requests"),
    "follow_many": gettext_lazy("requests"),
    "send_mail": gettext_lazy("a mail"),
    "tell_wishers": gettext_lazy("a wish"),
    "wishes_come_true": gettext_lazy("a wish"),
    "deliver": gettext_lazy("a webhook"),
    "run_bulk": gettext_lazy("an operation for many requests"),
    "refresh_catalogue": gettext_lazy("the list of devices"),
    "refresh_if_due": gettext_lazy("the list of devices"),
    "measure_manufacturers": gettext_lazy("how fast manufacturers are"),
    "measure_if_due": gettext_lazy("how fast manufacturers are"),
    "settle_erasures": gettext_lazy("an erasure"),
    "retention": gettext_lazy("what is old and goes"),
    "end_expired_consents": gettext_lazy("a consent that ends"),
    "run_campaign": gettext_lazy("a campaign for a new text"),
    "remind_of_ends": gettext_lazy("a reminder of a consent that ends"),
    "consent": gettext_lazy("the consent text"),
    "input": gettext_lazy("what a browser sent"),
}


@dataclass(frozen=True)
class Sign:
    """One thing to watch; `trouble` is empty while it is well. `page`: the admin's list about it, if there is one."""

    title: "StrOrPromise"
    page: str
    trouble: str = ""


def read_signs(now: datetime) -> list[Sign]:
    return [
        Sign(gettext_lazy("Platform"), "platformhealth", _platform(now)),
        Sign(gettext_lazy("List of devices"), "cataloguesnapshot", _catalogue(now)),
        Sign(gettext_lazy("Data of connected devices"), "makerhealth", _makers()),
        Sign(gettext_lazy("Workers"), "onboardingrequest", _workers(now)),
        Sign(gettext_lazy("Mails"), "mail", _mails(now)),
        Sign(gettext_lazy("Webhooks"), "webhookdelivery", _webhooks(now)),
        Sign(gettext_lazy("Reports of browsers"), "cspreport", _browsers(now)),
        Sign(gettext_lazy("Brand and words"), "brand", _own_words()),
        Sign(gettext_lazy("The portal itself"), "", _faults(now)),
        Sign(gettext_lazy("Rate limits"), "ratelimittally", _limits(now)),
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


def _makers() -> str:
    """Name the manufacturers of which so many devices went quiet at once that the trouble is theirs."""
    named = [_silence(maker) for maker in silent_makers()[: MOST_NAMED + 1]]
    return " ".join(named[:MOST_NAMED]) + (" …" if len(named) > MOST_NAMED else "")


def _silence(maker: MakerHealth) -> str:
    told = {"manufacturer": maker.manufacturer, "device": type_help(maker.type).name, "all": maker.devices}
    told |= {"silent": maker.quiet + maker.gone, "when": at_last(maker.silent_since or maker.measured_at)}
    words = _("%(manufacturer)s (%(device)s): silent since %(when)s, %(silent)d of %(all)d devices.")
    return words % told


def _workers(now: datetime) -> str:
    late = OnboardingRequest.objects.filter(due_at__lt=now - LATE, state__in=OPEN).order_by("due_at")
    since = late.values_list("due_at", flat=True).first()
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


def _mails(now: datetime) -> str:
    waiting = Mail.objects.filter(due_at__isnull=False)
    troubled = waiting.exclude(trouble="")
    failing = _count(troubled)
    refused = _count(Mail.objects.filter(ended="refused", queued_at__gte=now - LATELY))
    since = waiting.filter(due_at__lt=now - LATE).order_by("due_at").values_list("due_at", flat=True).first()
    words = []
    if failing:
        newest = troubled.order_by("-due_at").values_list("trouble", flat=True)[0]
        told = ngettext(
            "%(count)d could not be sent yet (%(error)s).", "%(count)d could not be sent yet (%(error)s).", failing
        )
        words.append(told % {"count": failing, "error": newest.strip(": ")})
    if refused:
        told = ngettext("%(count)d was refused since yesterday.", "%(count)d were refused since yesterday.", refused)
        words.append(told % {"count": refused})
    if since:
        words.append(_("One waits for %(time)s.") % {"time": timesince(since, now, depth=1)})
    return " ".join(words)


def _webhooks(now: datetime) -> str:
    waiting = Q(due_at__isnull=False, failures__gt=0) | Q(due_at__lt=now - LATE)
    failing = _count(WebhookDelivery.objects.filter(waiting))
    lost = _count(WebhookDelivery.objects.filter(gave_up_at__isnull=False, gave_up_at__gte=now - LATELY))
    words = [*_paused_endpoints(now)]
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


def _paused_endpoints(now: datetime) -> Iterator[str]:
    for endpoint in WebhookEndpoint.objects.filter(paused_at__isnull=False, removed_at=None)[:MOST_NAMED]:
        since = timesince(endpoint.paused_at or now, now, depth=1)
        told = {"name": endpoint.name, "time": since, "reason": endpoint.get_pause_reason_display()}
        yield _("%(name)s is paused for %(time)s now: %(reason)s.") % told


def _browsers(now: datetime) -> str:
    lately = CspReport.objects.filter(day__gte=timezone.localdate(now - LATELY))
    times = lately.aggregate(times=Sum("times"))["times"] or 0
    if times < WORTH_A_LOOK:
        return ""
    return _("They kept our pages from loading something, %(count)d times since yesterday.") % {"count": times}


def _own_words() -> str:
    """Name what staff stored and no page can show."""
    brand.current()
    help_texts.read_all()
    texts.published()
    sound.rows(PlannedOffer.objects.all(), needed=catalogue.PLANNED)
    broken = [name for model in OWN for name in sound.broken_in(model)]
    told = ", ".join(broken[:MOST_NAMED]) + (" …" if len(broken) > MOST_NAMED else "")
    return _("The portal's own is shown instead of what is broken: %(names)s.") % {"names": told} if broken else ""


def _faults(now: datetime) -> str:
    """Say what went wrong since yesterday that nobody expected; the log has the rest."""
    newest = Fault.objects.filter(last_at__gte=now - LATELY).order_by("-last_at")[:MOST_NAMED]
    lines = [f"{ROOMS.get(fault.room, fault.room)}: {fault.error} ({fault.times})" for fault in newest]
    return _("Unexpected errors since yesterday: %(faults)s.") % {"faults": ", ".join(lines)} if lines else ""


def _limits(now: datetime) -> str:
    """Say how often limits stopped somebody today, and at what most often."""
    today = RateLimitTally.objects.filter(hour__gte=localtime(now).replace(hour=0, minute=0, second=0, microsecond=0))
    counted = list(today.values_list("name").annotate(total=Sum("times")).order_by("-total", "name"))
    count = sum(total for _name, total in counted)
    if not count:
        return ""
    words = ngettext("%(count)d try was too many today", "%(count)d tries were too many today", count)
    often = ", ".join(f"{title_of(name)} {total}" for name, total in counted[:MOST_NAMED])
    return f"{words % {'count': count}}: {often}."


def _count(rows: QuerySet[Any]) -> int:
    return rows[:MOST_COUNTED].count()
