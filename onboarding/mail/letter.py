"""What every mail is made of, and how it names a device."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import type_help
from onboarding.request.models import OnboardingRequest


@dataclass(frozen=True)
class Letter:
    subject: str
    paragraphs: list[str]
    button: str = ""
    url: str = ""
    closing: str = ""
    attachments: list[tuple[str, bytes, str]] = field(default_factory=list)


def device_of(request: OnboardingRequest) -> str:
    """Name a device in a sentence or a subject, e.g. "Electric car, Audi"."""
    if not request.type:
        return _("your device")
    name = str(type_help(request.type).name)
    return f"{name}, {request.manufacturer}" if request.manufacturer else name
