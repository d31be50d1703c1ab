"""What is told to Sentry and by OpenTelemetry: kinds of errors and times, and nothing of anybody."""

import json
import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import sentry_sdk
from django.conf import settings as portal
from django.test import Client
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_django import Settings
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from onboarding.lib import log_context
from realto_portal import sentry, traces
from realto_portal.logs import WithoutSecrets
from tests.customers import Customer
from tests.realto_portal.conftest import Project
from tests.realto_portal.test_settings import LOCAL, PLATFORM, PRODUCTION
from tests.receiver import Receiver

VIN, EMAIL, NAME = "WVWZZZ1KZAW000802", "zebra.unicorn@holder.example", "Zebedee Unicorn"
MARKS = (VIN, EMAIL, NAME, "zebra")
DSN = "http://key@127.0.0.1:1/1"
# Makes an import fail as if the package had never been installed.
WITHOUT_PACKAGES = """
import sys, importlib.abc
class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sentry_sdk", "opentelemetry"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nothing())
import runpy
sys.argv = ["manage.py", "check"]
runpy.run_path("manage.py", run_name="__main__")
"""


class Kept(Transport):
    """Keeps what would leave."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.texts.append(envelope.serialize().decode())

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(text.splitlines()[2]) for text in self.texts]


@pytest.fixture
def kept() -> Iterator[Kept]:
    kept = Kept()
    sentry.start(DSN, transport=kept)
    yield kept
    sentry_sdk.init()


def fail(email: str) -> None:
    vin = VIN
    raise ValueError(f"{email} may not have {vin}")


class TestSentry:
    def test_hears_what_went_wrong_and_where(self, kept: Kept) -> None:
        log_context.begin("4bf92f3577b34da6")
        try:
            fail(EMAIL)
        except ValueError:
            logging.getLogger("onboarding.jobs").exception("The mail to %s failed.", EMAIL)
        [event] = kept.events
        [error] = event["exception"]["values"]
        assert (event["level"], event["logger"], error["type"]) == ("error", "onboarding.jobs", "ValueError")
        assert event["logentry"] == {"message": "The mail to %s failed."}
        assert error["stacktrace"]["frames"][-1]["function"] == "fail"
        assert event["tags"] == {"request_id": "4bf92f3577b34da6"}

    def test_hears_nothing_of_a_person(self, kept: Kept) -> None:
        sentry_sdk.set_user({"email": EMAIL, "username": NAME})
        sentry_sdk.set_tag("vin", VIN)
        sentry_sdk.set_context("answers", {"vin": VIN})
        sentry_sdk.add_breadcrumb(message=EMAIL)
        try:
            try:
                fail(EMAIL)
            except ValueError as cause:
                raise RuntimeError(VIN) from cause
        except RuntimeError:
            logging.getLogger(VIN and "x").exception("%s has %s", NAME, VIN, extra={"request": EMAIL, "vin": VIN})
        assert len(kept.texts) == 1
        assert [mark for mark in MARKS if mark in kept.texts[0]] == []

    def test_hears_no_more_after_the_console_has_put_words_together(self, kept: Kept) -> None:
        console = logging.NullHandler()
        console.handle = WithoutSecrets().filter  # type: ignore[method-assign, assignment]
        logger = logging.getLogger("x.y")
        logger.addHandler(console)
        logger.error("The mail to %s failed.", EMAIL)
        logger.removeHandler(console)
        assert [event["logentry"] for event in kept.events] == [{"message": "The mail to %s failed."}]

    def test_hears_of_a_page_that_fails_without_its_request(self, kept: Kept, db: None, settings: Settings) -> None:
        settings.ROOT_URLCONF = "tests.security.test_headers"
        client = Client(raise_request_exception=False)
        answer = client.post(f"/breaks/?vin={VIN}", {"email": EMAIL}, headers={"Referer": f"https://x/{VIN}"})
        assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        [event] = kept.events
        assert event["exception"]["values"]
        assert event["tags"] == {"request_id": answer["X-Request-ID"]}
        assert not {"request", "user", "extra", "contexts", "breadcrumbs", "server_name", "modules"} & set(event)
        assert [mark for mark in MARKS if mark in kept.texts[0]] == []

    def test_hears_of_errors_alone(self, kept: Kept) -> None:
        logging.getLogger("x").warning("Careful, %s", NAME)
        assert kept.texts == []


@pytest.fixture
def spans(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(traces, "TRACER", provider.get_tracer("test"))
    first, *others = portal.MIDDLEWARE
    settings.MIDDLEWARE = [first, "realto_portal.traces.TracesMiddleware", *others]
    return exporter


class TestTraces:
    def test_tell_the_view_and_how_it_ended(self, spans: InMemorySpanExporter, customer: Customer) -> None:
        customer.submit("EV", "Volkswagen", vin=VIN)
        spans.clear()
        answer = customer.get("status")
        [span] = spans.get_finished_spans()
        assert span.name == "onboarding:status"
        assert dict(span.attributes or {}) == {
            "http.request.method": "GET",
            "http.route": "/onboarding/<str:reference>/status/",
            "http.response.status_code": 200,
            "portal.request_id": answer["X-Request-ID"],
        }

    def test_tell_nothing_of_a_person(self, spans: InMemorySpanExporter, customer: Customer) -> None:
        customer.submit("EV", "Volkswagen", vin=VIN)
        Client().get(f"/nowhere/{VIN}/?email={EMAIL}")
        text = "".join(span.to_json() for span in spans.get_finished_spans())
        told = (*MARKS, customer.reference, customer.request.support_code)
        assert [mark for mark in told if mark in text] == []

    @pytest.mark.parametrize("is_behind_proxy", [True, False])
    def test_go_on_with_that_of_a_proxy(
        self, spans: InMemorySpanExporter, settings: Settings, *, is_behind_proxy: bool
    ) -> None:
        settings.BEHIND_PROXY = is_behind_proxy
        theirs = "4bf92f3577b34da6a3ce929d0e0e4736"
        Client().get("/healthz", headers={"traceparent": f"00-{theirs}-00f067aa0ba902b7-01"})
        [span] = spans.get_finished_spans()
        assert span.context
        assert (f"{span.context.trace_id:032x}" == theirs) is is_behind_proxy


class TestStart:
    def test_goes_well_with_both(self, project: Project) -> None:
        reporters = {"SENTRY_DSN": DSN, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
        done = project.check(**LOCAL, **reporters)
        assert (done.returncode, done.stderr) == (0, "")
        found = project.settings("MIDDLEWARE", **LOCAL, **reporters)["MIDDLEWARE"]
        assert found[1] == "onboarding.monitoring.web_metrics.MetricsMiddleware"
        assert "realto_portal.traces.TracesMiddleware" in found

    def test_goes_well_without_the_packages_and_says_so(self, project: Project) -> None:
        reporters = {"SENTRY_DSN": DSN, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
        done = project.python("-c", WITHOUT_PACKAGES, **LOCAL, **reporters)
        assert done.returncode == 0, done.stderr
        for name, package in (("SENTRY_DSN", "sentry_sdk"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry.sdk")):
            assert f"{name} has no effect: the package {package} is not installed." in done.stderr

    def test_goes_well_without_packages_and_settings(self, project: Project) -> None:
        done = project.python("-c", WITHOUT_PACKAGES, **LOCAL)
        assert (done.returncode, done.stderr) == (0, "")

    def test_stops_with_an_address_that_others_can_read(self, project: Project) -> None:
        done = project.check(**PRODUCTION, **PLATFORM, SENTRY_DSN="http://key@sentry.example.org/1")
        assert done.returncode == 1
        assert "SENTRY_DSN must begin with https://" in done.stderr

    def test_sends_traces_where_it_is_told(self, project: Project) -> None:
        code = "import django; django.setup(); from django.test import Client; "
        code += "Client(SERVER_NAME='localhost').get('/healthz'); "
        code += "from opentelemetry import trace; trace.get_tracer_provider().force_flush()"
        with Receiver() as receiver:
            endpoint = receiver.url.removesuffix("/hooks")
            more = {"DJANGO_SETTINGS_MODULE": "realto_portal.settings", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
            done = project.python("-c", code, **LOCAL, **more)
            assert done.returncode == 0, done.stderr
            [(headers, body)] = receiver.got
        assert headers["Content-Type"] == "application/x-protobuf"
        assert b"onboarding:healthz" in body
