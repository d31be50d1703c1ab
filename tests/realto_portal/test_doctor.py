"""`manage.py doctor`: what is well, what must be mended and how, and never a secret."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from pytest_django import Settings

from onboarding.jobs import heartbeat
from realto_portal.doctor.findings import without_secrets
from realto_portal.management.commands.doctor import findings
from tests.receiver import endpoint
from tests.security.mail_server import MailServer, Session, silent

pytestmark = pytest.mark.django_db

MARK = "swordfish-9f27"
NOBODY = "127.0.0.1:1"


def examine() -> tuple[int, list[str]]:
    """Return the exit code, and what was said line by line."""
    out = StringIO()
    try:
        call_command("doctor", stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue().splitlines()
    return 0, out.getvalue().splitlines()


def said(part: str) -> list[str]:
    return [line for line in examine()[1] if line[5:].startswith(f"{part}: ")]


@pytest.fixture(autouse=True)
def fine(settings: Settings) -> Settings:
    heartbeat.beat()
    return settings


class Platform(ThreadingHTTPServer):
    """Lets its callers in, or answers all of them with one status."""

    daemon_threads = True

    def __init__(self, status: int) -> None:
        super().__init__(("127.0.0.1", 0), PlatformHandler)
        self.status = status
        self.asked: list[str] = []

    def __enter__(self) -> "Platform":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.server_close()


class PlatformHandler(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({"access_token": "token-of-a-good-length", "expires_in": 3599})

    def do_GET(self) -> None:
        self._answer({"data": []})

    def _answer(self, content: dict[str, Any]) -> None:
        self.server.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        body = json.dumps(content).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def elsewhere(settings: Settings) -> Settings:
    """A platform over the network, where nobody listens unless a test says where somebody does."""
    settings.USES_EMBEDDED_SANDBOX = False
    settings.REALTO_API_URL = f"http://{NOBODY}/api"
    settings.REALTO_CLIENT_ID, settings.REALTO_CLIENT_SECRET = "somebody", MARK
    settings.REALTO_TIMEOUT_SECONDS = 5.0
    return settings


def mail_by(settings: Settings, port: int, **more: object) -> None:
    options = {"host": "127.0.0.1", "port": port, "timeout": 5, **more}
    settings.MAILERS = {"default": {"BACKEND": "onboarding.mail.smtp.EmailBackend", "OPTIONS": options}}


def polite(session: Session) -> None:
    session.say("220 ready")
    while line := session.hear():
        session.say("221 bye" if line.upper().startswith("QUIT") else "250 fine")


def strict(session: Session) -> None:
    session.say("220 ready")
    session.hear()
    session.say("250-hello")
    session.say("250 AUTH PLAIN")
    while session.hear():
        session.say("535 no")


class TestDoctor:
    def test_finds_nothing_where_all_is_well(self) -> None:
        code, lines = examine()
        assert lines[-1] == "All is well."
        assert code == 0
        assert {line[:5] for line in lines[:-1]} == {"ok   "}

    def test_names_every_part(self) -> None:
        parts = [line[5:].partition(":")[0] for line in examine()[1][:-1]]
        assert set(parts) == {
            *("Settings", "Keys", "Proxy", "Database", "Migrations", "Clock", "Worker", "Rate limits"),
            *("Static files", "Disk", "Platform", "Tenant", "Mail", "Webhooks"),
        }

    def test_misses_a_worker(self) -> None:
        heartbeat.Heartbeat.objects.all().delete()
        code, lines = examine()
        assert "MEND Worker: None was ever heard of: start `python manage.py worker`." in lines
        assert (code, lines[-1]) == (1, "1 to be mended.")

    def test_misses_a_migration(self) -> None:
        MigrationRecorder(connection).record_unapplied("onboarding", "0001_initial")
        assert said("Migrations") == ["MEND Migrations: 1 are not applied: run `python manage.py migrate`."]

    def test_goes_on_without_a_database(self) -> None:
        def no_answer(_execute: Callable[..., Any], *_given: Any) -> Any:
            raise OperationalError(f"no connection to portal:{MARK}@db.internal")

        with connection.execute_wrapper(no_answer):
            code, lines = examine()
        assert "MEND Database: It does not answer (OperationalError): start it, or correct DATABASE_URL." in lines
        assert code == 1
        assert any(line.startswith("MEND Webhooks: Their endpoints cannot be read") for line in lines)

    def test_passes_on_what_the_settings_are_told_at_every_start(self, settings: Settings) -> None:
        settings.PRIVACY_URL = "ftp://example.org"
        [line] = said("Settings")
        assert line == (
            "MEND Settings: Set PRIVACY_URL to an address that begins with https://, or leave it empty. (realto.E015)"
        )

    def test_asks_what_django_asks_of_a_deployment(self, settings: Settings) -> None:
        settings.IS_PRODUCTION = True
        assert any("(security.W008)" in line for line in said("Settings"))

    def test_misses_the_style_of_pages(self, settings: Settings, tmp_path: Path) -> None:
        settings.STATIC_ROOT = tmp_path
        storage = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
        settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}
        assert said("Static files") == ["MEND Static files: Pages have no style: run `python manage.py collectstatic`."]

    def test_survives_an_examination_that_fails(self) -> None:
        def check_roof() -> Iterator[Any]:
            yield from ()
            raise RuntimeError(MARK)

        [finding] = findings(check_roof)
        assert str(finding) == "MEND Roof: It cannot be examined: RuntimeError."


class TestProxy:
    def test_is_missed_in_production(self, settings: Settings) -> None:
        settings.IS_PRODUCTION = True
        settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://connect.example.org", ["connect.example.org"]
        assert said("Proxy")[0].startswith("MEND Proxy: BEHIND_PROXY is not set")
        settings.BEHIND_PROXY = True
        assert said("Proxy")[0].startswith("ok   Proxy: ")

    def test_leads_to_a_host_that_answers(self, settings: Settings) -> None:
        settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://connect.example.org", ["www.example.org"]
        assert said("Proxy")[0] == (
            "MEND Proxy: PUBLIC_URL leads to connect.example.org, which is not answered: add it to ALLOWED_HOSTS."
        )


class TestPlatform:
    def test_that_lets_us_in_is_well_and_is_changed_in_nothing(self, elsewhere: Settings) -> None:
        with Platform(200) as platform:
            elsewhere.REALTO_API_URL = f"http://127.0.0.1:{platform.server_port}/api"
            assert said("Platform") == ["ok   Platform: 127.0.0.1 answers, and accepts our credentials."]
            assert [asked.partition(" ")[0] for asked in platform.asked] == ["POST", "GET"]
            assert platform.asked[0].endswith("/authentication")

    def test_that_refuses_us_is_not(self, elsewhere: Settings) -> None:
        with Platform(401) as platform:
            elsewhere.REALTO_API_URL = f"http://127.0.0.1:{platform.server_port}/api"
            [line] = said("Platform")
        assert line.startswith("MEND Platform: 127.0.0.1 does not let us in (status 401): correct REALTO_CLIENT_ID")

    def test_that_is_away_is_not(self, elsewhere: Settings) -> None:
        assert said("Platform")[0].startswith("MEND Platform: 127.0.0.1 gives no usable answer")

    def test_is_told_for_whom_devices_are_connected(self, settings: Settings) -> None:
        settings.REALTO_TENANT_ID = "5f0c2c1e-1111-4222-8333-0123456789ab"
        assert "tenant 5f0c2c1e-1111-4222-8333-0123456789ab" in said("Tenant")[0]


class TestMail:
    def test_server_that_greets_is_well_and_gets_no_mail(self, settings: Settings) -> None:
        with MailServer(polite) as server:
            mail_by(settings, server.port)
            assert said("Mail") == [f"ok   Mail: 127.0.0.1:{server.port} greets us."]
            assert server.lines == []

    def test_server_that_refuses_our_password_is_not(self, settings: Settings) -> None:
        with MailServer(strict) as server:
            mail_by(settings, server.port, username="portal", password=MARK)
            [line] = said("Mail")
        assert line.endswith("does not let us in: correct user and password in EMAIL_URL.")

    def test_server_that_is_not_there_is_not(self, settings: Settings) -> None:
        mail_by(settings, 1)
        assert "ConnectionRefusedError" in said("Mail")[0]

    def test_server_that_says_nothing_is_given_up(self, settings: Settings) -> None:
        with MailServer(silent) as server:
            mail_by(settings, server.port, deadline=0.3)
            assert said("Mail")[0].startswith("MEND Mail: ")


class TestWebhooks:
    def test_reach_who_listens_and_send_nothing(self, db: None) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/hooks/{MARK}")
            assert said("Webhooks") == ["ok   Webhooks: 127.0.0.1 can be reached."]
            connected, _address = listener.accept()
            with connected:
                assert connected.recv(1) == b""

    def test_do_not_reach_nobody(self, db: None) -> None:
        endpoint(f"http://{NOBODY}/hooks/{MARK}")
        assert said("Webhooks") == [
            "MEND Webhooks: 127.0.0.1 cannot be reached (ConnectionRefusedError): correct CRM at the desk, or start it."
        ]

    def test_are_each_looked_at(self, db: None) -> None:
        endpoint(f"http://{NOBODY}/")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/", name="Billing")
            assert [line[:4] for line in said("Webhooks")] == ["ok  ", "MEND"], "Billing, CRM"

    def test_are_not_looked_at_while_they_are_paused(self, db: None) -> None:
        endpoint(f"http://{NOBODY}/", paused_at=timezone.now(), pause_reason="staff")
        assert said("Webhooks") == ["ok   Webhooks: They are off: no endpoint is active."]

    def test_do_not_lead_to_this_machine_in_production(self, db: None, settings: Settings) -> None:
        settings.IS_PRODUCTION = True
        with socket.create_server(("127.0.0.1", 0)) as listener:
            endpoint(f"http://127.0.0.1:{listener.getsockname()[1]}/")
            assert "leads to 127.0.0.1, which is not called" in said("Webhooks")[0]

    def test_whose_address_does_not_open_are_to_be_entered_anew(self, db: None, settings: Settings) -> None:
        endpoint()
        settings.DATA_KEYS = [base64.b64encode(bytes(range(32))).decode()]
        assert said("Webhooks") == ["MEND Webhooks: The address of CRM cannot be opened: enter it anew at the desk."]


class TestSecrets:
    def test_are_in_nothing_that_is_said(self, elsewhere: Settings) -> None:
        elsewhere.IS_PRODUCTION = True
        elsewhere.SECRET_KEY, elsewhere.SECRET_KEY_FALLBACKS = MARK, [f"{MARK}-old"]
        elsewhere.OIDC_CLIENT_SECRET = MARK
        elsewhere.RATE_LIMIT_STORAGE = f"nonsense://portal:{MARK}@cache.internal:6379"
        mail_by(elsewhere, 1, username="portal", password=MARK)
        code, lines = examine()
        assert code == 1
        assert len([line for line in lines if line.startswith("MEND")]) >= 5
        assert MARK not in "\n".join(lines)

    def test_are_cut_out_of_whatever_has_one(self, settings: Settings) -> None:
        settings.METRICS_TOKEN = MARK
        assert without_secrets(f"It said {MARK} aloud.") == "It said … aloud."
