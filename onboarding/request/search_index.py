"""The keys by which staff find requests: written with the columns that they are made of, and gone with them."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Self

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from onboarding.lib.addresses import find_key
from onboarding.lib.sealed import HASH_LENGTH, CannotOpen, keyed_hash
from onboarding.lib.sealed_fields import Sealed, SealedModel
from onboarding.lib.typed import MOST_WORDS

from .search_keys import SOURCES, Named, key_of, keys_meant, keys_of


class SearchKey(models.Model):
    """One key of one request, as a keyed hash: it tells nothing of what it is made of."""

    pk = models.CompositePrimaryKey("key", "request_id")
    key = models.CharField(max_length=HASH_LENGTH)
    request = models.ForeignKey("onboarding.OnboardingRequest", on_delete=models.CASCADE, related_name="search_keys")

    class Meta:
        verbose_name = _("search key")
        verbose_name_plural = _("search keys")

    def __str__(self) -> str:
        return self.key


class Findable(SealedModel):
    """A row whose keys follow its columns: `save` keeps them, and who writes by `update` calls `keep_keys`.

    With a value that does not open a row is saved all the same, and keeps the keys that it has.
    """

    # The keys that are stored, as far as this instance knows; None: it was read, and `as_read` may tell.
    stored_keys: frozenset[str] | None = frozenset()
    # What they were made of, as it was read and not opened; None: it was read without some of that.
    as_read: Mapping[str, object] | None = None

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        row = super().from_db(db, field_names, values, **more)
        row.stored_keys = None
        row.as_read = {name: row.__dict__[name] for name in SOURCES} if SOURCES.issubset(field_names) else None
        return row

    def save(self, **options: Any) -> None:
        with transaction.atomic(savepoint=False):
            super().save(**options)
            with suppress(CannotOpen):
                self.keep_keys()

    def keep_keys(self) -> None:
        """Store the keys that are new and delete those that no longer hold. Nothing is asked when none changed."""
        if self.stored_keys is None and self._is_as_read():
            return
        keys, stored = hashed_keys(self), self._known_keys()  # type: ignore[arg-type]
        rows = SearchKey.objects.filter(request_id=self.pk)
        if gone := stored - keys:
            rows.filter(key__in=gone).delete()
        if new := keys - stored:
            made = [SearchKey(request_id=self.pk, key=key) for key in sorted(new)]
            SearchKey.objects.bulk_create(made, ignore_conflicts=True)
        self.stored_keys = keys

    def _is_as_read(self) -> bool:
        """Tell whether nothing that keys are made of was opened or set since it was read."""
        return self.as_read is not None and all(self.__dict__[name] is was for name, was in self.as_read.items())

    def _known_keys(self) -> frozenset[str]:
        if self.stored_keys is not None:
            return self.stored_keys
        with suppress(CannotOpen):
            if self.as_read is not None:
                was = {name: self._opened(name, value) for name, value in self.as_read.items()}
                return hashed_keys(SimpleNamespace(**was))
        return frozenset(SearchKey.objects.filter(request_id=self.pk).values_list("key", flat=True))

    def _opened(self, name: str, value: object) -> object:
        """Open what was read once more: what was opened before may have been changed in its place."""
        field = self._meta.get_field(name)
        return field.open(value, self) if isinstance(value, Sealed) else value  # type: ignore[union-attr]

    def rebuild_keys(self) -> None:
        """Compare with what is really stored, whatever this instance knows.

        Raises: CannotOpen.
        """
        self.stored_keys = self.as_read = None
        self.keep_keys()


def hashed_keys(row: Named) -> frozenset[str]:
    """Return every key that finds a request, as it is stored."""
    return frozenset(map(keyed_hash, keys_of(row)))


def find_requests[Row: models.Model](rows: models.QuerySet[Row], term: str, *, by: str = "pk") -> models.QuerySet[Row]:
    """Narrow rows down to the requests that a term finds: by every word, else by all of it, however it is grouped.

    `by`: the column that has the request's id.
    """
    words = {key for word in term.split()[: MOST_WORDS + 1] if (key := key_of(word))}
    if 1 < len(words) <= MOST_WORDS:
        fitting = rows
        for word in words:
            fitting = fitting.filter(**{f"{by}__in": _having(word)})
        if fitting.exists():
            return fitting
    return rows.filter(**{f"{by}__in": _having(*keys_meant(term) - {""})})


def find_addressed[Row: models.Model](rows: models.QuerySet[Row], term: str, *, by: str) -> models.QuerySet[Row]:
    """Narrow rows down to those whose address, by its key in the column `by`, is all of a term."""
    key = find_key(term)
    return rows.filter(**{by: keyed_hash(key)}) if key else rows.none()


def _having(*keys: str) -> models.QuerySet[SearchKey, Any]:
    return SearchKey.objects.filter(key__in=map(keyed_hash, keys)).values("request_id")
