"""A database as `migrate` left it, again and again, for tests that commit.

Django's own way, `flush`, empties every table and lets the applications fill theirs anew, which takes half a second.
This takes milliseconds, and brings back more: rows of migrations, triggers that a test took away, and numbers of rows.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

TRIGGERS = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
SEQUENCES = """SELECT format('SELECT setval(%L, %s, %L)', sequencename, coalesce(last_value, 1), last_value IS NOT NULL)
  FROM pg_sequences WHERE schemaname = 'public'"""


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
        triggers, numbers = _column(cursor, TRIGGERS), _column(cursor, SEQUENCES)
        columns = {table: _columns(cursor, table) for table in _filled(cursor, tables)}
        cursor.execute("DROP SCHEMA IF EXISTS pristine CASCADE; CREATE SCHEMA pristine")
        for table in columns:
            cursor.execute(f"CREATE TABLE pristine.{table} AS TABLE public.{table}")
    fill = [f"INSERT INTO {table} ({names}) SELECT {names} FROM pristine.{table}" for table, names in columns.items()]

    def bring_back() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger and no foreign key says no
            empty = [f"DELETE FROM {table}" for table in _filled(cursor, tables)]
            cursor.execute("; ".join([*empty, *fill, *numbers, *(triggers - _column(cursor, TRIGGERS))]))

    return bring_back


def _filled(cursor: CursorWrapper, tables: list[str]) -> set[str]:
    return _column(
        cursor, " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)
    )


def _columns(cursor: CursorWrapper, table: str) -> str:
    described = connection.introspection.get_table_description(cursor, table)
    return ", ".join(f'"{column.name}"' for column in described)


def _column(cursor: CursorWrapper, query: str) -> set[str]:
    cursor.execute(query)
    return {value for (value,) in cursor.fetchall()}
