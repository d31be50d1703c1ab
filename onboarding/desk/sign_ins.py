"""Who came in to the desk, who tried, and what became of their factors: for auditors."""

from django.contrib import admin

from onboarding.staff.models import StaffSignIn

from .listing import LongListAdmin


@admin.register(StaffSignIn)
class StaffSignInAdmin(LongListAdmin):
    fields = list_display = ("at", "name", "outcome", "how", "by", "address")
    list_display_links = None
    list_filter = ("outcome", "at")
    search_fields = ("name__startswith",)
    sortable_by = ()
