"""Many writers on one SQLite file: `python -m benchmarks.sqlite_writes`.

One gunicorn process with four threads, two workers, and customers who store twenty answers a second for two minutes.
Counts answers that were not stored, and every "database is locked" that reached a page or a log. Exits with 1
after any.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.chaos.storm import EVERY_THIRD, Customer, Plan, Portal, hidden

CUSTOMERS = 20  # each stores one answer a second


class Waits(list[float]):
    """Seconds that each answer took."""

    def store_answers(self, url: str, number: int, seconds: float) -> Counter[int]:
        """Go back and forth between two answers, once a second. Returns how often each status came."""
        customer, statuses = Customer(url, EVERY_THIRD * number), Counter[int]()  # all of them with a car
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
                statuses[response.status_code] += 1
        return statuses


@contextmanager
def portal(folder: Path) -> Iterator[Portal]:
    running = Portal(folder, Plan(faults=0))
    running.environment["DJANGO_SETTINGS_MODULE"] = "benchmarks.storm_settings"
    running.prepare()
    try:
        running.start(workers=2, web_processes=1)
        Customer.insist(lambda: httpx.get(f"{running.url}/healthz/"))
        yield running
    finally:
        running.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    seconds, waits = parser.parse_args().seconds, Waits()
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder)) as running:
        statuses = store(running.url, seconds, waits)
        locked = (Path(folder) / "output").read_text(errors="replace").count("database is locked")
    refused = {status: times for status, times in statuses.items() if status != httpx.codes.FOUND}
    told = f" (by status: {refused})" if refused else ""
    print(f"{len(waits)} answers in {seconds:.0f} s: {sum(refused.values())} not stored{told}, {locked} times locked,")
    print(f"median {statistics.median(waits) * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms")
    return int(bool(refused or locked))


def store(url: str, seconds: float, waits: Waits) -> Counter[int]:
    """Let all customers store their answers at once."""
    with ThreadPoolExecutor(CUSTOMERS) as pool:
        asked = [pool.submit(waits.store_answers, url, number, seconds) for number in range(CUSTOMERS)]
        return sum((customer.result() for customer in asked), Counter[int]())


if __name__ == "__main__":
    sys.exit(main())
