"""Many writers on one SQLite file: `python -m benchmarks.sqlite_writes`.

One gunicorn process with four threads, two workers, and customers who store twenty answers a second for two minutes.
Counts answers that were late, and every "database is locked" that reached a page or a log.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.chaos.storm import Customer, Plan, Portal, hidden

CUSTOMERS = 20  # each stores one answer a second


class Waits(list[float]):
    """Seconds that each stored answer took."""

    def store_answers(self, url: str, number: int, seconds: float) -> int:
        """Go back and forth between two answers, once a second. Returns how many answers were no redirect."""
        customer, refused = Customer(url, number), 0
        with customer.http:
            page = customer.go_to("/manufacturer/")
            path = page.url.path
            started = time.monotonic()
            for beat in range(int(seconds)):
                time.sleep(max(0.0, started + beat - time.monotonic()))
                data = {
                    "manufacturer": ("Audi", "Tesla")[beat % 2],
                    "csrfmiddlewaretoken": hidden(page, "csrfmiddlewaretoken"),
                }
                began = time.monotonic()
                response = customer.http.post(path, data=data, follow_redirects=False)
                self.append(time.monotonic() - began)
                refused += response.status_code != httpx.codes.FOUND
        return refused


@contextmanager
def portal(folder: Path) -> Iterator[Portal]:
    running = Portal(folder, Plan(faults=0))
    running.prepare()
    try:
        running.start(workers=2, web_processes=1)
        Customer.insist(lambda: httpx.get(f"{running.url}/healthz/"))
        yield running
    finally:
        running.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    seconds, waits = parser.parse_args().seconds, Waits()
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder)) as running:
        with ThreadPoolExecutor(CUSTOMERS) as pool:
            asked = [pool.submit(waits.store_answers, running.url, number, seconds) for number in range(CUSTOMERS)]
            refused = sum(customer.result() for customer in asked)
        locked = (Path(folder) / "output").read_text(errors="replace").count("database is locked")
    print(f"{len(waits)} answers in {seconds:.0f} s: {refused} not stored, {locked} times locked,")
    print(f"median {statistics.median(waits) * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
