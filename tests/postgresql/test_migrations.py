"""The linter's examples, measured: which of them read or write a whole table while others wait for it."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.migration_examples import APP, BLOCK, BREAK, FINE, TABLES, state_before

pytestmark = pytest.mark.django_db(transaction=True)

# Beside these locks nobody writes.
STOPS_WRITING = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")

# The second number grows with every reading of the whole table.
FILE_AND_SCANS = "SELECT relfilenode, pg_stat_get_xact_numscans(oid) FROM pg_class WHERE oid = %s"


def run(operations: list[Operation], state: ProjectState) -> None:
    with connection.schema_editor(atomic=False) as editor:
        for operation in operations:
            before = state.clone()
            operation.state_forwards(APP, state)
            operation.database_forwards(APP, editor, before, state)


@pytest.fixture
def table() -> Iterator[None]:
    with connection.cursor() as cursor:
        run(TABLES, ProjectState())
        cursor.execute("INSERT INTO examples_row (name, number) SELECT 'a', n FROM generate_series(1, 5) AS n")
        yield
        cursor.execute("DROP TABLE examples_row, examples_other")


def blocks(operation: Operation) -> bool:
    """Try an operation, and take it back. Tells whether it went through the table, or wrote it anew, with it locked."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT 'examples_row'::regclass::oid")
        (oid,) = cursor.fetchone()
        cursor.execute(FILE_AND_SCANS, [oid])
        before = cursor.fetchone()
        run([operation], state_before())
        cursor.execute(FILE_AND_SCANS, [oid])
        after = cursor.fetchone()
        cursor.execute("SELECT mode FROM pg_locks WHERE relation = %s AND pid = pg_backend_pid()", [oid])
        is_locked = any(mode in STOPS_WRITING for (mode,) in cursor.fetchall())
        transaction.set_rollback(True)
    return is_locked and before != after


@pytest.mark.usefixtures("table")
class TestExamples:
    @pytest.mark.parametrize("name", BLOCK)
    def test_block(self, name: str) -> None:
        assert blocks(BLOCK[name])

    @pytest.mark.parametrize("name", FINE)
    def test_take_a_moment(self, name: str) -> None:
        assert not blocks(FINE[name])

    @pytest.mark.parametrize("name", sorted(set(BREAK) - {"a table that goes"}))
    def test_break_others_without_blocking(self, name: str) -> None:
        assert not blocks(BREAK[name])
