"""What a company's look is made of: a style sheet and logos, under addresses whose content never changes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from . import brand, sound
from .models import Logo

FOR_EVER: dict[str, Any] = {"public": True, "max_age": 365 * 24 * 3600, "immutable": True}


@require_safe
def accents(http: HttpRequest, light: str, dark: str) -> HttpResponse:
    """Answer with the portal's style sheet in two colours. Needs no database: the address says it all.

    A version of another release is not kept: while releases change, it may be asked of a process that has the other.
    """
    sheet = brand.sheet(f"#{light}", f"#{dark}")
    response = HttpResponse(sheet.text, content_type="text/css")
    if http.GET.get("v") == sheet.version:
        patch_cache_control(response, **FOR_EVER)
    return response


@require_safe
@cache_control(**FOR_EVER)
def logo(_http: HttpRequest, sha256: str) -> HttpResponse:
    found = get_object_or_404(Logo, sha256=sha256)
    if not sound.is_whole(found):
        raise Http404
    return HttpResponse(bytes(found.content), content_type=found.media_type)
