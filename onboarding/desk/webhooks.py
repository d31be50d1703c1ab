"""The log of webhooks: what was told to the company's own systems, and how each attempt went."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding.lib.sealed_fields import readable
from onboarding.request.masking import CANNOT_BE_READ, scrub
from onboarding.webhooks.models import WebhookAttempt, WebhookDelivery
from onboarding.webhooks.outbox import send_again

from .listing import OfRequestAdmin

STATES = {"waiting": "due_at", "delivered": "delivered_at", "gave-up": "gave_up_at", "parked": "parked_at"}
LABELS = {
    "waiting": _("waiting"),
    "delivered": _("delivered"),
    "gave-up": _("given up"),
    "parked": _("waits for its endpoint to go on"),
}


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(LABELS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        moment = STATES.get(self.value() or "")
        return queryset.filter(**{f"{moment}__isnull": False}) if moment else queryset


class WebhookAttemptInline(admin.TabularInline[WebhookAttempt, WebhookDelivery]):
    model = WebhookAttempt
    fields = readonly_fields = ("started_at", "status", "seconds", "trouble", "answered")
    can_delete = False
    extra = max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookAttempt]:
        return super().get_queryset(request).select_related("delivery__request")

    @admin.display(description=_("answer"))
    def answered(self, attempt: WebhookAttempt) -> str:
        return scrub(str(readable(attempt, "answer", CANNOT_BE_READ)), attempt.delivery.request) or "–"


def id_in(term: str) -> UUID | None:
    try:
        return UUID(term.strip())
    except ValueError:
        return None


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(OfRequestAdmin):
    list_display = ("created_at", "of", "called", "kind", "state", "attempts")
    list_filter = (StateFilter, "endpoint", "kind", "created_at")
    list_select_related = ("request", "endpoint")
    inlines = (WebhookAttemptInline,)
    actions = ("replay",)
    fields = (
        *("of", "called", "kind", "state", "delivery_id", "told", "created_at", "delivered_at", "gave_up_at"),
        *("ended", "attempts", "due_at"),
    )

    def find(self, rows: QuerySet[WebhookDelivery], term: str) -> QuerySet[WebhookDelivery]:
        """Find a webhook by its own id, else like its request."""
        own_id = id_in(term)
        own = rows.filter(delivery_id=own_id) if own_id else rows.none()
        return own if own.exists() else super().find(rows, term)

    @admin.display(description=_("endpoint"))
    def called(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.name

    @admin.display(description=_("state"))
    def state(self, delivery: WebhookDelivery) -> str:
        return str(next(LABELS[name] for name, moment in STATES.items() if getattr(delivery, moment)))

    @admin.display(description=_("body"))
    def told(self, delivery: WebhookDelivery) -> str:
        return scrub(str(readable(delivery, "body", CANNOT_BE_READ)), delivery.request)

    @admin.display(description=_("attempts"))
    def attempts(self, delivery: WebhookDelivery) -> int:
        return delivery.tries

    @admin.action(description=_("Send again"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        due = sum(send_again(delivery, by=request.user.get_username()) for delivery in queryset.order_by("pk"))
        self.message_user(
            request, ngettext("%d webhook is sent again.", "%d webhooks are sent again.", due) % due, messages.SUCCESS
        )

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.replay_webhookdelivery")
