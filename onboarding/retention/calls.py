"""Taking what was said in a call off the lines of timelines, in the database."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, JSONField
from django.db.models.sql.compiler import SQLCompiler

from onboarding.request.events import CALL


class WithoutCall(Func):
    """An event's detail without the call in it."""

    arity = 1
    output_field = JSONField()
    template = f"JSON_REMOVE(%(expressions)s, '$.{CALL}')"
    template_postgresql = f"(%(expressions)s - '{CALL}')"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.template_postgresql, **context)
