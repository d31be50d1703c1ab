"""What staff and workers do about single manufacturers: pause and resume them, and measure how they are doing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from onboarding.lib import faults
from onboarding.lib.folding import searchable
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest, Transaction

from . import catalogue, connection_times
from .connection_times import Attempt
from .models import CatalogueSnapshot
from .wish_models import PlannedOffer
from .wishes import offers_changed

# Manufacturers are measured at most this often.
MEASURED_EVERY = timedelta(minutes=5)
# More of one manufacturer would not change what is said of it.
MOST_ATTEMPTS, MOST_MEASURED = 250, 1000
ENDED = (State.CONNECTED, State.FAILED, State.CANCELED)


def pause_manufacturer(type: str, manufacturer: str, *, notes: Mapping[str, str]) -> None:
    """Let nobody choose a manufacturer until it is resumed; drafts keep everything.

    `notes`: what customers read, by language; empty ones are left out.
    """
    with transaction.atomic():
        _known(type, manufacturer).delete()
        row = PlannedOffer.objects.create(type=type, manufacturer=manufacturer, kind=PlannedOffer.Kind.PAUSED)
        for language, words in notes.items():
            if words:
                row.notes.create(language=language, words=words)
    catalogue.forget()


def resume_manufacturer(type: str, manufacturer: str) -> bool:
    """Let a paused manufacturer be chosen again, and write to those who wait for it. False when it was not paused."""
    rows = _known(type, manufacturer).filter(kind=PlannedOffer.Kind.PAUSED)
    was_paused = rows.exists()
    rows.delete()
    catalogue.forget()
    offers_changed.send(sender=None)
    return was_paused


def measure_if_due() -> bool:
    """Measure all manufacturers when the last time was a while ago. Returns whether that was so."""
    now = timezone.now()
    is_old = Q(measured_at=None) | Q(measured_at__lte=now - MEASURED_EVERY)
    if not CatalogueSnapshot.objects.filter(is_old, fetched_at__isnull=False).update(measured_at=now):
        return False
    measure_manufacturers()
    return True


def measure_manufacturers() -> None:
    """Note how fast and how surely each manufacturer connects. Pages read that and never count by themselves."""
    now = timezone.now()
    paces = []
    for key, attempts in _attempts(now).items():
        with faults.contained("measure_manufacturers"):
            paces.append(connection_times.measure(*key, attempts, now=now).as_json())
    CatalogueSnapshot.objects.update(paces=paces, measured_at=now)
    catalogue.forget()


def _attempts(now: datetime) -> dict[tuple[str, str], list[Attempt]]:
    found: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for kind, maker, attempt in (*_ended(now), *_waiting(now)):
        found[kind, maker].append(attempt)
    return found


def _ended(now: datetime) -> Iterator[tuple[str, str, Attempt]]:
    """Yield the newest of each manufacturer that had any; one small look into an index each."""
    ended = OnboardingRequest.objects.filter(state__in=ENDED, finished_at__gt=now - connection_times.USUALLY)
    newest = ended.order_by("-finished_at").values_list("pk", "sent_at", "finished_at", "state")
    for kind, maker in _measured(ended):
        rows = list(newest.filter(type=kind, manufacturer=maker)[:MOST_ATTEMPTS])
        steps = _steps([pk for pk, _sent, _finished, state in rows if state == State.CONNECTED])
        for pk, sent, finished, state in rows:
            if sent:
                yield kind, maker, Attempt(sent, finished, state == State.CONNECTED, steps.get(pk, {}))


def _steps(connected: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return how long each step of the newest of these requests took.

    One that was never seen under way began when that before it ended; of the first nobody knows.
    """
    newest = connected[: connection_times.NEWEST_STEPS]
    if len(newest) < connection_times.FEWEST_STEPS:
        return {}
    found = defaultdict[int, dict[str, float]](dict)
    told = Transaction.objects.filter(request__in=newest).order_by("request", "position")
    before: dict[int, datetime] = {}
    for request, kind, started, ended in told.values_list("request", "type", "started_at", "updated_at"):
        if began := started or before.get(request):
            found[request][kind] = max(0.0, (ended - began).total_seconds())
        before[request] = ended
    return found


def _measured(ended: QuerySet[OnboardingRequest]) -> list[tuple[str, str]]:
    """Return the manufacturers to measure: those on offer, or, when these are very many, those that had requests."""
    offered = catalogue.load().listing.by_key
    if len(offered) <= MOST_MEASURED:
        return list(offered)
    had = ended.order_by().values_list("type", "manufacturer").distinct()
    return [key for key in had if key in offered][:MOST_MEASURED]


def _waiting(now: datetime) -> Iterator[tuple[str, str, Attempt]]:
    """Yield what only the manufacturer can bring on; where somebody has something to do, the time is theirs."""
    waiting = OnboardingRequest.objects.filter(state=State.FOLLOWING, action_type="", withdrawn_at=None)
    place = Window(RowNumber(), partition_by=[F("type"), F("manufacturer")], order_by=F("sent_at").desc())
    recent = waiting.filter(sent_at__gt=now - connection_times.NOW).order_by().alias(place=place)
    for kind, maker, sent in recent.filter(place__lte=MOST_ATTEMPTS).values_list("type", "manufacturer", "sent_at"):
        if sent:
            yield kind, maker, Attempt(sent)


def _known(type: str, manufacturer: str) -> QuerySet[PlannedOffer]:
    """Return what staff know of a manufacturer, however they wrote it."""
    key = (searchable(type), searchable(manufacturer))
    same = [row.pk for row in PlannedOffer.objects.all() if (searchable(row.type), searchable(row.manufacturer)) == key]
    return PlannedOffer.objects.filter(pk__in=same)
