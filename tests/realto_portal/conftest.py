"""The portal as a separate process: a copy with its own `.env` and database, and an environment with nothing in it."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("manage.py", "realto_portal")  # settings find `.env` and the database next to themselves
LINKED = ("onboarding", "sandbox", "templates", "static")


class Forks:
    """Runs Python as often as wanted, for a fraction of what each start would cost: see `forks.py`."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "error", str(Path(__file__).with_name("forks.py"))]
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, env=environment, **pipes)
        atexit.register(self.end)

    def run(self, *arguments: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as said:
            files = [os.devnull, f"{said}/stdout", f"{said}/stderr"]
            order = {"arguments": arguments, "folder": str(folder), "environment": environment, "files": files}
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
            out, err = (Path(file).read_text() for file in files[1:])
        return subprocess.CompletedProcess(arguments, status, out, err)

    def end(self) -> None:
        self.process.communicate()


@cache
def forks() -> Forks:
    return Forks()


class Project:
    """A copy of the portal that runs commands with exactly the variables that are given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in LINKED:
            (folder / name).symlink_to(ROOT / name)
        (folder / "staticfiles").mkdir()  # as after collectstatic
        for name in COPIED:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)

    def write_env(self, text: str) -> None:
        (self.folder / ".env").write_text(text)

    def python(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], **variables}
        return forks().run(*arguments, folder=self.folder, environment=environment)

    def check(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.python("manage.py", "check", **variables)

    def settings(self, *names: str, **variables: str) -> dict[str, Any]:
        code = f"import json; from realto_portal import settings as s; found = {{n: getattr(s, n) for n in {names}}}"
        done = self.python("-c", f"{code}; print(json.dumps(found))", **variables)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
