"""Several threads at one database, as several processes of the portal are, on SQLite as on PostgreSQL."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection


@contextmanager
def shared_database(folder: Path) -> Iterator[None]:
    """Let threads meet in one database. SQLite's for tests is in memory, where they would refuse each other: copy it.

    Needs a test that commits.
    """
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    file = folder / "race.sqlite3"
    copy_database(file)
    connection.connection, connection.settings_dict["NAME"] = None, str(file)
    try:
        yield
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = in_memory, name


def copy_database(file: Path) -> None:
    """Write SQLite's database for tests, as it is committed, into a file that other processes can open."""
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)


def at_once[Outcome](operations: Sequence[Callable[[], Outcome]]) -> list[Outcome]:
    """Do all of these at the same moment, each in a thread with a connection of its own."""
    start = threading.Barrier(len(operations), timeout=30)

    def do(operation: Callable[[], Outcome]) -> Outcome:
        try:
            connection.ensure_connection()
            start.wait()
            return operation()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(operations)) as threads:
        return list(threads.map(do, operations))
