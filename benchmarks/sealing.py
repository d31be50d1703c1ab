"""Hashes and sealed values for a large database: the first in SQL, the others made here and copied in."""

from typing import Any

from django.db import connection, models

from onboarding.lib import sealed
from onboarding.lib.sealed_fields import Sealed, bound_by, sealed_fields


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def keyed(text: str) -> str:
    """Write `sealed.keyed_hash` of an expression in SQL: HMAC as it is defined, which needs no extension."""
    key = sealed.keys().index.ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key).hex() for pad in (0x36, 0x5C))
    digest = f"sha256('\\x{outer}'::bytea || sha256('\\x{inner}'::bytea || convert_to({text}, 'UTF8')))"
    return f"rtrim(translate(encode(substr({digest}, 1, 16), 'base64'), '+/', '-_'), '=')"


def seal(model: type[models.Model]) -> None:
    """Seal what SQL could only write in clear: read in order, and put back by COPY and one UPDATE."""
    table, fields = model._meta.db_table, sealed_fields(model)
    names, filled = [field.column for field in fields], " OR ".join(f"\"{field.column}\" <> ''" for field in fields)
    columns = ", ".join(f'"{field.column}" text' for field in fields)
    execute(f"CREATE TEMPORARY TABLE sealing (id bigint, {columns})")
    last = 0
    while rows := plain_rows(model, filled, last):
        with connection.cursor() as cursor, cursor.copy("COPY sealing FROM STDIN") as copy:
            for key, *values in rows:
                row = model(pk=key, **dict(zip(bound_by(model), values, strict=False)))
                plain = zip(fields, values[len(bound_by(model)) :], strict=True)
                told = [field.seal(field.read(value) if value else "", row) for field, value in plain]
                copy.write_row([key, *(value.text if isinstance(value, Sealed) else "" for value in told)])
        last = rows[-1][0]
    changes = ", ".join(f'"{name}" = s."{name}"' for name in names)
    execute(f"UPDATE {table} t SET {changes} FROM sealing s WHERE s.id = t.id")
    execute("DROP TABLE sealing")


def plain_rows(model: type[models.Model], filled: str, after: int) -> list[tuple[Any, ...]]:
    names = ("id", *bound_by(model), *(field.column for field in sealed_fields(model)))
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        query = f"SELECT {columns} FROM {model._meta.db_table} WHERE id > %s AND ({filled}) ORDER BY id LIMIT 20000"
        cursor.execute(query, [after])
        return list(cursor.fetchall())
