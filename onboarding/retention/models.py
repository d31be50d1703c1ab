"""How much went, and when."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Departure(models.Model):
    """How many rows of one kind went on one day: a number, never whose."""

    kind = models.CharField(max_length=32)
    day = models.DateField(db_index=True)
    times = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures: what went when")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["kind", "day"], name="onboarding_departure_unique")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}: {self.times}"
