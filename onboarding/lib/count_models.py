"""How often workers did what, in rows that only grow."""

from django.db import models


class WorkCount(models.Model):
    """So many times, or seconds, since this installation began."""

    name = models.CharField(max_length=32)
    outcome = models.CharField(max_length=32)
    amount = models.FloatField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["name", "outcome"], name="onboarding_work_count_unique")]

    def __str__(self) -> str:
        return f"{self.name} {self.outcome}"
