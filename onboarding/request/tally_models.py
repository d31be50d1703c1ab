"""How answers come out, counted."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AnswerTally(models.Model):
    """How often the answer to one field came out one way on one day: a number, never what was typed or who did."""

    class Outcome(models.TextChoices):
        """The words for what we know; the column is open to more."""

        ACCEPTED = "accepted", _("accepted")
        ASKED_BACK = "asked-back", _("asked whether it is right")
        PLATFORM = "platform", _("refused by the platform")
        EMPTY = "empty", _("nothing entered")
        CHARACTERS = "characters", _("wrong characters")
        LOOKALIKES = "lookalikes", _("I, O or Q in a VIN")
        LENGTH = "length", _("wrong length")
        FORM = "form", _("not in the form that is needed")

    day = models.DateField()
    type = models.CharField(max_length=64)
    manufacturer = models.CharField(max_length=128)
    tenant_id = models.CharField(max_length=36, blank=True)
    field = models.CharField(max_length=200, help_text=_("The platform's name of the attribute"))
    outcome = models.CharField(max_length=32)
    times = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("tally of answers")
        verbose_name_plural = _("tallies of answers")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "type", "manufacturer", "tenant_id", "field", "outcome"],
                name="onboarding_tally_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.type} {self.manufacturer} {self.field} {self.outcome}"
