"""Webhook endpoints: where the company's own systems hear from us. Administrators keep them, and nobody else."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from onboarding.lib.masks import mask_likely
from onboarding.lib.sealed import CannotOpen
from onboarding.staff import fresh
from onboarding.support import disclosures
from onboarding.webhooks import endpoint_acts, pausing
from onboarding.webhooks.answers import Answer
from onboarding.webhooks.endpoint_models import WebhookEndpoint
from onboarding.webhooks.models import WebhookDelivery

from .endpoint_forms import EndpointForm
from .reveal import MaskingAdmin

MOST_COUNTED = 1000
KINDS = dict(WebhookDelivery.Kind.choices)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(MaskingAdmin):
    """One that is taken away is gone from here; the log of what it was told keeps its name."""

    form = EndpointForm
    change_form_template = "admin/onboarding/webhookendpoint/change_form.html"
    delete_confirmation_template = "admin/onboarding/webhookendpoint/delete.html"
    list_display = ("name", "host", "hears", "state", "waiting")
    fields = ("name", "address", "told", "contact_address", "page")
    actions = None
    sortable_by = ()
    has_add_permission = admin.ModelAdmin.has_add_permission
    has_change_permission = admin.ModelAdmin.has_change_permission
    has_delete_permission = admin.ModelAdmin.has_delete_permission
    changeform_view = fresh.first(MaskingAdmin.changeform_view)
    delete_view = fresh.first(MaskingAdmin.delete_view)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.filter(removed_at=None)

    def has_reveal_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    @admin.display(description=_("machine"))
    def host(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.host

    @admin.display(description=_("is told"))
    def hears(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(str(KINDS.get(kind, kind)) for kind in endpoint.kinds.split()) or gettext("everything")

    @admin.display(description=_("state"))
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        """Show the state in words, with a colour that adds nothing to them."""
        tone, words, why = "connected", gettext("works"), ""
        if endpoint.paused_at:
            tone, words, why = "failed", gettext("paused"), str(endpoint.get_pause_reason_display())
        elif endpoint.failing_since:
            tone, words = "unknown", gettext("takes nothing")
        return format_html('<span class="chip chip--{}">{}</span> {}', tone, words, why)

    @admin.display(description=pgettext_lazy("webhooks that are not sent yet", "waiting"))
    def waiting(self, endpoint: WebhookEndpoint) -> str:
        # What is due has an index among all that was delivered; only of a paused one anything is parked.
        moments = ("due_at", "parked_at") if endpoint.paused_at else ("due_at",)
        rows = [endpoint.deliveries.filter(**{f"{moment}__isnull": False}) for moment in moments]
        left = sum(of_one[: MOST_COUNTED + 1].count() for of_one in rows)
        return f"{MOST_COUNTED}+" if left > MOST_COUNTED else str(left)

    def get_urls(self) -> list[Any]:
        acts = {
            "pause": self.pause,
            "go-on": self.go_on,
            "renew": self.renew,
            "end-previous": self.end_previous,
            "test": self.test,
        }
        own = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(act), name=f"webhookendpoint_{name.replace('-', '_')}")
            for name, act in acts.items()
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        endpoint = context["original"]
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if endpoint:
            context["state"] = self.state(endpoint)
            context["has_previous"] = endpoint.has_previous(timezone.now())
            context["parked"] = self.waiting(endpoint)
        return super().render_change_form(request, context, *args, **more)

    def save_model(self, request: HttpRequest, obj: WebhookEndpoint, form: EndpointForm, change: bool) -> None:
        endpoint_acts.store(obj, form.put(obj), by=request.user.get_username())

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, *args: Any, **more: Any) -> HttpResponse:
        """Show the secret, in this answer only."""
        return self._show_secret(request, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name no deliveries: they stay."""
        return [str(endpoint) for endpoint in objs], {}, set(), []

    def delete_model(self, request: HttpRequest, obj: WebhookEndpoint) -> None:
        endpoint_acts.remove(obj, by=request.user.get_username())

    @method_decorator(require_POST)
    def pause(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._get(request, pk)
        if pausing.pause(endpoint, WebhookEndpoint.Pause.STAFF, by=request.user.get_username()):
            self.message_user(request, gettext("Paused. What it is to be told waits."), messages.SUCCESS)
        return self._back(endpoint)

    @method_decorator(require_POST)
    def go_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._get(request, pk)
        if pausing.go_on(endpoint, by=request.user.get_username()):
            self.message_user(request, gettext("It goes on. What waited is sent now."), messages.SUCCESS)
        return self._back(endpoint)

    @method_decorator(require_POST)
    @fresh.first
    def renew(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._get(request, pk)
        return self._show_secret(request, endpoint_acts.renew_secret(endpoint, by=request.user.get_username()))

    @method_decorator(require_POST)
    def end_previous(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._get(request, pk)
        if endpoint_acts.end_previous(endpoint, by=request.user.get_username()):
            self.message_user(request, gettext("From now on the new secret signs alone."), messages.SUCCESS)
        return self._back(endpoint)

    @method_decorator(require_POST)
    def test(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test event now, and say what came back."""
        endpoint = self._get(request, pk)
        try:
            answer = endpoint_acts.send_test(endpoint, by=request.user.get_username())
        except CannotOpen:
            answer = Answer(trouble=CannotOpen.__name__)
        level = messages.SUCCESS if answer.is_accepted else messages.ERROR
        self.message_user(request, told_of(answer), level)
        return self._back(endpoint)

    def _get(self, request: HttpRequest, pk: int) -> WebhookEndpoint:
        endpoint: WebhookEndpoint | None = self.get_object(request, str(pk))
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        if endpoint is None:
            raise Http404
        return endpoint

    def _back(self, endpoint: WebhookEndpoint) -> HttpResponse:
        return redirect("admin:onboarding_webhookendpoint_change", endpoint.pk)

    def _show_secret(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        secret = disclosures.reveal(endpoint, "secret", by=request.user.get_username())
        shown = {"title": _("Its secret"), "opts": self.opts, "original": endpoint, "secret": secret, "is_shown": True}
        context = self.admin_site.each_context(request) | shown
        return TemplateResponse(request, "admin/onboarding/webhookendpoint/secret.html", context)


def told_of(answer: Answer) -> str:
    """Say what an endpoint answered to a test."""
    words = mask_likely(answer.text)
    if answer.is_accepted:
        return gettext("The test arrived. The answer: %(status)s %(words)s") % {"status": answer.status, "words": words}
    came = f"{answer.status or ''} {answer.trouble or words}".strip()
    return gettext("The test did not arrive, or was refused: %(trouble)s") % {"trouble": came}
