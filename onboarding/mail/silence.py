"""What we say of a connected device that sends nothing any more, in a mail and on the page that it leads to."""

from datetime import datetime

from django.utils.translation import gettext as _

from onboarding.lib.moments import full_day
from onboarding.request.models import OnboardingRequest


def headline(request: OnboardingRequest) -> str:
    """Say since when there is nothing, e.g. "No data since 3 November 2026"."""
    at = _last_data_at(request)
    return _("No data since %(date)s") % {"date": full_day(at)} if at else _("No data from your device")


def seen(request: OnboardingRequest) -> str:
    """Say what we see, and nothing that we only guess."""
    if at := _last_data_at(request):
        return _("Your device is connected, but its last data came on %(date)s.") % {"date": full_day(at)}
    return _("Your device is connected, but no data comes from it.")


def usual_help(request: OnboardingRequest) -> str:
    words = _(
        "Often the reason is a new password at %(manufacturer)s, or a permission that ended there. Connecting it again "
        "usually helps."
    )
    return words % {"manufacturer": request.manufacturer}


def no_worry() -> str:
    return _("Was it switched off, or not used? Then there is nothing to do: its data comes again by itself.")


def _last_data_at(request: OnboardingRequest) -> datetime | None:
    return request.known_device.last_data_at if request.known_device else None
