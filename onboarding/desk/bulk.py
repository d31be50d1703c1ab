"""One operation for many requests: chosen in the list, confirmed, done by workers while a page shows how far."""

import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.lib.sealed_fields import readable
from onboarding.portal.htmx import HtmxHttpRequest, render_fragment, unchanged, wants_fragment
from onboarding.request.masking import CANNOT_BE_READ
from onboarding.request.models import OnboardingRequest
from onboarding.support.bulk import MOST_IN_BULK, start_bulk
from onboarding.support.bulk_models import BulkJob

from .base import ReadOnlyAdmin
from .operations import OPERATIONS, Operation

JOB = "admin:onboarding_bulkjob_change"
Act = Callable[["BulkOperationsAdmin", HttpRequest, QuerySet[OnboardingRequest]], HttpResponse | None]


def for_many(name: str) -> Act:
    """Make the action of the list for an operation."""

    @admin.action(description=OPERATIONS[name].title)
    def act(
        pages: "BulkOperationsAdmin", request: HttpRequest, queryset: QuerySet[OnboardingRequest]
    ) -> HttpResponse | None:
        return pages.do_for_many(request, queryset, OPERATIONS[name])

    return act


class BulkOperationsAdmin(ReadOnlyAdmin):
    """A list of requests whose actions are operations, each for those who may do it."""

    resume = for_many("resume")
    check_now = for_many("check_now")
    resend_mail = for_many("resend_mail")
    mark_handled = for_many("mark_handled")
    add_note = for_many("add_note")

    def get_actions(
        self, request: HttpRequest, action_location: admin.ActionLocation = admin.ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        found = super().get_actions(request, action_location)
        return {name: act for name, act in found.items() if name not in OPERATIONS or OPERATIONS[name].is_for(request)}

    def do_for_many(
        self, request: HttpRequest, queryset: QuerySet[OnboardingRequest], operation: Operation
    ) -> HttpResponse | None:
        """Say how many there are and what will happen; once that is confirmed, leave the work to the workers."""
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_IN_BULK + 1])
        if len(keys) > MOST_IN_BULK:
            words = gettext("These are more than %(most)s requests. Choose fewer: search, or use a filter.")
            self.message_user(request, words % {"most": number_format(MOST_IN_BULK)}, messages.ERROR)
            return None
        confirmed = request.POST.get("confirmed")  # how many the page said
        form = operation.form(request.POST if confirmed else None)
        if confirmed and confirmed != str(len(keys)):
            words = gettext("It was for %(before)s requests, and is for %(now)s now. Nothing is done yet.")
            self.message_user(request, words % {"before": confirmed, "now": len(keys)}, messages.WARNING)
        elif form.is_valid():
            page = request.POST.get("page", "")[:32] or secrets.token_hex(16)
            job = start_bulk(operation.name, keys, by=request.user.get_username(), page=page, detail=form.cleaned_data)
            return self._started(request, job)
        context = self.admin_site.each_context(request) | {
            "title": operation.title,
            "operation": operation,
            "form": form,
            "count": len(keys),
            "page": request.POST.get("page") or secrets.token_hex(16),
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/bulkjob/confirm.html", context)

    def _started(self, request: HttpRequest, job: BulkJob) -> HttpResponse | None:
        if request.user.has_perm("onboarding.view_bulkjob"):
            return redirect(JOB, job.pk)
        self.message_user(request, gettext("Workers have begun. Each request says so on its timeline."))
        return None


@admin.register(BulkJob)
class BulkJobAdmin(ReadOnlyAdmin):
    """What was asked for many requests, and how far workers are with it."""

    change_form_template = "admin/onboarding/bulkjob/change_form.html"
    list_display = ("created_at", "action", "by", "how_far", "finished_at")
    list_filter = ("action", "created_at")
    list_per_page = 25
    sortable_by = ()
    fields = ("action", "by", "told", "created_at")

    @admin.display(description=_("how far it is"))
    def how_far(self, job: BulkJob) -> str:
        words = gettext("%(done)s of %(total)s done, %(skipped)s left out, %(failed)s did not work")
        return words % {name: number_format(getattr(job, name)) for name in ("done", "total", "skipped", "failed")}

    @admin.display(description=_("detail"))
    def told(self, job: BulkJob) -> str:
        return (
            "; ".join(
                f"{name}: {words}" for name, words in readable(job, "detail", {"": CANNOT_BE_READ}).items() if words
            )
            or "–"
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.progress)
        return [path("<int:pk>/progress/", view, name="onboarding_bulkjob_progress"), *super().get_urls()]

    def progress(self, request: HtmxHttpRequest, pk: int) -> HttpResponse:
        """Answer a poll: nothing (204) while what the page shows is still true."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        job = get_object_or_404(BulkJob.objects.defer("keys"), pk=pk)
        if not wants_fragment(request):
            return redirect(JOB, pk)
        if request.GET.get("v") == job.version:
            return unchanged()
        return render_fragment(request, "admin/onboarding/bulkjob/_progress.html", {"job": job})
