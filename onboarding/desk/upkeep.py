"""What the portal keeps for itself."""

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue.wish_models import Wish
from onboarding.gateway.models import PlatformHealth
from onboarding.portal.models import CspReport
from onboarding.request.search_index import find_addressed

from .base import ReadOnlyAdmin
from .listing import LongListAdmin
from .reveal import MaskingAdmin


@admin.register(PlatformHealth)
class PlatformHealthAdmin(ReadOnlyAdmin):
    list_display = (
        "__str__",
        "away_since",
        "failures",
        "next_probe_at",
        "next_call_at",
        "lost_threads",
        "thread_lost_at",
    )


@admin.register(CspReport)
class CspReportAdmin(ReadOnlyAdmin):
    fields = list_display = ("day", "directive", "blocked", "times")


@admin.register(Wish)
class WishAdmin(MaskingAdmin, LongListAdmin):
    ordering = ("-pk",)
    fields = ("type", "manufacturer", "language", "created_at", "announced_at")
    list_display = ("type", "manufacturer", "language", "created_at", "announced_at")
    list_filter = ("type", "created_at")
    search_fields = ("manufacturer",)  # so that there is a box; `get_search_results` says what it finds
    search_help_text = _("The whole name of a manufacturer, or a whole e-mail address")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Wish], search_term: str
    ) -> tuple[QuerySet[Wish], bool]:
        if "@" in search_term:
            return find_addressed(queryset, search_term, by="contact_key"), False
        name = search_term.replace("\0", "").strip().lower()
        return (queryset.alias(name=Lower("manufacturer")).filter(name=name) if name else queryset), False
