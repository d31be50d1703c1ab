"""Requests: staff look them up, read what happened, and act."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue.shipped_help import plain_name
from onboarding.lib.sealed import CannotOpen
from onboarding.lib.sealed_fields import readable
from onboarding.portal.device_page import health_of
from onboarding.portal.status_page import shown_to_customer
from onboarding.request.events import Event
from onboarding.request.lifecycle import State, progress
from onboarding.request.masking import CANNOT_BE_READ, scrub_words
from onboarding.request.models import OnboardingRequest, Transaction
from onboarding.request.search_index import find_requests
from onboarding.request.search_keys import is_unique
from onboarding.staff import fresh
from onboarding.status.view import ShownStatus

from . import assist, invite
from .bulk import BulkOperationsAdmin
from .device_facts import DeviceFactsAdmin
from .downloads import evidence_for
from .figure_list import FigureList
from .listing import LongListAdmin, OfRequestAdmin, queue_of
from .operation_pages import OperationsAdmin
from .operations import OPERATIONS
from .saved_views import offered
from .timeline_page import TimelineAdmin, event_as_line
from .timeline_sentences import line_of
from .timeline_words import TROUBLES
from .words import STANDS, device_name, language_name, obstacle, question_label, state_chip, state_label, turn_and_wait

MOST_AT_ONCE = 100


class BegunFilter(admin.SimpleListFilter):
    """Counts back from today, so that a saved view means the same tomorrow."""

    title = pgettext_lazy("of a request", "start")
    parameter_name = "begun"
    days = {"today": 0, "week": 7, "month": 30}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("today")), ("week", _("within seven days")), ("month", _("within thirty days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OnboardingRequest]) -> QuerySet[OnboardingRequest]:
        days = self.days.get(self.value() or "")
        since = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return queryset if days is None else queryset.filter(created_at__gte=since - timedelta(days=days))


@admin.register(OnboardingRequest)
class OnboardingRequestAdmin(DeviceFactsAdmin, OperationsAdmin, BulkOperationsAdmin, TimelineAdmin, LongListAdmin):
    list_display = ("code", "named", "stands", "whose_turn", "why", "created_at")
    list_filter = ("state", "needs_staff", BegunFilter)
    sortable_by = ("created_at",)
    empty_value_display = ""
    search_fields = ("support_code",)  # so that there is a box; `get_search_results` says what it finds
    search_help_text = _(
        "Support code, e-mail address, or any identifier, reference or id; of codes, VIN, EAN and serial numbers the "
        "last 6 characters will do"
    )
    actions = ("resume", "check_now", "resend_mail", "mark_handled", "add_note", "evidence")
    change_form_template = "admin/onboarding/onboardingrequest/change_form.html"
    fieldsets = (
        (_("Answers"), {"fields": ("named", "refused", "spoken")}),
        (
            _("The platform's words"),
            {
                "classes": ("collapse",),
                "fields": (
                    *("type", "manufacturer"),
                    *("platform_id", "entity_id", "status", "action_type", "platform_errors", "checked_at"),
                    *("platform_tenant_id", "platform_collective_id", "platform_principal_id"),
                ),
            },
        ),
        (
            _("Sending and following"),
            {
                "classes": ("collapse",),
                "fields": ("attempt", "attempted_at", "called", "failures", "due_at", "lease_expires_at"),
            },
        ),
        (_("Times"), {"classes": ("collapse",), "fields": ("created_at", "consented_at", "sent_at", "finished_at")}),
    )

    @admin.display(description=_("support code"), ordering="support_code")
    def code(self, request: OnboardingRequest) -> str:
        return request.spoken_support_code

    @admin.display(description=_("state"))
    def stands(self, request: OnboardingRequest) -> SafeString:
        return state_chip(request)

    @admin.display(description=_("whose turn"))
    def whose_turn(self, request: OnboardingRequest) -> str:
        return turn_and_wait(request)

    @admin.display(description=_("device"))
    def named(self, request: OnboardingRequest) -> str:
        return device_name(request)

    @admin.display(description=_("what is in the way"))
    def why(self, request: OnboardingRequest) -> str:
        return obstacle(request)

    @admin.display(description=_("last call"))
    def called(self, request: OnboardingRequest) -> str:
        return str(TROUBLES.get(request.trouble, request.trouble))

    @admin.display(description=_("language"))
    def spoken(self, request: OnboardingRequest) -> str:
        return language_name(request.language)

    @admin.display(description=_("refused by the platform"))
    def refused(self, request: OnboardingRequest) -> str:
        if not (names := readable(request, "rejections", None)):
            return "" if names == {} else str(CANNOT_BE_READ)
        return ", ".join(question_label(name, request) for name in names)

    @admin.display(description=_("errors"))
    def platform_errors(self, request: OnboardingRequest) -> str:
        errors = readable(request, "errors", [{"message": CANNOT_BE_READ}])
        told = "; ".join(f"{error.get('code', '')}: {error.get('message', '')}" for error in errors)
        return scrub_words(told, request)

    @admin.action(description=OPERATIONS["evidence"].title)
    def evidence(self, request: HttpRequest, queryset: QuerySet[OnboardingRequest]) -> HttpResponse | None:
        rows = list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.message_user(request, gettext("Choose at most %d at once.") % MOST_AT_ONCE, messages.ERROR)
            return None
        if asked := fresh.ask(request):
            return asked
        return evidence_for(rows, by=request.user.get_username())

    def get_urls(self) -> list[Any]:
        return invite.urls() + assist.urls() + super().get_urls()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        row = context["original"]
        context |= {"timeline": self.timeline(row), "status": _status_of(row)}
        return super().render_change_form(request, context, *args, **more)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Open a request at once when its own code or id was asked for: a caller is on the line."""
        term = request.GET.get("q", "")
        if term and self.has_view_permission(request):
            hits = find_requests(self.get_queryset(request), term)[:2]
            if len(hits) == 1 and is_unique(hits[0], term):
                return redirect("admin:onboarding_onboardingrequest_change", hits[0].pk)
        return super().changelist_view(request, offered(request) | (extra_context or {}))

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[FigureList]:
        return FigureList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        queue = queue_of(request)
        return (queue.since, "pk") if queue else ("-created_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OnboardingRequest], search_term: str
    ) -> tuple[QuerySet[OnboardingRequest], bool]:
        return (find_requests(queryset, search_term) if search_term else queryset), False


def _status_of(row: OnboardingRequest) -> ShownStatus | None:
    """Show what the customer sees; nothing before there is anything, or when it cannot be read."""
    with suppress(CannotOpen):
        return None if row.state == State.DRAFT else shown_to_customer(row, health_of(row))
    return None


@admin.register(Event)
class EventAdmin(OfRequestAdmin):
    fields = ("at", "of", "actor", "name", "after_it", "told")
    list_display = ("at", "of", "actor", "what", "after_it")

    @admin.display(description=_("detail"))
    def told(self, event: Event) -> SafeString:
        return event_as_line(event)

    @admin.display(description=pgettext_lazy("what happened", "what"))
    def what(self, event: Event) -> str:
        return line_of(event, event.request).words

    @admin.display(description=_("state after it"))
    def after_it(self, event: Event) -> str:
        return state_label(event.state)


@admin.register(Transaction)
class TransactionAdmin(OfRequestAdmin):
    list_display = ("step", "of", "stands", "updated_at")
    fields = ("step", "of", "stands", "updated_at", "type", "status")

    @admin.display(description=_("step of the platform's"))
    def step(self, item: Transaction) -> str:
        return plain_name(item.type)

    @admin.display(description=_("how it stands"))
    def stands(self, item: Transaction) -> str:
        return str(STANDS.get(progress(item.status)) or plain_name(item.status))
