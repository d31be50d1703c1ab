"""Inviting many customers by a file: uploaded, checked by workers, looked at, and only then invited."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from onboarding.catalogue import catalogue
from onboarding.intake.invitation_csv import COLUMNS, MOST_BYTES, MOST_ROWS, read_lines
from onboarding.intake.invitation_models import Invitation
from onboarding.intake.invite_form import InviteForm
from onboarding.lib.sealed_fields import readable
from onboarding.lib.spreadsheets import as_csv
from onboarding.portal.htmx import HtmxHttpRequest, render_fragment, unchanged, wants_fragment
from onboarding.request.masking import CANNOT_BE_READ
from onboarding.support import invitation_files
from onboarding.support.invitation_file_models import InvitationFile, InvitationRow

from .base import check_may
from .downloads import CSV, as_file

MAY = ("assist_onboardingrequest", "view_onboardingrequest")
PAGE = "admin:invitationfile_page"
MOST_FILES, MOST_SHOWN = 20, 200
Outcome = InvitationRow.Outcome
# What a colleague reads of a file, in this order.
SUMMARY = (
    *(Outcome.READY, Outcome.MAILED, Outcome.PREPARED, Outcome.ASKED, Outcome.WRONG),
    *(Outcome.LEFT_OUT, Outcome.FAILED, Outcome.WAITING),
)
EXAMPLE = (
    ("type", "manufacturer", "contact_email", "language", "own_reference", "vin", "ean"),
    ("EV", "Audi", "ann@example.org", "nl", "K-17", "WA1DMAFE0D0000000", ""),
    ("SmartMeter", "Fluvius", "jan@example.org", "fr", "K-18", "", "541448820000000008"),
)


class UploadForm(forms.Form):
    """A file, and what is to become of those in it."""

    file = forms.FileField(label=_("File"), widget=forms.FileInput({"accept": ".csv,.txt,text/csv"}))
    what = forms.ChoiceField(
        label=_("What to do"),
        choices=[("mail", _("Mail each customer the link")), ("prepare", _("Prepare only, and mail nothing"))],
        initial="mail",
        widget=forms.RadioSelect,
    )
    key = forms.CharField(max_length=32, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.initial["key"] = secrets.token_hex(16)

    def clean(self) -> dict[str, Any]:
        if upload := self.cleaned_data.get("file"):
            content = upload.read(MOST_BYTES + 1)
            self.digest = sha256(content).hexdigest()
            try:
                self.lines = read_lines(content, catalogue.load())
            except ValidationError as problem:
                self.add_error("file", problem)
        return self.cleaned_data

    def sent_by(self, name: str) -> str:
        """Tell what was sent: twice the same from one page is one file, and what was corrected meanwhile another."""
        page = self.cleaned_data["key"] or secrets.token_hex(16)
        return sha256(f"{page} {self.cleaned_data['what']} {self.digest} {name}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Found:
    """How many rows of a file came out in one way."""

    outcome: str
    words: str
    count: int


def urls() -> list[URLPattern]:
    """List the pages and buttons about files, for the pages of invitations."""
    view = admin.site.admin_view
    return [
        path("file/", view(upload), name="invitationfile_upload"),
        path("file/example.csv", view(example), name="invitationfile_example"),
        path("file/<int:pk>/", view(show), name="invitationfile_page"),
        path("file/<int:pk>/progress/", view(progress), name="invitationfile_progress"),
        path("file/<int:pk>/invite/", view(invite), name="invitationfile_invite"),
        path("file/<int:pk>/discard/", view(discard), name="invitationfile_discard"),
        path("file/<int:pk>/results.csv", view(results), name="invitationfile_results"),
    ]


def upload(request: HttpRequest) -> HttpResponse:
    """Take a file and let workers check it; nobody is invited yet."""
    check_may(request, *MAY)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        by = request.user.get_username()
        file = invitation_files.store_file(
            form.lines,
            by=by,
            key=form.sent_by(by),
            language=get_language() or settings.LANGUAGE_CODE,
            is_mailing=form.cleaned_data["what"] == "mail",
        )
        return redirect(PAGE, file.pk)
    context = _context(request) | {
        "title": _("Invite by a file"),
        "form": form,
        "columns": [(name, InviteForm.base_fields[name].label) for name in COLUMNS],
        "answers": sorted(catalogue.load().attribute_names),
        "most": MOST_ROWS,
        "files": InvitationFile.objects.select_related("job")[:MOST_FILES],
    }
    return TemplateResponse(request, "admin/onboarding/invitationfile/upload.html", context)


@require_safe
def example(request: HttpRequest) -> HttpResponse:
    """Give a file to begin with."""
    check_may(request, *MAY)
    return as_file(as_csv(EXAMPLE), "invitations.csv", CSV)


@require_safe
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far workers are with a file, what they found, and what can be done now."""
    check_may(request, *MAY)
    file = _file(pk)
    context = _context(request) | _panel(file) | {"title": _("Invitations by a file")}
    return TemplateResponse(request, "admin/onboarding/invitationfile/page.html", context)


@require_safe
def progress(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Answer a poll: nothing (204) while what the page shows is still true."""
    check_may(request, *MAY)
    if not wants_fragment(request):
        return redirect(PAGE, pk)
    panel = _panel(_file(pk))
    if request.GET.get("v") == panel["version"]:
        return unchanged()
    return render_fragment(request, "admin/onboarding/invitationfile/_panel.html", panel)


@require_POST
def invite(request: HttpRequest, pk: int) -> HttpResponse:
    """Let workers invite whom the file names."""
    check_may(request, *MAY)
    with_asked = request.POST.get("with_asked") == "on"
    if not invitation_files.invite_all(_file(pk), by=request.user.get_username(), with_asked=with_asked):
        messages.info(request, _("Nothing was done: no row is ready, or this was said before."))
    return redirect(PAGE, pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a file; nobody of it is invited."""
    check_may(request, *MAY)
    if not invitation_files.discard(pk):
        messages.info(request, _("Workers are at it, or were: it stays until its time is over."))
        return redirect(PAGE, pk)
    messages.success(request, _("The file is forgotten. Nobody of it was invited."))
    return redirect("admin:invitationfile_upload")


@require_safe
def results(request: HttpRequest, pk: int) -> HttpResponse:
    """Give what became of each row as CSV: by its number, without anything that it says."""
    check_may(request, *MAY)
    file = _file(pk)
    return as_file(as_csv(_results(file)), f"invitations-{file.created_at:%Y-%m-%d}-{file.pk}.csv", CSV)


def _results(file: InvitationFile) -> Iterator[list[str]]:
    yield ["row", "result", "support_code", "column", "remark"]
    for row in file.rows.select_related("request").iterator(chunk_size=500):
        code = row.request.spoken_support_code if row.request else ""
        for column, words in _remarks(row) or [("", "")]:
            yield [str(row.number), row.outcome, code, column, words]


def _panel(file: InvitationFile) -> dict[str, Any]:
    counts, job = invitation_files.count_rows(file), file.job
    noted = file.rows.exclude(outcome__in=[Outcome.WAITING, Outcome.READY, Outcome.MAILED]).select_related("request")
    is_at_rest = invitation_files.is_at_rest(file)
    shown = list(noted[:MOST_SHOWN]) if is_at_rest else []
    return {
        "file": file,
        "job": job,
        "is_at_rest": is_at_rest,
        "version": f"{job.version if job else ''}{'-invited' * bool(file.invited_at)}",
        "summary": [Found(one, str(one.label), counts[one]) for one in SUMMARY if counts.get(one)],
        "rows": [(row, _remarks(row) or [("", "")]) for row in shown],
        "is_cut": len(shown) == MOST_SHOWN,
        "ready": counts.get(Outcome.READY, 0),
        "asked": counts.get(Outcome.ASKED, 0),
        "may_decide": is_at_rest and not file.invited_at,
    }


def _remarks(row: InvitationRow) -> list[tuple[str, str]]:
    return [(column, words) for column, words in readable(row, "remarks", [["", str(CANNOT_BE_READ)]])]


def _file(pk: int) -> InvitationFile:
    return get_object_or_404(InvitationFile.objects.select_related("job"), pk=pk)


def _context(request: HttpRequest) -> dict[str, Any]:
    return admin.site.each_context(request) | {"opts": Invitation._meta}
