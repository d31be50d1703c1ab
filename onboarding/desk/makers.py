"""How the connected devices of each manufacturer are: one line for all that are alike."""

from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue.help_texts import type_help
from onboarding.devices.models import MakerHealth
from onboarding.lib.moments import short_moment
from onboarding.status.waiting import in_words

from .listing import LongListAdmin


@admin.register(MakerHealth)
class MakerHealthAdmin(LongListAdmin):
    """Nobody can change these: a worker counts them."""

    list_display = (
        *("kind", "manufacturer", "devices", "flowing", "quiet", "gone"),
        *("usual_silence", "first_data", "silent", "measured_at"),
    )
    list_display_links = None
    list_filter = ("type",)
    search_fields = ("manufacturer",)
    sortable_by = ("devices", "quiet", "gone")
    ordering = (F("silent_since").desc(nulls_last=True), "-devices", "pk")

    @admin.display(description=_("type"))
    def kind(self, row: MakerHealth) -> str:
        return str(type_help(row.type).name)

    @admin.display(description=_("usual silence"))
    def usual_silence(self, row: MakerHealth) -> str:
        return _duration(row.usual_silence_seconds)

    @admin.display(description=_("first data"))
    def first_data(self, row: MakerHealth) -> str:
        return _duration(row.first_data_seconds)

    @admin.display(description=_("silent since"))
    def silent(self, row: MakerHealth) -> str:
        return short_moment(row.silent_since)


def _duration(seconds: int | None) -> str:
    """Say a duration; nothing while too few devices are known."""
    return "" if seconds is None else in_words(seconds)
