"""How many calls a minute the platform gets, by the real scheduler: `python -m benchmarks.upstream_calls`.

Simulates one hour of open requests in which nothing happens, sent evenly over the hour before. Tabs poll our own
database every 2 s; they reach the scheduler only as "somebody watches", from a random moment on. Requests of one kind
that are due together are read in pages, as `delivery.lease` and `delivery.tracking` do it.
"""

import os
import random
from collections.abc import Iterator
from datetime import timedelta

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
os.environ.setdefault("LOCAL", "true")

import django

django.setup()

from onboarding.delivery.lease import MANY, MOST_AT_ONCE
from onboarding.delivery.tracking import PAGE_SIZE
from onboarding.request import schedule

COUNTS = (1, 100, 10_000)
HOUR = 3600.0
SWEEP = 0.2


def main() -> None:
    print("| open requests | 0 tabs | 1 tab each | 10 tabs each |")
    print("|---:|---:|---:|---:|")
    for count in COUNTS:
        figures = [f"{calls_per_minute(count, tabs=tabs):,.1f}" for tabs in (0, 1, 10)]
        print(f"| {count:,} | {' | '.join(figures)} |")


def calls_per_minute(count: int, *, tabs: int) -> float:
    """Return the platform calls per minute over the simulated hour."""
    random.seed(count)
    ages = [random.random() * HOUR for _request in range(count)]
    due = [(age, moment) for age in ages for moment in checks(age, is_watched=tabs > 0)]
    sweeps: dict[int, int] = {}
    for _age, moment in due:
        sweep = int(moment / SWEEP)
        sweeps[sweep] = sweeps.get(sweep, 0) + 1
    return sum(calls(at_once, count) for at_once in sweeps.values()) / (HOUR / 60)


def checks(age: float, *, is_watched: bool) -> Iterator[float]:
    """Give the moments of one hour, in seconds, at which a request is due. A watcher opens its page at any of them."""
    opened = random.random() * HOUR if is_watched else HOUR
    now = random.random() * SWEEP
    while now < HOUR:
        yield now
        wait = schedule.until_next_check(
            age=timedelta(seconds=age + now),
            quiet=timedelta(seconds=max(0.0, now - opened)),
            is_watched=now >= opened,
            chance=random.random(),
        )
        now += wait.total_seconds()


def calls(at_once: int, count: int) -> float:
    """Return the calls for requests of one kind that one sweep finds due."""
    if at_once < MANY:
        return at_once
    pages = min(-(-count // PAGE_SIZE), max(1, min(at_once, MOST_AT_ONCE) // 5))
    left_out = max(0, at_once - at_once * pages * PAGE_SIZE // count)
    return min(at_once, pages + left_out)


if __name__ == "__main__":
    main()
