"""The page on which a colleague does something for one request: what will happen, why, and a button."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from onboarding.request.lifecycle import Actor, IllegalMove
from onboarding.request.models import OnboardingRequest
from onboarding.staff import fresh

from .base import ReadOnlyAdmin
from .operations import ALL, OPERATIONS, Operation, offered
from .queue_pages import address_of, kept_queue, next_in, with_queue

# What colleagues do most, each where it is there: the first of them is the loud button.
LIKELY = {
    Actor.US: ("resume", "mark_handled", "check_now", "add_note"),
    Actor.CUSTOMER: ("resend_mail", "add_note"),
    Actor.MANUFACTURER: ("check_now", "resend_mail", "add_note"),
    Actor.NOBODY: ("mark_handled", "look_now", "add_note"),
}
# What stands beside it; everything else is under "More".
AT_HAND = ("resume", "check_now", "look_now", "mark_handled", "resend_mail", "add_note")


def likeliest(row: OnboardingRequest, names: Collection[str]) -> str:
    """Name what a colleague most likely came to do for a request; nothing where helping to fill it in is likelier."""
    if row.is_editable and not row.has_address:
        return ""
    order = ("mark_handled", *LIKELY[row.actor]) if row.needs_staff and row.is_final else LIKELY[row.actor]
    return next((name for name in order if name in names), "")


def sorted_by_need(found: list[dict[str, Any]], first: str) -> dict[str, Any]:
    """Sort buttons into the likeliest, those at hand, and the rest."""
    return {
        "likeliest": next((operation for operation in found if operation["name"] == first), None),
        "at_hand": [it for it in found if it["name"] in AT_HAND and it["name"] != first],
        "rest": [it for it in found if it["name"] not in AT_HAND],
    }


class OperationsAdmin(ReadOnlyAdmin):
    """Requests with a button for each operation that applies, and a page for each."""

    def get_urls(self) -> list[Any]:
        """Give each operation an address of its own, beside the request's."""
        view = require_http_methods(["GET", "HEAD", "POST"])(self.operation)
        own = [
            path(
                f"<int:pk>/{operation.name.replace('_', '-')}/",
                self.admin_site.admin_view(partial(view, name=operation.name)),
                name=operation.url_name,
            )
            for operation in ALL
        ]
        return own + super().get_urls()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        row, queue = context["original"], kept_queue(request)
        found = [
            {
                "name": operation.name,
                "title": operation.title,
                "url": with_queue(reverse(f"admin:{operation.url_name}", args=[row.pk]), queue),
                "is_serious": operation.is_serious,
            }
            for operation in offered(row, request)
        ]
        context |= sorted_by_need(found, likeliest(row, [str(operation["name"]) for operation in found]))
        if queue and (following := next_in(queue, row, now=timezone.now())):
            context |= {"queue": queue, "next_url": address_of(following, queue)}
        return super().render_change_form(request, context, *args, **more)

    def operation(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show what will happen, and do it when it is asked for."""
        operation = OPERATIONS[name]
        if not (self.has_view_permission(request) and operation.is_for(request)):
            raise PermissionDenied
        if operation.needs_fresh and (asked := fresh.ask(request)):
            return asked
        row = get_object_or_404(OnboardingRequest, pk=pk)
        if words := operation.why_not(row):
            self.message_user(request, str(words), messages.WARNING)
            return redirect(address_of(pk, kept_queue(request)))
        form = operation.form(request.POST if request.method == "POST" else None, row=row)
        if form.is_valid():
            return self._do(operation, row, request, form.cleaned_data)
        context = self.admin_site.each_context(request) | {
            "title": operation.title,
            "operation": operation,
            "will": operation.words_for(row),
            "row": row,
            "back": address_of(pk, kept_queue(request)),
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/onboardingrequest/operation.html", context)

    def _do(
        self, operation: Operation, row: OnboardingRequest, request: HttpRequest, cleaned: Mapping[str, Any]
    ) -> HttpResponse:
        """Do it, or say kindly that it no longer applies: a worker, or a colleague, was there first."""
        try:
            result = operation.do(row, request.user.get_username(), cleaned)
        except IllegalMove:
            result = False
        if isinstance(result, HttpResponse):
            return result
        if result:
            self.message_user(request, str(operation.done), messages.SUCCESS)
        else:
            row = OnboardingRequest.objects.get(pk=row.pk)
            changed = gettext("Nothing was done: it changed a moment ago.")
            self.message_user(request, f"{changed} {operation.why_not(row)}".strip(), messages.WARNING)
        return redirect(address_of(row.pk, kept_queue(request)))
