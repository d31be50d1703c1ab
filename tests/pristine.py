"""A database as `migrate` left it, again and again, for tests that commit.

Django's own way, `flush`, empties every table and lets the applications fill theirs anew, which takes half a second.
This takes milliseconds, and brings back more: rows of migrations and triggers that a test took away.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"


@contextmanager
def kept() -> Iterator[Callable[[], None]]:
    """Remember what the database holds now. Gives how to bring it back to that."""
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        yield _kept_on_postgresql()
        return
    with closing(sqlite3.connect(":memory:")) as copy:
        connection.connection.backup(copy)
        yield lambda: copy.backup(connection.connection)


def _kept_on_postgresql() -> Callable[[], None]:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        filled, triggers = _filled(cursor, tables), _triggers(cursor)
        cursor.execute("DROP SCHEMA IF EXISTS pristine CASCADE; CREATE SCHEMA pristine")
        for table in filled:
            cursor.execute(f"CREATE TABLE pristine.{table} AS TABLE public.{table}")

    def bring_back() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger and no foreign key says no
            empty = [f"DELETE FROM {table}" for table in _filled(cursor, tables)]
            fill = [f"INSERT INTO {table} SELECT * FROM pristine.{table}" for table in filled]
            cursor.execute("; ".join([*empty, *fill, *(triggers - _triggers(cursor))]))

    return bring_back


def _filled(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables))
    return [table for (table,) in cursor.fetchall()]


def _triggers(cursor: CursorWrapper) -> set[str]:
    cursor.execute(TRIGGERS)
    return {definition for (definition,) in cursor.fetchall()}
