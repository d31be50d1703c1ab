"""Who looked at what, and who took what out: for auditors."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from onboarding.request.events import DISCLOSING, Disclosure

from .listing import OfRequestAdmin
from .timeline_sentences import line_of


class ByFilter(admin.SimpleListFilter):
    title = _("colleague")
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = model_admin.get_queryset(request).order_by("by").values_list("by", flat=True)
        return [(name, name) for name in names.distinct() if name]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Disclosure]) -> QuerySet[Disclosure]:
        return queryset.filter(by=self.value()) if self.value() else queryset


class KindFilter(admin.SimpleListFilter):
    title = pgettext_lazy("of an entry in the list of disclosures", "kind")
    parameter_name = "kind"
    words = {
        "revealed": _("looked at a masked value"),
        "evidence-exported": _("downloaded evidence"),
        "data-exported": _("downloaded a copy of a customer's data"),
        "figures-exported": _("downloaded figures"),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.words.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Disclosure]) -> QuerySet[Disclosure]:
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(Disclosure)
class DisclosureAdmin(OfRequestAdmin):
    fields = list_display = ("at", "by", "what", "where", "of")
    list_display_links = None
    list_filter = (ByFilter, KindFilter, "at")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disclosure]:
        return Disclosure.objects.filter(name__in=DISCLOSING)

    @admin.display(description=_("colleague"))
    def by(self, disclosure: Disclosure) -> str:
        return disclosure.by or "–"

    @admin.display(description=pgettext_lazy("what a colleague did", "what"))
    def what(self, disclosure: Disclosure) -> str:
        return line_of(disclosure, disclosure.request).words

    @admin.display(description=_("where"))
    def where(self, disclosure: Disclosure) -> str:
        told = line_of(disclosure, disclosure.request).details
        return ", ".join(f"{name}: {value}" for name, value in told) or "–"
