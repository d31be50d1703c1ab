"""Whose a request is at the platform: its tenant and its collective."""

from django.conf import settings

from .models import OnboardingRequest


def for_whom(request: OnboardingRequest) -> dict[str, str]:
    """Return the request's tenant and collective, else the settings' pair: never one of each, they might not match."""
    if request.tenant_id or request.collective_id:
        return {"tenant_id": request.tenant_id, "collective_id": request.collective_id}
    return {"tenant_id": settings.REALTO_TENANT_ID, "collective_id": settings.REALTO_COLLECTIVE_ID}
