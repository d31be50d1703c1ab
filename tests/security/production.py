"""The portal as production runs it: gunicorn from its folder, no LOCAL, https as a proxy in front would say."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx

from tests.realto_portal.conftest import ROOT, Project
from tests.realto_portal.test_serve import free_port

HOST = "connect.example.org"
STAFF, PASSWORD = "ann", "x8Kq2vTn5bRw"
VARIABLES = {
    "SECRET_KEY": "x8Kq2vTn5bRw9zLd4mYc7pHs3jFg6aUe1oXi0BtNvQrZkWyM",
    "DATA_KEYS": "TTF2ZcR0tQxFhP6rX3bqk1sT8m0vYd2nG5jW7eA9uCo=",
    "INDEX_KEY": "q1Vn3oHk8bR5yXw2dL7sT0mJ4eG9aF6cU1pZiQxNvBM=",
    "PUBLIC_URL": f"https://{HOST}",
    "ALLOWED_HOSTS": HOST,
    "EMAIL_URL": "dummymail://",
    "MAIL_FROM": "connect@example.org",
    "BEHIND_PROXY": "true",
    "SANDBOX": "true",
    "LOG_LEVEL": "ERROR",
    "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
}
PREPARE = (
    "migrate -v0",
    "collectstatic --noinput -v0",
    "refresh_catalogue",
    f"createsuperuser --noinput -v0 --username {STAFF} --email ann@mail.example",
)
START_SECONDS = 30.0


class Production:
    def __init__(self, folder: Path) -> None:
        self.project = Project(folder)
        for name in ("gunicorn.conf.py", "locale"):
            (folder / name).symlink_to(ROOT / name)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Production":
        for command in PREPARE:
            done = self.project.python("manage.py", *command.split(), **VARIABLES)
            assert done.returncode == 0, done.stderr
        gunicorn = ("gunicorn", "realto_portal.wsgi", "--bind", f"127.0.0.1:{self.port}", "--threads", "4")
        self.process = subprocess.Popen(
            [sys.executable, "-m", *gunicorn],
            cwd=self.project.folder,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **VARIABLES},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "The portal did not start."
            time.sleep(0.1)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz/", headers={"Host": HOST}).text == "ok"
        except httpx.TransportError:
            return False


class Visitor:
    """A browser without scripts: keeps cookies, sends forms with their token, and remembers every answer."""

    def __init__(self, production: Production) -> None:
        self.url = production.url
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.answers: dict[str, httpx.Response] = {}
        self.page = ""

    def ask(self, method: str, path: str, data: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        said = {"Host": HOST, "X-Forwarded-Proto": "https", "Origin": f"https://{HOST}"}
        said |= {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        response = httpx.request(method, self.url + path, data=data, headers=said, follow_redirects=False)
        self.answers[f"{method} {path} {response.status_code}"] = response
        for line in response.headers.get_list("Set-Cookie"):
            self.set_cookies.append(line)
            name, _is, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        if "text/html" in response.headers.get("Content-Type", ""):
            self.page = response.text
        return response

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, **headers)

    def post(self, path: str, **data: str) -> httpx.Response:
        """Send the form of the page that is shown, with its token and what it carries along."""
        fields = re.findall(r'<input type="hidden" name="([\w.-]+)" value="([^"]*)"', self.page)
        response = self.ask("POST", path, dict(fields) | data)
        if response.is_redirect:
            self.get(response.headers["Location"].removeprefix(f"https://{HOST}"))
        return response
