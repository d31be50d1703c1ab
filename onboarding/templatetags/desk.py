"""What the support desk's pages begin with: the work queues, and how everything is doing."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.timesince import timesince

from onboarding.desk.health import read_signs
from onboarding.desk.navigation import navigation_for
from onboarding.desk.words import device_name, state_chip, whose_turn
from onboarding.request.models import OnboardingRequest
from onboarding.request.work_queues import Line, Queue, survey

register = template.Library()
register.filter(device_name)
register.filter(state_chip)
register.filter(whose_turn)


@register.inclusion_tag("admin/onboarding/_queues.html")
def work_queues(current: Queue | None = None) -> dict[str, Any]:
    return {"lines": survey(OnboardingRequest.objects.all(), now=timezone.now()), "current": current}


@register.inclusion_tag("admin/onboarding/_navigation.html", takes_context=True)
def desk_navigation(context: Context) -> dict[str, Any]:
    return {"groups": navigation_for(context["request"])}


@register.filter
def longest_wait(line: Line) -> str:
    return timesince(line.since, depth=1) if line.since else ""


@register.inclusion_tag("admin/onboarding/_health.html", takes_context=True)
def health(context: Context) -> dict[str, Any]:
    """Say how everything is doing, with a link wherever this person may look further."""
    signs, user = read_signs(timezone.now()), context["user"]
    pages = {sign.page for sign in signs if sign.page and user.has_perm(f"onboarding.view_{sign.page}")}
    return {"signs": signs, "pages": pages}
