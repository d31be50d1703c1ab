"""What went wrong in a way that nobody expected: counted for staff, without anybody's data."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Fault(models.Model):
    """So many times on one day: where in the portal, and the name of the error."""

    day = models.DateField()
    room = models.CharField(max_length=64)
    error = models.CharField(max_length=64)
    times = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("fault")
        verbose_name_plural = _("faults")
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["day", "room", "error"], name="onboarding_fault_unique")]

    def __str__(self) -> str:
        return f"{self.room}: {self.error}"
