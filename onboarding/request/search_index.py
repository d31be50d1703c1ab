"""The keys by which staff find requests: written with the columns that they are made of, and gone with them."""

from collections.abc import Collection
from typing import Any, Self

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from onboarding.lib.addresses import find_key
from onboarding.lib.typed import MOST_WORDS

from .search_keys import LONGEST_KEY, SOURCES, key_of, keys_meant, keys_of


class SearchKey(models.Model):
    """One key of one request. In clear, as the identifier itself is in the request's row."""

    pk = models.CompositePrimaryKey("key", "request_id")
    key = models.CharField(max_length=LONGEST_KEY)
    request = models.ForeignKey("onboarding.OnboardingRequest", on_delete=models.CASCADE, related_name="search_keys")

    class Meta:
        verbose_name = _("search key")
        verbose_name_plural = _("search keys")

    def __str__(self) -> str:
        return self.key


class Findable(models.Model):
    """A row whose keys follow its columns: `save` keeps them, and who writes by `update` calls `keep_keys`."""

    # The keys that are stored, as far as this instance knows; None: it was read without what they are made of.
    stored_keys: frozenset[str] | None = frozenset()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **more: Any) -> Self:
        row = super().from_db(db, field_names, values, **more)
        row.stored_keys = keys_of(row) if SOURCES.issubset(field_names) else None  # type: ignore[arg-type]
        return row

    def save(self, **options: Any) -> None:
        with transaction.atomic(savepoint=False):
            super().save(**options)
            self.keep_keys()

    def keep_keys(self) -> None:
        """Store the keys that are new and delete those that no longer hold. Nothing is asked when none changed."""
        keys, stored = keys_of(self), self.stored_keys  # type: ignore[arg-type]
        rows = SearchKey.objects.filter(request_id=self.pk)
        if stored is None:
            stored = frozenset(rows.values_list("key", flat=True))
        if gone := stored - keys:
            rows.filter(key__in=gone).delete()
        if new := keys - stored:
            made = [SearchKey(request_id=self.pk, key=key) for key in sorted(new)]
            SearchKey.objects.bulk_create(made, ignore_conflicts=True)
        self.stored_keys = keys

    def rebuild_keys(self) -> None:
        """Compare with what is really stored, whatever this instance knows."""
        self.stored_keys = None
        self.keep_keys()


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
    return rows.filter(**{by: key}) if key else rows.none()


def _having(*keys: str) -> models.QuerySet[SearchKey, Any]:
    return SearchKey.objects.filter(key__in=keys).values("request_id")
