"""What the kernel knows of running processes."""

import os
from contextlib import suppress
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def tree_of(process: int) -> list[int]:
    """Return a process and all that it started and that still run."""
    tree = [process]
    for parent in tree:
        with suppress(OSError):
            threads = list(Path(f"/proc/{parent}/task").iterdir())
            tree += [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return tree


def scheduled_ms(process: int) -> float:
    """Return the milliseconds of processor time of a process, to the nanosecond: of the threads that it has now."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6


def spent_by(process: int) -> float:
    """Return the processor seconds of a process, its children, and theirs, with those that have ended."""
    return sum(map(_spent_alone, tree_of(process)))


def _spent_alone(process: int) -> float:
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, after_name[11:15])) / TICKS_PER_SECOND  # its own and its ended children's, user and system
