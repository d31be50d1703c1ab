"""Requests: staff look them up, read what happened, and let workers go on."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding import lifecycle
from onboarding.actions import resume_work
from onboarding.models import Event, OnboardingRequest, Transaction

from .base import ReadOnlyAdmin, masked


class TransactionInline(admin.TabularInline[Transaction, OnboardingRequest]):
    model = Transaction
    fields = readonly_fields = ("position", "type", "status", "updated_at")
    can_delete = False
    extra = max_num = 0


class WhoActsFilter(admin.SimpleListFilter):
    """Whose turn it is, by the lifecycle."""

    title = _("whose turn")
    parameter_name = "turn"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (lifecycle.Actor.CUSTOMER, _("the customer's")),
            (lifecycle.Actor.MANUFACTURER, _("the manufacturer's")),
            (lifecycle.Actor.US, _("ours")),
            (lifecycle.Actor.NOBODY, _("nobody's: it is over")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OnboardingRequest]) -> QuerySet[OnboardingRequest]:
        if not self.value():
            return queryset
        turn = Q(pk__in=[])
        for state in lifecycle.State:
            for has_action in (False, True):
                if lifecycle.who_acts(state, has_action=has_action) == self.value():
                    turn |= ~Q(action_type="") & Q(state=state) if has_action else Q(action_type="", state=state)
        with_staff = ~Q(needs_staff="") & Q(next_check_at=None, state__in=lifecycle.OPEN)
        is_ours = self.value() == lifecycle.Actor.US
        return queryset.filter(turn | with_staff) if is_ours else queryset.filter(turn).exclude(with_staff)


@admin.register(OnboardingRequest)
class OnboardingRequestAdmin(ReadOnlyAdmin):
    list_display = ("code", "type", "manufacturer", "state", "turn", "needs_staff", "trouble", "created_at")
    list_filter = (WhoActsFilter, "needs_staff", "state", "type", "trouble", "created_at")
    search_fields = ("support_code", "platform_id", "entity_id", "reference", "attributes")
    search_help_text = _("Support code, VIN, EAN or another identifier, the platform's id, or our reference")
    date_hierarchy = "created_at"
    list_per_page = 50
    inlines = (TransactionInline,)
    actions = ("go_on",)
    fieldsets = (
        (None, {"fields": ("code", "state", "turn", "needs_staff", "timeline")}),
        (_("Answers"), {"fields": ("type", "manufacturer", "answers", "rejections", "language")}),
        (
            _("Platform"),
            {"fields": ("platform_id", "entity_id", "status", "action_type", "redirect_link", "errors", "checked_at")},
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
    def turn(self, request: OnboardingRequest) -> str:
        state = lifecycle.State(request.state)
        return lifecycle.who_acts(state, has_action=request.has_action, needs_staff=request.is_with_staff)

    @admin.display(description=_("answers"))
    def answers(self, request: OnboardingRequest) -> SafeString:
        return masked(request.attributes)

    @admin.display(description=_("timeline"))
    def timeline(self, request: OnboardingRequest) -> SafeString:
        events = request.events.order_by("-at", "-pk")
        return render_to_string("admin/onboarding/timeline.html", {"events": events})

    @admin.action(description=_("Let the workers go on"), permissions=["go_on"])
    def go_on(self, request: HttpRequest, queryset: QuerySet[OnboardingRequest]) -> None:
        resumed = sum(resume_work(row, by=request.user.get_username()) for row in queryset)
        self.message_user(
            request, ngettext("%d request goes on.", "%d requests go on.", resumed) % resumed, messages.SUCCESS
        )

    def has_go_on_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.change_onboardingrequest")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OnboardingRequest], search_term: str
    ) -> tuple[QuerySet[OnboardingRequest], bool]:
        """Forgive spaces and dashes: "acde-fh34" and "541 448 ..." are found as they are stored."""
        compact = "".join(search_term.split()).replace("-", "")
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if compact and compact != search_term:
            forgiving, _repeats = super().get_search_results(request, queryset, compact)
            found = found | forgiving
        return found, may_repeat


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("at", "request", "actor", "name", "state")
    list_select_related = ("request",)
    list_filter = ("actor", "name", "at")
    search_fields = ("request__support_code",)


@admin.register(Transaction)
class TransactionAdmin(ReadOnlyAdmin):
    list_display = ("request", "position", "type", "status", "updated_at")
    list_select_related = ("request",)
    list_filter = ("type", "status")
    search_fields = ("request__support_code",)
