"""The portal as production has it, on this machine, by the steps of the README, in a folder of its own.

PostgreSQL with passwords and TLS, secrets in files, web and worker by the very lines of `deploy/*.service` and with no
other variable than theirs, nginx by `deploy/nginx.conf.template` with a certificate of our own, and the sandbox as a
platform in a process of its own. Needs the programs of PostgreSQL, nginx and OpenSSL.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.portal import ROOT, free_port
from tests.production.units import Unit

HOST = "localhost"
UNIT_FILES = {"web": "realto-portal-web.service", "worker": "realto-portal-worker@.service"}
WORKING = "The worker runs with"  # what it says when it is ready
START_SECONDS, STOP_SECONDS = 60.0, 40.0


class Installation:
    def __init__(self, folder: Path, code: Path = ROOT) -> None:
        self.folder, self.code = folder, code
        self.app, self.etc = folder / "opt", folder / "etc"
        self.secrets = self.etc / "secrets"
        self.ports = {name: free_port() for name in ("database", "web", "http", "https", "platform", "mail")}
        self.url = f"https://{HOST}:{self.ports['https']}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.watched: set[str] = set()
        self.changes: dict[str, dict[str, str]] = {}  # of the environment of a service, by its name
        threading.Thread(target=self._watch_over, daemon=True).start()

    # --- The steps ---

    def install(self) -> None:
        """Do all that the README asks for before the first start."""
        self.folder.chmod(0o755)
        self.etc.mkdir()
        self.unpack(self.code)
        self.make_certificate()
        self.make_secrets()
        self.make_database()
        self.start_platform()
        self.update()

    def unpack(self, code: Path) -> None:
        """Put what git knows of the code into the folder of the service."""
        self.app.mkdir(exist_ok=True)
        names = run(["git", "-C", code, "ls-files", "-z"]).split("\0")
        for name in filter(None, names):
            if (code / name).is_file():
                (self.app / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(code / name, self.app / name)

    def make_certificate(self) -> None:
        new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        names = ["-addext", f"subjectAltName=DNS:{HOST},IP:127.0.0.1"]
        run([*new, *names, "-keyout", self.etc / "tls.key", "-out", self.etc / "tls.pem"])

    def make_secrets(self) -> None:
        tls = f"sslmode=verify-full&sslrootcert={self.etc / 'tls.pem'}"
        run([self.app / "bin/make-secrets", self.secrets, f"{HOST}:{self.ports['database']}/portal?{tls}"])
        (self.secrets / "client_id").write_text("sandbox-client\n")
        (self.secrets / "client_secret").write_text("sandbox-secret\n")
        (self.secrets / "email_url").write_text(f"smtp://127.0.0.1:{self.ports['mail']}\n")
        (self.etc / "portal.env").write_text(
            f"PUBLIC_URL={self.url}\nALLOWED_HOSTS={HOST}\nBEHIND_PROXY=true\n"
            f"MAIL_FROM=Bright Energy <connect@example.org>\n"
            f"REALTO_API_URL=http://127.0.0.1:{self.ports['platform']}/api\n"
        )

    def update(self) -> None:
        """Bring packages, database and static files up to the code."""
        run([self.app / "deploy/update"], env=self.as_owner())

    def manage(self, *words: str) -> str:
        """Run a command as whoever installs."""
        return run([self.app / "deploy/manage", *words], env=self.as_owner())

    def as_owner(self) -> dict[str, str]:
        return {"PATH": path(), "PORTAL_ETC": str(self.etc), "PYTHON": sys.executable}

    # --- The database ---

    @property
    def data(self) -> Path:
        return self.folder / "postgresql"

    def make_database(self) -> None:
        self.data.mkdir(exist_ok=True)
        shutil.chown(self.data, *owner()) if owner() else None
        password = self.folder / "owner_password"
        shutil.copy(self.secrets / "owner_password", password)
        self.as_server("initdb", "-D", self.data / "data", "-U", "portal_owner", "-A", "scram-sha-256", "-E", "UTF8",
                       f"--pwfile={password}", "--no-sync")  # fmt: skip
        for name in ("tls.key", "tls.pem"):
            shutil.copy(self.etc / name, self.data / name)
            (self.data / name).chmod(0o600)
            shutil.chown(self.data / name, *owner()) if owner() else None
        self.start_database()
        run(["psql", self.owner_url("postgres"), "-q", "-c", "CREATE DATABASE portal"])

    def start_database(self) -> None:
        options = [f"-p {self.ports['database']}", f"-k {self.data}", "-c listen_addresses=127.0.0.1", "-c ssl=on"]
        options += [f"-c ssl_cert_file={self.data}/tls.pem", f"-c ssl_key_file={self.data}/tls.key"]
        self.as_server(
            "pg_ctl", "-D", self.data / "data", "-w", "-l", self.data / "log", "-o", " ".join(options), "start"
        )

    def stop_database(self, mode: str = "fast") -> None:
        self.as_server("pg_ctl", "-D", self.data / "data", "-m", mode, "stop")

    def kill_database(self) -> None:
        """Kill the server and its processes as a power cut would."""
        kill_family(int((self.data / "data/postmaster.pid").read_text().splitlines()[0]))

    def owner_url(self, database: str = "portal") -> str:
        return (self.secrets / "owner_url").read_text().replace("/portal?", f"/{database}?")

    def sql(self, query: str) -> str:
        return run(["psql", self.owner_url(), "-qAt", "-c", query]).strip()

    def as_server(self, *command: object) -> None:
        """Run a program of PostgreSQL, which refuses to run as root."""
        drop = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if owner() else []
        run([*drop, "env", f"PATH={path()}", *command], cwd="/")

    # --- Its processes ---

    def start(self) -> None:
        self.start_web()
        self.start_worker()
        self.start_proxy()

    def start_platform(self) -> None:
        program = [sys.executable, "manage.py"]
        alone = {"PATH": path(), "LOCAL": "true", "SANDBOX_STEP_SECONDS": "0.2"}
        alone["DATABASE_URL"] = f"sqlite:///{self.folder / 'platform.sqlite3'}"
        run([*program, "migrate", "-v0"], cwd=self.app, env=alone)
        self.spawn("platform", [*program, "runsandbox", "--port", str(self.ports["platform"])], alone)

    def start_web(self) -> None:
        self.start_unit("web")
        headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
        url = f"http://127.0.0.1:{self.ports['web']}/healthz/"
        self.wait_until(lambda: httpx.get(url, headers=headers).text == "ok")

    def start_worker(self) -> None:
        before = self.written_by("worker").count(WORKING)
        self.start_unit("worker")
        self.wait_until(lambda: self.written_by("worker").count(WORKING) > before)

    def start_unit(self, name: str) -> None:
        unit = self.unit(name)
        unit.load_credentials()
        self.spawn(name, unit.command(), unit.environment() | self.changes.get(name, {}))
        self.watched.add(name)

    def _watch_over(self) -> None:
        """Start services anew that end by themselves, as systemd does (`Restart=always`, `RestartSec=1`)."""
        while True:
            time.sleep(1)
            for name in list(self.watched):
                process = self.processes.get(name)
                if process and process.poll() is not None and name in self.watched:
                    self.start_unit(name)

    def unit(self, name: str) -> Unit:
        places = {"/opt/realto-portal": str(self.app), "/etc/realto-portal": str(self.etc)}
        places["127.0.0.1:8000"] = f"127.0.0.1:{self.ports['web']}"
        return Unit(self.app / "deploy" / UNIT_FILES[name], places, self.folder / "credentials" / name)

    def start_proxy(self) -> None:
        filled = {
            "UPSTREAM": f"127.0.0.1:{self.ports['web']}",
            "HTTP_PORT": f"127.0.0.1:{self.ports['http']}",
            "HTTPS_PORT": f"127.0.0.1:{self.ports['https']}",
            "SERVER_NAME": HOST,
            "PUBLIC_URL": self.url,
            "CERTIFICATE": str(self.etc / "tls.pem"),
            "CERTIFICATE_KEY": str(self.etc / "tls.key"),
        }
        text = (self.app / "deploy/nginx.conf.template").read_text()
        for name, value in filled.items():
            text = text.replace(f"${{{name}}}", value)
        (self.folder / "portal.conf").write_text(text)
        configuration = self.folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; pid {self.folder}/nginx.pid; error_log stderr warn; events {{}}\n"
            # So that each customer of a drill is at home: this machine alone may say where somebody is.
            f"http {{ set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;\n"
            f"client_body_temp_path {self.folder}/nginx-body; proxy_temp_path {self.folder}/nginx-proxy;\n"
            f"include {self.folder}/portal.conf; }}\n"
        )
        self.spawn("proxy", ["nginx", "-p", self.folder, "-c", configuration], {"PATH": path()})
        self.wait_until(lambda: self.get("/healthz/").text == "ok")

    def spawn(self, name: str, command: Sequence[object], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                list(map(str, command)), cwd=self.app, env=environment, stdout=log, stderr=log
            )

    def reload_web(self) -> None:
        """Do what `systemctl reload` does."""
        self.processes["web"].send_signal(signal.SIGHUP)

    def end(self, name: str, how: signal.Signals = signal.SIGTERM) -> None:
        self.watched.discard(name)
        process = self.processes.pop(name)
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self) -> None:
        for name in list(self.processes):
            self.end(name)
        with suppress(AssertionError):
            self.stop_database("immediate")

    # --- From outside ---

    def get(self, path: str) -> httpx.Response:
        return self.browser().get(path)

    def browser(self) -> httpx.Client:
        """Return a client that believes our certificate alone."""
        context = httpx.create_ssl_context(verify=str(self.etc / "tls.pem"))
        return httpx.Client(base_url=self.url, verify=context, timeout=30)

    def wait_until(self, is_so: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if is_so():
                    return
            time.sleep(0.1)
        raise AssertionError(f"It did not come about within {seconds:g} seconds.\n{self.log()}")

    def written_by(self, name: str) -> str:
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def log(self) -> str:
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {file.name}\n{file.read_text(errors='replace')[-4000:]}" for file in files)


def kill_family(process: int) -> None:
    """Kill a process and those that it started, all at once."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for member in (process, *map(int, children)):
        with suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


def path() -> str:
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return ":".join([*map(str, newest[-1:]), os.environ["PATH"], "/usr/sbin"])


def owner() -> tuple[str, str] | None:
    """Return who runs PostgreSQL, where we are root; None: we do."""
    return ("postgres", "postgres") if os.geteuid() == 0 else None


def run(command: Sequence[object], **more: Any) -> str:
    """Run a command, and return what it printed. Raises: AssertionError, with all that it said."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{done.args[0]} ended with {done.returncode}.\n{done.stdout}{done.stderr}"
    return done.stdout
