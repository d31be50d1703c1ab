"""Devices that send nothing: whose turn that is, and the manufacturers from which nothing comes at all."""

from onboarding.devices.health_words import device_of
from onboarding.devices.makers import silent_makers
from onboarding.devices.models import Device
from onboarding.lib.cached_rows import Cached
from onboarding.request.lifecycle import SILENT, Actor, Health, who_cares
from onboarding.request.models import OnboardingRequest


def silent_device(request: OnboardingRequest) -> Device | None:
    """Return the device of a request if nothing comes from it."""
    device = device_of(request)
    return device if device and device.health in SILENT else None


def who_cares_for(device: Device) -> Actor:
    """Say who must act for a device."""
    kind = (device.request.type, device.request.manufacturer)
    is_maker_silent = kind in Cached[set[tuple[str, str]]]("onboarding.silent-makers").get(_silent_kinds)
    return who_cares(Health(device.health), is_maker_silent=is_maker_silent)


def _silent_kinds() -> set[tuple[str, str]]:
    return {(maker.type, maker.manufacturer) for maker in silent_makers()}
