"""Campaigns for a new text: made by a colleague, carried out by workers, with figures and who has not answered."""

import secrets
from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from onboarding.consent.models import ConsentText
from onboarding.lib.spreadsheets import as_csv
from onboarding.portal.htmx import HtmxHttpRequest, render_fragment, unchanged, wants_fragment
from onboarding.request.codes import spoken
from onboarding.support import campaigns, disclosures
from onboarding.support.campaign_models import Campaign, CampaignMember

from .base import ReadOnlyAdmin, check_may
from .campaign_form import CampaignForm, PaceForm, scope_of
from .downloads import CSV, as_file
from .words import device_name, language_name

PAGE = "admin:onboarding_campaign_change"
MOST_SHOWN = 100
Outcome = CampaignMember.Outcome
# What is read of who has not answered.
SHOWN = (
    *("outcome", "asked_at", "reminded_at", "campaign_id"),
    *("request__support_code", "request__type", "request__manufacturer"),
)
# What a colleague reads of a campaign, in this order; those of no one are left out.
SUMMARY = (
    *(Outcome.WAITING, Outcome.ASKED, Outcome.AGREED, Outcome.STOPPED, Outcome.ENDED),
    *(Outcome.UNREACHABLE, Outcome.LEFT_OUT, Outcome.FAILED),
)


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    change_list_template = "admin/onboarding/campaign/change_list.html"
    list_display = ("created_at", "text", "whom", "stage", "per_day", "by")
    list_filter = ("stage",)
    list_select_related = ("text",)
    fields = ("text", "whom", "stage", "per_day", "created_at", "by")
    readonly_fields = ("whom",)
    list_per_page = 25
    sortable_by = ()

    @admin.display(description=_("for whom"))
    def whom(self, campaign: Campaign) -> str:
        return for_whom(campaign)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("new/", view(self.new), name="campaign_new"),
            path("<int:pk>/steer/", view(self.steer), name="campaign_steer"),
            path("<int:pk>/progress/", view(self.progress), name="campaign_progress"),
            path("<int:pk>/answers.csv", view(self.answers), name="campaign_answers"),
        ]
        return own + super().get_urls()

    def new(self, request: HttpRequest) -> HttpResponse:
        """Take what a campaign is to be, and let workers look whom it is for; nobody is asked yet."""
        check_may(request, "run_campaign")
        form = CampaignForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            key = form.cleaned_data["key"] or secrets.token_hex(16)
            campaign = campaigns.make(form.wanted(), by=request.user.get_username(), key=key)
            return redirect(PAGE, campaign.pk)
        context = self._context(request) | {"title": _("New campaign"), "form": form}
        return TemplateResponse(request, "admin/onboarding/campaign/new.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how far a campaign is, what came of it, and what can be done now."""
        check_may(request, "view_campaign")
        campaign = self.get_object(request, object_id)
        if campaign is None or request.method == "POST":
            return super().change_view(request, object_id, form_url, extra_context)
        context = self._context(request) | panel_of(campaign) | {"title": _("Campaign for a new text")}
        return TemplateResponse(request, "admin/onboarding/campaign/page.html", context)

    @method_decorator(require_POST)
    def steer(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start, pause, resume or end it."""
        check_may(request, "run_campaign")
        campaign = self._get(pk)
        form, step = PaceForm(request.POST, per_day=campaign.per_day), request.POST.get("step", "")
        is_paced = step in {"start", "resume"}
        if is_paced and not form.is_valid():
            messages.error(request, gettext("Nothing was done: say how many mails a day, from 1."))
        elif step not in campaigns.STEPS or not campaigns.steer(
            pk, step, by=request.user.get_username(), per_day=form.cleaned_data["per_day"] if is_paced else None
        ):
            messages.info(request, gettext("Nothing was done: a colleague was faster, or it is not ready for that."))
        return redirect(PAGE, pk)

    @method_decorator(require_safe)
    def progress(self, request: HtmxHttpRequest, pk: int) -> HttpResponse:
        """Answer a poll: nothing (204) while what the page shows is still true."""
        check_may(request, "view_campaign")
        campaign = self._get(pk)
        if not wants_fragment(request):
            return redirect(PAGE, pk)
        if request.GET.get("v") == version_of(campaign):
            return unchanged()
        return render_fragment(request, "admin/onboarding/campaign/_panel.html", panel_of(campaign))

    @method_decorator(require_safe)
    def answers(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give what came of each customer as CSV, by support code: nothing that tells who they are. It is noted."""
        check_may(request, "run_campaign")
        campaign = self._get(pk)
        disclosures.note_export(None, by=request.user.get_username(), what="figures", campaign=str(pk))
        return as_file(as_csv(_answers(campaign)), f"campaign-{campaign.created_at:%Y-%m-%d}-{pk}.csv", CSV)

    def _get(self, pk: int) -> Campaign:
        return get_object_or_404(Campaign.objects.select_related("text"), pk=pk)

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"opts": self.opts}


def for_whom(campaign: Campaign) -> str:
    """Say in words whom a campaign is for."""
    text = campaign.text
    narrowed = {"type": text.type or campaign.type, "manufacturer": text.manufacturer or campaign.manufacturer}
    found = [capfirst(scope_of(ConsentText(**narrowed)))]
    if campaign.language:
        found.append(language_name(campaign.language))
    if campaign.agreed_before:
        found.append(gettext("agreed before %s") % date_format(campaign.agreed_before, "DATE_FORMAT"))
    return ", ".join(found)


def version_of(campaign: Campaign) -> str:
    """What polls compare, while workers look whom it is for."""
    return f"{campaign.stage}-{campaign.gathered_to}"


def panel_of(campaign: Campaign) -> dict[str, Any]:
    counts = campaigns.count_members(campaign)
    shown = _unanswered(campaign)
    waiting = counts.get(Outcome.WAITING, 0)
    return {
        "campaign": campaign,
        "whom": for_whom(campaign),
        "version": version_of(campaign),
        "total": sum(counts.values()),
        "summary": [(one, str(one.label), counts[one]) for one in SUMMARY if counts.get(one)],
        "days": -(-waiting // campaign.per_day),
        "pace": PaceForm(per_day=campaign.per_day),
        "rows": [(member, device_name(member.request)) for member in shown],
        "is_cut": len(shown) == MOST_SHOWN,
    }


def _unanswered(campaign: Campaign) -> list[CampaignMember]:
    """Return the first who have not answered, by the index in whose order they are."""
    found: list[CampaignMember] = []
    for outcome in campaigns.UNANSWERED:
        members = campaign.members.filter(outcome=outcome).select_related("request").order_by("pk").only(*SHOWN)
        found += members[: MOST_SHOWN - len(found)]
    return found


def _answers(campaign: Campaign) -> Iterator[list[str]]:
    yield ["support_code", "type", "manufacturer", "language", "result", "asked_on", "reminded_on", "answered_on"]
    about = ("request__support_code", "request__type", "request__manufacturer", "request__language")
    rows = campaign.members.order_by("pk").values_list(*about, "outcome", "asked_at", "reminded_at", "answered_at")
    for code, kind, maker, language, outcome, *moments in rows.iterator(chunk_size=1000):
        days = [f"{moment:%Y-%m-%d}" if moment else "" for moment in moments]
        yield [spoken(code), kind, maker, language, outcome, *days]
