"""Requests: staff look them up, read what happened, and let workers go on."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext, override
from django.utils.translation import gettext_lazy as _

from onboarding.actions import Act, note_export, resume_work
from onboarding.actions import withdraw as take_back
from onboarding.evidence import build_evidence
from onboarding.keys import is_unique
from onboarding.lifecycle import Actor, IllegalMove
from onboarding.models import Consent, Event, OnboardingRequest, Transaction, find_requests
from onboarding.privacy import scrub
from onboarding.timeline import line_of, timeline_of

from . import assist, invite
from .listing import LongListAdmin, OfRequestAdmin, QueueList, queue_of
from .reveal import MaskingAdmin

NOTHING_RUNS = _("Nothing runs here that could be stopped.")
MOST_AT_ONCE = 100
TURNS = {
    Actor.CUSTOMER: _("the customer's"),
    Actor.MANUFACTURER: _("the manufacturer's"),
    Actor.US: _("ours"),
    Actor.NOBODY: _("nobody's: it is over"),
}


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("How and when the customer asked for it. It is kept with the record."),
    )


class TransactionInline(admin.TabularInline[Transaction, OnboardingRequest]):
    model = Transaction
    fields = readonly_fields = ("position", "type", "status", "updated_at")
    can_delete = False
    extra = max_num = 0


@admin.register(OnboardingRequest)
class OnboardingRequestAdmin(MaskingAdmin, LongListAdmin):
    list_display = (
        *("code", "type", "manufacturer", "state", "whose_turn", "wait"),
        *("needs_staff", "trouble", "created_at"),
    )
    list_filter = ("state", "needs_staff", "created_at")
    sortable_by = ("created_at",)
    search_fields = ("support_code",)  # so that there is a box; `get_search_results` says what it finds
    search_help_text = _(
        "Support code, e-mail address, or any identifier, reference or id; of codes, VIN, EAN and serial numbers the "
        "last 6 characters will do"
    )
    inlines = (TransactionInline,)
    actions = ("go_on", "evidence")
    change_form_template = "admin/onboarding/onboardingrequest/change_form.html"
    fieldsets = (
        (None, {"fields": ("code", "state", "whose_turn", "needs_staff")}),
        (_("Answers"), {"fields": ("type", "manufacturer", "refused", "language")}),
        (_("What happened"), {"fields": ("timeline",)}),
        (
            _("Platform"),
            {"fields": ("platform_id", "entity_id", "status", "action_type", "platform_errors", "checked_at")},
        ),
        (
            _("Sending and following"),
            {
                "classes": ("collapse",),
                "fields": ("attempt", "attempted_at", "trouble", "failures", "next_check_at", "lease_expires_at"),
            },
        ),
        (_("Times"), {"classes": ("collapse",), "fields": ("created_at", "consented_at", "sent_at", "finished_at")}),
    )

    @admin.display(description=_("support code"), ordering="support_code")
    def code(self, request: OnboardingRequest) -> str:
        return request.spoken_support_code

    @admin.display(description=_("whose turn"))
    def whose_turn(self, request: OnboardingRequest) -> str:
        return str(TURNS[request.actor])

    @admin.display(description=_("for how long"))
    def wait(self, request: OnboardingRequest) -> str:
        return timesince(request.turn_since, depth=1)

    @admin.display(description=_("refused by the platform"))
    def refused(self, request: OnboardingRequest) -> str:
        return ", ".join(request.rejections) or "–"

    @admin.display(description=_("errors"))
    def platform_errors(self, request: OnboardingRequest) -> str:
        told = "; ".join(f"{error.get('code', '')}: {error.get('message', '')}" for error in request.errors)
        return scrub(told, request) or "–"

    @admin.display(description=_("timeline"))
    def timeline(self, request: OnboardingRequest) -> SafeString:
        return render_to_string("admin/onboarding/timeline.html", {"lines": timeline_of(request)})

    @admin.action(description=_("Let the workers go on"), permissions=["go_on"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[OnboardingRequest]) -> None:
        resumed = sum(resume_work(row, by=request.user.get_username()) for row in queryset)
        self.message_user(
            request, ngettext("%d request goes on.", "%d requests go on.", resumed) % resumed, messages.SUCCESS
        )

    def has_go_on_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.send_again")

    @admin.action(description=_("Download evidence of consent (ZIP)"), permissions=["export_evidence"])
    def evidence(self, request: HttpRequest, queryset: QuerySet[OnboardingRequest]) -> HttpResponse:
        by, rows = request.user.get_username(), list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.message_user(request, gettext("Choose at most %d at once.") % MOST_AT_ONCE, messages.ERROR)
            return redirect("admin:onboarding_onboardingrequest_changelist")
        response = HttpResponse(build_evidence(rows, by=by), content_type="application/zip")
        name = rows[0].spoken_support_code if len(rows) == 1 else timezone.localdate().isoformat()
        response["Content-Disposition"] = f'attachment; filename="evidence-{name}.zip"'
        response["Cache-Control"] = "no-store"
        for row in rows:
            note_export(row, by=by)
        return response

    def has_export_evidence_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.export_evidence")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.withdraw_onboardingrequest")

    def get_urls(self) -> list[Any]:
        own = [
            path("<int:pk>/withdraw/", self.admin_site.admin_view(self.withdraw), name="onboarding_request_withdraw"),
            path(
                "<int:pk>/evidence/", self.admin_site.admin_view(self.evidence_of), name="onboarding_request_evidence"
            ),
        ]
        return own + invite.urls() + assist.urls() + super().get_urls()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        allowed = {
            "may_withdraw": self.has_withdraw_permission(request),
            "may_export": self.has_export_evidence_permission(request),
        }
        return super().change_view(request, object_id, form_url, (extra_context or {}) | allowed)

    def evidence_of(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST" or not self.has_export_evidence_permission(request):
            raise PermissionDenied
        row = get_object_or_404(OnboardingRequest, pk=pk)
        return self.evidence(request, OnboardingRequest.objects.filter(pk=row.pk))

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take consent back because the customer asked for it; the reason goes on the record."""
        if not self.has_withdraw_permission(request):
            raise PermissionDenied
        row = get_object_or_404(OnboardingRequest, pk=pk)
        form = ReasonForm(request.POST if request.method == "POST" else None)
        back = redirect("admin:onboarding_onboardingrequest_change", row.pk)
        if not row.is_withdrawable:
            self.message_user(request, NOTHING_RUNS, messages.WARNING)
            return back
        if form.is_valid():
            with override(row.language):  # the record speaks to the customer
                asked = gettext("Asked staff to stop.")
            act = Act(asked, Consent.Channel.ASSISTED, request.user.get_username(), form.cleaned_data["reason"])
            try:
                take_back(row, act)
            except IllegalMove:  # it ended a moment ago
                self.message_user(request, NOTHING_RUNS, messages.WARNING)
            else:
                self.message_user(
                    request, gettext("The consent is taken back; workers tell the platform."), messages.SUCCESS
                )
            return back
        context = self.admin_site.each_context(request) | {
            "title": _("Take consent back"),
            "row": row,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/onboardingrequest/withdraw.html", context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Open a request at once when its own code or id was asked for: a caller is on the line."""
        term = request.GET.get("q", "")
        if term and self.has_view_permission(request):
            hits = find_requests(self.get_queryset(request), term)[:2]
            if len(hits) == 1 and is_unique(hits[0], term):
                return redirect("admin:onboarding_onboardingrequest_change", hits[0].pk)
        return super().changelist_view(request, extra_context)

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[QueueList]:
        return QueueList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("turn_since", "pk") if queue_of(request) else ("-created_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OnboardingRequest], search_term: str
    ) -> tuple[QuerySet[OnboardingRequest], bool]:
        return (find_requests(queryset, search_term) if search_term else queryset), False


@admin.register(Event)
class EventAdmin(OfRequestAdmin):
    fields = ("at", "request", "actor", "name", "state", "told")
    list_display = ("at", "request", "actor", "name", "state")

    @admin.display(description=_("detail"))
    def told(self, event: Event) -> SafeString:
        return render_to_string("admin/onboarding/timeline.html", {"lines": [line_of(event, event.request)]})


@admin.register(Transaction)
class TransactionAdmin(OfRequestAdmin):
    list_display = ("request", "position", "type", "status", "updated_at")
