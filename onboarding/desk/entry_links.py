"""The way in: links that staff make, what people wish for, and what is known of manufacturers not on offer."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from onboarding.catalogue import catalogue
from onboarding.catalogue.wish_models import Demand, PlannedNote, PlannedOffer, Wish
from onboarding.intake.invite_form import LinkForm

from .base import ReadOnlyAdmin, RememberedAdmin
from .device_forms import form_of


class PlannedNoteInline(admin.StackedInline[PlannedNote, PlannedOffer]):
    model = PlannedNote
    extra = 1


@admin.register(PlannedOffer)
class PlannedOfferAdmin(RememberedAdmin[PlannedOffer]):
    list_display = ("manufacturer", "type", "kind")
    inlines = (PlannedNoteInline,)
    list_filter = ("kind", "type")
    search_fields = ("manufacturer",)

    def forget(self) -> None:
        catalogue.forget()


@admin.register(Demand)
class DemandAdmin(ReadOnlyAdmin):
    """Shows the oldest wish of each type and manufacturer, and how many there are; case does not count."""

    fields = ("manufacturer", "type", "people", "waiting")
    list_display = (*fields, "created_at")
    list_filter = ("type",)
    search_fields = ("manufacturer",)
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Demand]:
        folded = Wish.objects.order_by().annotate(name=Lower("manufacturer")).values("type", "name")
        same = folded.filter(type=OuterRef("type"), name=Lower(OuterRef("manufacturer")))
        all_of_them = same.annotate(n=Count("pk")).values("n")
        waiting = same.annotate(n=Count("pk", filter=Q(announced_at=None))).values("n")
        first = folded.annotate(first=Min("pk")).values("first")
        return Demand.objects.filter(pk__in=first).annotate(
            people=Subquery(all_of_them, output_field=IntegerField()),
            waiting=Subquery(waiting, output_field=IntegerField()),
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-people", "manufacturer")

    @admin.display(description=_("people"), ordering="people")
    def people(self, demand: Any) -> int:
        return int(demand.people)

    @admin.display(description=_("not told yet"), ordering="waiting")
    def waiting(self, demand: Any) -> int:
        return int(demand.waiting)


def make_entry_link(request: HttpRequest) -> HttpResponse:
    """Make a link and show it to copy; it is kept nowhere."""
    if not request.user.has_perm("onboarding.make_entry_link"):
        raise PermissionDenied
    form = form_of(LinkForm, request)
    url = form.url() if form.is_valid() else ""
    context = admin.site.each_context(request) | {"title": _("Make a link for a customer"), "form": form, "url": url}
    return TemplateResponse(request, "admin/onboarding/entry_link.html", context)
