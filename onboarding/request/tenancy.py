"""Whose a request is at the platform: its tenant, its collective and its owner."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding.lib.sealed_fields import SealedModel, SealedTextField


class Owned(SealedModel):
    """A row that says for whom a device is connected, as far as a company's link or staff said it; never customers."""

    tenant_id = models.CharField(max_length=36, blank=True)
    collective_id = models.CharField(max_length=36, blank=True)
    owner_id = SealedTextField(
        max_length=36, blank=True, help_text=_("The principal at the platform that is to own the device")
    )
    # The same as the platform says it: a default is seen nowhere else.
    platform_tenant_id = models.CharField(_("tenant"), max_length=64, blank=True)
    platform_collective_id = models.CharField(_("collective"), max_length=64, blank=True)
    platform_principal_id = models.CharField(_("principal"), max_length=64, blank=True)
    platform_owner_id = SealedTextField(max_length=64, blank=True)

    class Meta:
        abstract = True


def for_whom(request: Owned) -> dict[str, str]:
    """Return the request's tenant, collective and owner.

    What it leaves out comes from the settings, unless it names a tenant: another's collective and owner would not
    match. A collective alone has the default tenant, because a device always has one.
    """
    is_theirs = bool(request.tenant_id)
    return {
        "tenant_id": request.tenant_id or settings.REALTO_TENANT_ID,
        "collective_id": request.collective_id or ("" if is_theirs else settings.REALTO_COLLECTIVE_ID),
        "owner_id": request.owner_id or ("" if is_theirs else settings.REALTO_OWNER_ID),
    }
