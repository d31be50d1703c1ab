"""How requests grow old: what is left of one whose time is over, and the indexes that find those whose time it is."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .lifecycle import State


class Ageing(models.Model):
    """A row that is emptied when its time is over, and stays as long as the consent that belongs to it."""

    reduced_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("When all but the proof of consent went")
    )

    class Meta:
        abstract = True


INDEXES = (
    models.Index(fields=["updated_at"], condition=Q(state=State.DRAFT.value), name="onboarding_old_draft_idx"),
    models.Index(
        fields=["state", "finished_at"],
        condition=Q(finished_at__isnull=False, reduced_at=None),
        name="onboarding_over_idx",
    ),
)
