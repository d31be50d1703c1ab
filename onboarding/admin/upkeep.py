"""What the portal keeps for itself."""

from django.contrib import admin

from onboarding.models import PlatformHealth, Wish

from .base import ReadOnlyAdmin
from .reveal import MaskingAdmin


@admin.register(PlatformHealth)
class PlatformHealthAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "away_since", "failures", "next_probe_at", "next_call_at")


@admin.register(Wish)
class WishAdmin(MaskingAdmin):
    fields = ("type", "manufacturer", "language", "created_at", "announced_at")
    list_display = ("type", "manufacturer", "language", "created_at", "announced_at")
    list_filter = ("type", "created_at")
    search_fields = ("manufacturer",)
