"""The real thing: web server, worker and database in a folder of their own, on a port of their own."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx

ROOT = Path(__file__).resolve().parents[2]
STEP_SECONDS = 0.1
START_SECONDS = 30.0
STOP_SECONDS = 15.0

# As `make run` does, and then a type and attributes that the portal was never told about.
PREPARE = """
from django.core.management import call_command
from onboarding.catalogue.refresh import refresh_catalogue
from sandbox import bench
call_command("prepare_local")
bench.offer("WindTurbine", "Zephyr", ["towerHeight", "properties.gridZone"])
assert refresh_catalogue()
"""

# Pages for what a portal that works does not show.
ERROR_PAGES = """
import json
from django.template.loader import render_to_string
from django.test import RequestFactory
request = RequestFactory().get("/")
print(json.dumps({name: render_to_string(f"{name}.html", {}, request) for name in ("400", "403", "500", "503")}))
"""
LINK_OF = "from onboarding.models import OnboardingRequest; print(OnboardingRequest.objects.get(reference="
EXPIRE_LINKS = """
from django.utils import timezone
from onboarding.models import AccessLink
AccessLink.objects.update(expires_at=timezone.now())
"""
# Of one device: let workers look at it now, and again, until it is so.
LOOK_UNTIL = """
import time
from datetime import timedelta
from django.db.models import F
from django.utils import timezone
from onboarding.models import Device
from sandbox.models import SandboxRequest
def look_until(**wanted):
    until = time.monotonic() + 60
    while not device.filter(**wanted).exists():
        assert time.monotonic() < until, device.values()
        device.filter(lease="").update(due_at=timezone.now())
        time.sleep(0.5)
"""
# Connected a month ago as far as the platform and we remember; then it is looked at thrice.
FALL_QUIET = """
month = timedelta(days=30)
for row in SandboxRequest.objects.all():
    if reference in row.payload.get("returnUrl", ""):
        connected = SandboxRequest.objects.filter(pk=row.pk)
        connected.update(created_at=F("created_at") - month, answered_at=F("answered_at") - month)
device.update(connected_at=F("connected_at") - month, health_since=F("health_since") - month)
look_until(health="quiet")
device.update(quiet_since=F("quiet_since") - timedelta(hours=7))
look_until(told_quiet_at__isnull=False)
"""
BE = """
from datetime import timedelta
from django.utils import timezone
from onboarding.models import Device
last = timezone.now() - timedelta(days=9)
mine = {{"request__reference": {reference!r}}}
Device.objects.filter(**mine).update(health={health!r}, last_data_at=last, health_since=last, due_at=None)
"""
TIME_OUT = """
from django.utils import timezone
from onboarding.models import OnboardingRequest
ended = {{"state": "withdrawn", "withdrawn_at": timezone.now(), "ended_as": "timed-out"}}
OnboardingRequest.objects.filter(reference={reference!r}).update(**ended)
"""
OLD_PROOFS = """
from django.contrib.sessions.models import Session
from django.contrib.sessions.backends.db import SessionStore
for row in Session.objects.all():
    session = SessionStore(row.pk)
    for proof in session.get("account_authentication_methods", []):
        proof["at"] -= 3600
    session.modified = True
    session.save()
"""


class Portal:
    """Runs gunicorn and the worker as `make run` does, with a platform in a hurry."""

    # Where the first of this process keeps a copy of what it began with, for all after it.
    prepared: ClassVar[Path | None] = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "portal.sqlite3"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = clean_environment() | {
            "DJANGO_SETTINGS_MODULE": "tests.journeys.settings",
            "LOCAL": "true",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "BEHIND_PROXY": "true",  # so that each customer is at home: `at_home`
            "DATABASE_URL": f"sqlite:///{self.database}",
            "STATIC_ROOT": str(folder / "staticfiles"),  # two portals would take each other's files away
            "REALTO_TIMEOUT_SECONDS": "2",
            "REALTO_SETTLE_SECONDS": "1",
            "SANDBOX_STEP_SECONDS": str(STEP_SECONDS),
        }

    # --- Its life ---

    def start(self, *, web_processes: int = 2) -> None:
        self._prepare()
        gunicorn = ("gunicorn", "realto_portal.wsgi", "--threads", "4", "--log-level", "warning")
        self._run("web", "-m", *gunicorn, "--workers", str(web_processes), "--bind", f"127.0.0.1:{self.port}")
        self._run("worker", "manage.py", "worker")
        self._wait_until_it_answers()

    def stop(self) -> None:
        for name in list(self.processes):
            self._end(name)

    @contextmanager
    def pace(self, seconds: float) -> Iterator[None]:
        """Let each step of the platform take so long meanwhile, to see what is over in a blink otherwise."""
        self._restart_worker(SANDBOX_STEP_SECONDS=str(seconds))
        try:
            yield
        finally:
            self._restart_worker()

    @contextmanager
    def without_worker(self) -> Iterator[None]:
        """Let nothing be sent or followed meanwhile."""
        self._end("worker")
        try:
            yield
        finally:
            self._run("worker", "manage.py", "worker")

    def log(self) -> str:
        """Give what its processes wrote."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')}" for file in files)

    def mailed_links(self) -> list[str]:
        """Give the links in the mails that the worker printed, the newest last."""
        printed = (self.folder / "worker.log").read_text(errors="replace").replace("=\n", "")
        return list(dict.fromkeys(re.findall(r"^http\S+/continue/[\w-]+/", printed, re.MULTILINE)))

    def error_pages(self) -> dict[str, str]:
        """Give the pages for errors by their status, as the portal would write them."""
        pages: dict[str, str] = json.loads(self._shell(ERROR_PAGES))
        return pages

    def expire_links(self) -> None:
        """Let all links to come back be too old."""
        self._shell(EXPIRE_LINKS)

    def let_fall_quiet(self, reference: str) -> str:
        """Let a device have sent nothing for weeks, and give the link in the mail about that."""
        before = len(self._mails_about_silence())
        self._about_device(reference, FALL_QUIET)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for mail in self._mails_about_silence()[before:]:
                if found := re.search(r"^http\S+(/continue/[\w-]+/)", mail, re.MULTILINE):
                    return found[1]
            time.sleep(0.2)
        raise AssertionError("There is no mail about it.")

    def _mails_about_silence(self) -> list[str]:
        printed = (self.folder / "worker.log").read_text(errors="replace").replace("=\n", "")
        return printed.split("Subject: No data since")[1:]

    def let_be_looked_at(self, reference: str, *, until: str) -> None:
        """Let workers look at a device until it is so."""
        self._about_device(reference, f"look_until(health={until!r})")

    def _about_device(self, reference: str, code: str) -> None:
        about = f"reference = {reference!r}\ndevice = Device.objects.filter(request__reference=reference)"
        self._shell("\n".join((LOOK_UNTIL, about, code)))

    def let_proofs_grow_old(self) -> None:
        """Let it be long ago that colleagues showed who they are."""
        self._shell(OLD_PROOFS)

    def let_device_be(self, reference: str, health: str) -> None:
        """Let a connected device be as a worker finds one after days."""
        self._shell(BE.format(reference=reference, health=health))

    def time_out(self, reference: str) -> None:
        """Let nobody have allowed a connection in time."""
        self._shell(TIME_OUT.format(reference=reference))

    # --- The platform behind it ---

    def sandbox_requests(self, reference: str) -> list[dict[str, Any]]:
        """Give the bodies that the platform accepted for one of our requests."""
        rows = self._rows("SELECT payload FROM sandbox_sandboxrequest ORDER BY created_at")
        payloads = [json.loads(payload) for (payload,) in rows]
        return [payload for payload in payloads if payload.get("returnUrl") == self.return_url(reference)]

    def state(self, reference: str) -> str:
        rows = self._rows("SELECT state FROM onboarding_onboardingrequest WHERE reference = ?", reference)
        return str(rows[0][0])

    def is_offboarded(self, reference: str) -> bool:
        query = "SELECT payload FROM sandbox_sandboxrequest r JOIN sandbox_sandboxoffboarding o ON o.request_id = r.id"
        payloads = [json.loads(payload) for (payload,) in self._rows(query)]
        return any(payload.get("returnUrl") == self.return_url(reference) for payload in payloads)

    def return_url(self, reference: str) -> str:
        return f"{self.url}/return/{reference}/"

    @contextmanager
    def platform_away(self) -> Iterator[None]:
        """Throw the switch on the sandbox's page, and throw it back."""
        self._press_on_sandbox("weather/", is_away="yes")
        try:
            yield
        finally:
            self._press_on_sandbox("weather/", is_away="no")

    def allow(self, reference: str) -> None:
        """Say yes on the manufacturer's page, from somewhere else."""
        link = self._shell(f"{LINK_OF}{reference!r}).redirect_link)").strip()
        self._press_on_sandbox(link.removeprefix(f"{self.url}/sandbox/"), answer="allow")

    def _press_on_sandbox(self, path: str, **values: str) -> None:
        with httpx.Client(base_url=f"{self.url}/sandbox/", follow_redirects=True) as browser:
            page = path if path.startswith("consent/") else ""
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)
            assert token, "The sandbox's page has no form."
            browser.post(path, data={"csrfmiddlewaretoken": token[1], **values}).raise_for_status()

    # --- Behind the curtain ---

    def _prepare(self) -> None:
        if Portal.prepared:
            shutil.copytree(Portal.prepared, self.folder, dirs_exist_ok=True)
            return
        self._shell(PREPARE)
        Portal.prepared = self.folder / "prepared"
        shutil.copytree(self.folder / "staticfiles", Portal.prepared / "staticfiles")
        with closing(sqlite3.connect(self.database)) as begun:
            begun.execute("VACUUM INTO ?", [str(Portal.prepared / self.database.name)])

    def _shell(self, code: str) -> str:
        return self._manage("shell", "--verbosity=0", "--command", code)

    def _manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"manage.py {words[0]} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _run(self, name: str, *words: str, **environment: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log
            )

    def _end(self, name: str) -> None:
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _restart_worker(self, **environment: str) -> None:
        self._end("worker")
        self._run("worker", "manage.py", "worker", **environment)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.processes["web"].poll() is None:
            try:
                if httpx.get(f"{self.url}/healthz/").text == "ok":
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"The portal did not start.\n{self.log()}")

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=20)) as database:
            return database.execute(query, values).fetchall()


def at_home() -> dict[str, str]:
    """Give the header by which a proxy says where a customer is: each somewhere else, as limits count addresses."""
    return {"X-Forwarded-For": f"2001:db8:{secrets.randbelow(1 << 16):x}:{secrets.randbelow(1 << 16):x}::1"}


def clean_environment() -> dict[str, str]:
    """Give this process's environment without what would configure another portal."""
    ours = ("REALTO_", "SANDBOX", "DJANGO_", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "BRAND_NAME", "SUPPORT_CONTACT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"REALTO_API_URL": "", "DEBUG": "false"}


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
