"""What programs ask that watch over the processes."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from onboarding.portal.htmx import personal

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


def _plain(text: str, status: int = HTTPStatus.OK) -> HttpResponse:
    return personal(HttpResponse(text, status=status, content_type="text/plain"))
