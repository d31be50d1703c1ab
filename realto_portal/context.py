"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from onboarding.branding import brand


def portal(request: HttpRequest) -> dict[str, object]:
    return {
        "brand": SimpleLazyObject(brand.current),
        "is_sandbox": settings.USES_EMBEDDED_SANDBOX,
        "languages": settings.LANGUAGES,
    }
