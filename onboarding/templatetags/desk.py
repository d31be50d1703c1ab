"""What the support desk's pages begin with: the work queues, and how everything is doing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import template
from django.db.models import Model
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.timesince import timesince

from onboarding.desk.health import read_signs
from onboarding.desk.navigation import navigation_for
from onboarding.desk.search_hints import found_apart, hint_for
from onboarding.desk.words import device_name, question_label, request_of, state_chip, whose, whose_turn
from onboarding.request.masking import Secret
from onboarding.request.models import OnboardingRequest
from onboarding.request.work_queues import Line, Queue, survey

register = template.Library()
register.filter(device_name)
register.filter(state_chip)
register.filter(whose_turn)
register.filter(whose)


@register.inclusion_tag("admin/onboarding/_queues.html")
def work_queues(current: Queue | None = None) -> dict[str, Any]:
    return {"lines": survey(OnboardingRequest.objects.all(), now=timezone.now()), "current": current}


@register.inclusion_tag("admin/onboarding/_navigation.html", takes_context=True)
def desk_navigation(context: Context) -> dict[str, Any]:
    """List it twice on a page, beside it and in the menu of phones, and look it up once."""
    kept = vars(context["request"])
    if "desk_navigation" not in kept:
        kept["desk_navigation"] = navigation_for(context["request"])
    return {"groups": kept["desk_navigation"]}


@register.inclusion_tag(
    "admin/onboarding/_search_help.html",
)
def search_help(term: str, found: int) -> dict[str, Any]:
    """Explain a search that found nothing, or more than one request."""
    if found == 1 or not term:
        return {}
    rows = OnboardingRequest.objects.all()
    return {"hint": hint_for(term, found), "apart": found_apart(rows, term) if not found else []}


@register.filter
def cells_with_heads(row: Iterable[str], heads: Sequence[Mapping[str, Any]]) -> list[SafeString]:
    """Give the cells of a row of a list their column's name, which stands beside them on a phone."""
    named = zip(row, heads, strict=True)
    return [mark_safe(cell) if "<" in head["text"] else _with_head(cell, str(head["text"])) for cell, head in named]


def _with_head(cell: str, text: str) -> SafeString:
    return mark_safe(cell.replace(" class=", format_html(' data-head="{}" class=', capfirst(text)), 1))


@register.filter
def label_of(secret: Secret, row: Model) -> str:
    """Name what is masked as the customer knows it."""
    return question_label(secret.name, request_of(row))


@register.filter
def heading_of(secret: Secret, row: Model) -> str:
    return capfirst(label_of(secret, row))


@register.filter
def longest_wait(line: Line) -> str:
    return timesince(line.since, depth=1) if line.since else ""


@register.inclusion_tag("admin/onboarding/_health.html", takes_context=True)
def health(context: Context) -> dict[str, Any]:
    """Say how everything is doing, with a link wherever this person may look further."""
    signs, user = read_signs(timezone.now()), context["user"]
    pages = {sign.page for sign in signs if sign.page and user.has_perm(f"onboarding.view_{sign.page}")}
    return {"signs": signs, "pages": pages}
