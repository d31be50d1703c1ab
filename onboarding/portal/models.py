"""What browsers refused to do on our pages, counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CspReport(models.Model):
    """How often browsers reported one kind of breach of the Content-Security-Policy on one day: no page, no person.

    Anybody may send reports. `slot` numbers a day's rows, and the database allows only so many.
    """

    MOST_A_DAY = 50
    MOST_TIMES = 100_000

    day = models.DateField(_("day"))
    directive = models.CharField(_("directive"), max_length=32, help_text=_("The rule that was breached"))
    blocked = models.CharField(_("blocked"), max_length=100, help_text=_("The host that was to be loaded, or how"))
    times = models.PositiveIntegerField(_("times"), default=1)
    slot = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("report of a browser")
        verbose_name_plural = _("reports of browsers")
        ordering = ["-day", "-times", "pk"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["day", "directive", "blocked"], name="onboarding_csp_report_unique"),
            models.UniqueConstraint(fields=["day", "slot"], name="onboarding_csp_report_slot"),
            models.CheckConstraint(condition=models.Q(slot__lt=50), name="onboarding_csp_report_most"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.directive} {self.blocked}"
