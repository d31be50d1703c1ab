"""What gunicorn reads by itself from the folder it is started in."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import environ
from gunicorn.http import wsgi

from realto_portal import logs

OURS = {"realto_portal", "onboarding"}
# Nobody asks this gunicorn anything but pages; by default it listens for commands in the home folder.
control_socket_disable = True


class NamelessResponse(wsgi.Response):
    """An answer that does not say which server wrote it: gunicorn has no setting for that."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Variables(environ.Env):
    """The environment and `.env`, read once more: processes that are started later find it as it was."""

    ENVIRON = dict(os.environ)


def share_counts() -> None:
    """Make the folder in which this gunicorn's processes count together; none while nobody may read that."""
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        Path(folder).mkdir(parents=True, exist_ok=True)  # it may have been cleared away as old
        return
    if not any(Variables().str(name, default="") for name in ("METRICS_TOKEN", "METRICS_TOKEN_FILE")):
        return
    folder = tempfile.mkdtemp(prefix="portal-metrics-")
    atexit.register(forget_counts, folder, os.getpid())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # where prometheus-client looks for it


def forget_counts(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def post_fork(_server: Any, _worker: Any) -> None:
    """Let a new process read the code anew: after an update it would mix what this file imported with what is new."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]


wsgi.Response = NamelessResponse
Variables.read_env(Path(__file__).parent / ".env")
share_counts()
# What the first process says comes before Django's settings, and looks like what all others say.
logconfig_dict = logs.config("WARNING", "json" if Variables().str("LOG_FORMAT", default="") == "json" else "line")
