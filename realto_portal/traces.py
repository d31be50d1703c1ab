"""A trace of each web request by OpenTelemetry: which view, how it ended, how long it took. No address, no person."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from onboarding.lib import log_context

SERVICE = "realto-portal"
TRACER = trace.get_tracer(SERVICE)


def start(endpoint: str) -> None:
    """Send traces to an OTLP endpoint, over HTTP and in the background."""
    provider = TracerProvider(resource=Resource({"service.name": SERVICE}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)


class TracesMiddleware:
    """Makes a span of each web request; it goes on with the proxy's trace, if there is a proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = (
            propagate.extract({"traceparent": request.headers.get("traceparent", "")})
            if settings.BEHIND_PROXY
            else None
        )
        span = TRACER.start_as_current_span(
            "none", before, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        )
        with span as current:
            response = self.get_response(request)
            self._describe(current, request, response)
        return response

    @staticmethod
    def _describe(span: trace.Span, request: HttpRequest, response: HttpResponse) -> None:
        match = request.resolver_match
        span.update_name(match.view_name if match else "none")
        span.set_attribute("http.request.method", request.method or "")
        span.set_attribute("http.route", f"/{match.route}" if match else "")
        span.set_attribute("http.response.status_code", response.status_code)
        span.set_attribute("portal.request_id", log_context.current().request_id)
        if response.status_code >= 500:
            span.set_status(Status(StatusCode.ERROR))
