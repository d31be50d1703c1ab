"""What the database itself refuses: to change or delete a consent record, or a consent text once it is published.

Triggers, on both databases. They are set up after every `migrate`, because SQLite loses those of a table that a
migration rebuilds. Two ways stay open: emptying a record of the identifiers that it covers, once; and sealing them
with another key, which no hash notices as long as they are the same. What is sealed with the newest key stays.
"""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from onboarding.lib.sealed import ID_LENGTH

from .models import ERASABLE, SEALED, Consent, ConsentText

OPERATIONS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
REFUSAL = "Consent records and published consent texts are never changed or deleted."

IS_EMPTIED = "OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL"
IS_EMPTIED += " AND NEW.attributes = '' AND NEW.salt = '' AND NEW.reason = ''"
# Each begins with the id of its key, see `onboarding.lib.sealed`.
_KEY = f"SUBSTR({{}}.{{}}, 1, {ID_LENGTH})".format
_WITH_ANOTHER_KEY = (
    f"(OLD.{name} = '' AND NEW.{name} = '' OR OLD.{name} <> '' AND NEW.{name} <> ''"
    f" AND {_KEY('OLD', name)} <> {_KEY('NEW', name)})"
    for name in SEALED
)
IS_RESEALED = " AND ".join(["OLD.erased_at IS NULL AND NEW.erased_at IS NULL AND OLD.salt <> ''", *_WITH_ANOTHER_KEY])


def set_up(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers, or replace those of an earlier version."""
    statements = _for_postgresql() if connection.vendor == "postgresql" else _for_sqlite()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def take_down(connection: BaseDatabaseWrapper) -> None:
    """Remove the triggers: for tests that empty their database, and for whoever owns it."""
    with connection.cursor() as cursor:
        for table, operation in _guarded():
            name = f"{table}_no_{operation}".lower()
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def _guarded() -> list[tuple[str, str]]:
    tables = [model._meta.db_table for model in (Consent, ConsentText)]
    return [(table, operation) for table in tables for operation in OPERATIONS]


def _for_sqlite() -> Iterator[str]:
    records, texts = Consent._meta.db_table, ConsentText._meta.db_table
    kept = [field.column for field in Consent._meta.concrete_fields if field.column not in ERASABLE]
    is_same = " AND ".join(f'OLD."{column}" IS NEW."{column}"' for column in kept)
    refusal = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    exists = "WHEN EXISTS (SELECT 1 FROM {} WHERE {})"
    conditions = {
        (records, "UPDATE"): f"WHEN NOT (({IS_EMPTIED} OR {IS_RESEALED}) AND {is_same})",
        (records, "DELETE"): "",
        (texts, "UPDATE"): "WHEN OLD.published_at IS NOT NULL",
        (texts, "DELETE"): "WHEN OLD.published_at IS NOT NULL",
        # REPLACE deletes without firing the trigger for that.
        (records, "INSERT"): exists.format(records, "id = NEW.id OR record_id = NEW.record_id"),
        (texts, "INSERT"): exists.format(texts, "id = NEW.id AND published_at IS NOT NULL"),
    }
    for (table, operation), condition in conditions.items():
        name = f"{table}_no_{operation}".lower()
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield f"CREATE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH ROW {condition} {refusal}"


def _for_postgresql() -> Iterator[str]:
    records, texts = Consent._meta.db_table, ConsentText._meta.db_table
    erasable = ", ".join(f"'{name}'" for name in ERASABLE)
    refuse = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';"
    unless_empty = "IF NOT EXISTS (SELECT 1 FROM {}) THEN RETURN NULL; END IF;".format
    yield _function(
        f"{records}_guard",
        f"""
        IF TG_OP = 'TRUNCATE' THEN {unless_empty(records)}
        ELSIF TG_OP = 'UPDATE' THEN
            IF ({IS_EMPTIED} OR {IS_RESEALED})
                AND to_jsonb(NEW) - ARRAY[{erasable}] = to_jsonb(OLD) - ARRAY[{erasable}] THEN RETURN NEW; END IF;
        END IF;
        {refuse}""",
    )
    yield _function(
        f"{texts}_guard",
        f"""
        IF TG_OP = 'TRUNCATE' THEN {unless_empty(texts)}
        ELSIF OLD.published_at IS NULL THEN
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        END IF;
        {refuse}""",
    )
    for table, operation in _guarded():
        if operation == "INSERT":
            continue
        each = "STATEMENT" if operation == "TRUNCATE" else "ROW"
        name = f"{table}_no_{operation}".lower()
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        yield f"CREATE TRIGGER {name} BEFORE {operation} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_guard()"


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger AS $$ BEGIN {body} END $$ LANGUAGE plpgsql"
