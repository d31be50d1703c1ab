"""What the kernel knows of running processes."""

from collections.abc import Iterator
from pathlib import Path


def spent_ms(process: int) -> float:
    """Return the processor time that the scheduler gave to a process and those that it started, in milliseconds."""
    return sum(map(_of_threads, _family(process)))


def children_of(process: int) -> list[int]:
    return list(map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split()))


def _family(process: int) -> Iterator[int]:
    yield process
    for child in children_of(process):
        yield from _family(child)


def _of_threads(process: int) -> float:
    """Add up what the scheduler gave to each thread; one that ended takes its share along."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6
