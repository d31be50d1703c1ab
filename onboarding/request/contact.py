"""Addresses in tables: beside each a column by which it is compared, worked out by the database itself.

So it cannot be forgotten, whoever writes the address and how: by `save`, by `update`, or in SQL.
"""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from onboarding.lib.addresses import LONGEST_ADDRESS


class AddressKey(Func):
    """`addresses.key_of` in SQL: folds letters of ASCII and no others; nothing for what is not all ASCII."""

    arity = 1
    # SQLite's own LOWER, and PostgreSQL's by the rules of "C", know only ASCII.
    template = "CASE WHEN LENGTH(CAST(%(expressions)s AS BLOB)) = LENGTH(%(expressions)s)"
    template += " THEN LOWER(%(expressions)s) ELSE '' END"
    template_postgresql = "CASE WHEN OCTET_LENGTH(%(expressions)s) = CHAR_LENGTH(%(expressions)s)"
    template_postgresql += " THEN LOWER(%(expressions)s COLLATE \"C\") ELSE '' END"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.template_postgresql, **context)


def address_key(column: str) -> models.GeneratedField:
    """Make the column by which the addresses in another one are compared."""
    stored = models.CharField(max_length=LONGEST_ADDRESS)
    return models.GeneratedField(expression=AddressKey(column), output_field=stored, db_persist=True)


class Reachable(models.Model):
    """A row whose customer can be written to."""

    contact_email = models.EmailField(
        blank=True, help_text=_("The customer's own address; never the platform's attribute `email`")
    )
    contact_key = address_key("contact_email")

    class Meta:
        abstract = True
