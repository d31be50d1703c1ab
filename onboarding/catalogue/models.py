"""The last good copy of what the platform offers, and what changed in it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CatalogueSnapshot(models.Model):
    """The last good copy of what the platform offers, and how its manufacturers are doing. One row."""

    offers = models.JSONField(default=list)
    fetched_at = models.DateTimeField(null=True, blank=True)
    is_wanted = models.BooleanField(default=False, help_text=_("Whether staff asked for a new copy"))
    busy_until = models.DateTimeField(null=True, blank=True, help_text=_("Until then nobody else fetches it"))
    trouble = models.CharField(max_length=64, blank=True)
    paces = models.JSONField(default=list, help_text=_("How fast and how surely each manufacturer connects"))
    measured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("catalogue")
        verbose_name_plural = _("catalogue")
        permissions = [("change_catalogue", _("Can fetch the catalogue, and pause and resume manufacturers"))]

    def __str__(self) -> str:
        return str(_("catalogue"))


class CatalogueChange(models.Model):
    """A difference between two copies of what the platform offers.

    `before`, `after`: the attributes as the copies have them; None also when a copy does not say any. Of very many at
    once, one row stands for the last `others`.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("added")
        REMOVED = "removed", _("removed")
        CHANGED = "changed", _("changed")
        MORE = "more", _("more changes")

    at = models.DateTimeField(default=timezone.now, db_index=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    type = models.CharField(max_length=64)
    manufacturer = models.CharField(max_length=128)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    others = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("change of the catalogue")
        verbose_name_plural = _("changes of the catalogue")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.type} {self.manufacturer}"
