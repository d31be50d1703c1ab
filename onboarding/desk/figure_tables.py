"""The tables of the figures page: how far people come, how it went, what was refused, and whose turn it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import help_for, type_help
from onboarding.request.models import STATE_LABELS
from onboarding.request.tally_models import AnswerTally

from .figure_cells import Part, Parts, Row, Share, Table
from .figure_stages import ENDED_BADLY, NO_FURTHER, STEPS, TITLES, TURN, WENT_OUT
from .figures import AllTimes, Answers, Figures, Group, Times, total
from .words import TURNS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def tables(figures: Figures) -> list[Table]:
    """Make every table of the page, in its order."""
    return [
        funnel(figures),
        outcomes_by_type(figures),
        outcomes_by_maker(figures),
        refusals(figures.answers),
        turns(figures),
    ]


def funnel(figures: Figures) -> Table:
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
        funnel_rows(figures),
    )


def funnel_rows(figures: Figures) -> list[Row]:
    groups = figures.groups
    reached = {
        "started": total(groups, "started"),
        "typed": sum(group.started for group in groups if group.type),
        "chosen": sum(group.started for group in groups if group.manufacturer),
    } | {name: total(groups, name) for name in ("identified", "consented", "sent", "connected")}
    rows = []
    for (step, count), following in zip(reached.items(), [*[*reached.values()][1:], None], strict=True):
        share = Share(count, reached["started"])
        lost = Share(count - following, count) if following is not None else None
        cells = (count, share, lost.part if lost else None, lost)
        lists = (figures.wanted.list_of(step), "", figures.wanted.list_of(NO_FURTHER + step), "")
        rows.append(Row((str(STEPS[step]),), cells, share, links=lists))
    return rows


def outcomes_by_type(figures: Figures) -> Table:
    rows = outcome_rows(figures, ("type",), figures.times_by_type)
    note = _("Of those who gave consent. The times run from consent to connected.")
    return Table("types", _("How it went, by type"), note, {"type": _("Type")}, outcome_columns(), rows)


def outcomes_by_maker(figures: Figures) -> Table:
    rows = outcome_rows(figures, ("type", "manufacturer"), figures.times_by_maker)
    note = _("Of those who gave consent. The times run from consent to connected.")
    keys = {"type": _("Type"), "manufacturer": _("Manufacturer")}
    return Table("manufacturers", _("How it went, by manufacturer"), note, keys, outcome_columns(), rows)


def outcome_columns() -> dict[str, str]:
    return {
        "consented": _("Consent given"),
        "connected": _("Connected"),
        "connected_percent": _("Connected, of these"),
        "failed": str(TITLES["failed"]),
        "stopped": str(TITLES["stopped"]),
        "under_way": str(TITLES["under_way"]),
        "median_seconds": _("Half within"),
        "p90_seconds": _("Nine in ten within"),
    }


def outcome_rows(figures: Figures, names: tuple[str, ...], times: AllTimes) -> list[Row]:
    """Make a row for each kind of request that people agreed to, the most frequent first."""
    alike: dict[tuple[str, ...], list[Group]] = {}
    for group in figures.groups:
        alike.setdefault(tuple(getattr(group, name) for name in names), []).append(group)
    rows = []
    for keys, groups in alike.items():
        stages = ("consented", "connected", "", "failed", "stopped", "under_way")
        part = dict(zip(names, keys, strict=True))
        lists = tuple(figures.wanted.list_of(stage, **part) if stage else "" for stage in stages)
        rows.append(outcome_row(keys, groups, times.get(keys, Times()), lists))
    return sorted((row for row in rows if row.bar.whole), key=lambda row: (-row.bar.whole, row.keys))


def outcome_row(keys: tuple[str, ...], groups: list[Group], took: Times, lists: tuple[str, ...]) -> Row:
    consented, connected = total(groups, "consented"), total(groups, "connected")
    failed = sum(group.consented for group in groups if group.state in ENDED_BADLY)
    went_out = [group for group in groups if group.state in WENT_OUT]
    stopped = total(went_out, "consented") - total(went_out, "connected")
    done = Share(connected, consented)
    under_way = consented - connected - failed - stopped
    cells = (consented, connected, done, failed, stopped, under_way, took.median, took.p90)
    return Row(keys, cells, done, links=lists, label=plainly(*keys))


def plainly(type: str, *others: str) -> str:
    """Say of what a row is, with the type's plain name."""
    return " · ".join((str(type_help(type).name), *others))


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
    label = plainly(of.type, of.manufacturer, str(help_for(of.type, of.manufacturer, of.field).label))
    return Row((of.type, of.manufacturer, of.field), cells, share, label=label)


def turns(figures: Figures) -> Table:
    started, rows = total(figures.groups, "started"), []
    for actor, name in TURNS.items():
        states: dict[str, int] = {}
        for group in figures.groups:
            if group.turn == actor:
                states[group.state] = states.get(group.state, 0) + group.started
        share, stage = Share(sum(states.values()), started), f"{TURN}{actor}"
        lists = {state: figures.wanted.list_of(f"{stage}.{state}") for state in states}
        cells = (share.part, share, listed(STATE_LABELS, states, lists))
        rows.append(Row((capfirst(str(name)),), cells, share, links=(figures.wanted.list_of(stage),)))
    return Table(
        "turns",
        _("Whose turn it is"),
        _("Where the requests of these days stand now."),
        {"turn": _("Whose turn")},
        {"requests": _("Requests"), "percent": _("Of all who started"), "states": _("Of these")},
        rows,
    )


def listed(
    labels: Mapping[Any, "StrOrPromise"], counts: Mapping[str, int], lists: Mapping[str, str] | None = None
) -> Parts:
    """List what was counted with its numbers, the largest first; what has no label keeps its code."""
    largest_first = sorted(counts.items(), key=lambda pair: -pair[1])
    return Parts(
        tuple(
            Part(f"{labels.get(name, name)}: {number_format(n, force_grouping=True)}", (lists or {}).get(name, ""))
            for name, n in largest_first
        )
    )
