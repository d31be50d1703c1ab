"""The page on which a colleague does something for one request: what will happen, why, and a button."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from onboarding.request.lifecycle import IllegalMove
from onboarding.request.models import OnboardingRequest
from onboarding.staff import fresh

from .base import ReadOnlyAdmin
from .operations import ALL, DEEDS, Deed, offered

REQUEST = "admin:onboarding_onboardingrequest_change"


class DeedsAdmin(ReadOnlyAdmin):
    """Requests with a button for each deed that applies, and a page for each."""

    def get_urls(self) -> list[Any]:
        """Give each deed an address of its own, beside the request's."""
        view = require_http_methods(["GET", "HEAD", "POST"])(self.deed)
        own = [
            path(
                f"<int:pk>/{deed.name.replace('_', '-')}/",
                self.admin_site.admin_view(partial(view, name=deed.name)),
                name=deed.url_name,
            )
            for deed in ALL
        ]
        return own + super().get_urls()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        row = context["original"]
        context["deeds"] = [
            {
                "name": deed.name,
                "title": deed.title,
                "url": reverse(f"admin:{deed.url_name}", args=[row.pk]),
                "is_serious": deed.is_serious,
            }
            for deed in offered(row, request)
        ]
        return super().render_change_form(request, context, *args, **more)

    def deed(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show what will happen, and do it when it is asked for."""
        deed = DEEDS[name]
        if not (self.has_view_permission(request) and deed.is_for(request)):
            raise PermissionDenied
        if deed.needs_fresh and (asked := fresh.ask(request)):
            return asked
        row = get_object_or_404(OnboardingRequest, pk=pk)
        if words := deed.why_not(row):
            self.message_user(request, str(words), messages.WARNING)
            return redirect(REQUEST, pk)
        form = deed.form(request.POST if request.method == "POST" else None, row=row)
        if form.is_valid():
            return self._do(deed, row, request, form.cleaned_data)
        context = self.admin_site.each_context(request) | {
            "title": deed.title,
            "deed": deed,
            "will": deed.words_for(row),
            "row": row,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/onboardingrequest/deed.html", context)

    def _do(self, deed: Deed, row: OnboardingRequest, request: HttpRequest, cleaned: Mapping[str, Any]) -> HttpResponse:
        """Do it, or say kindly that it no longer applies: a worker, or a colleague, was there first."""
        try:
            result = deed.do(row, request.user.get_username(), cleaned)
        except IllegalMove:
            result = False
        if isinstance(result, HttpResponse):
            return result
        if result:
            self.message_user(request, str(deed.done), messages.SUCCESS)
        else:
            row.refresh_from_db()
            changed = gettext("Nothing was done: it changed a moment ago.")
            self.message_user(request, f"{changed} {deed.why_not(row)}".strip(), messages.WARNING)
        return redirect(REQUEST, row.pk)
