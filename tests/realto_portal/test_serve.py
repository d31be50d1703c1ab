"""`bin/serve` starts what the Procfile names, and leaves none of it behind, however it is stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

SERVE = Path(settings.BASE_DIR) / "bin" / "serve"
PROCFILE = "web: exec sleep 60\nworker: exec sleep 60\n"


class Serving:
    """`bin/serve` with two processes that do nothing, and their ids."""

    def __init__(self, folder: Path) -> None:
        (folder / "Procfile").write_text(PROCFILE)
        self.process = subprocess.Popen(
            [sys.executable, SERVE],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PORT": str(free_port())},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        self.output = self.process.stdout
        self.ids = [self._next_id(), self._next_id()]

    def stop(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(timeout=10)

    def left_behind(self) -> list[int]:
        return [pid for pid in self.ids if is_running(pid)]

    def _next_id(self) -> int:
        found = next(match for line in self.output if (match := re.search(r"started \(pid=(\d+)\)", line)))
        return int(found[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    for _attempt in range(20):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    running = Serving(tmp_path)
    yield running
    for pid in running.left_behind():
        os.kill(pid, signal.SIGKILL)
    running.process.kill()
    running.process.wait()
    running.output.close()


class TestServe:
    @pytest.mark.parametrize(
        ("by", "code"),
        [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
        ids=lambda value: str(value),
    )
    def test_stops_everything(self, serving: Serving, by: signal.Signals, code: int) -> None:
        assert serving.stop(by) == code
        assert serving.left_behind() == []

    @pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGHUP], ids=lambda value: value.name)
    def test_stops_everything_when_nobody_reads_what_it_says(self, serving: Serving, by: signal.Signals) -> None:
        serving.output.close()
        serving.stop(by)
        assert serving.left_behind() == []

    def test_stops_everything_when_one_part_ends(self, serving: Serving) -> None:
        os.kill(serving.ids[0], signal.SIGKILL)
        serving.process.wait(timeout=10)
        assert serving.left_behind() == []

    def test_says_that_its_port_is_taken(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            environment = {"PATH": os.environ["PATH"], "PORT": str(port)}
            done = subprocess.run(
                [sys.executable, SERVE], cwd=tmp_path, env=environment, capture_output=True, check=False
            )
        assert done.returncode == 1
        words = f"Port {port} is in use. Stop what uses it, or take another one: make run PORT={port + 1}\n"
        assert done.stderr.decode() == words
