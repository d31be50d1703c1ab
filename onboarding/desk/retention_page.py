"""What goes when: how long each kind of data is kept, how much waits to go, and when how much went the last time."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from onboarding.retention.keeper import survey

from .base import check_may


@require_safe
def show_retention(request: HttpRequest) -> HttpResponse:
    """Show every kind of what is kept for a time."""
    check_may(request, "view_departure")
    context = admin.site.each_context(request) | {"title": _("What goes when"), "lines": survey(timezone.now())}
    return TemplateResponse(request, "admin/onboarding/retention.html", context)
