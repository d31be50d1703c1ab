"""The portal as a separate process: a copy with its own `.env` and database, and an environment with nothing in it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("manage.py", "realto_portal")  # settings find `.env` and the database next to themselves
LINKED = ("onboarding", "sandbox", "templates", "static")


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
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables}
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

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
