"""How a consent comes to its end: when, and as what. The kinds are those of the record that is written then."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# As `consent.models.Consent.Kind` has them, which knows requests.
ENDINGS = {
    "withdrawn": _("taken back"),
    "expired": _("ended by time"),
    "elsewhere": _("ended elsewhere"),
    "timed-out": _("not allowed in time"),
    "replaced": _("connected anew"),
}


class Ending(models.Model):
    """A row whose consent has an end, or will have one."""

    consent_ends_at = models.DateTimeField(null=True, blank=True, help_text=_("When the consent ends by itself"))
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text=_("When the consent was taken back, or ended"))
    ended_as = models.CharField(
        max_length=16, blank=True, choices=list(ENDINGS.items()), help_text=_("How the consent ended")
    )
    is_reconnection = models.BooleanField(
        default=False, help_text=_("Connects anew what the request before it had connected")
    )

    class Meta:
        abstract = True

    @property
    def has_expired_consent(self) -> bool:
        return self.consent_ends_at is not None and self.consent_ends_at <= timezone.now()
