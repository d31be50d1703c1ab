"""What a web process holds, and how soon a worker works: `bin/with-postgres python -m benchmarks.memory`.

The portal's web processes, after customers went through the wizard, beside those of a Django site with the same
settings and packages and no product (`peers/bare.py`): every module that the portal imports and that is not its own is
imported there, too. PSS is what a process holds by itself and its share of what several hold together; RSS counts the
latter in full. A worker works when it says so; the least of three starts counts. Exits with 1 beyond a goal.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import httpx

from .customers import Customers
from .processes import spent_by, tree_of
from .running import Running, procfile, running, wait_until

MOST_TIMES = 1.4
LONGEST_START = 2.0
CUSTOMERS_PER_SECOND, SECONDS = 5, 6
STARTS = 3
WORKS = "The worker runs"


def main() -> int:
    with running(LOG_LEVEL="INFO", REALTO_MAX_CALLS_PER_SECOND="0") as portal:
        portal.serve()
        ours, bare = serving_customers(portal), serving_one_word(portal)
        times = ours["Pss"] / bare["Pss"]
        print(f"a web process: {told(ours)}; with the same packages and no product: {told(bare)}")
        print(f"  {times:.2f} times in PSS (at most {MOST_TIMES}), {ours['Rss'] / bare['Rss']:.2f} times in RSS")
        start, busy = min(start_worker(portal) for _time in range(STARTS))
        print(
            f"a worker: works after {start:.2f} s (at most {LONGEST_START:.0f}), of them {busy:.2f} s of processor time"
        )
    return int(times > MOST_TIMES or start > LONGEST_START)


def serving_customers(portal: Running) -> dict[str, float]:
    crowd = Customers(portal, CUSTOMERS_PER_SECOND, SECONDS)
    asyncio.run(crowd.come())
    assert not crowd.tally.errors, crowd.tally
    return held(portal)


def serving_one_word(portal: Running) -> dict[str, float]:
    imports = portal.folder / "imports.json"
    imports.write_text(json.dumps(portal.ask("benchmarks.imported")))
    portal.environment |= {"BARE_IMPORTS": str(imports)}
    command = procfile()["web"].replace("realto_portal.wsgi", "benchmarks.peers.bare")
    portal.serve(f"env DJANGO_SETTINGS_MODULE=benchmarks.peers.bare_settings {command.removeprefix('exec ')}")
    with httpx.Client() as browser:
        for _request in range(CUSTOMERS_PER_SECOND * SECONDS * 10):
            browser.get(f"{portal.url}/healthz/")
    return held(portal)


def held(portal: Running) -> dict[str, float]:
    """Return the megabytes that one of gunicorn's processes holds, their mean, and stop them."""
    processes = tree_of(portal.pid_of("web"))[1:]
    portal_held = [memory_of(process) for process in processes]
    portal.stop()
    return {name: sum(one[name] for one in portal_held) / len(processes) for name in ("Pss", "Rss")}


def memory_of(process: int) -> dict[str, float]:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) / 1024 for name, _colon, rest in (line.partition(":") for line in lines)}


def told(memory: dict[str, float]) -> str:
    return f"{memory['Pss']:.1f} MB PSS, {memory['Rss']:.1f} MB RSS"


def start_worker(portal: Running) -> tuple[float, float]:
    """Return the seconds until a worker works, by the clock and of the processor."""
    log = portal.folder / "worker.log"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    portal.work()
    wait_until(lambda: WORKS in log.read_text(), portal.log, every=0.01)
    took, busy = time.monotonic() - began, spent_by(portal.pid_of("worker"))
    portal.stop()
    return took, busy


if __name__ == "__main__":
    sys.exit(main())
