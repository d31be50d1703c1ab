"""Who came in to the desk, who tried, and what became of their factors."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StaffSignIn(models.Model):
    """One line of the record of sign-ins. It is written once and never changed; in the end its time is over."""

    class Outcome(models.TextChoices):
        SIGNED_IN = "signed-in", _("signed in")
        FAILED = "failed", _("failed to sign in")
        CODE_FAILED = "code-failed", _("failed at the second factor")
        LOCKED = "locked", _("locked for a while, after too many failures")
        REFUSED = "refused", _("refused: the identity provider names no group of ours")
        SIGNED_OUT = "signed-out", _("signed out")
        EXPIRED = "expired", _("signed out by time")
        CONFIRMED = "confirmed", _("confirmed who they are")
        SESSIONS_ENDED = "sessions-ended", _("signed out everywhere else")
        FACTOR_ADDED = "factor-added", _("second factor added")
        FACTOR_REMOVED = "factor-removed", _("second factor removed")
        CODES_RENEWED = "codes-renewed", _("recovery codes made anew")
        PASSWORD_CHANGED = "password-changed", _("password changed")
        ACCESS_CHANGED = "access-changed", _("access changed")

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("colleague"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.CharField(_("name"), max_length=150, help_text=_("As it was then; masked if nobody has it"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    how = models.CharField(_("how"), max_length=64, blank=True)
    by = models.CharField(_("by"), max_length=150, blank=True, help_text=_("If a colleague did it for them"))
    address = models.CharField(_("from"), max_length=43, blank=True, help_text=_("The network, not the machine"))

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins of colleagues")
        ordering = ["-at", "-pk"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.name}: {self.get_outcome_display()}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("A line of the record is never changed.")
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A line of the record is never deleted before its time.")
