"""What a company's look is made of: a few lines of style, and logos. Both stand under addresses that never change."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.csp import CSP
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from onboarding import colour
from onboarding.models import Logo

for_ever = cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
# A picture is drawn, with the styles that stand in it, and nothing else: also when somebody opens it by itself.
PICTURE_ONLY: dict[str, list[str] | str] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "sandbox": "",
}


@require_safe
@for_ever
def accents(_http: HttpRequest, light: str, dark: str) -> HttpResponse:
    """Answer with the tokens that follow from two colours. Needs no database: the address says it all."""
    return HttpResponse(colour.stylesheet(f"#{light}", f"#{dark}"), content_type="text/css")


@require_safe
@for_ever
@csp_override(PICTURE_ONLY)
def logo(_http: HttpRequest, sha256: str) -> HttpResponse:
    found = get_object_or_404(Logo, sha256=sha256)
    return HttpResponse(bytes(found.content), content_type=found.media_type)
