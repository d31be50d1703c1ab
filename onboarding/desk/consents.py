"""Consent: the texts, which staff draft, preview and publish; and the records, which they only read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from onboarding.catalogue.help_texts import type_help
from onboarding.consent import records as consent_records
from onboarding.consent import texts
from onboarding.consent.models import Consent, ConsentText
from onboarding.lib.sealed_fields import readable
from onboarding.request.masking import CANNOT_BE_READ, scrub

from .listing import OfRequestAdmin
from .reveal import MaskingAdmin

WORDS = ("accessed", "not_accessed", "purpose", "duration", "stopping", "complaints", "statement")
COPIED = ("language", "type", "manufacturer", *WORDS, "valid_days")
MOST_VERIFIED = 1000


class ConsentTextForm(forms.ModelForm[ConsentText]):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in WORDS:
            if unknown := texts.unknown_placeholders(cleaned.get(name, "")):
                message = gettext(
                    "Nothing is known to stand for: %(names)s. Use {device}, {manufacturer} or {company}."
                )
                self.add_error(name, ValidationError(message % {"names": ", ".join(unknown)}))
        return cleaned


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin[ConsentText]):
    form = ConsentTextForm
    view_on_site = False
    change_form_template = "admin/onboarding/consenttext/change_form.html"
    list_display = ("__str__", "language", "type", "manufacturer", "published_at", "asks_again")
    list_filter = ("language", "type", "published_at")
    search_fields = ("version", "manufacturer", *WORDS)
    fieldsets = (
        (_("For whom"), {"fields": ("language", "type", "manufacturer")}),
        (
            _("Words"),
            {
                "fields": WORDS,
                "description": _(
                    "{device}, {manufacturer} and {company} stand for the names that the customer sees. "
                    "{company|your supplier} says “your supplier” where no company is set."
                ),
            },
        ),
        (_("Rules"), {"fields": ("valid_days", "asks_again")}),
        (_("Publication"), {"fields": ("version", "published_at", "published_by")}),
    )
    readonly_fields = ("version", "published_at", "published_by")

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_published)

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return obj is not None and not obj.is_published and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[Any]:
        own = [
            path("<path:object_id>/preview/", self.admin_site.admin_view(self.preview), name="consenttext_preview"),
            path("<path:object_id>/publish/", self.admin_site.admin_view(self.publish), name="consenttext_publish"),
            path("<path:object_id>/copy/", self.admin_site.admin_view(self.copy), name="consenttext_copy"),
        ]
        return own + super().get_urls()

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a text as a customer reads it, and offer to publish a draft."""
        text = self._get(request, object_id)
        device, maker = type_help(text.type or "EV").name, text.manufacturer or "Audi"
        context = self.admin_site.each_context(request) | {
            "title": _("Preview"),
            "text": text,
            "consent": texts.words_for(text, device=device, manufacturer=maker),
            "can_publish": not text.is_published and self._may_publish(request),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/onboarding/consenttext/preview.html", context)

    @method_decorator(require_POST)
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = self._get(request, object_id)
        if not self._may_publish(request):
            raise PermissionDenied
        if consent_records.publish(text, by=request.user.get_username()):
            self.log_change(request, text, "Published")
            self.message_user(
                request, gettext("Published. New consents are asked for with these words."), messages.SUCCESS
            )
        return redirect("admin:onboarding_consenttext_change", text.pk)

    @method_decorator(require_POST)
    def copy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        text = self._get(request, object_id)
        if not self.has_add_permission(request):
            raise PermissionDenied
        draft = ConsentText.objects.create(**{name: getattr(text, name) for name in COPIED})
        self.log_addition(request, draft, f"Copied from {text}")
        return redirect("admin:onboarding_consenttext_change", draft.pk)

    def _get(self, request: HttpRequest, object_id: str) -> ConsentText:
        text = self.get_object(request, unquote(object_id))
        if text is None:
            raise Http404
        if not self.has_view_permission(request, text):
            raise PermissionDenied
        return text

    @staticmethod
    def _may_publish(request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.publish_consenttext")


@admin.register(Consent)
class ConsentAdmin(MaskingAdmin, OfRequestAdmin):
    list_display = ("kind", "of", "at", "channel", "version", "intact")
    list_filter = ("kind", "channel")
    actions = ("verify",)
    fieldsets = (
        (None, {"fields": ("of", "kind", "at", "expires_at", "covers", "intact")}),
        (_("Words"), {"fields": ("version", "language", "words", "sha256")}),
        (_("Who did what"), {"fields": ("act", "channel", "by", "why")}),
        (_("Record"), {"fields": ("record_id", "schema", "controller", "controller_contact", "erased_at")}),
        (_("Hashes"), {"fields": ("attributes_sha256", "previous_sha256", "record_sha256")}),
    )

    @admin.display(description=_("covers"))
    def covers(self, consent: Consent) -> str:
        return f"{consent.type}, {consent.manufacturer}"

    @admin.display(description=_("reason"))
    def why(self, consent: Consent) -> str:
        return scrub(scrub(str(readable(consent, "reason", CANNOT_BE_READ)), consent), consent.request) or "–"

    @admin.display(description=_("unchanged"), boolean=True)
    def intact(self, consent: Consent) -> bool:
        return consent.is_intact

    @admin.action(description=_("Check that they are unchanged"), permissions=["verify"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Consent]) -> None:
        """Hash the chosen records anew, at most a thousand; `verify_consents` does it for all of them."""
        records = list(queryset.order_by("pk")[:MOST_VERIFIED])
        broken = [str(record.record_id) for record in records if record.problems()]
        if broken:
            words = gettext("These records are not as they were stored: %(records)s.") % {"records": ", ".join(broken)}
            self.message_user(request, words, messages.ERROR)
        intact = len(records) - len(broken)
        words = ngettext("%d record is as it was stored.", "%d records are as they were stored.", intact) % intact
        self.message_user(request, words, messages.WARNING if broken else messages.SUCCESS)

    def has_verify_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.verify_consent")
