"""What the support desk has to do: its work queues, and `lifecycle.who_acts` as the database answers it.

Knows no models: the request's own table keeps the answer in its column `turn`, and indexes are made of the same
conditions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Case, Count, Exists, F, Index, Min, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .lifecycle import OPEN, Actor, Health, State, who_acts

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# More is not counted: nobody reads on that far, and a count reads every row.
MOST_COUNTED = 10_000
# Beside the name of a queue, on every page.
MOST_GLANCED_AT = 99

ACTS_OUTSIDE = ~Q(action_type="")
# `lifecycle.is_with_staff` as the database answers it.
IS_OPEN = Q(state__in=[state.value for state in State if state in OPEN])
WITH_STAFF = ~Q(needs_staff="") & Q(due_at=None) & IS_OPEN
# The conditions of the partial indexes. SQLite compares them with a query's term by term, and knows no lists of values.
# Drafts are their customer's own business until they agree.
# What went wrong is for the customer to try again, and stands apart: there is more of it every year.
WENT_WRONG = Q(state=State.FAILED.value) | Q(state=State.CANCELED.value)
UNDER_WAY = ~Q(state=State.DRAFT.value) & ~Q(turn=Actor.NOBODY.value) & ~WENT_WRONG
FLAGGED = ~Q(needs_staff="") | Q(trouble="NotAuthorized")
# Connected, and no data comes. The same condition is that of an index of devices.
SILENT = Q(device__health=Health.QUIET.value) | Q(device__health=Health.GONE.value)
# Who has not tried again within so many days does not want to.
MAY_TRY_AGAIN = timedelta(days=7)

INDEXES = (
    Index(fields=["turn", "turn_since"], condition=UNDER_WAY, name="onboarding_turn_idx"),
    Index(fields=["turn_since"], condition=FLAGGED, name="onboarding_needs_us_idx"),
    Index(fields=["finished_at"], condition=WENT_WRONG, name="onboarding_went_wrong_idx"),
)

NEEDS_US = FLAGGED & (~Q(needs_staff="") | IS_OPEN)


def turn() -> Case:
    """Write `lifecycle.who_acts` as an expression over a request's columns."""
    actors = [actor for actor in Actor if actor != Actor.NOBODY]
    return Case(*(When(_acts(actor), then=Value(actor.value)) for actor in actors), default=Value(Actor.NOBODY.value))


def _acts(actor: Actor) -> Q:
    acts = Q()
    for has_action, needs_staff in product((False, True), repeat=2):
        flags = {"has_action": has_action, "needs_staff": needs_staff}
        if states := [state.value for state in State if who_acts(state, **flags) == actor]:
            outside = ACTS_OUTSIDE if has_action else ~ACTS_OUTSIDE
            with_staff = WITH_STAFF if needs_staff else ~WITH_STAFF
            acts |= Q(state__in=states) & outside & with_staff
    return acts


@dataclass(frozen=True)
class Queue:
    """Requests that wait for the same; `condition` says which they are at a given moment, and `since` since when."""

    name: str
    title: "StrPromise"
    condition: Callable[[datetime], Q]
    since: str = "turn_since"

    def of(self, requests: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
        return requests.filter(self.condition(now))


@dataclass(frozen=True)
class Line:
    """How a queue stands: how many wait, and since when the first of them does."""

    queue: Queue
    count: int
    since: datetime | None

    @property
    def is_more(self) -> bool:
        return self.count > MOST_COUNTED

    @property
    def counted(self) -> int:
        return min(self.count, MOST_COUNTED)


def _today(now: datetime) -> datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _may_try_again(now: datetime) -> Q:
    """Match what went wrong lately, unless the customer tries again already, or took the consent back."""
    # That it is the younger one says nothing new: it keeps PostgreSQL from reading all requests to look a few up.
    is_younger = Q(pk__gt=OuterRef("pk"))
    tries = apps.get_model("onboarding.OnboardingRequest").objects.filter(is_younger, retry_of=OuterRef("pk"))
    return WENT_WRONG & Q(finished_at__gt=now - MAY_TRY_AGAIN, withdrawn_at=None) & ~Q(Exists(tries))


QUEUES = (
    Queue("us", _("Needs us"), lambda _now: NEEDS_US),
    Queue("customer", _("Needs the customer"), lambda now: UNDER_WAY & Q(turn=Actor.CUSTOMER) | _may_try_again(now)),
    Queue("manufacturer", _("Needs the manufacturer"), lambda _now: UNDER_WAY & Q(turn=Actor.MANUFACTURER)),
    Queue("withdrawing", _("Being withdrawn"), lambda _now: UNDER_WAY & Q(turn=Actor.US, withdrawn_at__isnull=False)),
    Queue("failed", _("Failed today"), lambda now: WENT_WRONG & Q(finished_at__gte=_today(now))),
    Queue("quiet", _("No data"), lambda _now: SILENT, since="device__health_since"),
)


def find_queue(name: str) -> Queue | None:
    return next((queue for queue in QUEUES if queue.name == name), None)


def survey(requests: QuerySet[Any], *, now: datetime) -> list[Line]:
    """Count every queue, at the price of one bounded query each."""
    return [_line(queue, queue.of(requests, now=now)) for queue in QUEUES]


def _line(queue: Queue, waiting: QuerySet[Any]) -> Line:
    oldest = waiting.order_by(queue.since).values(began=F(queue.since))[: MOST_COUNTED + 1]
    found = oldest.aggregate(count=Count("began"), since=Min("began"))
    return Line(queue, found["count"], found["since"])


def glance(waiting: QuerySet[Any]) -> str:
    """Count what waits as far as a glance tells it apart: "99+" is a lot. Nothing where nothing waits."""
    count = waiting.order_by()[: MOST_GLANCED_AT + 1].count()
    return f"{MOST_GLANCED_AT}+" if count > MOST_GLANCED_AT else str(count or "")
