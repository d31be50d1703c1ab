"""What programs ask that watch over the processes."""

from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from onboarding.portal.htmx import personal

from . import database_metrics, web_metrics
from .readiness import readiness


@require_safe
def healthz(_http: HttpRequest) -> HttpResponse:
    """Answer that this process lives, whatever else does not."""
    return _plain("ok")


@require_safe
def readyz(_http: HttpRequest) -> HttpResponse:
    """Answer part by part whether the portal can do its work; 503 when it cannot."""
    parts = readiness()
    status = HTTPStatus.OK if all(parts.values()) else HTTPStatus.SERVICE_UNAVAILABLE
    return _plain("\n".join(f"{part}: {'ok' if is_well else 'not ok'}" for part, is_well in parts.items()), status)


@require_safe
def metrics(http: HttpRequest) -> HttpResponse:
    """Answer Prometheus, by a token; not found while there is none."""
    if not settings.METRICS_TOKEN:
        raise Http404
    token = http.headers.get("Authorization", "").removeprefix("Bearer ")
    if not constant_time_compare(token, settings.METRICS_TOKEN):
        return _plain("", HTTPStatus.UNAUTHORIZED)
    text = web_metrics.exposition() + database_metrics.exposition()
    return personal(HttpResponse(text, content_type=CONTENT_TYPE_LATEST))


def _plain(text: str, status: int = HTTPStatus.OK) -> HttpResponse:
    return personal(HttpResponse(text, status=status, content_type="text/plain"))
