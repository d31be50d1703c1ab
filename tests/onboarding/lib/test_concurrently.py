"""The operations for large tables do on both databases what they are for, and take it back."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from onboarding.lib import concurrently
from tests.migration_examples import APP, CHECK, FINE_ALONE, TABLES, state_before

pytestmark = pytest.mark.django_db(transaction=True)


def run(operation: Operation, state: ProjectState, *, backwards: bool = False) -> ProjectState:
    after = state.clone()
    operation.state_forwards(APP, after)
    with connection.schema_editor(atomic=operation.atomic) as editor:
        if backwards:
            operation.database_backwards(APP, editor, after, state)
        else:
            operation.database_forwards(APP, editor, state, after)
    return after


@pytest.fixture
def table() -> Iterator[ProjectState]:
    state = ProjectState()
    for operation in TABLES:
        state = run(operation, state)
    yield state_before()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE examples_row")
        cursor.execute("DROP TABLE examples_other")


def names() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "examples_row"))


def insert(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO examples_row (name, number) VALUES ('a', %s)", [number])


def test_an_index_comes_and_goes(table: ProjectState) -> None:
    operation = FINE_ALONE["an index, concurrently"]
    run(operation, table)
    assert "row_number_idx" in names()
    run(operation, table, backwards=True)
    assert "row_number_idx" not in names()


def test_an_index_goes_and_comes(table: ProjectState) -> None:
    operation = FINE_ALONE["no index, concurrently"]
    run(operation, table)
    assert "row_name_idx" not in names()
    run(operation, table, backwards=True)
    assert "row_name_idx" in names()


def test_a_check_is_added_then_looked_into_and_taken_back(table: ProjectState) -> None:
    insert(1)
    add, look = concurrently.AddConstraintNotValid("row", CHECK), concurrently.ValidateConstraint("row", CHECK.name)
    added = run(add, table)
    with pytest.raises(IntegrityError):
        insert(-1)
    run(look, added)
    run(look, added, backwards=True)
    run(add, table, backwards=True)
    insert(-1)
