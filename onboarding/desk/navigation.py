"""What the desk consists of, by what staff come for; each of them sees what they may."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from onboarding.lib.cached_rows import Cached
from onboarding.request import work_queues
from onboarding.request.models import OnboardingRequest

from .listing import QUEUE
from .saved_views import query_of, views_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Page:
    """A page that is no list of a model."""

    address: str  # the name of its URL
    title: "StrOrPromise"
    permission: str


@dataclass(frozen=True)
class Entry:
    title: str
    url: str
    current: str = ""  # "page", or "true" on a page below it
    count: str = ""


@dataclass(frozen=True)
class Group:
    title: "StrOrPromise"
    entries: list[Entry]


# Lists by the label of their model; a test looks that none is missing.
DESK: dict["StrOrPromise", tuple[str | Page, ...]] = {
    _("Requests"): (
        "onboarding.OnboardingRequest",
        Page("admin:onboarding_invitation_changelist", _("Invitations"), "onboarding.view_onboardingrequest"),
        Page("entry_link", _("Make a link for a customer"), "onboarding.make_entry_link"),
        "onboarding.BulkJob",
        Page("figures", _("Figures"), "onboarding.view_onboardingrequest"),
    ),
    _("Mails and wishes"): ("onboarding.Mail", "onboarding.Wish", "onboarding.Demand"),
    _("What is on offer"): (
        *("onboarding.CatalogueSnapshot", "onboarding.CatalogueChange", "onboarding.PlannedOffer"),
        *("onboarding.HelpText", "onboarding.ActionText"),
    ),
    _("Consent"): ("onboarding.ConsentText", "onboarding.Campaign", "onboarding.Consent"),
    _("How it runs"): (
        *("onboarding.PlatformHealth", "onboarding.MakerHealth", "onboarding.StrayOnboarding"),
        *("onboarding.WebhookEndpoint", "onboarding.WebhookDelivery"),
        *("onboarding.CspReport", "onboarding.RateLimitTally"),
    ),
    _("Records"): (
        *("onboarding.Event", "onboarding.Transaction", "onboarding.Disclosure", "onboarding.StaffSignIn"),
        Page("erasures", _("Erasures"), "onboarding.view_erasure"),
        Page("retention", _("What goes when"), "onboarding.view_departure"),
    ),
    _("Portal"): ("onboarding.Brand", "auth.User", "auth.Group"),
}


def navigation_for(request: HttpRequest) -> list[Group]:
    """List what this person may open, group by group; groups without anything are left out."""
    groups = [Group(title, list(_entries(request, items))) for title, items in DESK.items()]
    if request.user.has_perm("onboarding.view_onboardingrequest"):
        groups = [Group(_("Work"), _queues(request)), Group(_("Your views"), _views(request)), *groups]
    return [group for group in groups if group.entries]


def _queues(request: HttpRequest) -> list[Entry]:
    """List the work queues, each with what waits in it, counted no further than a glance tells apart."""
    counts = Cached[dict[str, str]]("onboarding.glance").get(_count)
    return [
        _view(request, str(queue.title), f"{QUEUE}={queue.name}", counts.get(queue.name, ""))
        for queue in work_queues.QUEUES
    ]


def _count() -> dict[str, str]:
    requests, now = OnboardingRequest.objects.all(), timezone.now()
    return {queue.name: work_queues.glance(queue.of(requests, now=now)) for queue in work_queues.QUEUES}


def _views(request: HttpRequest) -> list[Entry]:
    return [_view(request, view.name, view.query) for view in views_of(request)]


def _view(request: HttpRequest, title: str, query: str, count: str = "") -> Entry:
    """Lead to the list of requests, narrowed down."""
    url = reverse("admin:onboarding_onboardingrequest_changelist")
    is_here = request.path == url and query_of(request.GET) == query and "q" not in request.GET
    return Entry(title, f"{url}?{query}", current="page" if is_here else "", count=count)


def _entries(request: HttpRequest, items: tuple[str | Page, ...]) -> Iterator[Entry]:
    for item in items:
        if isinstance(item, Page):
            title, url, permission = str(item.title), reverse(item.address), item.permission
        else:
            options = apps.get_model(item)._meta
            title = str(capfirst(options.verbose_name_plural))
            url = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
            permission = f"{options.app_label}.view_{options.model_name}"
        if request.user.has_perm(permission):
            yield Entry(title, url, current=_current(request, url))


def _current(request: HttpRequest, url: str) -> str:
    """Mark the page that one is on, and the list that it is below: also where that is narrowed down."""
    if request.path == url:
        return "true" if QUEUE in request.GET else "page"
    return "true" if request.path.startswith(url) else ""
