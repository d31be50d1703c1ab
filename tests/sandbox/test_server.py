import signal
import subprocess
import sys
from collections.abc import Iterator
from threading import Thread

import httpx
import pytest
from django.conf import settings
from django.db import connections
from pytest_django import Settings

from sandbox.server import serve


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """The sandbox over HTTP, in a thread of this process."""
    connection = connections["default"]
    # Only an in-memory database has to be shared as a connection; others are reached by a second one.
    shared = {"default": connection} if connection.vendor == "sqlite" else None
    connection.inc_thread_sharing()
    server, url = serve(0, connections_override=shared)
    server.daemon_threads = False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield url
    server.shutdown()
    server.server_close()
    thread.join()
    connection.dec_thread_sharing()


class TestServer:
    def test_serves_api_pages_and_styles(self, address: str) -> None:
        with httpx.Client(base_url=address, trust_env=False) as client:
            assert client.get("/api/v1/onboarding/types").status_code == 401
            assert "Magic inputs" in client.get("/sandbox/").text
            assert client.get("/static/sandbox/sandbox.css").status_code == 200

    def test_links_to_the_portal_elsewhere(self, address: str, settings: Settings) -> None:
        settings.PUBLIC_URL = "http://127.0.0.1:8000"

        text = httpx.get(f"{address}/sandbox/", trust_env=False).text
        assert 'href="http://127.0.0.1:8000/"' in text

    def test_has_error_pages_of_its_own(self, address: str) -> None:
        answer = httpx.get(f"{address}/nowhere/", trust_env=False)

        assert answer.status_code == 404
        assert "The sandbox cannot show this page." in answer.text

    def test_leaves_the_urls_of_this_process_alone(self, address: str, settings: Settings) -> None:
        httpx.get(f"{address}/sandbox/", trust_env=False)

        assert settings.ROOT_URLCONF == "realto_portal.urls"


class TestRunsandbox:
    def test_says_what_to_set_serves_and_stops(self) -> None:
        command = [sys.executable, "-u", "manage.py", "runsandbox", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(4)]
            url = lines[1].strip().partition("REALTO_API_URL=")[2]
            answer = httpx.get(f"{url}/v1/nothing", trust_env=False)
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()

        assert lines[0].strip().endswith("/sandbox/")
        assert answer.json()["errors"][0]["code"] == "NotFound"
        assert "Stopped." in rest
        assert process.returncode == 0
