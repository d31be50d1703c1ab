"""The brand: one page, one row."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from onboarding.branding import change_brand
from onboarding.branding.brand import Look
from onboarding.branding.image_upload import MAX_BYTES, Picture, read_logo
from onboarding.branding.models import Brand, Logo
from onboarding.branding.senders import sendable
from onboarding.catalogue.help_models import HelpText
from onboarding.lib.cached_rows import ONLY

LOGOS = ("logo", "logo_dark")


class PictureInput(AdminFileWidget):
    use_fieldset = False  # its label is the input's own, not a legend's


class LogoField(forms.FileField):
    """Gives the picture that was uploaded, None when it is to go, or the logo that stays."""

    widget = PictureInput(attrs={"accept": ".svg,.png"})

    def clean(self, data: Any, initial: Logo | None = None) -> Picture | Logo | None:
        found = super().clean(data, initial)
        return read_logo(found.read(MAX_BYTES + 1)) if isinstance(found, UploadedFile) else found or None


class BrandForm(forms.ModelForm[Brand]):
    logo_file = LogoField(label=_("Logo"), required=False, help_text=_("SVG or PNG, at most 100 KB"))
    logo_dark_file = LogoField(
        label=_("Logo on dark pages"),
        required=False,
        help_text=_("Empty: the same logo, so it has to be visible on both"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in LOGOS:
            self.initial[f"{name}_file"] = kept_picture(self.instance, name)

    def clean_sender_address(self) -> str:
        """Store the address in the form that mail servers take."""
        typed: str = self.cleaned_data["sender_address"]
        return sendable(typed) if typed else ""


def pictures_of(form: forms.ModelForm[Brand]) -> dict[str, Picture | None]:
    """Return the logos that a form changes, by the name of their field."""
    found = {name: form.cleaned_data[f"{name}_file"] for name in LOGOS}
    return {name: picture for name, picture in found.items() if not isinstance(picture, Logo)}


def kept_picture(row: Brand | HelpText, name: str) -> Logo | None:
    """Return the picture of a row; one that cannot be found or drawn is taken out, so that the form can be saved."""
    try:
        picture: Logo | None = getattr(row, name)
    except (ObjectDoesNotExist, ValueError, TypeError, OverflowError):
        picture = None
    if picture is None or (picture.pk and not picture.is_sound):
        picture = None
        setattr(row, name, None)
    return picture


def link_to(logo: Logo | None) -> str:
    return format_html('<a href="{0}">{0}</a>', logo.url) if logo and logo.url else "–"


@admin.register(Brand)
class BrandAdmin(admin.ModelAdmin[Brand]):
    form = BrandForm
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "logo_file", "logo_dark_file", "is_name_in_logo", "accent", "accent_dark"),
                "description": _(
                    "What you leave empty comes from the settings of the portal. A change is on every page within ten "
                    "seconds; “View on site” shows it."
                ),
            },
        ),
        (_("Help for customers"), {"fields": ("support_phone", "support_email", "support_url")}),
        (_("Sender of mails"), {"fields": ("sender_name", "sender_address")}),
        (
            _("Links at the foot of every page"),
            {"fields": ("privacy_url", "legal_notice_url", "terms_url", "accessibility_url")},
        ),
    )

    @admin.display(description=_("Logo"))
    def logo_file(self, brand: Brand) -> str:
        """Link to the logo, for those who may only look."""
        return link_to(kept_picture(brand, "logo"))

    @admin.display(description=_("Logo on dark pages"))
    def logo_dark_file(self, brand: Brand) -> str:
        """Link to the other logo, for those who may only look."""
        return link_to(kept_picture(brand, "logo_dark"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("admin:onboarding_brand_change", ONLY)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Brand | None:
        """Show the one row, or the empty one that the first change stores."""
        return super().get_object(request, object_id, from_field) or Brand(pk=ONLY)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if "_preview" in request.POST and (page := self._preview(request, object_id)):
            return page
        return super().change_view(request, object_id, form_url, extra_context)

    def _preview(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Show a sample page with what was entered, and store nothing; None when there is something to correct."""
        row = self.get_object(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        form = self.get_form(request, row, change=True)(request.POST, request.FILES, instance=row)
        if not form.is_valid():
            return None
        for name, picture in pictures_of(form).items():
            setattr(form.instance, name, picture and Logo(**asdict(picture)))
        context = {"title": _("Preview"), "brand": Look(form.instance)}
        return TemplateResponse(request, "admin/onboarding/brand/preview.html", context)

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        change_brand.change_brand(obj, pictures_of(form))

    def view_on_site(self, obj: Brand) -> str:
        return reverse("onboarding:start")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
