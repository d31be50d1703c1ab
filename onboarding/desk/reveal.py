"""Masked values on the page of a row, and the button that shows one of them and puts that on the record."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from onboarding.portal.htmx import HtmxHttpRequest, render_fragment, wants_fragment
from onboarding.request.masking import secrets_of
from onboarding.staff import fresh
from onboarding.support import disclosures

from .base import ReadOnlyAdmin


class MaskingAdmin(ReadOnlyAdmin):
    """Rows with values that tell whose they are: masked, and each shown to who presses its button and may."""

    change_form_template = "admin/onboarding/masked_form.html"

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_reveal"
        return [path("<int:pk>/reveal/", self.admin_site.admin_view(self.reveal), name=name), *super().get_urls()]

    def has_reveal_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.reveal_identifiers")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        context["may_reveal"] = self.has_reveal_permission(request)
        context["secrets"] = secrets_of(context["original"])
        return super().render_change_form(request, context, *args, **more)

    @method_decorator(require_POST)
    def reveal(self, request: HtmxHttpRequest, pk: int) -> HttpResponse:
        """Show one value, in this answer only."""
        row: Model | None = self.get_object(request, str(pk))
        if not (self.has_view_permission(request, row) and self.has_reveal_permission(request)):
            raise PermissionDenied
        if asked := fresh.ask(request):
            return asked
        secret = row and disclosures.reveal(row, request.POST.get("secret", ""), by=request.user.get_username())
        if secret is None:
            raise Http404
        context = {"secret": secret, "is_shown": True, "original": row}
        if wants_fragment(request):
            return render_fragment(request, "admin/onboarding/_secret.html", context)
        context |= self.admin_site.each_context(request) | {
            "title": _("Shown once"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/revealed.html", context)
