"""What the portal keeps for itself."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from onboarding.models import CatalogueSnapshot, PlatformHealth, Wish

from .base import ReadOnlyAdmin


@admin.register(CatalogueSnapshot)
class CatalogueSnapshotAdmin(ReadOnlyAdmin):
    list_display = ("size", "fetched_at", "trouble")
    fields = ("size", "fetched_at", "trouble", "offers")

    @admin.display(description=_("combinations of type and manufacturer"))
    def size(self, snapshot: CatalogueSnapshot) -> int:
        return len(snapshot.offers)


@admin.register(PlatformHealth)
class PlatformHealthAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "away_since", "failures", "next_probe_at", "next_call_at")


@admin.register(Wish)
class WishAdmin(ReadOnlyAdmin):
    list_display = ("type", "manufacturer", "language", "created_at", "announced_at")
    list_filter = ("type", "created_at")
    search_fields = ("manufacturer",)
