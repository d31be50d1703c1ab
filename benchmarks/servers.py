"""Web servers, threads and ways to PostgreSQL, side by side: `bin/with-postgres python -m benchmarks.servers`.

For each, customers go through the wizard, as many at once as there are threads, with the Procfile's worker beside: what
one costs in processor time, how many come through in a second, and what a page takes. Needs for its names what is not
among the requirements: `pip install granian psycopg_pool`, and pgbouncer on the PATH.
"""

import argparse
import asyncio
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.journeys.portal import free_port

from .customers import Customers
from .running import Running, running, wait_until

AT_ONCE = 8
GUNICORN = "gunicorn realto_portal.wsgi --bind 127.0.0.1:$PORT --workers {} --threads {} --log-level warning"
GRANIAN = (
    "granian --interface wsgi --host 127.0.0.1 --port $PORT --workers {} --blocking-threads {} --no-ws"
    " --log-level warning realto_portal.wsgi:application"
)
PGBOUNCER = """
[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = trust
auth_file = {folder}/users.txt
unix_socket_dir =
logfile = {folder}/pgbouncer.log
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
ignore_startup_parameters = options, extra_float_digits
"""


@dataclass(frozen=True)
class Way:
    """A way to serve: the command, and what is done to the portal before."""

    command: str
    prepare: Callable[[Running], None] = lambda portal: None


def through_pool(portal: Running) -> None:
    portal.environment["DJANGO_SETTINGS_MODULE"] = "benchmarks.pooled_settings"


def through_pgbouncer(portal: Running) -> None:
    """Put pgbouncer between the portal and its database, in transaction mode, and let the role keep its patience."""
    with portal.database() as database:
        database.execute("ALTER ROLE portal SET lock_timeout = '10s'")
    address, port = urlsplit(portal.environment["DATABASE_URL"]), free_port()
    folder = portal.folder / "pgbouncer"
    folder.mkdir()
    (folder / "users.txt").write_text('"portal" ""\n')
    configured = PGBOUNCER.format(server_port=address.port, port=port, folder=folder)
    (folder / "pgbouncer.ini").write_text(configured)
    portal.start("pgbouncer", f"pgbouncer {as_somebody(folder)} {folder}/pgbouncer.ini")
    through = address._replace(netloc=f"portal@127.0.0.1:{port}", query="DISABLE_SERVER_SIDE_CURSORS=True")
    portal.environment["DATABASE_URL"] = through.geturl()
    wait_until(lambda: answers(through._replace(query="").geturl()), portal.log)


def as_somebody(folder: Path) -> str:
    """Give pgbouncer's option for whom to run as, and let that one read the folder: it does not run as root."""
    if os.getuid():
        return ""
    folder.parent.chmod(0o755)
    os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    return "--user postgres"


def answers(url: str) -> bool:
    try:
        with psycopg.connect(url):
            return True
    except psycopg.OperationalError:
        return False


WAYS = {
    "gunicorn 2x4": Way(GUNICORN.format(2, 4)),
    "gunicorn 1x8": Way(GUNICORN.format(1, 8)),
    "gunicorn 2x2": Way(GUNICORN.format(2, 2)),
    "gunicorn 2x8": Way(GUNICORN.format(2, 8)),
    "gunicorn 4x2": Way(GUNICORN.format(4, 2)),
    "granian 2x4": Way(GRANIAN.format(2, 4)),
    "gunicorn 2x4, pool": Way(GUNICORN.format(2, 4), through_pool),
    "gunicorn 2x4, pgbouncer": Way(GUNICORN.format(2, 4), through_pgbouncer),
}


@contextmanager
def served(way: Way) -> Iterator[Running]:
    with running(REALTO_MAX_CALLS_PER_SECOND="0") as portal:
        way.prepare(portal)
        portal.serve(way.command)
        portal.work()
        yield portal


def row(name: str, way: Way, seconds: float) -> str:
    with served(way) as portal:
        asyncio.run(Customers(portal, 100, 3, AT_ONCE).come())  # warms up
        crowd, before = Customers(portal, 100, seconds, AT_ONCE), portal.spent()
        asyncio.run(crowd.come())
        spent = {part: used / crowd.through * 1000 for part, used in portal.spent_since(before).items()}
    tally = crowd.tally
    costs = f"{spent['web']:.1f} | {spent['database']:.1f} | {spent.get('pgbouncer', 0.0):.1f}"
    return (
        f"| {name} | {costs} | {crowd.rate:.1f} | {tally.ms(0.5):.0f} | {tally.ms(0.95):.0f} | {tally.errors.total()} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(WAYS))
    parser.add_argument("--seconds", type=float, default=15)
    given = parser.parse_args()
    print("| | web, ms a customer | database | pgbouncer | customers a second | a page, p50 ms | p95 | errors |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for name in given.names:
        print(row(name, WAYS[name], given.seconds), flush=True)


if __name__ == "__main__":
    main()
