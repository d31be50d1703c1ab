"""Erasures at the desk: those that wait, and erasing all that is held of an address, or giving a copy of it."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from onboarding.lib.addresses import find_key
from onboarding.privacy import erasure
from onboarding.staff import fresh

from .base import check_may
from .downloads import person_data
from .operation_forms import words_field


class PersonForm(forms.Form):
    address = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput({"class": "vTextField", "autocomplete": "off"}),
        help_text=_("It is about everything with this address: all requests, mails and wishes."),
    )
    reason = words_field(_("Reason"), _("How and when the customer asked for it, and how you know that it was them."))

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if not find_key(address):
            raise ValidationError(gettext("Enter a complete e-mail address, like name@example.org."))
        return address


@require_safe
def show_erasures(request: HttpRequest) -> HttpResponse:
    """Show which erasures wait, and for what."""
    check_may(request, "view_erasure")
    context = admin.site.each_context(request) | {
        "title": _("Erasures"),
        "lines": list(erasure.waiting_erasures()),
        "may_ask": request.user.has_perm("onboarding.erase_identifiers"),
        "may_take": request.user.has_perm("onboarding.export_evidence"),
    }
    return TemplateResponse(request, "admin/onboarding/erasures.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def erase_person(request: HttpRequest) -> HttpResponse:
    """Ask to erase all that is held of an address."""
    check_may(request, "view_erasure", "erase_identifiers")
    if asked := fresh.ask(request):
        return asked
    form = PersonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        count = erasure.ask_for_address(**form.cleaned_data, by=request.user.get_username())
        words = ngettext("%d request is to be erased.", "%d requests are to be erased.", count) % count
        messages.success(request, " ".join((str(words), gettext("Wishes and mails to this address are gone."))))
        return redirect("erasures")
    return _page(request, "erase_person", title=_("Erase a person"), form=form)


@require_http_methods(["GET", "HEAD", "POST"])
def copy_person(request: HttpRequest) -> HttpResponse:
    """Give a copy of all that is held of an address, for whoever has it."""
    check_may(request, "view_erasure", "export_evidence")
    if asked := fresh.ask(request):
        return asked
    form = PersonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return person_data(**form.cleaned_data, by=request.user.get_username())
    return _page(request, "copy_person", title=_("A copy for a person"), form=form)


def _page(request: HttpRequest, name: str, **told: Any) -> HttpResponse:
    return TemplateResponse(request, f"admin/onboarding/{name}.html", admin.site.each_context(request) | told)
