"""`manage.py worker` as a process: it takes what is queued, and stops when told."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "LOCAL": "true",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'worker.sqlite3'}",
        "SANDBOX_STEP_SECONDS": "0.01",
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def wait_for(environment: dict[str, str], question: str, answer: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while (said := manage(environment, "shell", "-v0", "-c", question).strip()) != answer:
        assert time.monotonic() < deadline, f"still {said!r}"


class TestWorker:
    def test_fetches_the_catalogue_and_stops_within_ten_seconds(self, environment: dict[str, str]) -> None:
        manage(environment, "migrate", "-v0")
        worker = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "worker"], env=environment, cwd=ROOT)
        try:
            ask = "from onboarding.models import *; print(CatalogueSnapshot.objects.exclude(fetched_at=None).count())"
            wait_for(environment, ask, "1")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=10) == 0
        finally:
            worker.kill()
            worker.wait()
