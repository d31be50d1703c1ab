"""What a portal costs while nobody is there: `python -m benchmarks.idle`, also below `bin/with-postgres`.

Two web processes and a worker as the Procfile has them. What counts is the processor time that the kernel gave to each
during so many seconds, as a share of one core, and on PostgreSQL the transactions that the database counted (each
statement outside of a transaction is one). Exits with 1 beyond the goal.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

from benchmarks.processes import scheduled_ms, tree_of
from tests.journeys.portal import Portal

SETTLING, SECONDS = 20, 30
MOST_PERCENT = 0.5
COUNTED = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


def transactions(database: str) -> int | None:
    """Return how many transactions there were so far; None where nobody counts them."""
    if not database.startswith("postgres"):
        return None
    with psycopg.connect(database) as connection:
        row = connection.execute(COUNTED).fetchone()
    return int(row[0]) if row else None


def main() -> int:
    database = os.environ.get("DATABASE_URL", "")
    with tempfile.TemporaryDirectory() as folder:
        portal = Portal(Path(folder))
        portal.environment |= {"DJANGO_SETTINGS_MODULE": "realto_portal.settings", "LOG_LEVEL": "ERROR"}
        portal.environment |= {"DATABASE_URL": database} if database else {}
        try:
            portal.start()
            time.sleep(SETTLING)
            return measure(portal.processes, database)
        finally:
            portal.stop()


def measure(processes: Mapping[str, subprocess.Popen[bytes]], database: str) -> int:
    before, asked = _spent(processes), transactions(database)
    time.sleep(SECONDS)
    after, then = _spent(processes), transactions(database)
    percents = {name: (after[name] - before[name]) / (SECONDS * 10) for name in before}
    for name, percent in percents.items():
        print(f"{name}: {percent:.2f} % of a core while nobody is there")
    if asked is not None and then is not None:
        print(f"{(then - asked) / SECONDS:.1f} transactions a second in the database")
    in_all = sum(percents.values())
    print(f"in all: {in_all:.2f} % (at most {MOST_PERCENT})")
    return int(in_all > MOST_PERCENT)


def _spent(processes: Mapping[str, subprocess.Popen[bytes]]) -> dict[str, float]:
    return {name: sum(map(scheduled_ms, tree_of(process.pid))) for name, process in processes.items()}


if __name__ == "__main__":
    sys.exit(main())
