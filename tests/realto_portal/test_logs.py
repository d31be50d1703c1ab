"""What the logs tell: whose request and which web request, at what time, and no address that opens something."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client, RequestFactory
from pytest_django import Settings

from onboarding.jobs.crew import succeeds
from onboarding.lib import log_context
from onboarding.webhooks import outbox as webhooks
from realto_portal.logs import JsonFormatter, LineFormatter, WithoutSecrets
from realto_portal.request_id import id_of
from tests.customers import Customer, work
from tests.realto_portal.conftest import ROOT, Project
from tests.receiver import endpoint

TOKEN = "Vb3kT0p9xQ2mZ8nL4rS6wA"
# 13:05:06.007 in Brussels, in summer.
MOMENT = datetime(2026, 7, 1, 11, 5, 6, 7000, tzinfo=UTC).timestamp()


def as_logged(message: str, *args: object) -> str:
    return cleaned(message, *args).getMessage()


def cleaned(message: str, *args: object, exc_info: Any = None) -> logging.LogRecord:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, args, exc_info)
    record.created = MOMENT
    assert WithoutSecrets().filter(record)
    return record


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(record)
    assert "\n" not in line
    told: dict[str, Any] = json.loads(line)
    return told


class Written(logging.Handler):
    """Keeps lines as the console would show them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, Any]] = []
        self.addFilter(WithoutSecrets())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(as_json(record))


@contextmanager
def about(support_code: str, request_id: str) -> Iterator[None]:
    log_context.begin(request_id)
    log_context.note(support_code)
    yield
    log_context.begin()


@pytest.fixture
def written() -> Iterator[Written]:
    handler = Written()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


class TestSecrets:
    @pytest.mark.parametrize("place", ["continue", "step", "onboarding", "return"])
    def test_are_cut_out_of_addresses(self, place: str) -> None:
        assert as_logged("Not Found: %s", f"/{place}/{TOKEN}/status/") == f"Not Found: /{place}/…/status/"

    def test_are_cut_out_of_links_of_companies(self) -> None:
        assert as_logged("Gone: /start/?k=%s", "eyJhIjoxfQ:1v:abc_DEF-1") == "Gone: /start/?k=…"

    def test_leave_other_words_as_they_are(self) -> None:
        assert as_logged("Request %s needs a colleague: %s", "ACDE-FHJK", "not-let-go").endswith(
            "ACDE-FHJK needs a colleague: not-let-go"
        )

    def test_are_kept_from_the_console(self) -> None:
        assert settings.LOGGING["handlers"]["console"]["filters"] == ["without_secrets"]

    def test_are_kept_out_of_json_too(self) -> None:
        assert as_json(cleaned("Not Found: %s", f"/continue/{TOKEN}/"))["message"] == "Not Found: /continue/…/"

    @pytest.mark.parametrize("formatter", [LineFormatter(), JsonFormatter()])
    def test_are_kept_out_of_what_an_error_says(self, formatter: logging.Formatter) -> None:
        try:
            raise OperationalError(f"no such page: /continue/{TOKEN}/")
        except OperationalError:
            told = formatter.format(cleaned("Something went wrong.", exc_info=sys.exc_info()))
        assert "OperationalError: no such page: /continue/…/" in told
        assert TOKEN not in told

    def test_of_a_page_that_is_not_there_are_not_logged(self, db: None, caplog: pytest.LogCaptureFixture) -> None:
        caplog.handler.addFilter(WithoutSecrets())
        Client().get(f"/continue/{TOKEN}/")
        assert "/continue/…/" in caplog.text
        assert TOKEN not in caplog.text


class TestLine:
    def test_says_when_in_utc_and_that_it_does(self) -> None:
        line = LineFormatter().format(cleaned("Not Found: %s", "/x"))
        assert line == "2026-07-01T11:05:06.007Z WARNING django.request: Not Found: /x"

    def test_says_whom_it_is_about(self) -> None:
        with about("ACDE-FHJK", "4bf92f3577b34da6"):
            assert LineFormatter().format(cleaned("Gone.")).endswith("Gone. [ACDE-FHJK 4bf92f3577b34da6]")
        assert LineFormatter().format(cleaned("Gone.")).endswith("Gone.")


class TestJson:
    def test_says_the_same(self) -> None:
        with about("ACDE-FHJK", "4bf92f3577b34da6"):
            told = as_json(cleaned("Two\nlines: %s", "ä"))
        assert told.pop("process") > 0
        assert told == {
            "time": "2026-07-01T11:05:06.007Z",
            "level": "WARNING",
            "logger": "django.request",
            "message": "Two\nlines: ä",
            "support_code": "ACDE-FHJK",
            "request_id": "4bf92f3577b34da6",
        }


class TestTimes:
    """One clock for gunicorn's first process, web processes and workers, wherever the machine is."""

    SAYS = re.compile(r'"time": "(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d{3}Z"')

    @pytest.mark.parametrize("place", ["UTC", "America/New_York"])
    @pytest.mark.parametrize(
        "before",
        ["", "import os, time, logging; os.environ['TZ'] = 'Asia/Tokyo'; time.tzset(); "],
        ids=["as it starts", "whatever was set"],
    )
    def test_of_a_process_are_utc(self, project: Project, place: str, before: str) -> None:
        code = f"{before}import django, logging; django.setup(); logging.getLogger('x').warning('now')"
        more = {"DJANGO_SETTINGS_MODULE": "realto_portal.settings", "LOCAL": "true", "LOG_FORMAT": "json"}
        done = project.python("-c", code, TZ=place, **more)
        found = self.SAYS.search(done.stderr)
        assert found, done.stderr
        said = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        assert abs((datetime.now(UTC) - said).total_seconds()) < 60

    def test_of_gunicorns_own_lines_are_utc_too(self) -> None:
        code = "import runpy; print(runpy.run_path('gunicorn.conf.py')['logconfig_dict']['handlers'])"
        environment = {"LOG_FORMAT": "json", "TZ": "America/New_York"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        assert "'formatter': 'json'" in done.stdout


class TestRequestId:
    def test_is_in_the_answer_and_in_every_line(self, db: None, written: Written) -> None:
        request_id = Client().get("/nowhere/")["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{16}", request_id)
        assert [line["request_id"] for line in written.lines if "Not Found" in line["message"]] == [request_id]

    def test_is_another_for_each_request(self, db: None) -> None:
        assert len({Client().get("/healthz/")["X-Request-ID"] for _request in range(5)}) == 5

    def test_is_the_proxys_behind_one(self, db: None, settings: Settings) -> None:
        settings.BEHIND_PROXY = True
        asked = {"X-Request-ID": "4bf92f35-77b3.4da6_a3ce"}
        assert Client().get("/healthz/", headers=asked)["X-Request-ID"] == "4bf92f35-77b3.4da6_a3ce"

    def test_is_never_a_strangers(self) -> None:
        asked = RequestFactory().get("/", headers={"X-Request-ID": "chosen-by-somebody"})
        assert id_of(asked) != "chosen-by-somebody"

    @pytest.mark.parametrize(
        "odd", ["", "short", "a" * 65, "two words here", "line\nbreak-here", "-begins-with", "ä" * 9]
    )
    def test_that_is_not_well_formed_is_not_taken(self, settings: Settings, odd: str) -> None:
        settings.BEHIND_PROXY = True
        assert re.fullmatch(r"[0-9a-f]{16}", id_of(RequestFactory().get("/", headers={"X-Request-ID": odd})))

    def test_is_not_in_what_a_thread_does_next(self, db: None) -> None:
        Client().get("/nowhere/")
        found: list[log_context.About] = []
        succeeds("a job", lambda: found.append(log_context.current()))
        assert found == [log_context.About()]


class TestSupportCode:
    def test_is_in_the_lines_of_a_customers_page(self, customer: Customer, written: Written) -> None:
        customer.start().choose("EV", "Audi")
        customer.client.get(f"/onboarding/{customer.reference}/receipts/00000000-0000-0000-0000-000000000001/")
        assert [line["support_code"] for line in written.lines if "Not Found" in line["message"]] == [
            customer.request.spoken_support_code
        ]

    def test_is_in_the_lines_of_a_worker(self, customer: Customer, written: Written) -> None:
        customer.submit("EV", "Audi", vin="WA1DMAFE0D0000503")
        work()
        calls = [line for line in written.lines if line["logger"] == "onboarding.platform_api.exchange"]
        assert {line["support_code"] for line in calls} == {customer.request.spoken_support_code}

    def test_is_in_the_lines_about_a_webhook(self, customer: Customer, written: Written) -> None:
        endpoint()
        customer.submit("EV", "Audi")
        token = webhooks.claim()
        succeeds("deliver", lambda: (webhooks.begin_attempt(token), logging.getLogger("x").warning("here")))
        assert [line["support_code"] for line in written.lines if line["message"] == "here"] == [
            customer.request.spoken_support_code
        ]

    def test_is_forgotten_before_the_next_job(self) -> None:
        succeeds("one", lambda: log_context.note("ACDE-FHJK"))
        found: list[str] = []
        succeeds("another", lambda: found.append(log_context.current().support_code))
        assert found == [""]
