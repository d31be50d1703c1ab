"""What the platform has since a backup was made, and this database does not know."""

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from onboarding.delivery.models import StrayOnboarding
from onboarding.request.models import OnboardingRequest

from .listing import LongListAdmin


@admin.register(StrayOnboarding)
class StrayOnboardingAdmin(LongListAdmin):
    list_display = ("platform_id", "type", "manufacturer", "status", "created_at", "request")
    list_display_links = None
    list_select_related = ("request",)
    list_filter = ("type",)
    sortable_by = ()
    ordering = ("-created_at", "-pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StrayOnboarding]:
        """Leave out what a request of ours has taken up since."""
        known = OnboardingRequest.objects.filter(platform_id=OuterRef("platform_id"))
        return super().get_queryset(request).filter(~Exists(known))
