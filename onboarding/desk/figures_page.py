"""The figures page: how far people come, how long it takes, where they stumble; and the same as downloads."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from onboarding.catalogue.help_texts import type_help
from onboarding.lib.spreadsheets import as_csv
from onboarding.staff import fresh
from onboarding.support import disclosures

from .downloads import CSV, as_file
from .figure_cells import Table
from .figure_stages import OWN_TENANT, Wanted
from .figure_tables import tables
from .figures import Figures, Group, find_figures
from .trends import By, make_trend

USUAL_DAYS = 30
DAY_LIMITS = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day after the year 1999.")),
    MaxValueValidator(date(2099, 12, 31), _("Choose a day before the year 2100.")),
]


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        validators=DAY_LIMITS,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Choose a day."), "invalid": _("Write the day as year-month-day: 2026-11-23.")},
    )


class FiguresForm(forms.Form):
    """Which requests; what is left out has its usual value."""

    first = day_field(_("From"))
    last = day_field(_("To"))
    type = forms.CharField(label=_("Type"), required=False, widget=forms.Select)
    manufacturer = forms.CharField(label=_("Manufacturer"), required=False, widget=forms.Select)
    tenant = forms.CharField(label=_("Tenant"), required=False, widget=forms.Select)
    by = forms.CharField(label=_("Days or weeks"), required=False, widget=forms.Select)

    def __init__(self, data: dict[str, str]) -> None:
        today = timezone.localdate()
        usual = {"first": (today - timedelta(days=USUAL_DAYS - 1)).isoformat(), "last": today.isoformat()}
        super().__init__(usual | data)
        self.offer([])

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            raise ValidationError(gettext("The first day comes after the last one. Please swap them."))
        return cleaned

    @property
    def wanted(self) -> Wanted:
        return Wanted(**{name: value for name, value in self.cleaned_data.items() if name != "by"})

    @property
    def unit(self) -> str:
        return str(self.cleaned_data["by"])

    def offer(self, groups: Iterable[Group]) -> None:
        """Let people choose from what there is in these days, and keep what they chose."""
        known = list(groups)
        for name, words in {
            "type": {group.type: str(type_help(group.type).name) for group in known},
            "manufacturer": {},
            "tenant": {OWN_TENANT: gettext("The portal's own")},
        }.items():
            values = {getattr(group, name) for group in known} | {self.data.get(name, "")}
            choices = [(value, words.get(value, value)) for value in sorted(values - {""}, key=str.casefold)]
            self.fields[name].widget.choices = [("", gettext("All")), *choices]
        units = [("", gettext("As it fits")), (By.DAY, gettext("Day")), (By.WEEK, gettext("Week"))]
        self.fields["by"].widget.choices = units


@require_safe
def show_figures(request: HttpRequest) -> HttpResponse:
    """Show the figures of the last 30 days, or of those that are asked for."""
    if not request.user.has_perm("onboarding.view_onboardingrequest"):
        raise PermissionDenied
    return figures_page(request, FiguresForm(request.GET.dict()))


@require_POST
def download_figures(request: HttpRequest) -> HttpResponse:
    """Give one table as CSV, with what is shown on the page, and put that on the record."""
    if not request.user.has_perms(["onboarding.view_onboardingrequest", "onboarding.export_figures"]):
        raise PermissionDenied
    if asked := fresh.ask(request):
        return asked
    form = FiguresForm(request.POST.dict())
    if not form.is_valid():
        return figures_page(request, form)
    wanted, name = form.wanted, request.POST.get("table", "")
    table = next((table for table in all_tables(find_figures(wanted), form.unit) if table.name == name), None)
    if table is None:
        raise Http404
    filters = {word: str(value) for word, value in asdict(wanted).items() if value}
    disclosures.note_export(None, by=request.user.get_username(), what="figures", table=name, **filters)
    return as_file(as_csv(table.lines()), f"figures-{name}-{wanted.first}-{wanted.last}.csv", CSV)


def all_tables(figures: Figures, by: str) -> list[Table]:
    return [make_trend(figures, by).table, *tables(figures)]


def figures_page(request: HttpRequest, form: FiguresForm) -> HttpResponse:
    figures = find_figures(form.wanted) if form.is_valid() else None
    if figures:
        form.offer(figures.everything)
    context = admin.site.each_context(request) | {
        "title": _("Figures"),
        "form": form,
        "trend": make_trend(figures, form.unit) if figures else None,
        "tables": tables(figures) if figures else [],
        "counted_at": figures.counted_at if figures else None,
        "may_download": request.user.has_perm("onboarding.export_figures"),
    }
    return TemplateResponse(request, "admin/onboarding/figures.html", context)
