"""What the portal says about itself."""

from datetime import date, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from onboarding.branding import brand
from onboarding.portal.htmx import HtmxHttpRequest, render_panel

# When somebody last compared the statement with what is so: `docs/accessibility.md` says how.
STATED_ON = date(2026, 11, 23)
SECURITY_TXT_HOLDS = timedelta(days=90)


@require_safe
def accessibility(http: HtmxHttpRequest) -> HttpResponse:
    context = {"title": _("Accessibility"), "stated_on": STATED_ON}
    return render_panel(http, "onboarding/accessibility.html", context)


@require_safe
def manifest(_http: HttpRequest) -> HttpResponse:
    """Let people put the portal on their home screen, under the company's name and with its logo."""
    look = brand.current()
    logo, kind = (look.logo.url, look.logo.media_type) if look.logo else (static("img/logo.svg"), "image/svg+xml")
    told = {
        "name": look.name,
        "short_name": look.name,
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": look.accent,
        "background_color": "#ffffff",
        "icons": [{"src": logo, "type": kind, "sizes": "any"}],
    }
    return JsonResponse(told, content_type="application/manifest+json")


@require_safe
def security_txt(_http: HttpRequest) -> HttpResponse:
    """Say where to report a weakness, as RFC 9116 describes; not found while nobody takes reports."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    ends_at = (timezone.now() + SECURITY_TXT_HOLDS).replace(microsecond=0)
    lines = {
        "Contact": settings.SECURITY_CONTACT,
        "Expires": ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": ", ".join(code for code, _name in settings.LANGUAGES),
        "Canonical": settings.PUBLIC_URL + reverse("onboarding:security_txt"),
    }
    text = "".join(f"{name}: {value}\n" for name, value in lines.items())
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
