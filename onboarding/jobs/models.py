"""The sign of life of the workers."""

from django.db import models


class Heartbeat(models.Model):
    """When a worker last looked for work, whichever it was. One row."""

    beaten_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.beaten_at:%Y-%m-%d %H:%M:%S}"
