"""Words of staff's own for what customers are asked, and for the manufacturer's step; with a preview before saving."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from onboarding.branding.change_brand import keep_picture
from onboarding.catalogue import help_texts
from onboarding.catalogue.help_models import ActionText, HelpText

from .base import RememberedAdmin
from .brand import kept_picture, link_to
from .help_forms import ActionTextForm, HelpTextForm
from .previews import action_preview, help_preview


class OwnWordsAdmin[Row: (HelpText, ActionText)](RememberedAdmin[Row]):
    """Staff look at a preview, as customers will read it, and then save: that is live within seconds."""

    change_form_template = "admin/onboarding/own_words.html"
    list_filter = ("language", "type")

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.model_name}_preview"
        return [path("preview/", self.admin_site.admin_view(self.preview), name=name), *super().get_urls()]

    def forget(self) -> None:
        help_texts.forget()

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return super().render_change_form(
            request, context | {"preview_url": f"admin:{self.opts.model_name}_preview"}, *args, **kwargs
        )

    @method_decorator(require_POST)
    def preview(self, request: HttpRequest) -> HttpResponse:
        """Show what is in the form as a customer reads it; nothing is saved."""
        saved = self._saved(request)
        if not (self.has_change_permission(request, saved) if saved else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, saved, change=saved is not None)(request.POST, request.FILES, instance=saved)
        language = request.POST.get("language") or translation.get_language()
        with translation.override(language):
            shown = self.shown_in(form) if form.is_valid() else {}
            context = {"title": _("Preview"), "form": form} | shown
            return render(request, "admin/onboarding/preview.html", context)

    def shown_in(self, form: Any) -> dict[str, Any]:
        """Collect what the preview shows of a valid form."""
        raise NotImplementedError

    def _saved(self, request: HttpRequest) -> Row | None:
        """Return the row that is being changed; None for one that is being written."""
        key = request.GET.get("of", "")
        saved = self.get_object(request, unquote(key)) if key else None
        if key and saved is None:
            raise Http404
        return saved


@admin.register(HelpText)
class HelpTextAdmin(OwnWordsAdmin[HelpText]):
    form = HelpTextForm
    list_display = ("__str__", "label", "hint", "has_picture")
    search_fields = ("attribute", "manufacturer", "label", "question", "hint", "where")
    fieldsets = (
        (_("For what"), {"fields": ("attribute", "type", "manufacturer", "language")}),
        (
            _("What customers read"),
            {
                "fields": ("label", "question", "missing", "hint", "example", "where", "picture_file"),
                "description": _(
                    "What you leave empty stays as the portal brings it; that stands in grey. {manufacturer} stands "
                    "for its name."
                ),
            },
        ),
    )

    @admin.display(description=_("picture"), boolean=True)
    def has_picture(self, text: HelpText) -> bool:
        return text.picture_id is not None

    @admin.display(description=_("Picture"))
    def picture_file(self, text: HelpText) -> str:
        """Link to the picture, for those who may only look."""
        return link_to(kept_picture(text, "picture"))

    def save_model(self, request: HttpRequest, obj: HelpText, form: Any, change: bool) -> None:
        if form.new_picture:
            obj.picture = keep_picture(form.new_picture)
        super().save_model(request, obj, form, change)

    def shown_in(self, form: Any) -> dict[str, Any]:
        return help_preview(form.instance)


@admin.register(ActionText)
class ActionTextAdmin(OwnWordsAdmin[ActionText]):
    form = ActionTextForm
    list_display = ("__str__", "headline", "sentence", "duration", "days")
    search_fields = ("manufacturer", "headline", "sentence")
    fieldsets = (
        (_("For what"), {"fields": ("action", "type", "manufacturer", "language")}),
        (
            _("What customers read"),
            {
                "fields": ("headline", "sentence", "duration", "days"),
                "description": _(
                    "What you leave empty stays as the portal brings it. {manufacturer} stands for its name."
                ),
            },
        ),
    )

    def shown_in(self, form: Any) -> dict[str, Any]:
        return action_preview(form.instance)
