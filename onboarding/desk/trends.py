"""How the figures go: by day or by week, beside the same number of days before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from .figure_cells import Row, Share, Table, as_words
from .figure_days import COUNTED, Counts
from .figure_stages import TITLES, Wanted

if TYPE_CHECKING:
    from .figures import Figures

# Of more days, weeks are shown unless somebody asks for days; and of more than these, always.
USUAL_DAYS, MOST_DAYS = 45, 370
HEIGHT, WIDTH, GAP = 1000, 100, 14


class By(StrEnum):
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True)
class Step:
    """A day or a week, and its counterpart of the time before."""

    first: date
    last: date
    now: Counts
    before: Counts


@dataclass(frozen=True)
class Total:
    """One number of all these days beside the one before."""

    title: str
    number: str
    url: str
    compared: str
    tone: str = ""


@dataclass(frozen=True)
class Bar:
    """A step as it is drawn; texts, because a drawing knows no thousands separators."""

    title: str
    x: str
    width: str
    started: tuple[str, str]  # top and height
    consented: tuple[str, str]
    connected: tuple[str, str]


@dataclass(frozen=True)
class Trend:
    """What the page shows on top: the numbers, the drawing, and the same as a table."""

    totals: list[Total]
    bars: list[Bar]
    before: str  # the line through what was begun in the time before
    box: str
    highest: int
    first: str
    last: str
    period_before: str
    table: Table


def make_trend(figures: "Figures", by: str = "") -> Trend:
    """Make the trend of what was counted; `by`: days or weeks, as the number of days suggests unless it is said."""
    wanted, unit = figures.wanted, _unit(figures.wanted, by)
    steps = list(_steps(wanted, figures.days, unit))
    highest = max([1, *(step.now.started for step in steps), *(step.before.started for step in steps)])
    middles = [WIDTH * place + WIDTH // 2 for place in range(len(steps))]
    line = [f"{x},{_top(step.before.started, highest)}" for x, step in zip(middles, steps, strict=True)]
    return Trend(
        totals=list(_totals(wanted, figures.days)),
        bars=[_bar(place, step, highest, unit) for place, step in enumerate(steps)],
        before=" ".join(line),
        box=f"0 0 {WIDTH * len(steps)} {HEIGHT}",
        highest=highest,
        first=_day(wanted.first),
        last=_day(wanted.last),
        period_before=f"{_day(wanted.before.first)} – {_day(wanted.before.last)}",
        table=_table(wanted, steps, unit),
    )


def _unit(wanted: Wanted, by: str) -> By:
    if wanted.days > MOST_DAYS:
        return By.WEEK
    usual = By.DAY if wanted.days <= USUAL_DAYS else By.WEEK
    return By(by) if by in set(By) else usual


def _steps(wanted: Wanted, days: dict[date, Counts], unit: By) -> Iterable[Step]:
    all_days = [wanted.first + timedelta(days=number) for number in range(wanted.days)]
    for _key, part in groupby(all_days, key=lambda day: day if unit == By.DAY else day.isocalendar()[:2]):
        own = list(part)
        earlier = [day - timedelta(days=wanted.days) for day in own]
        yield Step(own[0], own[-1], _sum(days, own), _sum(days, earlier))


def _sum(days: dict[date, Counts], some: Iterable[date]) -> Counts:
    return sum((days.get(day, Counts()) for day in some), Counts())


def _totals(wanted: Wanted, days: dict[date, Counts]) -> Iterable[Total]:
    now = sum((counts for day, counts in days.items() if day >= wanted.first), Counts())
    before = sum((counts for day, counts in days.items() if day < wanted.first), Counts())
    for name in COUNTED:
        ours, theirs = getattr(now, name), getattr(before, name)
        title, tone = str(TITLES[name]), "bad" if name == "failed" and ours > theirs else ""
        yield Total(title, _written(ours), wanted.list_of(name) if ours else "", _compared(ours, theirs), tone)
    share, earlier = Share(now.connected, now.consented), Share(before.connected, before.consented)
    words = _("%(share)s before") % {"share": as_words(earlier)} if earlier.whole else _("nothing to compare with")
    yield Total(_("Connected, of those who agreed"), as_words(share), "", words)


def _compared(now: int, before: int) -> str:
    """Say how a number stands to the one before."""
    told = {"n": _written(abs(now - before)), "before": _written(before)}
    if now == before:
        return _("as many as before")
    if now > before:
        return _("%(n)s more than before (%(before)s)") % told
    return _("%(n)s fewer than before (%(before)s)") % told


def _bar(place: int, step: Step, highest: int, unit: By) -> Bar:
    tops = [(_top(getattr(step.now, name), highest)) for name in COUNTED[:3]]
    started, consented, connected = ((str(top), str(HEIGHT - top)) for top in tops)
    counted = ", ".join(f"{TITLES[name]}: {_written(getattr(step.now, name))}" for name in COUNTED[:3])
    title = f"{_title(step, unit)}. {counted}"
    return Bar(title, str(WIDTH * place + GAP // 2), str(WIDTH - GAP), started, consented, connected)


def _top(count: int, highest: int) -> int:
    return HEIGHT - round(count * HEIGHT / highest)


def _title(step: Step, unit: By) -> str:
    return _day(step.first) if unit == By.DAY else f"{_day(step.first)} – {_day(step.last)}"


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _written(number: int) -> str:
    return number_format(number, force_grouping=True)


def _table(wanted: Wanted, steps: list[Step], unit: By) -> Table:
    highest = max([1, *(step.now.started for step in steps)])
    rows = [_row(wanted, step, unit, highest) for step in reversed(steps)]
    key = {"first_day": _("Day") if unit == By.DAY else _("Week")}
    columns = {name: str(TITLES[name]) for name in COUNTED}
    columns["started_before"] = _("Started, before")
    title = _("Day by day") if unit == By.DAY else _("Week by week")
    return Table("trend", title, _("Requests count for the day on which they were begun."), key, columns, rows)


def _row(wanted: Wanted, step: Step, unit: By, highest: int) -> Row:
    of_step = {"first": step.first, "last": step.last}
    lists = [wanted.list_of(name, **of_step) if getattr(step.now, name) else "" for name in COUNTED]
    before = wanted.before
    earlier = {"first": step.first - timedelta(days=wanted.days), "last": step.last - timedelta(days=wanted.days)}
    return Row(
        (step.first.isoformat(),),
        (*(getattr(step.now, name) for name in COUNTED), step.before.started),
        Share(step.now.started, highest),
        links=(*lists, before.list_of("started", **earlier) if step.before.started else ""),
        label=_title(step, unit),
    )
