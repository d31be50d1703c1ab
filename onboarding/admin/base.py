"""What the pages of the desk share."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from onboarding.identifiers import mask


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that the portal writes; staff read them."""

    view_on_site = False  # pages belong to the customer's browser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RememberedAdmin[Row: Model](admin.ModelAdmin[Row]):
    """Rows that staff write and every process keeps in memory for seconds; the one that wrote forgets at once."""

    def forget(self) -> None:
        raise NotImplementedError

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.forget()

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        super().delete_model(request, obj)
        self.forget()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Row]) -> None:
        super().delete_queryset(request, queryset)
        self.forget()


def masked(answers: dict[str, str]) -> SafeString:
    lines = [f"{name}: {mask(value)}" for name, value in answers.items() if value]
    return format_html("{}", ", ".join(lines) or "–")
