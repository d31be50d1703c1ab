"""What permissions are called where colleagues get them: they are stored in English, when `migrate` makes them."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db.models import ManyToManyField
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# What Django makes for every model, by what their codenames begin with.
USUAL = {"add": _("add"), "change": _("change"), "delete": _("delete"), "view": _("see")}


class PermissionField(forms.ModelMultipleChoiceField[Permission]):
    def label_from_instance(self, obj: Any) -> str:
        return words_for(obj)


class PermittingAdmin(admin.ModelAdmin[Any]):
    """Pages on which permissions are chosen."""

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Any, Any]", request: HttpRequest | None = None, **more: Any
    ) -> "forms.ModelMultipleChoiceField[Any] | None":
        if db_field.related_model is Permission:
            more["queryset"] = Permission.objects.select_related("content_type")
            more["form_class"] = PermissionField
        return super().formfield_for_manytomany(db_field, cast("HttpRequest", request), **more)


def words_for(permission: Permission) -> str:
    """Name a permission: of what, and what it lets one do; those that we thought of are among our words."""
    model = permission.content_type.model_class()
    of = capfirst(str(model._meta.verbose_name)) if model else permission.content_type.model
    usual = USUAL.get(permission.codename.removesuffix(f"_{permission.content_type.model}"))
    return f"{of}: {usual or gettext(permission.name)}"
