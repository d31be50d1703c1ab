"""How web requests go, for Prometheus: counted in files that the processes of one gunicorn share.

`gunicorn.conf.py` makes their folder; without one, as under a development server, this process counts by itself.
"""

import logging
import time
from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

logger = logging.getLogger(__name__)

OWN = CollectorRegistry()
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

REQUESTS = Histogram(
    "portal_request_seconds",
    "Web requests, by view and class of status (204: a poll without news), and how long the portal took.",
    ["view", "status"],
    buckets=BUCKETS,
    registry=OWN,
)


class MetricsMiddleware:
    """Counts and times each request. Not there at all while nobody may read it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        try:
            _requests(match.view_name if match else "none", response.status_code).observe(time.perf_counter() - began)
        except OSError:  # the folder was cleared away, or its disk is full: no reason to lose an answer
            logger.warning("A request could not be counted.", exc_info=True)
        return response


def exposition() -> bytes:
    """Return what all processes of this gunicorn counted, in Prometheus's text."""
    registry = CollectorRegistry()
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:  # there is no folder
        registry = OWN
    return generate_latest(registry)


# To find a child by its labels takes longer than to count.
@cache
def _requests(view: str, status: int) -> Histogram:
    return REQUESTS.labels(view, "204" if status == HTTPStatus.NO_CONTENT else f"{status // 100}xx")
