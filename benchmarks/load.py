"""Ten thousand open status pages, and a hundred customers a second: `bin/with-postgres python -m benchmarks.load`.

The Procfile's processes on PostgreSQL, and a client of one process that shares the cores with them. The pages were
opened evenly over the last hour and ask as their script does. Of the customers a new one comes every hundredth of a
second; each goes through the wizard as fast as the portal answers. A time counts from the moment at which the browser
wanted to ask. What a customer costs in processor time says what the goal takes on another machine. Exits with 1 after
any error, or beyond a goal. The long form:

    bin/with-postgres python -m benchmarks.load --seconds 300 --customer-seconds 60
"""

import argparse
import asyncio
import sys
import time

from .customers import Customers
from .open_pages import expected_rate, scheduled_rate, watch_all
from .running import Running, running

PAGES, PER_SECOND = 10_000, 100
# Milliseconds at p95, for polls.
LONGEST_POLL = 100
# Milliseconds of processor time that a customer may cost, all processes and the database together.
MOST_A_CUSTOMER = 100
LOOKED_AT = """
SELECT count(*) FROM onboarding_onboardingrequest WHERE checked_at > now() - interval '{seconds} seconds'
"""
# Nothing changes at the sandbox meanwhile.
ENVIRONMENT = {"SANDBOX_STEP_SECONDS": "86400", "REALTO_MAX_CALLS_PER_SECOND": "0"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--customer-seconds", type=float, default=20)
    given = parser.parse_args()
    are_fine = []
    for part, seconds in ((open_pages, given.seconds), (customers, given.customer_seconds)):
        with running(**ENVIRONMENT) as portal:
            portal.serve()
            portal.work()
            are_fine.append(part(portal, seconds))
    return 0 if all(are_fine) else 1


def open_pages(portal: Running, seconds: float) -> bool:
    tally, spent = asyncio.run(watch_all(portal, PAGES, seconds))
    rate, looked_at = len(tally.waits) / seconds, portal.value(LOOKED_AT.format(seconds=seconds)) / seconds
    print(
        f"{PAGES:,} open pages for {seconds:.0f} s: {rate:.0f} polls a second, by their pace {expected_rate(PAGES):.0f}"
    )
    print(f"  {tally}; answers {dict(tally.statuses)}")
    print(f"  looked at by the worker: {looked_at:.1f} requests a second, by its schedule {scheduled_rate(PAGES):.1f}")
    print(f"  processor, ms a poll: {shares(spent, len(tally.waits))}\n", flush=True)
    return not tally.errors and tally.ms(0.95) <= LONGEST_POLL


def customers(portal: Running, seconds: float) -> bool:
    crowd, before, mine = Customers(portal, PER_SECOND, seconds), portal.spent(), time.process_time()
    asyncio.run(crowd.come())
    spent, client = portal.spent_since(before), (time.process_time() - mine) / crowd.through * 1000
    cost = sum(spent.values()) / crowd.through * 1000
    print(f"{PER_SECOND} customers a second for {seconds:.0f} s: {crowd.rate:.1f} a second through the whole wizard")
    print(f"  a page: {crowd.tally}")
    print(f"  processor, ms a customer: {shares(spent, crowd.through)}; all {cost:.1f} (at most {MOST_A_CUSTOMER})")
    print(
        f"  {PER_SECOND} a second take {cost * PER_SECOND / 1000:.1f} cores; the client took {client:.2f} ms a customer"
    )
    return not crowd.tally.errors and cost <= MOST_A_CUSTOMER


def shares(spent: dict[str, float], count: int) -> str:
    return ", ".join(f"{name} {seconds / count * 1000:.2f}" for name, seconds in spent.items())


if __name__ == "__main__":
    sys.exit(main())
