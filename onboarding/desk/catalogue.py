"""The catalogue: what the platform offers now, what changed, how manufacturers are doing, and pausing one."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from onboarding.catalogue import availability, refresh
from onboarding.catalogue.catalogue import Offer
from onboarding.catalogue.help_texts import type_help
from onboarding.catalogue.models import CatalogueChange, CatalogueSnapshot
from onboarding.lib.cached_rows import ONLY

from .base import ReadOnlyAdmin
from .offers import FilterForm, chosen, describe, describe_change, is_old, offered

CHANGES_SHOWN = 20
LINES_SHOWN = 100
LIST = "admin:onboarding_cataloguesnapshot_changelist"


class PauseForm(forms.Form):
    """What customers read while a manufacturer is paused, in each language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, name in settings.LANGUAGES:
            box = forms.Textarea({"rows": 2, "lang": code, "class": "vLargeTextField"})
            self.fields[code] = forms.CharField(label=name, max_length=200, required=False, widget=box)


@admin.register(CatalogueSnapshot)
class CatalogueSnapshotAdmin(ReadOnlyAdmin):
    """Its list is a page of its own: the catalogue is one row. That row's history says who paused and resumed what."""

    fields = ("fetched_at", "trouble")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("fetch/", view(self.fetch), name="catalogue_fetch"),
            path("pause/", view(self.pause), name="catalogue_pause"),
            path("resume/", view(self.resume), name="catalogue_resume"),
        ]
        return own + super().get_urls()

    @method_decorator(require_safe)
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        snapshot, known = self._snapshot(), offered()
        form = FilterForm(request.GET, catalogue=known)
        wanted = form.cleaned_data if form.is_valid() else {}
        page = Paginator(chosen(known, **wanted), LINES_SHOWN).get_page(request.GET.get("page"))
        context = self.admin_site.each_context(request) | {
            "title": _("Catalogue"),
            "opts": self.opts,
            "snapshot": snapshot,
            "is_old": is_old(snapshot),
            "form": form,
            "page": page,
            "lines": [describe(offer, known) for offer in page],
            "filter": urlencode({name: value for name, value in wanted.items() if value}),
            "count": len(known.offers),
            "changes": [describe_change(change) for change in CatalogueChange.objects.all()[:CHANGES_SHOWN]],
            "may_change": _may_change(request),
            "may_write": request.user.has_perm("onboarding.add_helptext"),
        }
        return TemplateResponse(request, "admin/onboarding/catalogue.html", context | (extra_context or {}))

    @method_decorator(require_POST)
    def fetch(self, request: HttpRequest) -> HttpResponse:
        """Let a worker fetch the platform's list at once."""
        _check_may_change(request)
        if refresh.want_refresh():
            self.log_change(request, self._snapshot(), "Asked to fetch it")
        self.message_user(request, gettext("It is being fetched. Look again in a moment."), messages.SUCCESS)
        return redirect(LIST)

    def pause(self, request: HttpRequest) -> HttpResponse:
        """Pause a manufacturer, or change what customers read about it."""
        _check_may_change(request)
        offer = _offer(request.GET)
        pause = offered().find_pause(offer.type, offer.manufacturer)
        written = {note.language: note.words for note in pause.notes.all()} if pause else {}
        form = PauseForm(request.POST if request.method == "POST" else None, initial=written)
        if form.is_valid():
            availability.pause_manufacturer(offer.type, offer.manufacturer, notes=form.cleaned_data)
            notes = "; ".join(f"{code}: {words}" for code, words in form.cleaned_data.items() if words)
            self.log_change(request, self._snapshot(), f"Paused {offer.type} {offer.manufacturer}. {notes}".strip())
            words = gettext("%(manufacturer)s is paused. Customers see it within ten seconds.")
            self.message_user(request, words % {"manufacturer": offer.manufacturer}, messages.SUCCESS)
            return redirect(LIST)
        context = self.admin_site.each_context(request) | {
            "title": _("Pause %(manufacturer)s") % {"manufacturer": offer.manufacturer},
            "opts": self.opts,
            "device": type_help(offer.type),
            "offer": offer,
            "form": form,
        }
        return TemplateResponse(request, "admin/onboarding/pause.html", context)

    @method_decorator(require_POST)
    def resume(self, request: HttpRequest) -> HttpResponse:
        _check_may_change(request)
        offer = _offer(request.POST)
        if availability.resume_manufacturer(offer.type, offer.manufacturer):
            self.log_change(request, self._snapshot(), f"Resumed {offer.type} {offer.manufacturer}")
        words = gettext("%(manufacturer)s can be chosen again.")
        self.message_user(request, words % {"manufacturer": offer.manufacturer}, messages.SUCCESS)
        return redirect(LIST)

    @staticmethod
    def _snapshot() -> CatalogueSnapshot:
        rows = CatalogueSnapshot.objects.defer("offers", "paces")
        return rows.filter(pk=ONLY).first() or CatalogueSnapshot(pk=ONLY)


@admin.register(CatalogueChange)
class CatalogueChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "type", "manufacturer", "differences")
    list_filter = ("kind", "type", "at")
    search_fields = ("manufacturer",)
    list_display_links = None

    @admin.display(description=_("attributes"))
    def differences(self, change: CatalogueChange) -> str:
        return "; ".join(describe_change(change).lines) or "–"


def _may_change(request: HttpRequest) -> bool:
    return request.user.has_perm("onboarding.change_catalogue")


def _check_may_change(request: HttpRequest) -> None:
    if not _may_change(request):
        raise PermissionDenied


def _offer(data: QueryDict) -> Offer:
    found = offered().find(data.get("type", ""), data.get("manufacturer", ""))
    if found is None:
        raise Http404
    return found
