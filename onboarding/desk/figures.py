"""Figures for the desk: how far people come, how long it takes, and where they stumble.

Counts only: no answer, and nothing that tells one customer from another. Requests count for the day on which they
were begun; answers to fields for the day on which they were given.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    Max,
    Sum,
)
from django.db.models.functions import Floor, Greatest, Ln
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from onboarding.request.lifecycle import Actor, State
from onboarding.request.models import OnboardingRequest
from onboarding.request.tally_models import AnswerTally

from .figure_days import Counts, count_days
from .figure_stages import CONNECTED, IDENTIFIED, OWN_TENANT, Wanted, begun, that_ask_nothing, words_of

CACHE_SECONDS = 300
# Times within 2 % of each other are read as one: a million are counted several times faster than sorted.
FINENESS = 50
KINDS = ("type", "manufacturer", "tenant_id", "state", "turn")


@dataclass(frozen=True)
class Group:
    """Requests that are alike, and how many of them came how far."""

    type: str
    manufacturer: str
    tenant: str
    state: State
    turn: Actor
    started: int
    identified: int
    consented: int
    sent: int
    connected: int


@dataclass(frozen=True)
class Times:
    """From consent to connected: half of the requests took at most `median`, nine in ten at most `p90`.

    Both are rounded up by 2 % at most.
    """

    median: timedelta | None = None
    p90: timedelta | None = None


type Key = tuple[str, ...]
type AllTimes = Mapping[Key, Times]
type Took = tuple[timedelta, int]  # at most so long, so many of them


class Seconds(Func):
    """A duration as a number, which each database keeps in its own way."""

    template = "EXTRACT(EPOCH FROM %(expressions)s)::double precision"
    output_field = FloatField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **more: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="(%(expressions)s) / 1000000.0", **more)


@dataclass(frozen=True)
class Answers:
    """How the answers to one field came out: how many times, by the codes of `AnswerTally.Outcome`."""

    type: str
    manufacturer: str
    field: str
    outcomes: Mapping[str, int]

    @property
    def given(self) -> int:
        """Each time that the page was sent; the platform's refusal comes on top of an accepted answer."""
        return sum(self.outcomes.values()) - self.by_platform

    @property
    def by_platform(self) -> int:
        return self.outcomes.get(AnswerTally.Outcome.PLATFORM, 0)

    @property
    def errors(self) -> dict[str, int]:
        """The refusals on the page, the most frequent kind first."""
        fine = {AnswerTally.Outcome.ACCEPTED, AnswerTally.Outcome.ASKED_BACK, AnswerTally.Outcome.PLATFORM}
        kinds = [(code, times) for code, times in self.outcomes.items() if code not in fine]
        return dict(sorted(kinds, key=lambda kind: -kind[1]))


@dataclass(frozen=True)
class Figures:
    wanted: Wanted
    days: dict[date, Counts]  # and of as many days before
    everything: list[Group]  # of these days
    groups: list[Group]  # that are wanted
    times_by_type: AllTimes
    times_by_maker: AllTimes
    answers: list[Answers]
    counted_at: datetime


def find_figures(wanted: Wanted) -> Figures:
    """Count, or give what was counted within the last five minutes."""
    key = "onboarding.figures-and-days." + sha256(repr(wanted).encode()).hexdigest()
    return cache.get_or_set(key, lambda: count(wanted), CACHE_SECONDS)  # type: ignore[return-value]


def count(wanted: Wanted) -> Figures:
    everything, (by_type, by_maker) = _groups(wanted), _times(wanted)
    return Figures(
        wanted=wanted,
        days=count_days(wanted),
        everything=everything,
        groups=[group for group in everything if _covers(wanted, group)],
        times_by_type=by_type,
        times_by_maker=by_maker,
        answers=_answers(wanted),
        counted_at=timezone.now(),
    )


def _covers(wanted: Wanted, group: Group) -> bool:
    words = ((wanted.type, group.type), (wanted.manufacturer, group.manufacturer), (wanted.tenant, group.tenant))
    return all(not word or word == of for word, of in words)


def total(groups: Iterable[Group], name: str) -> int:
    return sum(getattr(group, name) for group in groups)


def _groups(wanted: Wanted) -> list[Group]:
    rows = (
        OnboardingRequest.objects.filter(begun(wanted))
        .order_by()
        .values(*KINDS)
        .annotate(
            started=Count("pk"),
            identified=Count("pk", filter=IDENTIFIED),
            consented=Count("consented_at"),
            sent=Count("sent_at"),
            connected=Count("pk", filter=CONNECTED),
        )
    )
    asks_nothing = that_ask_nothing()
    return [_group(row, asks_nothing) for row in rows]


def _group(row: dict[str, Any], asks_nothing: set[tuple[str, str]]) -> Group:
    state, turn = State(row.pop("state")), Actor(row.pop("turn"))
    if (row["type"], row["manufacturer"]) in asks_nothing:
        row["identified"] = row["started"]
    return Group(state=state, turn=turn, tenant=row.pop("tenant_id") or OWN_TENANT, **row)


def _times(wanted: Wanted) -> tuple[AllTimes, AllTimes]:
    """Read how long it took, by type and by manufacturer, from counts of times that are much alike."""
    took = ExpressionWrapper(F("finished_at") - F("consented_at"), output_field=DurationField())
    rows = (
        OnboardingRequest.objects.filter(begun(wanted), CONNECTED, **words_of(wanted))
        .order_by()
        .values("type", "manufacturer", alike=Floor(Ln(Greatest(Seconds(took), 1.0)) * FINENESS))
        .annotate(longest=Max(took), times=Count("pk"))
        .values_list("type", "manufacturer", "longest", "times")
    )
    by_type, by_maker = defaultdict[Key, list[Took]](list), defaultdict[Key, list[Took]](list)
    for kind, manufacturer, *some in rows:
        by_type[kind,].append((some[0], some[1]))
        by_maker[kind, manufacturer].append((some[0], some[1]))
    return _deciles(by_type), _deciles(by_maker)


def _deciles(times: Mapping[Key, list[Took]]) -> AllTimes:
    return {key: Times(_within(took, tenths=5), _within(took, tenths=9)) for key, took in times.items()}


def _within(took: list[Took], *, tenths: int) -> timedelta:
    """Return how long so many tenths of them took at most, by nearest rank."""
    wanted, passed = sum(times for _longest, times in took) * tenths, 0
    for longest, times in sorted(took):
        passed += times
        if passed * 10 >= wanted:
            return longest
    raise AssertionError("All of them took at most as long as the last.")


def _answers(wanted: Wanted) -> list[Answers]:
    """Collect the tallies by field, those with the most refusals first."""
    tallies = AnswerTally.objects.filter(day__range=(wanted.first, wanted.last), **words_of(wanted))
    rows = tallies.order_by().values_list("type", "manufacturer", "field", "outcome").annotate(Sum("times"))
    outcomes: dict[tuple[str, str, str], dict[str, int]] = {}
    for kind, manufacturer, field, outcome, times in rows:
        outcomes.setdefault((kind, manufacturer, field), {})[outcome] = times
    answers = [Answers(*key, counted) for key, counted in outcomes.items()]
    return sorted(answers, key=lambda one: (-sum(one.errors.values()) - one.by_platform, one.type, one.manufacturer))
