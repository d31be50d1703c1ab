"""A storm: many customers, a platform that fails, processes that die. Counts what was lost, doubled or left open.

`make chaos` runs the long form, on SQLite and on PostgreSQL:

    python -m tests.chaos.storm --onboardings 1000 --kills 50 --web-kills 10
"""

import argparse
import json
import os
import random
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg

ROOT = Path(__file__).parents[2]
CUSTOMERS_AT_ONCE = 8
PATIENCE_SECONDS = 120.0
# With a maker that needs no answer: every third customer has it.
PREPARE = """
import time
from django.core.management import call_command
from onboarding.catalogue.refresh import refresh_catalogue
from sandbox import bench
call_command("migrate", verbosity=0)
bench.offer("PV", "Huawei", [])
while not refresh_catalogue():
    time.sleep(0.2)
"""
EVERY_THIRD = 3
LONGEST_CHANGE_OF_MIND = 3.0
# What a page says to who stopped.
STOPPED = re.compile("We are disconnecting|is disconnected|Nothing is connected")
COUNT = """
import json
from collections import Counter
from onboarding.models import Consent as C
from onboarding.models import OnboardingRequest as R
from sandbox.models import SandboxRequest as S
def url_of(row):
    return row.payload.get("returnUrl", "").rstrip("/").rpartition("/")[2]
# What a maker gets that needs nothing and echoes no address can be counted, not told apart: whose it is we say.
ALIKE = {"manufacturer": "Huawei"}
sent = Counter(url_of(row) for row in S.objects.exclude(**ALIKE))
rows = R.objects.exclude(consented_at=None)
over = set(rows.filter(state="withdrawn").exclude(**ALIKE).values_list("reference", flat=True))
alike, ids = rows.filter(**ALIKE), set(R.objects.values_list("platform_id", flat=True))
ids_over = set(alike.filter(state="withdrawn").values_list("platform_id", flat=True))
running = S.objects.filter(canceled_at=None, offboardings=None)
on = {str(at.pk) for at in running}
cars = Counter(at.payload.get("vin") or at.payload.get("identifier") for at in running.exclude(**ALIKE))
anew = rows.filter(is_reconnection=True).select_related("retry_of")
print(json.dumps({
    "consented": rows.count(),
    "alike": alike.count(),
    "lost": sum(row.reference not in sent for row in rows.exclude(**ALIKE).filter(withdrawn_at=None))
    + alike.filter(withdrawn_at=None, platform_id="").count(),
    "duplicated": sum(count - 1 for count in sent.values())
    + sum(str(row.pk) not in ids for row in S.objects.filter(**ALIKE)),
    "unresolved": rows.exclude(state__in=["connected", "failed", "canceled", "withdrawn"]).count(),
    "not_connected": rows.filter(withdrawn_at=None).exclude(state="connected").count(),
    "reconnected": anew.count(),
    "two_live": sum(count - 1 for count in cars.values())
    + sum({row.platform_id, row.retry_of.platform_id} <= on for row in anew.filter(**ALIKE)),
    "none_live": sum(row.platform_id not in on for row in rows.filter(withdrawn_at=None, state="connected")),
    "withdrawn": rows.filter(state="withdrawn").exclude(ended_as="replaced").count(),
    "replaced": rows.filter(state="withdrawn", ended_as="replaced").count(),
    "not_withdrawn": rows.exclude(withdrawn_at=None).exclude(state="withdrawn").count(),
    "still_running": sum(url_of(at) in over for at in running.exclude(**ALIKE))
    + sum(str(at.pk) in ids_over for at in running.filter(**ALIKE)),
    "unproven": sum(bool(record.problems()) for record in C.objects.all())
    + abs(C.objects.filter(kind__in=["withdrawn", "replaced"]).count() - rows.exclude(withdrawn_at=None).count()),
    "left": [
        [row.state, row.trouble, row.failures, str(row.due_at), list(row.events.values_list("name", flat=True))]
        for row in rows.exclude(state__in=["connected", "failed", "canceled", "withdrawn"])[:3]
    ],
    "with_staff": rows.exclude(needs_staff="").count(),
}))
"""
# Asked every second: by SQL, because a process of Django's for each would be half of what a storm costs.
OPEN = """
SELECT count(*) FROM onboarding_onboardingrequest WHERE consented_at IS NOT NULL
AND state NOT IN ('connected', 'failed', 'canceled', 'withdrawn')
"""
# On SQLite, and on PostgreSQL.
LOOK_NOW = (
    "UPDATE onboarding_device SET due_at = datetime('now') WHERE due_at IS NOT NULL AND lease = ''",
    "UPDATE onboarding_device SET due_at = now() WHERE due_at IS NOT NULL AND lease = ''",
)


@dataclass(frozen=True)
class Plan:
    onboardings: int = 40
    faults: float = 0.3
    withdrawals: float = 0.2  # the share of customers who take their consent back a moment later
    reconnections: float = 0.25  # the share of those who connect their device again as soon as it is connected
    kills: int = 5
    web_kills: int = 2
    cuts: int = 2  # of all database connections, on PostgreSQL
    workers: int = 3
    hold: float = 0.0
    generation: str = "realto"  # of the platform's API

    def stops(self, number: int) -> bool:
        return bool(self.withdrawals) and number % int(1 / self.withdrawals) == 0

    def reconnects(self, number: int) -> bool:
        """Tell whether a customer does; one of five of those stops as well, while that is under way."""
        return bool(self.reconnections) and number % int(1 / self.reconnections) == 1

    @property
    def reconnecting(self) -> int:
        return sum(self.reconnects(number) for number in range(self.onboardings))


@dataclass
class Figures:
    """What a storm left behind. `posts`, `lookups` and `pages` are calls per onboarding."""

    consented: int = 0
    alike: int = 0  # of them, those that the platform's list does not tell apart
    lost: int = 0
    duplicated: int = 0
    unresolved: int = 0
    not_connected: int = 0
    reconnected: int = 0
    two_live: int = 0  # devices that are connected at the platform more than once
    none_live: int = 0  # requests that are connected, and not so at the platform
    replaced: int = 0
    withdrawn: int = 0
    not_withdrawn: int = 0
    still_running: int = 0  # at the platform, though consent was taken back
    unproven: int = 0  # consent records that are missing, or not as they were stored
    with_staff: int = 0
    left: list[list[object]] = field(default_factory=list)  # what the first of them look like
    posts: float = 0.0
    lookups: float = 0.0
    pages: float = 0.0  # of look-ups and of following, beyond the first
    seconds: float = 0.0
    kills: int = 0
    web_kills: int = 0
    cuts: int = 0
    locked: int = 0  # answers and tasks that ended in "database is locked"

    def is_clean(self, plan: Plan) -> bool:
        wrong = (self.lost, self.duplicated, self.unresolved, self.not_connected, self.not_withdrawn)
        worse = (self.still_running, self.unproven, self.locked, self.two_live, self.none_live)
        are_all = self.consented == plan.onboardings + self.reconnected and self.reconnected == plan.reconnecting
        return are_all and not any(wrong) and not any(worse)


class Portal:
    """The real processes: gunicorn, and as many workers as wanted; each can be killed and comes back."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url, self.log, self.folder = f"http://127.0.0.1:{port}", folder / "calls", folder
        self.log.touch()
        self.environment = {
            "PATH": os.environ["PATH"],
            "LOCAL": "true",
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATABASE_URL": new_database(folder),
            "PORT": str(port),
            "BEHIND_PROXY": "true",
            "LOG_LEVEL": "ERROR",
            "REALTO_API_GENERATION": plan.generation,
            "REALTO_TIMEOUT_SECONDS": "0.5",
            "REALTO_SETTLE_SECONDS": "2.5",
            "REALTO_MAX_CALLS_PER_SECOND": "200",
            "CHAOS_FAULTS": str(plan.faults),
            "CHAOS_HOLD": str(plan.hold),
            "CHAOS_LOG": str(self.log),
        }
        self.web: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """By one process: Django's start is most of what each would cost."""
        self.manage("shell", "-v0", "-c", PREPARE)

    def start(self, workers: int, web_processes: int = 2) -> None:
        gunicorn = ["-m", "gunicorn", "realto_portal.wsgi", "--bind", self.url.removeprefix("http://")]
        self.web = self.run(*gunicorn, "--workers", str(web_processes), "--threads", "4", "--log-level", "critical")
        self.workers = [self.run("manage.py", "worker") for _number in range(workers)]

    def kill_worker(self) -> None:
        number = random.randrange(len(self.workers))
        self.workers[number].kill()
        self.workers[number].wait()
        self.workers[number] = self.run("manage.py", "worker")

    def kill_web(self) -> None:
        """Kill one of gunicorn's own processes; gunicorn starts another."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        if children:
            os.kill(int(random.choice(children)), signal.SIGKILL)

    def cut_connections(self) -> None:
        """End every connection to PostgreSQL, as a restart of the database or the network does."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as database:
            database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def look_at_devices(self) -> None:
        """Have workers look at all that is connected: by their own schedule that would be after the storm."""
        cut_off = suppress(psycopg.Error, sqlite3.Error)
        with cut_off, closing(connect_to(self.environment["DATABASE_URL"])) as database:
            database.execute(LOOK_NOW[self.is_on_postgres])
            database.commit()

    @property
    def is_on_postgres(self) -> bool:
        return self.environment["DATABASE_URL"].startswith("postgres")

    def stop(self) -> None:
        for process in [*self.workers, *([self.web] if self.web else [])]:
            process.terminate()
        for process in [*self.workers, *([self.web] if self.web else [])]:
            try:
                process.wait(timeout=12)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def run(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, *arguments]
        with (self.folder / "output").open("ab") as out:
            return subprocess.Popen(command, env=self.environment, cwd=ROOT, stdout=out, stderr=out)

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout

    def calls(self) -> Counter[str]:
        return Counter(self.log.read_text().split())

    @property
    def is_done(self) -> bool:
        """Whether every request that was consented to has come to an end."""
        with closing(connect_to(self.environment["DATABASE_URL"])) as database:
            (found,) = database.execute(OPEN).fetchone()
            return not found

    def count(self) -> dict[str, Any]:
        counted: dict[str, Any] = json.loads(self.manage("shell", "-v0", "-c", COUNT).splitlines()[-1])
        return counted


def new_database(folder: Path) -> str:
    """Give the address of an empty database: a file, or a new one on the server that DATABASE_URL names."""
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        return f"sqlite:///{folder / 'storm.sqlite3'}"
    name = f"storm_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(f"CREATE DATABASE {name}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def connect_to(url: str) -> Any:
    if url.startswith("postgres"):
        return psycopg.connect(url)
    return sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)


class Customer:
    """Connects a car or solar panels through the real pages, and tries again as a person would without an answer."""

    def __init__(self, url: str, number: int) -> None:
        at_home = {"X-Forwarded-For": f"2001:db8:0:{number:x}::1"}  # as limits count addresses
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=30, headers=at_home)
        self.vin = f"WA1DMAFE0D{number:05d}AB"
        self.kind = ("PV", "Huawei") if number % EVERY_THIRD == EVERY_THIRD - 1 else ("EV", "Audi")

    def connect(self, *, and_reconnect: bool = False, and_stop: bool = False) -> None:
        with self.http:
            page = self.go_to("/check/")
            while not page.url.path.endswith("/status/"):
                page = self.send(page.url.path, page, self.answers(page))
            first = page.url.path
            if and_reconnect:
                page = self.reconnect(page)
            if and_stop:
                time.sleep(random.random() * LONGEST_CHANGE_OF_MIND)
                self.stop(random.choice([first, page.url.path]))

    def reconnect(self, page: httpx.Response) -> httpx.Response:
        deadline = time.monotonic() + 2 * PATIENCE_SECONDS
        while "Your device is connected" not in page.text:
            if time.monotonic() > deadline:
                raise TimeoutError("It does not become connected.")
            time.sleep(0.5)
            page = self.open(page.url.path)
        path = page.url.path.replace("/status/", "/reconnect/")
        return self.send(path, self.open(path), {})

    def stop(self, status: str) -> None:
        """Press the button; when another request took the place of this one meanwhile, that one's."""
        page = self.open(status)
        while not STOPPED.search(page.text):
            path = page.url.path.replace("/status/", "/stop/")
            page = self.send(path, self.open(path), {})

    def go_to(self, step: str) -> httpx.Response:
        page = self.send("/start/", self.open("/"), {})
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not page.url.path.endswith((step, "/status/")):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still at {page.url.path}")
            page = self.send(page.url.path, page, self.answers(page))
        return page

    def answers(self, page: httpx.Response) -> dict[str, str]:
        match page.url.path.rstrip("/").rpartition("/")[2]:
            case "type":
                return {"type": self.kind[0], "page": hidden(page, "page")}
            case "manufacturer":
                return {"manufacturer": self.kind[1]}
            case "identify":
                return {"vin": self.vin}
            case "check":
                return {"consent": "on", "page_sha256": hidden(page, "page_sha256")}
        return {}

    def open(self, path: str) -> httpx.Response:
        return self.insist(lambda: self.http.get(path))

    def send(self, path: str, page: httpx.Response, answers: dict[str, str]) -> httpx.Response:
        token = hidden(page, "csrfmiddlewaretoken")
        return self.insist(lambda: self.http.post(path, data=answers | {"csrfmiddlewaretoken": token}))

    @staticmethod
    def insist(ask: Callable[[], httpx.Response]) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                response = ask()
                if response.status_code < 500:
                    return response.raise_for_status()
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise TimeoutError("The portal does not answer.")
            time.sleep(0.3)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    return found.group(1) if found else ""


def rage(plan: Plan, folder: Path) -> Figures:
    """Let the storm happen in this folder and count what it left."""
    portal, started = Portal(folder, plan), time.monotonic()
    portal.prepare()
    try:
        portal.start(plan.workers)
        Customer.insist(lambda: httpx.get(f"{portal.url}/healthz/"))
        with killers(portal, plan) as killed, ThreadPoolExecutor(CUSTOMERS_AT_ONCE) as pool:
            numbers = range(plan.onboardings)
            list(pool.map(lambda number: connect(portal, plan, number), numbers))
            wait_until(lambda: all(killed[name] >= times for name, times in planned(portal, plan).items()))
        wait_until(lambda: portal.is_done)
        return figures(portal, plan, killed, time.monotonic() - started)
    finally:
        portal.stop()


def connect(portal: Portal, plan: Plan, number: int) -> None:
    customer = Customer(portal.url, number)
    customer.connect(and_reconnect=plan.reconnects(number), and_stop=plan.stops(number))


def planned(portal: Portal, plan: Plan) -> dict[str, int]:
    """How often each thing dies; only a database server has connections to cut."""
    return {"worker": plan.kills, "web": plan.web_kills, "cut": plan.cuts if portal.is_on_postgres else 0}


@contextmanager
def killers(portal: Portal, plan: Plan) -> Iterator[Counter[str]]:
    """Kill processes, evenly over the time that the customers take, until the plan is fulfilled."""
    over, killed = threading.Event(), Counter[str]()

    def kill(name: str, times: int, pause: float, do: Callable[[], None]) -> None:
        while killed[name] < times and not over.wait(pause):
            do()
            killed[name] += 1

    times = planned(portal, plan)
    threads = [
        threading.Thread(target=kill, args=("looks", sys.maxsize, 2.0, portal.look_at_devices)),
        threading.Thread(target=kill, args=("worker", times["worker"], 1.5, portal.kill_worker)),
        threading.Thread(target=kill, args=("web", times["web"], 4.0, portal.kill_web)),
        threading.Thread(target=kill, args=("cut", times["cut"], 5.0, portal.cut_connections)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield killed
    finally:
        over.set()
        for thread in threads:
            thread.join()


def wait_until(is_over: Callable[[], bool], seconds: float = 4 * PATIENCE_SECONDS, pause: float = 1.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_over() and time.monotonic() < deadline:
        time.sleep(pause)


def figures(portal: Portal, plan: Plan, killed: Counter[str], seconds: float) -> Figures:
    calls = portal.calls()
    return Figures(
        **portal.count(),
        posts=round(calls["POST"] / plan.onboardings, 3),
        lookups=round(calls["LOOK"] / plan.onboardings, 3),
        pages=round(calls["LIST"] / plan.onboardings, 3),
        seconds=round(seconds, 1),
        kills=killed["worker"],
        web_kills=killed["web"],
        cuts=killed["cut"],
        locked=(portal.folder / "output").read_text(errors="replace").count("database is locked"),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in asdict(Plan()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        result = rage(plan, Path(folder))
        print(json.dumps(asdict(result), indent=2))  # noqa: T201
        if not result.is_clean(plan):
            print((Path(folder) / "output").read_text()[-3000:])  # noqa: T201
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
