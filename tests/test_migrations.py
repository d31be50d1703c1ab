"""Migrations: that none of ours blocks a large table, and that the linter which says so knows what does."""

import pytest
from django.db import migrations
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from tests.migration_examples import APP, BLOCK, BREAK, FINE, FINE_ALONE, TABLES, state_before
from tests.migration_linter import objections

LOADER = MigrationLoader(None)
OURS = sorted(key for key in LOADER.disk_migrations if key[0] in {"onboarding", "sandbox"})
# (app, migration) and why it may do what the linter refuses, e.g. because its table stays small.
LET_THROUGH: dict[tuple[str, str], str] = {}


def object_to(
    *operations: Operation, atomic: bool = True, state: migrations.state.ProjectState | None = None
) -> list[str]:
    migration = Migration("0002_example", APP)
    migration.operations, migration.atomic = list(operations), atomic
    return objections(APP, migration, state or state_before())


@pytest.mark.parametrize("key", OURS, ids="-".join)
def test_blocks_no_large_table(key: tuple[str, str]) -> None:
    found = objections(key[0], LOADER.disk_migrations[key], LOADER.project_state(key, at_end=False))
    assert bool(found) == (key in LET_THROUGH), found


def test_every_exception_is_of_a_migration_that_there_is() -> None:
    assert set(LET_THROUGH) <= set(OURS)


class TestLinter:
    @pytest.mark.parametrize("name", BLOCK)
    def test_refuses_what_blocks(self, name: str) -> None:
        assert len(object_to(BLOCK[name])) >= 1

    @pytest.mark.parametrize("name", BREAK)
    def test_refuses_what_breaks_running_processes(self, name: str) -> None:
        assert len(object_to(BREAK[name])) == 1

    @pytest.mark.parametrize("name", FINE)
    def test_lets_through_what_takes_a_moment(self, name: str) -> None:
        assert object_to(FINE[name]) == []

    @pytest.mark.parametrize("name", FINE_ALONE)
    def test_lets_through_what_takes_its_time_without_a_lock(self, name: str) -> None:
        assert object_to(FINE_ALONE[name], atomic=False) == []

    def test_lets_through_whatever_is_done_to_a_table_of_the_same_migration(self) -> None:
        assert object_to(*TABLES, BLOCK["an index"], state=migrations.state.ProjectState()) == []

    def test_looks_at_an_operation_as_those_before_it_left_the_table(self) -> None:
        longer, shorter = FINE["a longer text"], migrations.AlterField("row", "name", TABLES[1].fields[1][1])
        assert object_to(shorter) == []
        assert len(object_to(longer, shorter)) == 1

    def test_says_which_operation_and_what_to_do_instead(self) -> None:
        (words,) = object_to(BLOCK["an index"])
        assert words.startswith("Create index row_number_idx on field(s) number of model row: use")
