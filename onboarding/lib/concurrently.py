"""Operations for migrations of tables that may be large: on PostgreSQL without a lock that lasts.

Django has them for PostgreSQL alone. On SQLite, where tables are small, these do the same at once. `docs/migrations.md`
says when they are needed; a migration with one of the first two needs `atomic = False`.
"""

from typing import Any, ClassVar

from django.contrib.postgres import operations as postgresql
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class _OnBoth(Operation):
    """Whose way through the database depends on which one it is."""

    on_postgresql: ClassVar[type[Operation]]
    on_sqlite: ClassVar[type[Operation]]

    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        self._way(schema_editor).database_forwards(self, app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        self._way(schema_editor).database_backwards(self, app_label, schema_editor, *states)

    def _way(self, schema_editor: BaseDatabaseSchemaEditor) -> type[Operation]:
        return self.on_postgresql if schema_editor.connection.vendor == "postgresql" else self.on_sqlite


class AddIndexConcurrently(_OnBoth, postgresql.AddIndexConcurrently):
    on_postgresql, on_sqlite = postgresql.AddIndexConcurrently, migrations.AddIndex


class RemoveIndexConcurrently(_OnBoth, postgresql.RemoveIndexConcurrently):
    on_postgresql, on_sqlite = postgresql.RemoveIndexConcurrently, migrations.RemoveIndex


class AddConstraintNotValid(_OnBoth, postgresql.AddConstraintNotValid):
    """A check of what is written from now on; `ValidateConstraint` in the next migration looks at the rest."""

    on_postgresql, on_sqlite = postgresql.AddConstraintNotValid, migrations.AddConstraint


class _Nothing(Operation):
    def database_forwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        """SQLite looked at every row when the check was added."""

    def database_backwards(self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: Any) -> None:
        """Nor is there anything to take back."""


class ValidateConstraint(_OnBoth, postgresql.ValidateConstraint):
    on_postgresql, on_sqlite = postgresql.ValidateConstraint, _Nothing
