"""How long the platform's steps usually take, by our own figures, in words."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from onboarding.catalogue import catalogue
from onboarding.request import lifecycle
from onboarding.request.lifecycle import Progress
from onboarding.request.models import OnboardingRequest, Transaction

MINUTE, HOUR, DAY = (timedelta(**{unit: 1}).total_seconds() for unit in ("minutes", "hours", "days"))
# Nobody counts on 17 minutes.
ROUND = (1, 2, 3, 4, 5, 10, 15, 20, 30, 45)
OVER = (Progress.DONE, Progress.FAILED)


def usual_seconds(request: OnboardingRequest) -> Mapping[str, float]:
    """Return how long each of the platform's steps usually takes with this manufacturer, as far as that is known."""
    pace = catalogue.find_pace(request.type, request.manufacturer)
    return pace.steps if pace else {}


def rest_in_words(transactions: Sequence[Transaction], usual: Mapping[str, float]) -> str:
    """Say how long the steps that are left usually take together; nothing while that of one is not known."""
    left = [item.type for item in transactions if lifecycle.progress(item.status) not in OVER]
    if not left or not usual.keys() >= set(left):
        return ""
    return _("This usually takes %(time)s.") % {"time": in_words(sum(usual[kind] for kind in left))}


def step_in_words(item: Transaction, usual: Mapping[str, float]) -> str:
    """Say how long one step usually takes; nothing when that is not known, or it is over."""
    if item.type not in usual or lifecycle.progress(item.status) in OVER:
        return ""
    return _("Usually takes %(time)s.") % {"time": in_words(usual[item.type])}


def in_words(seconds: float) -> str:
    """Say a duration as people do, rounded up, e.g. "up to 5 minutes"."""
    if seconds < MINUTE:
        return _("less than a minute")
    if seconds <= ROUND[-1] * MINUTE:
        count = next(number for number in ROUND if number * MINUTE >= seconds)
        return ngettext("up to a minute", "up to %(count)s minutes", count) % {"count": count}
    if seconds <= DAY:
        count = ceil(seconds / HOUR)
        return ngettext("up to an hour", "up to %(count)s hours", count) % {"count": count}
    count = ceil(seconds / DAY)
    return ngettext("up to a day", "up to %(count)s days", count) % {"count": count}
