"""How often something was done: the counts that rate limits compare with, and how often somebody ran into one."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RateLimitCount(models.Model):
    """How often one key was used in its window. Keys say what is limited; whom is in them only as a keyed hash."""

    key = models.CharField(max_length=160, primary_key=True)
    ends_at = models.BigIntegerField(db_index=True, help_text=_("When the window ends, in Unix seconds"))
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("count of a rate limit")
        verbose_name_plural = _("counts of rate limits")
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class RateLimitTally(models.Model):
    """How often a limit stopped somebody within one hour: a number, never whom."""

    class Scope(models.TextChoices):
        """Whose count was full."""

        PAIR = "pair", _("one address with one name")
        ADDRESS = "address", _("one address")
        NETWORK = "network", _("one line with many addresses")
        SUBJECT = "subject", _("one request, name or mailbox")
        OVERALL = "overall", _("everybody together")

    hour = models.DateTimeField(help_text=_("When the hour began"))
    name = models.CharField(max_length=32, help_text=_("What was limited"))
    scope = models.CharField(max_length=16, choices=Scope.choices)
    times = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("stop by a rate limit")
        verbose_name_plural = _("stops by rate limits")
        default_permissions = ("view",)
        ordering = ["-hour", "name", "scope"]
        constraints = [models.UniqueConstraint(fields=["hour", "name", "scope"], name="onboarding_limit_tally_unique")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:%M} {self.name} {self.scope}"
