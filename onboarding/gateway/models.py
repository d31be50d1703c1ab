"""How the platform is doing, as all processes know it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PlatformHealth(models.Model):
    """How the platform is doing, shared by all processes: the circuit breaker and the ceiling on calls. One row."""

    failures = models.PositiveIntegerField(default=0, help_text=_("Calls in a row that the platform did not answer"))
    away_since = models.DateTimeField(null=True, blank=True, help_text=_("When we stopped calling it"))
    next_probe_at = models.DateTimeField(null=True, blank=True, help_text=_("When one call may try whether it is back"))
    next_call_at = models.DateTimeField(null=True, blank=True, help_text=_("When the ceiling allows the next call"))

    lost_threads = models.PositiveIntegerField(default=0, help_text=_("Threads of workers that had to be replaced"))
    thread_lost_at = models.DateTimeField(null=True, blank=True, help_text=_("When the last one was replaced"))

    class Meta:
        verbose_name = _("platform health")
        verbose_name_plural = _("platform health")

    def __str__(self) -> str:
        return str(_("away") if self.away_since else _("well"))
