"""Starts Python again and again at the cost of a fork: a process that has read what others wrote, and nothing of ours.

Each order on its standard input is a process to be: arguments as of `python`, a folder, the whole environment, and the
files for what it says. What comes of it is a process of its own from there to its end; its status is told here.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

# What takes long to read, and looks at no setting while it is read.
READ_BEFORE = (
    "PIL.Image",
    "asyncio",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "django.contrib.admin.options",
    "django.contrib.staticfiles.storage",
    "django.core.mail",
    "django.core.management",
    "django.views.debug",
    "email_validator",
    "environ",
    "fido2.server",
    "httpx",
    "limits.storage",
    "prometheus_client",
    "rapidfuzz.distance",
    "sqlparse",
    "vininfo",
)


PATIENCE = 60  # seconds


def become(order: dict[str, Any]) -> None:
    signal.alarm(PATIENCE)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    for number, path in enumerate(order["files"]):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)


def run(first: str, *arguments: str) -> None:
    if first == "-c":
        sys.argv, sys.path[0] = ["-c", *arguments[1:]], ""
        exec(arguments[0], {"__name__": "__main__"})  # noqa: S102
    else:
        sys.argv, sys.path[0] = [first, *arguments], str(Path.cwd())
        runpy.run_path(first, run_name="__main__")


def main() -> None:
    for name in READ_BEFORE:
        importlib.import_module(name)
    gc.freeze()  # pages that nobody writes to stay shared
    for line in sys.stdin:
        order = json.loads(line)
        if not (child := os.fork()):
            become(order)
            run(*order["arguments"])
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
