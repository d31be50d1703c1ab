"""What the pages of the desk share."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
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


def masked(answers: dict[str, str]) -> SafeString:
    lines = [f"{name}: {mask(value)}" for name, value in answers.items() if value]
    return format_html("{}", ", ".join(lines) or "–")
