"""Operations to try `migration_linter` on, and their table: what blocks it, what breaks others, what is fine."""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Random

from onboarding.lib import concurrently

APP = "examples"


def nothing(_apps: object, _schema_editor: object) -> None:
    pass


TABLES: list[Operation] = [
    migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel(
        "Row",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("number", models.IntegerField(null=True)),
            ("code", models.CharField(max_length=10, db_default="")),
        ],
        options={
            "indexes": [models.Index(fields=["name"], name="row_name_idx")],
            "constraints": [models.CheckConstraint(condition=~models.Q(code="x"), name="row_code_is_not_x")],
        },
    ),
]
INDEX = models.Index(fields=["number"], name="row_number_idx")
CHECK = models.CheckConstraint(condition=models.Q(number__gte=0), name="row_number_is_positive")
DOUBLE = models.GeneratedField(expression=models.F("number") * 2, output_field=models.IntegerField(), db_persist=True)
OTHER = models.ForeignKey("Other", models.CASCADE, null=True, db_index=False)

# While these run, nobody may write to the table, or read it.
BLOCK: dict[str, Operation] = {
    "an index": migrations.AddIndex("row", INDEX),
    "an index with the field": migrations.AddField("row", "more", models.IntegerField(null=True, db_index=True)),
    "an index by a field": migrations.AlterField("row", "number", models.IntegerField(null=True, db_index=True)),
    "a unique field": migrations.AddField("row", "more", models.IntegerField(null=True, unique=True)),
    "a field that becomes unique": migrations.AlterField("row", "number", models.IntegerField(null=True, unique=True)),
    "a foreign key with its index": migrations.AddField(
        "row", "other", models.ForeignKey("Other", models.CASCADE, null=True)
    ),
    "a unique constraint": migrations.AddConstraint("row", models.UniqueConstraint(fields=["number"], name="row_once")),
    "a unique constraint for some": migrations.AddConstraint(
        "row", models.UniqueConstraint(fields=["number"], condition=models.Q(name="a"), name="row_once")
    ),
    "a check": migrations.AddConstraint("row", CHECK),
    "a positive number": migrations.AddField("row", "more", models.PositiveIntegerField(null=True)),
    "a generated field": migrations.AddField("row", "double", DOUBLE),
    "a default that is worked out": migrations.AddField("row", "more", models.FloatField(db_default=Random())),
    "another type": migrations.AlterField("row", "number", models.BigIntegerField(null=True)),
    "a shorter text": migrations.AlterField("row", "name", models.CharField(max_length=40)),
    "a longer text with a check": migrations.AlterField("row", "code", models.CharField(max_length=90, db_default="")),
    "a field that needs a value now": migrations.AlterField("row", "number", models.IntegerField(default=0)),
    "SQL that makes an index": migrations.RunSQL("CREATE INDEX more ON examples_row (number)"),
    "SQL, in several statements": migrations.RunSQL(
        ["SELECT 1", ("ALTER TABLE examples_row ALTER number TYPE bigint", [])]
    ),
    "only in the database": migrations.SeparateDatabaseAndState(
        database_operations=[migrations.AddIndex("row", INDEX)]
    ),
}
# These are over at once, but processes of the version before cannot go on, or the lock is waited for.
BREAK: dict[str, Operation] = {
    "a field that goes": migrations.RemoveField("row", "code"),
    "a table that goes": migrations.DeleteModel("Row"),
    "a field with another name": migrations.RenameField("row", "code", "label"),
    "a table with another name": migrations.RenameModel("Row", "Line"),
    "a table that is called otherwise": migrations.AlterModelTable("row", "lines"),
    "a value that only new processes know": migrations.AddField("row", "more", models.IntegerField(default=0)),
    "an index that goes": migrations.RemoveIndex("row", "row_name_idx"),
    "a change of all rows in one transaction": migrations.RunPython(nothing),
}
FINE: dict[str, Operation] = {
    "a field that may be empty": migrations.AddField("row", "more", models.IntegerField(null=True)),
    "a field with a constant": migrations.AddField("row", "more", models.CharField(max_length=9, db_default="")),
    "a foreign key without its index": migrations.AddField("row", "other", OTHER),
    "a field that need not have a value now": migrations.AlterField(
        "row", "name", models.CharField(max_length=50, null=True)
    ),
    "a longer text": migrations.AlterField("row", "name", models.CharField(max_length=90)),
    "other words for a field": migrations.AlterField(
        "row", "name", models.CharField(max_length=50, blank=True, help_text="Words", choices=[("a", "A")], default="a")
    ),
    "another constant": migrations.AlterField("row", "code", models.CharField(max_length=10, db_default="none")),
    "another order": migrations.AlterModelOptions("row", {"ordering": ["name"]}),
    "a constraint that goes": migrations.RemoveConstraint("row", "row_code_is_not_x"),
    "an index of another name": migrations.RenameIndex("row", "row_by_name", old_name="row_name_idx"),
    "a check of what comes": concurrently.AddConstraintNotValid("row", CHECK),
    "a field that goes from the state alone": migrations.SeparateDatabaseAndState(
        state_operations=[migrations.RemoveField("row", "code")]
    ),
}
# The same, but they cannot be within a transaction.
FINE_ALONE: dict[str, Operation] = {
    "an index, concurrently": concurrently.AddIndexConcurrently("row", INDEX),
    "no index, concurrently": concurrently.RemoveIndexConcurrently("row", "row_name_idx"),
    "SQL that makes an index, concurrently": migrations.RunSQL(
        "CREATE INDEX CONCURRENTLY more ON examples_row (number)"
    ),
    "a change of rows in batches": migrations.RunPython(nothing),
}


def state_before() -> ProjectState:
    state = ProjectState()
    for operation in TABLES:
        operation.state_forwards(APP, state)
    return state
