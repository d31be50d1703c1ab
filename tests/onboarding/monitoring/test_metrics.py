"""What Prometheus reads: who may, what counts, and that no number costs much or tells of anybody."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.conf import settings as portal
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from onboarding.gateway.upstream import platform as gate
from onboarding.jobs import heartbeat
from onboarding.lib import counts, faults
from onboarding.limits import limit_table, rate_limits
from onboarding.limits.limit_table import Limit
from onboarding.models import Mail, MakerHealth, OnboardingRequest, PlatformHealth, WorkCount
from onboarding.platform_api.errors import PlatformUnavailable, RequestRejected
from tests.customers import Customer, work
from tests.journeys.portal import free_port

TOKEN = "a-token-for-prometheus-of-a-good-length"
SAMPLE = re.compile(r"^([a-z_:]+)(\{.*\})? (\S+)$", re.MULTILINE)
ROOT = Path(portal.BASE_DIR)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def token(settings: Settings) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    counts._counted.clear()
    yield
    counts._counted.clear()


def ask(client: Client | None = None, token: str = TOKEN) -> str:
    response = (client or Client()).get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    return response.content.decode()


def samples(text: str = "") -> dict[str, float]:
    return {f"{name}{labels}": float(value) for name, labels, value in SAMPLE.findall(text or ask())}


class TestAccess:
    def test_is_for_who_has_the_token(self) -> None:
        response = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Type"].startswith("text/plain; version=")

    @pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ä"])
    def test_is_for_nobody_else(self, sent: str) -> None:
        response = Client().get("/metrics", headers={"Authorization": sent})
        assert (response.status_code, response.content) == (401, b"")

    def test_is_for_nobody_without_a_token(self, settings: Settings) -> None:
        settings.METRICS_TOKEN = ""
        for sent in ("", "Bearer ", f"Bearer {TOKEN}"):
            assert Client().get("/metrics", headers={"Authorization": sent}).status_code == 404


class TestRequests:
    def test_are_counted_by_view_and_class_of_status(self) -> None:
        client = Client()
        before = samples(ask(client))
        client.get("/devices/")
        client.get("/devices/")
        client.get("/nowhere/")
        after = samples(ask(client))

        def more(view: str, status: str) -> float:
            key = f'portal_request_seconds_count{{status="{status}",view="{view}"}}'
            return after.get(key, 0) - before.get(key, 0)

        assert (more("onboarding:devices", "2xx"), more("none", "4xx")) == (2, 1)

    def test_say_how_polls_went(self, customer: Customer) -> None:
        customer.submit()
        page = customer.client.get(customer.url("status/panel"), headers={"HX-Request": "true"})
        before = samples(ask(customer.client))
        address = f"/onboarding/{customer.reference}/status/panel/"
        for version in ("0", customer.request.shown_version, customer.request.shown_version):
            page = customer.client.get(address, {"v": version}, headers={"HX-Request": "true"})
        assert page.status_code == 204
        after = samples(ask(customer.client))
        key = 'portal_request_seconds_count{status="%s",view="onboarding:status_panel"}'
        assert [after[key % status] - before.get(key % status, 0) for status in ("204", "2xx")] == [2, 1]


class TestWork:
    def test_that_is_due_is_counted_by_kind_with_its_age(self) -> None:
        now = timezone.now()
        for number in range(3):
            Mail.objects.create(kind="link", key=str(number), due_at=now - timedelta(seconds=100 * number))
        Mail.objects.create(kind="link", key="later", due_at=now + timedelta(hours=1))
        found = samples()
        assert found['portal_due_rows{kind="mail"}'] == 3
        assert 200 <= found['portal_oldest_due_seconds{kind="mail"}'] < 230
        assert {found[f'portal_due_rows{{kind="{kind}"}}'] for kind in ("request", "webhook", "bulk")} == {0}
        assert found['portal_oldest_due_seconds{kind="request"}'] == 0

    def test_of_calls_is_counted_by_outcome(self) -> None:
        with gate():
            time.sleep(0.01)
        for problem in (RequestRejected(), PlatformUnavailable(), PlatformUnavailable()):
            with pytest.raises(type(problem)), gate():
                raise problem
        counts.flush()
        found = samples()
        assert {key: value for key, value in found.items() if key.startswith("portal_platform_calls_total")} == {
            'portal_platform_calls_total{outcome="PlatformUnavailable"}': 2,
            'portal_platform_calls_total{outcome="RequestRejected"}': 1,
            'portal_platform_calls_total{outcome="answered"}': 1,
        }
        assert 0.01 <= found['portal_platform_call_seconds_total{outcome="answered"}'] < 5

    def test_of_mails_is_counted(self, customer: Customer, settings: Settings) -> None:
        customer.start().choose("EV", "Audi")
        request = customer.request
        Mail.objects.create(request=request, kind="link", key="1", to="a@example.org", due_at=timezone.now())
        OnboardingRequest.objects.filter(pk=request.pk).update(contact_email="a@example.org")
        work()
        counts.flush()
        assert samples()['portal_mails_total{outcome="sent"}'] == 1

    def test_is_added_up_over_workers_and_time(self) -> None:
        for _worker in range(2):
            counts.add("webhooks", "delivered")
            counts.add("webhooks", "delivered", 2)
            counts.flush()
        assert samples()['portal_webhooks_total{outcome="delivered"}'] == 6
        assert WorkCount.objects.count() == 1

    def test_that_was_not_done_writes_nothing(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            counts.flush()
        assert len(queries) == 0


class TestTroubles:
    def test_of_the_platform_are_told_with_their_beginning(self) -> None:
        assert samples()["portal_platform_away"] == 0
        since = timezone.now() - timedelta(minutes=5)
        PlatformHealth.objects.create(pk=1, away_since=since, failures=7, lost_threads=2)
        found = samples()
        assert (found["portal_platform_away"], found["portal_platform_failures"]) == (1, 7)
        assert found["portal_platform_away_timestamp_seconds"] == pytest.approx(since.timestamp(), abs=1)
        assert found["portal_worker_threads_lost_total"] == 2

    def test_of_a_worker_are_told_by_its_last_sign_of_life(self) -> None:
        assert samples()["portal_worker_alive_timestamp_seconds"] == 0
        heartbeat.beat()
        assert samples()["portal_worker_alive_timestamp_seconds"] == pytest.approx(time.time(), abs=20)

    def test_with_limits_and_faults_are_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(limit_table.LIMITS, "code", Limit(address="1 per minute"))
        for _try in range(3):
            rate_limits.hit("code", address="192.0.2.1")
        faults.note("advance", "KeyError")
        found = samples()
        assert found['portal_rate_limit_stops{limit="code",scope="address"}'] == 2
        assert found['portal_faults{error="KeyError",room="advance"}'] == 1


class TestTimes:
    def test_to_done_are_those_of_a_day(self, customer: Customer) -> None:
        now = timezone.now()
        customer.submit()
        rows = OnboardingRequest.objects.filter(pk=customer.request.pk)
        assert not [key for key in samples() if key.startswith("portal_seconds_to_done")]
        rows.update(state="connected", consented_at=now - timedelta(seconds=90), finished_at=now, due_at=None)
        found = samples()
        assert found['portal_seconds_to_done{quantile="0.5"}'] == pytest.approx(90)
        assert found['portal_requests_of_a_day{state="connected"}'] == 1
        rows.update(created_at=now - timedelta(days=2))
        assert samples()['portal_requests_of_a_day{state="connected"}'] == 0


class TestDevices:
    def test_are_counted_by_how_they_are_from_what_a_worker_counted(self) -> None:
        MakerHealth.objects.create(type="EV", manufacturer="Audi", devices=10, flowing=6, quiet=2, gone=1)
        MakerHealth.objects.create(type="EV", manufacturer="BMW", devices=4, flowing=4)
        found = samples()
        counted = {health: found[f'portal_devices{{health="{health}"}}'] for health in ("flowing", "quiet", "gone")}
        assert counted == {"flowing": 10, "quiet": 2, "gone": 1}
        assert found['portal_devices{health="waiting"}'] == 1

    def test_are_none_at_first(self) -> None:
        assert samples()['portal_devices{health="flowing"}'] == 0


class TestCost:
    def test_is_a_score_of_statements_by_indexes(self, customer: Customer) -> None:
        customer.submit()
        with CaptureQueriesContext(connection) as queries:
            ask()
        assert len(queries) <= 25

    def test_tells_of_nobody(self, customer: Customer) -> None:
        customer.submit("EV", "Volkswagen", vin="WVWZZZ1KZAW000802")
        work()
        counts.flush()
        text = ask(customer.client)
        request = customer.request
        told = ("WVWZZZ1KZAW000802", request.reference, request.support_code, request.platform_id, request.browser)
        assert [secret for secret in told if secret in text] == []


class TestProcesses:
    """gunicorn with two processes: whichever answers knows what both counted, and leaves nothing behind."""

    def test_count_together(self, tmp_path: Path) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "LOCAL": "true",
            "METRICS_TOKEN": TOKEN,
            "DATABASE_URL": f"sqlite:///{tmp_path / 'portal.sqlite3'}",
            "TMPDIR": str(tmp_path),
        }
        manage = [sys.executable, "manage.py", "migrate", "-v0"]
        subprocess.run(manage, cwd=ROOT, env=environment, check=True)
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", "realto_portal.wsgi", "--bind", f"127.0.0.1:{port}"]
        server = subprocess.Popen([*command, "--workers", "2", "--no-control-socket"], cwd=ROOT, env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            before = counted(url)
            for _request in range(40):
                httpx.get(f"{url}/readyz")
            assert counted(url) - before == 40
            assert len(list(tmp_path.glob("portal-metrics-*/histogram_*.db"))) == 2
        finally:
            server.terminate()
            server.wait(15)
        assert list(tmp_path.glob("portal-metrics-*")) == []


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            httpx.get(f"{url}/healthz")
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return


def counted(url: str) -> float:
    answer = httpx.get(f"{url}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    return samples(answer.text).get('portal_request_seconds_count{status="5xx",view="onboarding:readyz"}', 0)
