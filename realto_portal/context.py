"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:
    return {
        "brand_name": settings.BRAND_NAME,
        "support_contact": settings.SUPPORT_CONTACT,
        "is_sandbox": settings.USES_EMBEDDED_SANDBOX,
    }
