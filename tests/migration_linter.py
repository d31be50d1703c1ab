"""What a migration may not do, because it would stop the portal while a large PostgreSQL table is worked through.

Whatever is not known to be harmless is refused. `docs/migrations.md` says how to do it instead.
"""

import re
from collections.abc import Iterator

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db.migrations import Migration, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import IndexOperation, ModelOperation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CharField, Field, ManyToManyField, Value
from django.db.models.fields import PositiveIntegerRelDbTypeMixin

# Any of these takes a moment, however large the table is.
HARMLESS = (
    *(AddIndexConcurrently, RemoveIndexConcurrently, AddConstraintNotValid, ValidateConstraint),
    *(operations.AlterModelOptions, operations.AlterModelManagers, operations.AlterModelTableComment),
    *(operations.RemoveConstraint, operations.RenameIndex),
)
# Of a field, what is only Python's or changes the table's description alone.
HARMLESS_IN_FIELDS = {*Field.non_db_attrs, "default", "db_default", "db_comment"} - {"db_column"}
HARMLESS_SQL = re.compile(r"\bCONCURRENTLY\b|\bNOT VALID\b|\bVALIDATE CONSTRAINT\b|\bUSING INDEX\b", re.IGNORECASE)
INSTEAD: dict[type[Operation], str] = {
    operations.AddIndex: "use onboarding.lib.concurrently.AddIndexConcurrently",
    operations.RemoveIndex: "use onboarding.lib.concurrently.RemoveIndexConcurrently",
    operations.AddConstraint: "use AddConstraintNotValid and ValidateConstraint, or make a unique index concurrently",
    operations.RemoveField: "processes of the version before still read it: first take it out of the state alone",
    operations.DeleteModel: "processes of the version before still read it: first take it out of the state alone",
    operations.RunPython: "work in batches, each in a transaction of its own, with atomic = False",
}


def objections(app: str, migration: Migration, state: ProjectState) -> list[str]:
    """Say of each operation that blocks why, or what to do instead. `state`: as it is before; it is changed."""
    found, own = [], set()
    for operation in migration.operations:
        if isinstance(operation, operations.CreateModel):
            own.add(operation.name_lower)  # empty, and nobody knows of it yet
        elif _table_of(operation) not in own:
            found += [f"{operation.describe()}: {why}" for why in _objections(app, operation, state, migration.atomic)]
        operation.state_forwards(app, state)
    return found


def _table_of(operation: Operation) -> str:
    if isinstance(operation, IndexOperation | FieldOperation):
        return str(operation.model_name_lower)
    return str(operation.name_lower) if isinstance(operation, ModelOperation) else ""


def _objections(app: str, operation: Operation, state: ProjectState, is_atomic: bool) -> Iterator[str]:
    match operation:
        case operations.SeparateDatabaseAndState():
            for inner in operation.database_operations:
                yield from _objections(app, inner, state, is_atomic)
        case operations.AddField():
            yield from _of_new(operation.field)
        case operations.AlterField():
            yield from _of_change(state.models[app, operation.model_name_lower], operation.name, operation.field)
        case operations.RunSQL():
            yield from _of_sql(operation.sql)
        case operations.RunPython() if not is_atomic:
            pass
        case _ if not isinstance(operation, HARMLESS):
            yield INSTEAD.get(type(operation), "not known to be harmless")


def _of_new(field: Field) -> Iterator[str]:
    if isinstance(field, ManyToManyField):
        return  # a table of its own
    is_worked_out = hasattr(field.db_default, "resolve_expression") and not isinstance(field.db_default, Value)
    if field.generated or field.primary_key or is_worked_out:
        yield "the table is written anew"
    elif not field.null and not field.has_db_default():
        yield "needs null=True or a constant db_default, for processes that do not know of it"
    if field.unique or field.db_index:
        yield "its index is made while nobody may write: add it concurrently"
    if isinstance(field, PositiveIntegerRelDbTypeMixin):
        yield "its check looks at every row: add an integer, and the check with AddConstraintNotValid"


def _of_change(model: ModelState, name: str, new: Field) -> Iterator[str]:
    (_name, old_path, _args, before), (_name, path, _args, after) = model.fields[name].deconstruct(), new.deconstruct()
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)} - HARMLESS_IN_FIELDS
    if new.null:
        changed.discard("null")
    is_longer = isinstance(new, CharField) and (before.get("max_length") or 0) <= (after.get("max_length") or 0)
    if is_longer and not _is_in_a_condition(model, name):
        changed.discard("max_length")
    if path != old_path:
        yield "another type: the table is written anew"
    elif changed:
        yield f"the change of {', '.join(sorted(changed))} looks at every row, or writes it anew"


def _is_in_a_condition(model: ModelState, name: str) -> bool:
    """Checks, and indexes with conditions or expressions, are gone through again when a column of theirs changes."""
    for one in (*model.options.get("indexes", ()), *model.options.get("constraints", ())):
        _path, expressions, options = one.deconstruct()
        del options["name"]
        if (options.get("condition") or expressions) and f"'{name}'" in repr((expressions, options)):
            return True
    return False


def _of_sql(sql: object) -> Iterator[str]:
    parts = sql.split(";") if isinstance(sql, str) else [part if isinstance(part, str) else part[0] for part in sql]
    for statement in filter(str.strip, parts):
        if not HARMLESS_SQL.search(statement):
            yield f"not known to be harmless: {' '.join(statement.split())[:60]}"
