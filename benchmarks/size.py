"""How much a request takes in the database, by table: `bin/with-postgres python -m benchmarks.size [REQUESTS]`."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "realto_portal.settings")
os.environ.setdefault("LOCAL", "true")

import django

django.setup()

from django.core.management import call_command
from django.db import connection

from benchmarks import many_requests

SIZES = """SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_total_relation_size(oid) > %s
    ORDER BY 2 DESC"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    call_command("migrate", verbosity=0)
    many_requests.fill(count)
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [count * 10])
        sizes = dict(cursor.fetchall())
    for table, size in sizes.items():
        print(f"{table:36}{size / count / 1024:7.2f} KB a request")
    print(f"{'in all':36}{sum(sizes.values()) / count / 1024:7.2f} KB a request")


if __name__ == "__main__":
    main()
