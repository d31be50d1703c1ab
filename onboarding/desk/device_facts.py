"""How a connected device is, on the page of its request."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.lib.moments import short_moment
from onboarding.request.models import OnboardingRequest

from .base import ReadOnlyAdmin

FACTS = ("health", "first_data", "last_data", "looked_at", "next_look", "mandate")


class DeviceFactsAdmin(ReadOnlyAdmin):
    """Requests with what is known of their devices since they were connected."""

    def get_fieldsets(self, request: HttpRequest, obj: OnboardingRequest | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.known_device is None:
            return fieldsets
        answers, *others = fieldsets
        return [answers, (_("Since it was connected"), {"fields": FACTS}), *others]

    @admin.display(description=_("data"))
    def health(self, request: OnboardingRequest) -> str:
        device = request.device
        since = timesince(device.health_since, timezone.now(), depth=1)
        return gettext("%(health)s, for %(time)s") % {"health": device.get_health_display(), "time": since}

    @admin.display(description=_("first data"))
    def first_data(self, request: OnboardingRequest) -> str:
        return short_moment(request.device.first_data_at)

    @admin.display(description=_("last data"))
    def last_data(self, request: OnboardingRequest) -> str:
        return short_moment(request.device.last_data_at)

    @admin.display(description=_("last look"))
    def looked_at(self, request: OnboardingRequest) -> str:
        return short_moment(request.device.looked_at)

    @admin.display(description=_("next look"))
    def next_look(self, request: OnboardingRequest) -> str:
        return short_moment(request.device.due_at)

    @admin.display(description=_("the manufacturer's permission ends"))
    def mandate(self, request: OnboardingRequest) -> str:
        return short_moment(request.device.valid_until)
