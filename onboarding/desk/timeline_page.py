"""The timeline on the desk: on the page of its request, and what is too far back for that page on one of its own."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.timezone import is_naive
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from onboarding.request.events import Event
from onboarding.request.models import OnboardingRequest

from .reveal import MaskingAdmin
from .timeline import by_day, story_of
from .timeline_sentences import line_of

TEMPLATE = "admin/onboarding/timeline.html"


class TimelineAdmin(MaskingAdmin):
    """Requests with their timelines."""

    def get_urls(self) -> list[Any]:
        earlier = self.admin_site.admin_view(self.earlier)
        return [path("<int:pk>/timeline/", earlier, name="onboarding_request_timeline"), *super().get_urls()]

    @admin.display(description=_("timeline"))
    def timeline(self, request: OnboardingRequest) -> SafeString:
        story = story_of(request)
        return render_to_string(TEMPLATE, {"row": request, "days": story.days, "earlier": story.earlier})

    @method_decorator(require_safe)
    def earlier(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what happened before a moment, or the newest without one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(OnboardingRequest, pk=pk)
        story = story_of(row, before=moment(request.GET.get("before", "")))
        context = self.admin_site.each_context(request) | {
            "title": _("Timeline"),
            "opts": self.opts,
            "row": row,
            "days": story.days,
            "earlier": story.earlier,
        }
        return TemplateResponse(request, "admin/onboarding/earlier.html", context)


def event_as_line(event: Event) -> SafeString:
    """Show one event as its timeline does."""
    return render_to_string(TEMPLATE, {"days": by_day([line_of(event, event.request)])})


def moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return None if found is None or is_naive(found) else found
