"""What gunicorn reads by itself from the folder it is started in."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import environ
from gunicorn.http import wsgi

from realto_portal import logs


class NamelessResponse(wsgi.Response):
    """An answer that does not say which server wrote it: gunicorn has no setting for that."""

    def default_headers(self) -> list[str]:
        return [line for line in super().default_headers() if not line.startswith("Server:")]


class Variables(environ.Env):
    """The environment and `.env`, read once more: processes that are started later find it as it was."""

    ENVIRON = dict(os.environ)


def share_counts() -> None:
    """Make the folder in which this gunicorn's processes count together; none while nobody may read that."""
    if not Variables().str("METRICS_TOKEN", default="") or "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    folder = tempfile.mkdtemp(prefix="portal-metrics-")
    atexit.register(forget_counts, folder, os.getpid())
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # where prometheus-client looks for it


def forget_counts(folder: str, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


wsgi.Response = NamelessResponse
Variables.read_env(Path(__file__).parent / ".env")
share_counts()
# What the first process says comes before Django's settings, and looks like what all others say.
logconfig_dict = logs.config("WARNING", "json" if Variables().str("LOG_FORMAT", default="") == "json" else "line")
