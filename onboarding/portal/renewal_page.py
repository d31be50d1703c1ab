"""What the page for renewing shows: what ends when, what happens then, and the words to agree to again."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import type_help
from onboarding.consent.records import newest
from onboarding.consent.texts import is_asked_again
from onboarding.intake.forms import ConsentForm
from onboarding.mail.renewal import what_ends, what_follows
from onboarding.request import family
from onboarding.request.ending import TOGETHER, ComingEnd, Ends
from onboarding.request.models import OnboardingRequest

from . import pages


def context(request: OnboardingRequest, form: ConsentForm) -> dict[str, Any]:
    return {
        "title": _("Please read and agree again"),
        "request_row": request,
        "device": type_help(request.type),
        "back_url": reverse("onboarding:device", args=[request.reference]),
        "why": why(request),
        "is_about_mandate": is_about_mandate(request),
        "form": form,
        "errors": pages.error_list(form),
        "consent": form.words,
        "page_sha256": form.sha256,
        "button": button(),
    }


def button() -> str:
    """What is pressed to agree again; a consent record quotes it."""
    return _("Agree and stay connected")


def notice(request: OnboardingRequest) -> str:
    """Say on the page of a device why it has to be renewed; nothing, when there is no reason to."""
    if not request.is_withdrawable or family.under_way(request):
        return ""
    if end := near_end(request):
        wish = _("Renew it if you would like to keep this device connected.")
        return f"{what_ends(end, request.manufacturer)} {wish}"
    if _has_new_words(request):
        return _("The text that you agreed to has changed. Please read the new one, and say whether you still agree.")
    return ""


def notice_context(request: OnboardingRequest) -> dict[str, str]:
    """Say what there is to renew, and where that leads."""
    renewal = notice(request)
    return {"renewal": renewal, "renewal_button": notice_button(request) if renewal else ""}


def notice_button(request: OnboardingRequest) -> str:
    return _("Read and agree again") if is_about_consent(request) else _("Allow it once more")


def is_about_consent(request: OnboardingRequest) -> bool:
    """Tell whether there is something to agree to: always, unless it is the manufacturer's permission that ends."""
    end = near_end(request)
    return end is None or end.of != Ends.MANDATE or _has_new_words(request)


def is_about_mandate(request: OnboardingRequest) -> bool:
    """Tell whether the device has to be allowed at its manufacturer's again, too."""
    end = near_end(request)
    return end is not None and end.of != Ends.CONSENT


def why(request: OnboardingRequest) -> list[str]:
    """Say in sentences what ends when and what happens then; or that nothing does."""
    found = []
    if end := near_end(request):
        found = [
            what_ends(end, request.manufacturer),
            what_follows(),
        ]
    if _has_new_words(request):
        found.append(_("The text that you agreed to has changed since. This is the new one."))
    return found or [_("There is nothing that you have to do now: your consent holds.")]


def near_end(request: OnboardingRequest) -> ComingEnd | None:
    """Return the end that a device comes to by itself, once it is so near that it can be renewed."""
    end = request.coming_end
    return end if end and end.at - timezone.now() <= TOGETHER else None


def _has_new_words(request: OnboardingRequest) -> bool:
    record = newest(request)
    return record is not None and record.is_standing and is_asked_again(record)
