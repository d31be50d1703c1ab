"""The last good copy of what the platform offers."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CatalogueSnapshot(models.Model):
    """The last good copy of what the platform offers, and how its manufacturers are doing. One row."""

    offers = models.JSONField(default=list)
    fetched_at = models.DateTimeField(null=True, blank=True)
    woken_at = models.DateTimeField(null=True, blank=True, help_text=_("When a refresh was last queued"))
    busy_until = models.DateTimeField(null=True, blank=True, help_text=_("Until then no other refresh is queued"))
    trouble = models.CharField(max_length=64, blank=True)
    paces = models.JSONField(default=list, help_text=_("How fast and how surely each manufacturer connects"))
    measured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("catalogue")
        verbose_name_plural = _("catalogue")
        permissions = [("change_catalogue", _("Can fetch the catalogue, and pause and resume manufacturers"))]

    def __str__(self) -> str:
        return str(_("catalogue"))
