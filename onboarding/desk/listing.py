"""Lists that stay quick with a million rows: nothing is counted, sorted or compared without an index or a bound."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from onboarding.request import work_queues
from onboarding.request.search_index import find_requests

from .base import ReadOnlyAdmin
from .words import device_name

QUEUE = "queue"


class BoundedPaginator(Paginator[Any]):
    """Counts no further than anybody reads."""

    most = work_queues.MOST_COUNTED

    @cached_property
    def _found(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by()[: self.most + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._found, self.most)

    @property
    def is_bounded(self) -> bool:
        return self._found > self.most


class LongListAdmin(ReadOnlyAdmin):
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 25


class OfRequestAdmin(LongListAdmin):
    """Rows that belong to a request, newest first, found by whatever finds the request; `find` may know more."""

    ordering = ("-pk",)
    sortable_by = ()
    list_select_related: ClassVar[tuple[str, ...]] = ("request",)
    search_fields = ("request__support_code",)  # so that there is a box; `get_search_results` says what it finds

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (self.find(queryset, search_term) if search_term else queryset), False

    @admin.display(description=_("request"))
    def of(self, row: Any) -> SafeString:
        """Lead to the request by its code, with the device beside it."""
        if row.request is None:
            return SafeString("–")
        url = reverse("admin:onboarding_onboardingrequest_change", args=[row.request.pk])
        return format_html('<a href="{}">{}</a> {}', url, row.request.spoken_support_code, device_name(row.request))

    def find(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return find_requests(rows, term, by="request_id")


class QueueList(ChangeList):
    """The list of requests; or, with `?queue=`, one work queue. A search looks everywhere."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.queue = queue_of(request)
        super().__init__(request, *args)
        if self.queue:
            self.title = str(self.queue.title)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return {name: value for name, value in super().get_filters_params(params).items() if name != QUEUE}

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Model]:
        found = super().get_queryset(request, exclude_parameters)
        rows = self.queue.of(found, now=timezone.now()) if self.queue else found
        return rows.prefetch_related("device")  # of one page; a join would read all devices ahead of the order


def queue_of(request: HttpRequest) -> work_queues.Queue | None:
    return None if request.GET.get("q") else work_queues.find_queue(request.GET.get(QUEUE, ""))
