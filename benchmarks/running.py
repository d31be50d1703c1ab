"""The portal as it is deployed, for measuring: the Procfile's own commands, on the PostgreSQL of `bin/with-postgres`.

Processor time is what the kernel counted for a process and all that it started, so other work on the machine does not
add to it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.chaos.storm import new_database
from tests.journeys.portal import ROOT, clean_environment, free_port

from .processes import spent_by

START_SECONDS, STOP_SECONDS = 30.0, 15.0
# honcho gives the second process of a Procfile another port.
WORKER_PORT = 100


def procfile() -> dict[str, str]:
    """Return the commands of the Procfile by their names."""
    lines = [line for line in (ROOT / "Procfile").read_text().splitlines() if line and not line.startswith("#")]
    return {name: command.strip() for name, _colon, command in (line.partition(":") for line in lines)}


@dataclass
class Running:
    """A portal of its own, in a folder of its own; `more` is added to its environment."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
            sys.exit(f"This needs PostgreSQL: bin/with-postgres python -m {sys.modules['__main__'].__spec__.name}")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = new_database(self.folder)
        self.processes: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.environment = clean_environment() | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "LOCAL": "true",
            "LOG_LEVEL": "ERROR",
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "BEHIND_PROXY": "true",  # so that each customer is at home
            "STATIC_ROOT": str(self.folder / "staticfiles"),
            "DATABASE_URL": self.database_url,
            "SANDBOX_STEP_SECONDS": "600",
            **self.more,
        }

    def manage(self, *words: str) -> str:
        return self.run(sys.executable, "manage.py", *words)

    def ask(self, module: str, *words: str) -> Any:
        """Run a module of ours in the portal's environment, and return what it printed last, read as JSON."""
        return json.loads(self.run(sys.executable, "-m", module, *words).splitlines()[-1])

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, name: str, command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a process by a line as the Procfile has it."""
        line = command if command.lstrip().startswith(("exec", "PORT=")) else f"exec {command}"
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                ["sh", "-c", line], cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log
            )
        self.processes.append((name, process))
        return process

    def serve(self, command: str = "") -> None:
        """Start the web processes, as the Procfile does it or by another command, and wait for their first answer."""
        self.start("web", command or procfile()["web"])
        wait_until(lambda: httpx.get(f"{self.url}/healthz/").text == "ok", self.log)

    def work(self, **environment: str) -> None:
        """Start a worker."""
        self.start("worker", procfile()["worker"], PORT=str(self.port + WORKER_PORT), **environment)

    def pid_of(self, name: str) -> int:
        """Return the id of the process that was started last by this name."""
        return [process.pid for other, process in self.processes if other == name][-1]

    def stop(self, *names: str) -> None:
        """Stop the processes of these names; without any, all."""
        stopping = [process for name, process in self.processes if not names or name in names]
        for process in stopping:
            process.terminate()
        for process in stopping:
            _end(process)
        self.processes = [(name, process) for name, process in self.processes if process not in stopping]

    def log(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self.folder.glob("*.log")))

    def spent(self) -> dict[str, float]:
        """Return the seconds of processor time used so far, by what for: web, worker, database."""
        seconds = {"database": spent_by(self.postmaster())}
        for name, process in self.processes:
            seconds[name] = seconds.get(name, 0.0) + spent_by(process.pid)
        return seconds

    def spent_since(self, before: dict[str, float]) -> dict[str, float]:
        return {name: seconds - before.get(name, 0.0) for name, seconds in self.spent().items()}

    def postmaster(self) -> int:
        with self.database() as database:
            (folder,) = database.execute("SHOW data_directory").fetchone() or ("",)
        return int((Path(folder) / "postmaster.pid").read_text().split()[0])

    def database(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.database_url, autocommit=True)

    def value(self, query: str) -> Any:
        """Return the one value that a query gives."""
        with self.database() as database:
            return (database.execute(query).fetchone() or (None,))[0]


@contextmanager
def running(**more: str) -> Iterator[Running]:
    """Give a portal that is prepared, and stop whatever of it was started."""
    with tempfile.TemporaryDirectory() as folder:
        portal = Running(Path(folder), more)
        portal.manage("prepare_local")
        try:
            yield portal
        finally:
            portal.stop()


def wait_until(is_so: Any, log: Any = lambda: "", seconds: float = START_SECONDS, every: float = 0.1) -> float:
    """Wait for something to come true, and return how long that took."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with suppress(httpx.TransportError):
            if is_so():
                return time.monotonic() - began
        time.sleep(every)
    raise AssertionError(f"It did not come about within {seconds:.0f} seconds.\n{log()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
