"""The sandbox's rows in the admin: requests to read, offerings and weather to change."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sandbox import switches
from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest, SandboxSilence, SandboxWeather


class ReadOnlyAdmin(admin.ModelAdmin[models.Model]):
    """Shows rows and changes none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


@admin.register(SandboxRequest)
class SandboxRequestAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "type",
        "manufacturer",
        "behaviour",
        "life",
        "consent_answer",
        "created_at",
        "canceled_at",
        "revoked_at",
    ]
    list_filter = ["type", "behaviour", "life"]
    search_fields = ["id", "entity_id", "manufacturer"]
    actions = ["end_access", "stop_readings", "start_readings"]

    @admin.action(description=_("End access, as the customer at the manufacturer's"))
    def end_access(self, request: HttpRequest, chosen: models.QuerySet[SandboxRequest]) -> None:
        for row in chosen:
            switches.revoke(row, timezone.now())

    @admin.action(description=_("Let readings stop"))
    def stop_readings(self, request: HttpRequest, chosen: models.QuerySet[SandboxRequest]) -> None:
        for row in chosen:
            switches.quieten(row, timezone.now())

    @admin.action(description=_("Let readings come again"))
    def start_readings(self, request: HttpRequest, chosen: models.QuerySet[SandboxRequest]) -> None:
        for row in chosen:
            switches.wake(row, timezone.now())


@admin.register(SandboxSilence)
class SandboxSilenceAdmin(admin.ModelAdmin[SandboxSilence]):
    """Times without readings: add one for a type and manufacturer, and end it by filling in until when."""

    list_display = ["__str__", "since", "until"]
    fields = ["type", "manufacturer", "since", "until"]
    list_select_related = ["request"]


@admin.register(SandboxOffboarding)
class SandboxOffboardingAdmin(ReadOnlyAdmin):
    list_display = ["id", "request", "created_at"]
    list_select_related = ["request"]


@admin.register(SandboxOffering)
class SandboxOfferingAdmin(admin.ModelAdmin[SandboxOffering]):
    list_display = ["type", "manufacturer", "behaviour"]
    list_filter = ["type"]
    search_fields = ["type", "manufacturer"]


@admin.register(SandboxWeather)
class SandboxWeatherAdmin(admin.ModelAdmin[SandboxWeather]):
    list_display = ["__str__", "is_away", "tells_online", "lists_entities", "tokens_valid_from"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
