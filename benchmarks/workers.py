"""How much more several workers do than one: `bin/with-postgres python -m benchmarks.workers`.

The Procfile's worker, once, twice and four times, on PostgreSQL, against a platform that answers after 50 ms and is a
process of its own. A backlog of requests is due at once: to be sent, and to be looked at. Each worker has one thread
for requests, so that four of them leave two cores idle and what holds them up is each other. Then with the ceiling that
is set by default; and from consent to the platform, while customers come through the web processes. Exits with 1 beyond
a goal. Rates mean something on an idle machine only.
"""

import asyncio
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.journeys.portal import free_port

from .customers import Customers
from .running import Running, running, wait_until

COUNTS = (1, 2, 4)
# So many requests for each worker.
BACKLOG = 150
# So much of what as many workers would do by themselves is enough.
SHARE = 0.8
CEILING = 20
LONGEST_TO_PLATFORM = 0.3
CUSTOMERS_PER_SECOND, SECONDS = 5, 20
# So many workers send what these customers agreed to.
PROMPT = 2
DONE = {"queued": "sent_at", "following": "checked_at"}
WORKS = "The worker runs"
LAST = "SELECT coalesce(max(id), 0) FROM onboarding_onboardingrequest"
LEFT = "SELECT count(*) FROM onboarding_onboardingrequest WHERE id > {last} AND {done} IS NULL"
# The middle nine tenths of what was done, by the seconds that they took.
RATE = """
SELECT 0.9 * count(*)
  / (percentile_cont(0.95) WITHIN GROUP (ORDER BY at) - percentile_cont(0.05) WITHIN GROUP (ORDER BY at))
FROM (SELECT EXTRACT(epoch FROM {done})::float AS at FROM onboarding_onboardingrequest WHERE id > {last}) moments
"""
OVER = "UPDATE onboarding_onboardingrequest SET due_at = NULL RETURNING 1"
CONSENTED = """
SELECT reference, EXTRACT(epoch FROM consented_at)::float FROM onboarding_onboardingrequest
WHERE id > {last} AND consented_at IS NOT NULL
"""


@contextmanager
def far_from_the_platform() -> Iterator[Running]:
    """Give a portal without a ceiling whose platform is a process of its own."""
    with running(LOG_LEVEL="INFO", REALTO_MAX_CALLS_PER_SECOND="0") as portal:
        move_platform(portal)
        yield portal


def move_platform(portal: Running) -> None:
    far = f"http://127.0.0.1:{free_port()}"
    portal.start("platform", f"python -m benchmarks.far_platform {far.rpartition(':')[2]}")
    portal.environment |= {"REALTO_API_URL": far, "REALTO_CLIENT_ID": "far", "REALTO_CLIENT_SECRET": "far"}
    wait_until(lambda: arrivals(portal) is not None, portal.log)
    portal.manage("refresh_catalogue")


def arrivals(portal: Running) -> dict[str, float]:
    """Return when which request arrived at the platform, by its reference."""
    arrived: dict[str, float] = httpx.get(f"{portal.environment['REALTO_API_URL']}/arrivals").json()
    return arrived


@contextmanager
def working(portal: Running, count: int, **environment: str) -> Iterator[None]:
    """Let so many workers work meanwhile."""
    log = portal.folder / "worker.log"
    log.unlink(missing_ok=True)
    for _number in range(count):
        portal.work(**environment)
    wait_until(lambda: log.read_text().count(WORKS) == count, portal.log)
    yield
    portal.stop("worker")


def rate(portal: Running, state: str, workers: int, count: int, **environment: str) -> tuple[float, str]:
    """Return how many requests a second so many workers get through, and what one costs in processor time."""
    last, done = portal.value(LAST), DONE[state]
    with working(portal, workers, **environment):
        before = portal.spent()
        portal.run(sys.executable, "-m", "benchmarks.backlog", state, str(count))
        wait_until(lambda: not portal.value(LEFT.format(last=last, done=done)), portal.log, seconds=300)
        spent = portal.spent_since(before)
        per_second = float(portal.value(RATE.format(last=last, done=done)))
    portal.value(OVER)
    return per_second, ", ".join(f"{name} {spent[name] / count * 1000:.1f}" for name in ("worker", "database"))


def grows(portal: Running, state: str) -> bool:
    """Print the rates, and tell whether they grow as the number of workers does."""
    rates = {}
    for count in COUNTS:
        rates[count], costs = rate(portal, state, count, BACKLOG * count, WORKER_THREADS="1")
        share = rates[count] / count / rates[1]
        print(
            f"{state}, {count} workers: {rates[count]:.1f} a second, {share:.2f} of each alone; processor, ms: {costs}"
        )
    return all(per_second >= SHARE * count * rates[1] for count, per_second in rates.items())


def keeps_to_ceiling(portal: Running) -> bool:
    per_second, _costs = rate(portal, "queued", 2, BACKLOG, REALTO_MAX_CALLS_PER_SECOND=str(CEILING))
    print(f"with a ceiling of {CEILING}, 2 workers of 4 threads: {per_second:.1f} a second")
    return 0.9 * CEILING <= per_second <= 1.02 * CEILING


def is_prompt(portal: Running) -> bool:
    """Print how long requests take from consent to the platform, and tell whether that is short."""
    last, crowd = portal.value(LAST), Customers(portal, CUSTOMERS_PER_SECOND, SECONDS)
    with working(portal, PROMPT):
        asyncio.run(crowd.come())
        with portal.database() as database:
            consented = dict(database.execute(CONSENTED.format(last=last)).fetchall())
        wait_until(lambda: consented.keys() <= arrivals(portal).keys(), portal.log)
    arrived = arrivals(portal)
    waits = [arrived[reference] - at for reference, at in consented.items()]
    p50, p95 = statistics.median(waits), statistics.quantiles(waits, n=20)[-1]
    print(f"from consent to the platform, {crowd.rate:.1f} customers a second: p50 {p50:.3f} s, p95 {p95:.3f} s")
    return p95 <= LONGEST_TO_PLATFORM and not crowd.tally.errors


def main() -> int:
    with far_from_the_platform() as portal:
        are_fine = [grows(portal, "queued"), grows(portal, "following"), keeps_to_ceiling(portal)]
        portal.serve()
        are_fine.append(is_prompt(portal))
    return 0 if all(are_fine) else 1


if __name__ == "__main__":
    sys.exit(main())
