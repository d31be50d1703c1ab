"""Columns whose values are sealed, see `sealed`. Their rows are read without opening any; asking for one opens it.

What is empty stays empty, so that a query can tell; nothing else can be compared in SQL. A model with such columns is
a `SealedModel` and names in `SEALED_BY` what tells its rows apart and never changes: the values are bound to that.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import Func
from django.db.models.options import Options
from django.db.models.query_utils import DeferredAttribute

from . import sealed
from .sealed import CannotOpen

logger = logging.getLogger(__name__)


@dataclass(slots=True, repr=False, unsafe_hash=True)
class Sealed:
    """A value as the database has it. Nobody takes it for the value itself."""

    text: str

    def __repr__(self) -> str:
        return "<sealed>"

    @property
    def is_current(self) -> bool:
        """Whether it was sealed with the key that seals now."""
        return self.text.startswith(sealed.current_id())


class SealedAttribute(DeferredAttribute):
    """Opens a value when it is asked for, once for each instance."""

    field: "SealedField"

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        held, name = instance.__dict__, self.field.attname
        if name not in held:
            missing = [column for column in bound_by(self.field.model) if column not in held]
            instance.refresh_from_db(fields=[name, *missing])
        if isinstance(held[name], Sealed):
            held[name] = self.field.open(held[name], instance)
        return held[name]

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField[Any, Any]):
    """What texts and JSON have in common. Migrations know it as the text that the column is."""

    descriptor_class = SealedAttribute

    def __init__(self, *args: Any, found_by: Callable[[str], str] | None = None, **options: Any) -> None:
        """`found_by`: folds a value into what its keyed hash is made of."""
        super().__init__(*args, **options)
        self.found_by = found_by

    def deconstruct(self) -> Any:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options | {"default": ""}

    def from_db_value(self, value: object, *_more: object) -> object:
        return self.blank_value() if value in ("", None) else Sealed(str(value))

    def pre_save(self, instance: models.Model, add: bool) -> object:
        name = self.attname
        held = instance.__dict__[name] if name in instance.__dict__ else getattr(instance, name)
        return self.renewed(held, instance) if isinstance(held, Sealed) else self.seal(held, instance)

    def get_prep_value(self, value: object) -> str:
        """Take what is sealed already, or empty.

        Raises: TypeError for anything else: it would be stored, or asked for, in clear.
        """
        if isinstance(value, Sealed):
            return value.text
        if value:
            raise TypeError(f"{self.name} is sealed: save its row, or compare its keyed hash.")
        return ""

    def seal(self, value: object, instance: models.Model) -> object:
        """Return what is stored of a value in this row."""
        if not value or isinstance(value, Sealed):
            return value or ""
        text = self.written(value)
        hashed = sealed.keyed_hash(self.found_by(text)) if self.found_by else ""
        return Sealed(sealed.seal(text, self._place(instance), hashed=hashed))

    def renewed(self, stored: Sealed, instance: models.Model) -> Sealed:
        """Seal a value with the key that seals now; one that does not open stays as it is."""
        if stored.is_current:
            return stored
        try:
            text = sealed.unseal(stored.text, self._place(instance))
        except CannotOpen:
            return stored
        return Sealed(sealed.seal(text, self._place(instance), hashed=sealed.hash_in(stored.text)))

    def open(self, stored: Sealed, instance: models.Model) -> Any:
        """Open a value of this row.

        Raises: CannotOpen, after the log has its table, row and column, and why.
        """
        try:
            return self.read(sealed.unseal(stored.text, self._place(instance)))
        except (CannotOpen, ValueError) as problem:
            why = problem if isinstance(problem, CannotOpen) else type(problem).__name__
            where = f"{self.model._meta.db_table} {instance.pk}, {self.column}"
            logger.error("A value cannot be opened: %s (%s)", where, why)  # noqa: TRY400  a traceback says no more
            raise CannotOpen(where) from None

    def blank_value(self) -> Any:
        return ""

    def written(self, value: Any) -> str:
        return str(value)

    def read(self, text: str) -> Any:
        return text

    def _place(self, instance: models.Model) -> tuple[str, ...]:
        row = (_plain(getattr(instance, name)) for name in bound_by(self.model))
        return (self.model._meta.db_table, str(self.column), *row)


class SealedTextField(SealedField):
    """A sealed text; `max_length` is how long it may be, for those who write it."""


class SealedJSONField(SealedField):
    """Sealed JSON; empty, it is what `default` makes."""

    _pyi_private_set_type: Any  # for the type checker
    _pyi_private_get_type: Any

    def blank_value(self) -> Any:
        return self.get_default()

    def written(self, value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))

    def read(self, text: str) -> Any:
        return json.loads(text)


class HashWithin(Func):
    """The keyed hash that a sealed value carries, as the database reads it; nothing where there is none."""

    arity = 1
    output_field = models.CharField(max_length=sealed.HASH_LENGTH)
    start = sealed.ID_LENGTH + 1
    template = f"CASE WHEN SUBSTR(%(expressions)s, {start}, 1) = '{sealed.HASHED}'"
    template += f" THEN SUBSTR(%(expressions)s, {start + 1}, {sealed.HASH_LENGTH}) ELSE '' END"


def hash_of(column: str) -> models.GeneratedField:
    """Make the column that has the keyed hash of what is sealed in another one; worked out by the database itself."""
    stored = models.CharField(max_length=sealed.HASH_LENGTH)
    return models.GeneratedField(expression=HashWithin(column), output_field=stored, db_persist=True)


class SealedQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Lets an update set sealed columns, too."""

    def update(self, **values: Any) -> int:
        """Update as always; what has to be sealed row by row, each row by itself."""
        new = [values.get(field.name) for field in sealed_fields(self.model)]
        if all(not value or isinstance(value, Sealed) for value in new):
            return super().update(**values)
        with transaction.atomic(using=self.db):
            rows = list(self.order_by().select_related(None).only("pk", *bound_by(self.model)))
            return sum(self.filter(pk=row.pk).update(**seal_for(row, values)) for row in rows)


class SealedManager[Row: models.Model](models.Manager[Row]):
    """Makes such queries."""

    _queryset_class = SealedQuerySet  # what `from_queryset` would set, in words that the type checker follows


class SealedModel(models.Model):
    """A row with sealed columns."""

    # What tells the rows apart, is there before a row is stored, and never changes.
    SEALED_BY: ClassVar[tuple[str, ...]]

    objects = SealedManager()

    class Meta:
        abstract = True


def sealed_fields(model: type[models.Model]) -> list[SealedField]:
    """Return the sealed columns of a table."""
    return _sealed_in(model._meta)


@cache
def _sealed_in(table: Options[Any]) -> list[SealedField]:
    return [field for field in table.concrete_fields if isinstance(field, SealedField)]


def bound_by(model: type[models.Model]) -> tuple[str, ...]:
    """Return the columns that tell rows apart."""
    names: tuple[str, ...] = model.SEALED_BY  # type: ignore[attr-defined]
    return names


def seal_for(row: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values for a row as an UPDATE takes them."""
    fields = {field.name: field for field in sealed_fields(type(row))}
    return {name: fields[name].seal(value, row) if name in fields else value for name, value in values.items()}


def matching(rows: models.QuerySet[Any], values: Mapping[str, Any]) -> Iterator[Any]:
    """Give the rows with these values; those that are sealed are compared one by one, so the rows have to be few."""
    names = {field.name for field in sealed_fields(rows.model)}
    apart = {name: value for name, value in values.items() if value and name in names}
    plain = {name: value for name, value in values.items() if name not in apart}
    for row in rows.filter(**plain):
        if all(readable(row, name, None) == value for name, value in apart.items()):
            yield row


def is_filled(row: models.Model, name: str) -> bool:
    """Tell whether a sealed column of a row has a value, without opening it."""
    return bool(row.__dict__[name] if name in row.__dict__ else getattr(row, name))


def opens(row: models.Model, name: str) -> bool:
    """Tell whether a sealed value can be read."""
    closed = object()
    return readable(row, name, closed) is not closed


def readable(row: models.Model, name: str, otherwise: Any) -> Any:
    """Return a sealed value, or what is shown in its place when it does not open."""
    try:
        return getattr(row, name)
    except CannotOpen:
        return otherwise


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
