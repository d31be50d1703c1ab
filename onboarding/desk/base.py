"""What the pages of the desk share."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

# How the filters of lists narrow a column down. None looks into a text, or on to the rows of another table.
WAYS = ("exact", "isnull", "id__exact", "gte", "lt", "year", "month", "day")


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that the portal writes; staff read them."""

    view_on_site = False  # pages belong to the customer's browser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by what the list offers and nothing else: a masked value is not to be guessed letter by letter."""
        offered = [_name_of(item) for item in self.get_list_filter(request)] + [self.date_hierarchy or ""]
        return any(lookup in {name, *(f"{name}__{way}" for way in WAYS)} for name in offered if name)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Refuse an action that is not for this person, where Django would only say that none was chosen."""
        chosen = [name for name in request.POST.getlist("action") if name]
        if not set(chosen) <= set(self.get_actions(request)):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)


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


def check_may(request: HttpRequest, *permissions: str) -> None:
    """Let in who has all of these permissions.

    Raises: PermissionDenied.
    """
    if not request.user.has_perms([f"onboarding.{permission}" for permission in permissions]):
        raise PermissionDenied


def _name_of(list_filter: Any) -> str:
    if isinstance(list_filter, type) and issubclass(list_filter, admin.SimpleListFilter):
        return str(list_filter.parameter_name)
    return str(list_filter[0] if isinstance(list_filter, list | tuple) else list_filter)
