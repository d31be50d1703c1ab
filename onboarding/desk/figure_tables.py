"""The tables of the figures page: each row once, as people read it and as a spreadsheet does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from onboarding.request.lifecycle import State
from onboarding.request.models import STATE_LABELS
from onboarding.request.tally_models import AnswerTally

from .figures import Answers, Figures, Group, Times, total
from .words import TURNS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

type Cell = str | int | Share | timedelta | None

ENDED_BADLY = (State.FAILED, State.CANCELED)


@dataclass(frozen=True)
class Share:
    """A part of a whole; of nothing there is no share."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0


@dataclass(frozen=True)
class Row:
    """What a row is about, what is known of it, and how long its bar is."""

    keys: tuple[str, ...]
    cells: tuple[Cell, ...]
    bar: Share

    @property
    def name(self) -> str:
        return " · ".join(self.keys)

    @property
    def shown(self) -> list[str]:
        return [as_words(cell) for cell in self.cells]

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
        return any(isinstance(row.cells[-1], str) for row in self.rows)

    def lines(self) -> list[list[str]]:
        """Write it for a download, with its column names first."""
        return [[*self.keys, *self.columns]] + [[*row.keys, *map(as_data, row.cells)] for row in self.rows]


def as_words(cell: Cell) -> str:
    match cell:
        case None:
            return "–"
        case Share():
            return _("%(n)s%%") % {"n": number_format(cell.value * 100, 1)} if cell.whole else "–"
        case timedelta():
            return duration(cell)
        case int():
            return number_format(cell, force_grouping=True)
        case _:
            return cell


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


def tables(figures: Figures) -> list[Table]:
    """Make every table of the page, in its order."""
    return [
        funnel(figures.groups),
        outcomes_by_type(figures),
        outcomes_by_maker(figures),
        refusals(figures.answers),
        turns(figures.groups),
    ]


def funnel(groups: list[Group]) -> Table:
    return Table(
        "steps",
        _("How far people come"),
        _("“No further” are those who stopped there, or have not gone on yet."),
        {"step": _("Step")},
        {
            "requests": _("Requests"),
            "percent_of_start": _("Of all who started"),
            "no_further": _("No further"),
            "no_further_percent": _("Of this step"),
        },
        funnel_rows(groups),
    )


def funnel_rows(groups: list[Group]) -> list[Row]:
    reached = [
        (_("Started"), total(groups, "started")),
        (_("Type chosen"), sum(group.started for group in groups if group.type)),
        (_("Manufacturer chosen"), sum(group.started for group in groups if group.manufacturer)),
        (_("Device identified"), total(groups, "identified")),
        (_("Consent given"), total(groups, "consented")),
        (_("Sent to the platform, and accepted"), total(groups, "sent")),
        (_("Connected"), total(groups, "connected")),
    ]
    rows = []
    for (step, count), following in zip(reached, [*reached[1:], None], strict=True):
        share = Share(count, reached[0][1])
        lost = Share(count - following[1], count) if following else None
        rows.append(Row((step,), (count, share, lost.part if lost else None, lost), share))
    return rows


def outcomes_by_type(figures: Figures) -> Table:
    rows = outcome_rows(figures.groups, lambda group: (group.type,), figures.times_by_type)
    note = _("Of those who gave consent. The times run from consent to connected.")
    return Table("types", _("How it went, by type"), note, {"type": _("Type")}, outcome_columns(), rows)


def outcomes_by_maker(figures: Figures) -> Table:
    rows = outcome_rows(figures.groups, lambda group: (group.type, group.manufacturer), figures.times_by_maker)
    note = _("Of those who gave consent. The times run from consent to connected.")
    keys = {"type": _("Type"), "manufacturer": _("Manufacturer")}
    return Table("manufacturers", _("How it went, by manufacturer"), note, keys, outcome_columns(), rows)


def outcome_columns() -> dict[str, str]:
    return {
        "consented": _("Consent given"),
        "connected": _("Connected"),
        "connected_percent": _("Connected, of these"),
        "failed": _("Failed or canceled"),
        "stopped": _("Taken back on the way"),
        "under_way": _("Under way"),
        "median_seconds": _("Half within"),
        "p90_seconds": _("Nine in ten within"),
    }


def outcome_rows(
    groups: list[Group], key: Callable[[Group], tuple[str, ...]], times: Mapping[tuple[str, ...], Times]
) -> list[Row]:
    """Make a row for each kind of request that people agreed to, the most frequent first."""
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in groups:
        alike.setdefault(key(group), []).append(group)
    rows = [outcome_row(keys, of_it, times.get(keys, Times())) for keys, of_it in alike.items()]
    return sorted((row for row in rows if row.bar.whole), key=lambda row: (-row.bar.whole, row.keys))


def outcome_row(keys: tuple[str, ...], groups: list[Group], took: Times) -> Row:
    consented, connected = total(groups, "consented"), total(groups, "connected")
    failed = sum(group.consented for group in groups if group.state in ENDED_BADLY)
    went_out = [group for group in groups if group.state in (State.WITHDRAWING, State.WITHDRAWN)]
    stopped = total(went_out, "consented") - total(went_out, "connected")
    done = Share(connected, consented)
    under_way = consented - connected - failed - stopped
    return Row(keys, (consented, connected, done, failed, stopped, under_way, took.median, took.p90), done)


def refusals(answers: list[Answers]) -> Table:
    return Table(
        "answers",
        _("Answers that were refused"),
        _("Each time the page was sent counts. It counts for the day on which that happened."),
        {"type": _("Type"), "manufacturer": _("Manufacturer"), "field": _("Field")},
        {
            "answers": _("Answers"),
            "refused": _("Refused on the page"),
            "refused_percent": _("Of all answers"),
            "asked_back": _("Asked whether it is right"),
            "refused_by_platform": _("Refused by the platform"),
            "refused_by_platform_percent": _("Of accepted answers"),
            "kinds": _("Refused on the page, why"),
        },
        [refusal_row(answer) for answer in answers],
    )


def refusal_row(of: Answers) -> Row:
    errors, accepted = of.errors, of.outcomes.get(AnswerTally.Outcome.ACCEPTED, 0)
    refused = sum(errors.values())
    asked_back = of.outcomes.get(AnswerTally.Outcome.ASKED_BACK, 0)
    share, by_platform = Share(refused, of.given), Share(of.by_platform, accepted)
    kinds = listed(dict(AnswerTally.Outcome.choices), errors)
    cells = (of.given, refused, share, asked_back, of.by_platform, by_platform, kinds)
    return Row((of.type, of.manufacturer, of.field), cells, share)


def turns(groups: list[Group]) -> Table:
    started, rows = total(groups, "started"), []
    for actor, name in TURNS.items():
        states: dict[str, int] = {}
        for group in groups:
            if group.turn == actor:
                states[group.state] = states.get(group.state, 0) + group.started
        share = Share(sum(states.values()), started)
        rows.append(Row((capfirst(str(name)),), (share.part, share, listed(STATE_LABELS, states)), share))
    return Table(
        "turns",
        _("Whose turn it is"),
        _("Where the requests of these days stand now."),
        {"turn": _("Whose turn")},
        {"requests": _("Requests"), "percent": _("Of all who started"), "states": _("Of these")},
        rows,
    )


def listed(labels: Mapping[Any, "StrOrPromise"], counts: Mapping[str, int]) -> str:
    """List what was counted with its numbers, the largest first; what has no label keeps its code."""
    largest_first = sorted(counts.items(), key=lambda pair: -pair[1])
    return " · ".join(f"{labels.get(name, name)}: {number_format(n, force_grouping=True)}" for name, n in largest_first)
