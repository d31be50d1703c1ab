"""From one request of a work queue to the next: the page of a request knows from which list it was opened."""

from datetime import datetime
from urllib.parse import parse_qs

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from onboarding.request import work_queues
from onboarding.request.models import OnboardingRequest

from .listing import QUEUE

# Where Django keeps, in the address of a row's page, what its list was narrowed down by.
KEPT = "_changelist_filters"


def kept_queue(request: HttpRequest) -> work_queues.Queue | None:
    """Return the queue from which a page was opened."""
    named = parse_qs(request.GET.get(KEPT, "")).get(QUEUE, [""])
    return work_queues.find_queue(named[0])


def with_queue(url: str, queue: work_queues.Queue | None) -> str:
    """Let an address lead back into the queue."""
    return f"{url}?{urlencode({KEPT: f'{QUEUE}={queue.name}'})}" if queue else url


def address_of(pk: int, queue: work_queues.Queue | None = None) -> str:
    """Return the address of the page of a request."""
    return with_queue(reverse("admin:onboarding_onboardingrequest_change", args=[pk]), queue)


def next_in(queue: work_queues.Queue, row: OnboardingRequest, *, now: datetime) -> int | None:
    """Find what has waited longest after a request, or longest of all when none is behind it. In one or two queries."""
    waiting = queue.of(OnboardingRequest.objects.exclude(pk=row.pk), now=now).order_by(queue.since, "pk")
    keys = waiting.values_list("pk", flat=True)
    since = OnboardingRequest.objects.filter(pk=row.pk).values_list(queue.since, flat=True)[0]
    if since is None:  # it is in another queue by now
        return keys.first()
    # The first condition says nothing new, and lets the database begin there in the index.
    behind = Q((f"{queue.since}__gte", since)) & (Q((f"{queue.since}__gt", since)) | Q(pk__gt=row.pk))
    found: int | None = keys.filter(behind).first() or keys.first()
    return found
