"""What staff stored, as far as it can be drawn: the one place where a broken row makes room for the portal's own.

Rows of staff's (brand, pictures, words) are on every page, and a database may hold in them what no form let through.
A value that the column's own rules refuse counts as empty; a row that makes no sense without it is left out. Each is
logged once by each process, and `broken` tells the desk.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, CharField, Field, ForeignKey, IntegerField, Model, QuerySet, TextField

from .models import Logo

logger = logging.getLogger(__name__)

# A picture never changes; whether it is whole is looked at this often.
PICTURE_SECONDS = 600

type Broken = tuple[object, str]  # the key of a row, and what of it: the name of a field, or of an error


def rows[Row: Model](found: QuerySet[Row], *, needed: Iterable[str] = ()) -> list[Row]:
    """Read rows of staff's, mended. One in which a field of `needed` is broken is left out.

    Raises: DatabaseError when the database is away.
    """
    broken: list[Broken] = []
    sound = []
    for row in _read(found, broken):
        fields = mend(row)
        broken += [(row.pk, field) for field in fields]
        if not set(fields) & set(needed):
            sound.append(row)
    _tell(found.model, broken)
    return sound


def mend(row: Model) -> list[str]:
    """Empty what is broken in a row, in memory only. Returns the names of these fields."""
    broken = [
        field
        for field in row._meta.concrete_fields
        if not (field.primary_key or field.generated or _is_sound(field, row))
    ]
    for field in broken:
        setattr(row, field.name, None if field.null else False if isinstance(field, BooleanField) else "")
    return [field.name for field in broken]


def broken_in(model: type[Model]) -> list[str]:
    """List what was broken when this process last read these rows, e.g. "help text 3: label"."""
    names = {field.name: str(field.verbose_name) for field in model._meta.concrete_fields}
    found: list[Broken] = cache.get(_key(model), [])
    return [f"{model._meta.verbose_name} {key}: {names.get(what, what)}" for key, what in found]


def is_whole(picture: Logo) -> bool:
    """Tell whether a stored picture can be drawn: its facts make sense, and its content is what was uploaded."""
    return picture.is_sound and _has_its_content(picture)


def _has_its_content(picture: Logo) -> bool:
    key = f"onboarding.picture.{picture.sha256}"
    known: bool | None = cache.get(key)
    if known is None:
        content = Logo.objects.filter(pk=picture.pk).values_list("content", flat=True).first()
        known = isinstance(content, bytes | memoryview) and hashlib.sha256(content).hexdigest() == picture.sha256
        cache.set(key, known, PICTURE_SECONDS)
    return known


def _is_sound(field: Field[Any, Any], row: Model) -> bool:
    if isinstance(field, ForeignKey):
        return _is_related_sound(field, row)
    value = getattr(row, field.attname)
    if value is None or value == "":
        return field.null if value is None else field.blank
    if not isinstance(value, _kind_of(field)) or (isinstance(value, str) and _is_too_long(field, value)):
        return False
    try:
        field.clean(value, row)
    except ValidationError:
        return False
    return True


def _is_related_sound(field: ForeignKey[Any, Any], row: Model) -> bool:
    if getattr(row, field.attname) is None:
        return True
    related = field.get_cached_value(row, default=None)
    return is_whole(related) if isinstance(related, Logo) else related is not None


def _is_too_long(field: Field[Any, Any], value: str) -> bool:
    """Tell about texts too, whose length no database checks."""
    longest = getattr(field, "max_length", None)
    return longest is not None and len(value) > longest


def _kind_of(field: Field[Any, Any]) -> type:
    """Return what a column holds while nobody meddles: SQLite takes anything."""
    if isinstance(field, BooleanField):
        return bool
    if isinstance(field, CharField | TextField):
        return str
    return int if isinstance(field, IntegerField) else object


def _read[Row: Model](found: QuerySet[Row], broken: list[Broken]) -> Sequence[Row]:
    """Read all rows; if one of them cannot even be read, the others."""
    try:
        return list(found)
    except Exception:
        logger.exception("Some rows of %s cannot be read.", found.model.__name__)
    plain = found.select_related(None)
    rows = []
    for key in plain.values_list("pk", flat=True):
        try:
            rows.append(plain.get(pk=key))
        except Exception as problem:  # noqa: BLE001  told below, once
            plain.filter(pk=key).exists()  # which fails when the database is what is broken
            broken.append((key, type(problem).__name__))
    return rows


def _tell(model: type[Model], broken: list[Broken]) -> None:
    cache.set(_key(model), broken, None)
    for key, what in broken:
        if cache.add(f"{_key(model)}.{key}.{what}", True, None):
            logger.error("%s %s is broken (%s); the portal's own is shown instead.", model.__name__, key, what)


def _key(model: type[Model]) -> str:
    return f"onboarding.broken.{model.__name__}"
