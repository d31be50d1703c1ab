"""The sandbox's rows in the admin: requests to read, offerings and weather to change."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from sandbox.models import SandboxOffboarding, SandboxOffering, SandboxRequest, SandboxWeather


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
    list_display = ["id", "type", "manufacturer", "behaviour", "consent_answer", "created_at", "canceled_at"]
    list_filter = ["type", "behaviour"]
    search_fields = ["id", "entity_id", "manufacturer"]


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
    list_display = ["__str__", "is_away", "tokens_valid_from"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
