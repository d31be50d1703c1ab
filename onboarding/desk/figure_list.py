"""The list of requests behind a number of the figures page."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format

from .figure_stages import FIGURE, Wanted, begun, stage_of, title_of, words_of
from .listing import QueueList

PARAMETERS = (FIGURE, "first", "last", "type", "manufacturer", "tenant")
YEARS = range(2000, 2100)


@dataclass(frozen=True)
class FigureRows:
    """What a number counted."""

    name: str
    stage: Q
    wanted: Wanted

    @property
    def title(self) -> str:
        days = (date_format(day, "SHORT_DATE_FORMAT") for day in (self.wanted.first, self.wanted.last))
        of_what = (self.wanted.type, self.wanted.manufacturer)
        return " · ".join(filter(None, (title_of(self.name), *of_what, " – ".join(dict.fromkeys(days)))))

    def of(self, rows: QuerySet[Model]) -> QuerySet[Model]:
        return rows.filter(begun(self.wanted), self.stage, **words_of(self.wanted))


class FigureList(QueueList):
    """The list of requests; or, with `?figure=`, what a number of the figures page counted."""

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.figure = figure_of(request)
        super().__init__(request, *args)
        if self.figure:
            self.title = self.figure.title

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if not self.figure or name not in PARAMETERS}

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Model]:
        found = super().get_queryset(request, exclude_parameters)
        return self.figure.of(found) if self.figure else found


def figure_of(request: HttpRequest) -> FigureRows | None:
    """Return what the address asks for; None when it names no figure, or days that there are not."""
    said = request.GET
    if not said.get(FIGURE) or said.get("q"):
        return None
    try:
        first, last = (date.fromisoformat(said.get(name, "")) for name in ("first", "last"))
        stage = stage_of(said[FIGURE])
        title_of(said[FIGURE])
    except (ValueError, KeyError, ValidationError):
        return None
    if stage is None or not {first.year, last.year} <= {*YEARS}:
        return None
    of_what = (said.get(name, "") for name in ("type", "manufacturer", "tenant"))
    return FigureRows(said[FIGURE], stage, Wanted(first, last, *of_what))
