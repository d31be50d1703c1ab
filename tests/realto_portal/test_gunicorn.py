"""What `gunicorn.conf.py` does in the first process, and in those that it starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.realto_portal.conftest import ROOT


def run(code: str, **environment: str) -> str:
    """Read the file as gunicorn does, in a process of its own, and do something with it as `conf`."""
    prelude = "import os, runpy, sys; conf = runpy.run_path('gunicorn.conf.py'); "
    command = [sys.executable, "-c", prelude + code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class TestNewProcess:
    def test_reads_all_of_our_code_anew(self) -> None:
        code = "conf['post_fork'](None, None); print([n for n in sys.modules if n.startswith(('realto', 'onboard'))])"
        assert run(code) == "[]"


class TestFolderOfCounts:
    COUNTED = "print(os.environ.get('PROMETHEUS_MULTIPROC_DIR', ''))"

    def test_is_there_when_somebody_may_read_the_figures(self, tmp_path: Path) -> None:
        assert "portal-metrics-" in run(self.COUNTED, METRICS_TOKEN="x" * 32, TMPDIR=str(tmp_path))

    def test_is_there_when_the_token_is_in_a_file(self, tmp_path: Path) -> None:
        token = tmp_path / "token"
        token.write_text("x" * 32)
        assert "portal-metrics-" in run(self.COUNTED, METRICS_TOKEN_FILE=str(token), TMPDIR=str(tmp_path))

    def test_is_not_there_otherwise(self) -> None:
        assert run(self.COUNTED) == ""

    def test_that_was_cleared_away_is_made_anew(self, tmp_path: Path) -> None:
        folder = tmp_path / "counts"
        assert run(self.COUNTED, METRICS_TOKEN="x" * 32, PROMETHEUS_MULTIPROC_DIR=str(folder)) == str(folder)
        assert folder.is_dir()


@pytest.mark.parametrize("file", ["deploy/realto-portal-web.service", "Dockerfile", "Procfile"])
def test_nobody_starts_it_with_another_file(file: str) -> None:
    assert "--config" not in (ROOT / file).read_text()
