"""What programs ask that watch over the processes, and customers who wonder whether it works."""

from datetime import UTC
from http import HTTPStatus

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from onboarding.portal.htmx import HtmxHttpRequest, personal, render_panel
from onboarding.portal.too_many import clock_time

from . import database_metrics, service_status, web_metrics
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
def status_page(http: HtmxHttpRequest) -> HttpResponse:
    """Tell anybody whether connecting works at the moment, and since when it does not."""
    found = service_status.current()
    context = {
        "title": _("Connecting takes longer") if found.late_since else _("Connecting works"),
        "late_since": clock_time(found.late_since) if found.late_since else "",
        "is_platform_away": found.is_platform_away,
    }
    return render_panel(http, "onboarding/service_status.html", context)


@require_safe
def status_json(_http: HttpRequest) -> HttpResponse:
    """Tell programs the same."""
    found = service_status.current()
    since = found.late_since.astimezone(UTC).isoformat(timespec="seconds") if found.late_since else None
    platform = "away" if found.is_platform_away else "ok"
    told = {"connecting": "delayed" if since else "ok", "platform": platform, "since": since}
    return personal(JsonResponse(told))


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
