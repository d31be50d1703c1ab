"""Where people ran into a limit: how often within each hour, never who."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from onboarding.limits.limit_table import title_of
from onboarding.limits.models import RateLimitTally

from .listing import LongListAdmin


@admin.register(RateLimitTally)
class RateLimitTallyAdmin(LongListAdmin):
    list_display = ("hour", "what", "scope", "times")
    list_filter = ("scope", "hour")
    sortable_by = ()

    @admin.display(description=_("what"))
    def what(self, row: RateLimitTally) -> str:
        return title_of(row.name)
