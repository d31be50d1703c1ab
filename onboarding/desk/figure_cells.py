"""What a table of the figures page is made of: each row once, as people read it and as a spreadsheet does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import zip_longest

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

type Cell = str | int | Share | timedelta | Parts | None


@dataclass(frozen=True)
class Share:
    """A part of a whole; of nothing there is no share."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class Part:
    """One of several things that a cell counts, with the list of what it is."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Parts:
    """What a cell counts, the largest first."""

    parts: tuple[Part, ...]

    def __str__(self) -> str:
        return " · ".join(part.words for part in self.parts)


@dataclass(frozen=True)
class Row:
    """What a row is about, what is known of it, and how long its bar is.

    `links`: for each cell, the list of what it counts; `label`: what people read instead of the keys.
    """

    keys: tuple[str, ...]
    cells: tuple[Cell, ...]
    bar: Share
    links: tuple[str, ...] = ()
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or " · ".join(self.keys)

    @property
    def shown(self) -> list[tuple[Part, ...]]:
        return [parts_of(cell, url) for cell, url in zip_longest(self.cells, self.links, fillvalue="")]

    @property
    def width(self) -> str:
        """The bar's, in thousandths; text, because a drawing knows no thousands separators."""
        return str(round(self.bar.value * 1000))


@dataclass(frozen=True)
class Table:
    """`keys` and `columns` map the name of a column in a download to its title on the page."""

    name: str
    title: str
    note: str
    keys: Mapping[str, str]
    columns: Mapping[str, str]
    rows: list[Row]

    @property
    def head(self) -> str:
        return " · ".join(self.keys.values())

    @property
    def ends_in_words(self) -> bool:
        return any(isinstance(row.cells[-1], Parts) for row in self.rows)

    @property
    def shown(self) -> list[tuple[Row, list[tuple[str, tuple[Part, ...]]]]]:
        """Give each row with its cells, and each of these with the title of its column."""
        return [(row, list(zip(self.columns.values(), row.shown, strict=True))) for row in self.rows]

    def lines(self) -> list[list[str]]:
        """Write it for a download, with its column names first."""
        return [[*self.keys, *self.columns]] + [[*row.keys, *map(as_data, row.cells)] for row in self.rows]


def parts_of(cell: Cell, url: str) -> tuple[Part, ...]:
    """Give what a cell says; a number that counts nothing leads nowhere."""
    if isinstance(cell, Parts):
        return cell.parts
    return (Part(as_words(cell), url if cell else ""),)


def as_words(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case Share():
            return _("%(n)s%%") % {"n": number_format(round(cell.value * 100, 1), 1)} if cell.whole else "–"
        case timedelta():
            return duration(cell)
        case int():
            return number_format(cell, force_grouping=True)
        case _:
            return str(cell)


def as_data(cell: Cell) -> str:
    """Write shares in percent and times in seconds, as a spreadsheet can count with them."""
    match cell:
        case None:
            return ""
        case Share():
            return f"{cell.value * 100:.1f}" if cell.whole else ""
        case timedelta():
            return f"{cell.total_seconds():.0f}"
        case _:
            return str(cell)


def duration(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    if seconds < 60:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    now = timezone.now()
    return timesince(now - span, now)
