"""What the database knows of how things go, for Prometheus: read when somebody asks, by statements that use indexes."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from onboarding.catalogue.models import CatalogueSnapshot
from onboarding.devices.models import Device, MakerHealth
from onboarding.gateway.models import PlatformHealth
from onboarding.jobs import heartbeat
from onboarding.jobs.lease import Lease
from onboarding.lib.count_models import WorkCount
from onboarding.lib.fault_models import Fault
from onboarding.limits.models import RateLimitTally
from onboarding.mail.models import Mail
from onboarding.push.models import PushSubscription
from onboarding.request.lifecycle import FINAL, State
from onboarding.request.models import OnboardingRequest
from onboarding.request.work_queues import FLAGGED
from onboarding.support.bulk_models import BulkJob
from onboarding.webhooks.models import WebhookDelivery

# A count reads every row, and so many are as bad as more.
MOST_COUNTED = 10_000
MOST_TIMED = 1000
LATELY = timedelta(days=1)
HOUR = timedelta(hours=1)
KINDS: dict[str, type[Lease]] = {
    "request": OnboardingRequest,
    "device": Device,
    "mail": Mail,
    "push": PushSubscription,
    "webhook": WebhookDelivery,
    "bulk": BulkJob,
}
# Names of `lib.counts`, and what is told of each.
COUNTED = {
    "platform_calls": "Calls to the platform by workers, by outcome.",
    "platform_call_seconds": "How long calls to the platform took, all together.",
    "mails": "What became of mails whose turn it was.",
    "pushes": "Attempts to tell browsers, by outcome.",
    "webhooks": "Attempts to deliver webhooks, by outcome.",
}


class DatabaseCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        yield from _due(now)
        yield from _platform()
        yield from _worker()
        yield from _counted()
        yield from _requests(now)
        yield from _troubles(now)
        yield from _catalogue(now)
        yield _devices()

    def describe(self) -> list[Metric]:
        return []  # or it would be asked when it is registered


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    return generate_latest(registry)


def _due(now: datetime) -> Iterator[Metric]:
    rows = GaugeMetricFamily("portal_due_rows", "What is due and nobody is at, up to 10,000.", labels=["kind"])
    oldest = GaugeMetricFamily("portal_oldest_due_seconds", "For how long the oldest of that is due.", labels=["kind"])
    for kind, model in KINDS.items():
        due = model.due(now)
        since = due.order_by("due_at").values_list("due_at", flat=True).first()
        rows.add_metric([kind], _count(due) if since else 0)
        oldest.add_metric([kind], (now - since).total_seconds() if since else 0)
    yield rows
    yield oldest


def _platform() -> Iterator[Metric]:
    health = PlatformHealth.objects.first() or PlatformHealth()
    since = health.away_since
    yield _gauge("portal_platform_away", "Whether the circuit to the platform is open.", bool(since))
    yield _gauge(
        "portal_platform_away_timestamp_seconds", "Since when; 0 while it is not.", since.timestamp() if since else 0
    )
    yield _gauge("portal_platform_failures", "Calls in a row without an answer.", health.failures)
    lost = CounterMetricFamily("portal_worker_threads_lost", "Threads of workers that had to be replaced.")
    lost.add_metric([], health.lost_threads)
    yield lost


def _worker() -> Iterator[Metric]:
    last = heartbeat.last_beat()
    yield _gauge(
        "portal_worker_alive_timestamp_seconds",
        "When a worker last gave a sign of life; 0: never.",
        last.timestamp() if last else 0,
    )


def _counted() -> Iterator[Metric]:
    counts = list(WorkCount.objects.order_by("outcome").values_list("name", "outcome", "amount"))
    for name, words in COUNTED.items():
        family = CounterMetricFamily(f"portal_{name}", words, labels=["outcome"])
        for counted, outcome, amount in counts:
            if counted == name:
                family.add_metric([outcome], amount)
        yield family


def _requests(now: datetime) -> Iterator[Metric]:
    begun = OnboardingRequest.objects.filter(created_at__gte=now - LATELY)
    states = dict(begun.order_by().values_list("state").annotate(Count("pk")))
    family = GaugeMetricFamily("portal_requests_of_a_day", "Requests begun within a day, by state.", labels=["state"])
    for state in State:
        family.add_metric([state.value], states.get(state.value, 0))
    yield family
    yield _times_to_done(begun)
    flagged = OnboardingRequest.objects.filter(FLAGGED)
    yield _gauge("portal_requests_with_staff", "Requests that wait for a colleague, up to 10,000.", _count(flagged))


def _times_to_done(begun: QuerySet[OnboardingRequest]) -> Metric:
    """Tell how long the newest of a day took from consent to any outcome; nothing when there is none."""
    over = begun.filter(state__in=[state.value for state in FINAL], consented_at__isnull=False)
    newest = over.order_by("-created_at").values_list("consented_at", "finished_at")[:MOST_TIMED]
    seconds = sorted((end - start).total_seconds() for start, end in newest if start and end)
    family = GaugeMetricFamily(
        "portal_seconds_to_done", "From consent to the outcome, of requests begun within a day.", labels=["quantile"]
    )
    for quantile in (0.5, 0.9) if seconds else ():
        family.add_metric([str(quantile)], seconds[int(quantile * (len(seconds) - 1))])
    return family


def _troubles(now: datetime) -> Iterator[Metric]:
    troubled = Mail.objects.filter(due_at__isnull=False).exclude(trouble="")
    yield _gauge("portal_mails_in_trouble", "Mails that could not be sent yet, up to 10,000.", _count(troubled))
    failing = WebhookDelivery.objects.filter(due_at__isnull=False, failures__gt=0)
    yield _gauge("portal_webhooks_in_trouble", "Webhooks that did not arrive yet, up to 10,000.", _count(failing))
    stops = GaugeMetricFamily(
        "portal_rate_limit_stops", "Stops by rate limits in this hour and the one before.", labels=["limit", "scope"]
    )
    lately = RateLimitTally.objects.filter(hour__gt=now - 2 * HOUR).order_by().values_list("name", "scope")
    for name, scope, times in lately.annotate(Sum("times")):
        stops.add_metric([name, scope], times)
    yield stops
    faults = GaugeMetricFamily("portal_faults", "Faults that nobody expected, today.", labels=["room", "error"])
    for room, error, times in Fault.objects.filter(day=timezone.localdate(now)).values_list("room", "error", "times"):
        faults.add_metric([room, error], times)
    yield faults


def _catalogue(now: datetime) -> Iterator[Metric]:
    fetched_at = CatalogueSnapshot.objects.values_list("fetched_at", flat=True).first()
    age = (now - fetched_at).total_seconds() if fetched_at else float("inf")
    yield _gauge("portal_catalogue_age_seconds", "How old our copy of the list of devices is.", age)


def _devices() -> Metric:
    """Sum up what a worker counted by manufacturer, instead of counting every device."""
    names = ("devices", "flowing", "quiet", "gone")
    sums = MakerHealth.objects.aggregate(**{f"all_{name}": Sum(name) for name in names})
    family = GaugeMetricFamily("portal_devices", "Connected devices by how they are, hourly.", labels=["health"])
    known = {name: sums[f"all_{name}"] or 0 for name in names}
    known["waiting"] = known.pop("devices") - sum(known[name] for name in names[1:])
    for health, count in known.items():
        family.add_metric([health], count)
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, words)
    family.add_metric([], value)
    return family


def _count(rows: QuerySet[Lease] | QuerySet[OnboardingRequest] | QuerySet[Mail] | QuerySet[WebhookDelivery]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()
