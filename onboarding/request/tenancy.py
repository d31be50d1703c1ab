"""Whose a request is at the platform: its tenant, its collective and its owner."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Owned(models.Model):
    """A row that says for whom a device is connected, as far as a company's link or staff said it; never customers."""

    tenant_id = models.CharField(max_length=36, blank=True)
    collective_id = models.CharField(max_length=36, blank=True)
    owner_id = models.CharField(
        max_length=36, blank=True, help_text=_("The principal at the platform that is to own the device")
    )

    class Meta:
        abstract = True


def for_whom(request: Owned) -> dict[str, str]:
    """Return the request's tenant, collective and owner.

    What it leaves out comes from the settings, unless it names another tenant or collective: they might not match.
    """
    if request.tenant_id or request.collective_id:
        return {
            "tenant_id": request.tenant_id,
            "collective_id": request.collective_id,
            "owner_id": request.owner_id,
        }
    return {
        "tenant_id": settings.REALTO_TENANT_ID,
        "collective_id": settings.REALTO_COLLECTIVE_ID,
        "owner_id": request.owner_id or settings.REALTO_OWNER_ID,
    }
