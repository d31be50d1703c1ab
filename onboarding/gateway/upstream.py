"""The one gate through which workers call the platform: a circuit breaker and a ceiling, shared by all processes.

Both live in one row, because a library would keep them per process. Five calls in a row without an answer open the
circuit; while it is open one call per `PROBE_INTERVAL` tries whether the platform is back. The ceiling hands out
moments to call, `REALTO_MAX_CALLS_PER_SECOND` of them; 429 moves the next one as far away as the platform asks.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from onboarding.lib import counts
from onboarding.lib.cached_rows import ONLY
from onboarding.platform_api import client, connection, retry
from onboarding.platform_api.client import Client
from onboarding.platform_api.errors import PlatformError, PlatformUnavailable, RateLimited
from onboarding.platform_api.responses import LONGEST_RETRY_AFTER

from .models import PlatformHealth

FAILURES_TO_OPEN = 5
PROBE_INTERVAL = timedelta(seconds=10)
# A call waits this long for its moment; when it would be later it is not made.
PATIENCE = timedelta(seconds=5)
# After an outage the backlog comes back spread over this long, not all at once.
SPREAD_SECONDS = 5.0
DEFAULT_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(seconds=LONGEST_RETRY_AFTER) + timedelta(minutes=30)


def longest_call() -> timedelta:
    """Return how long anything that we ask the platform can take: its tokens, its retries, and every wait of ours."""
    return timedelta(seconds=retry.longest_seconds(call=settings.REALTO_TIMEOUT_SECONDS, wait=PATIENCE.total_seconds()))


def longest_list() -> timedelta:
    """Return how long a list can take, however many pages it has."""
    return timedelta(seconds=client.LONGEST_LIST) + longest_call()


def note_lost_threads(count: int) -> None:
    """Count threads of workers that had to be replaced, where staff see it."""
    with transaction.atomic():
        health = _locked()
        health.lost_threads, health.thread_lost_at = health.lost_threads + count, timezone.now()
        health.save(update_fields=["lost_threads", "thread_lost_at"])


class NotNow(Exception):
    """The platform is not to be called yet; `until` says when to come back, `is_away` why."""

    def __init__(self, until: datetime, *, is_away: bool) -> None:
        super().__init__("The platform is not to be called yet.")
        self.until, self.is_away = until, is_away


@contextmanager
def platform() -> Iterator[Client]:
    """Give the client, unless the platform is away or asked for a pause, and learn from how the calls end.

    Raises: NotNow; then nothing was called.
    """
    _check_health()
    began = time.monotonic()
    try:
        yield connection.get_client(take_turn)
    except PlatformError as error:
        _count(type(error).__name__, began)
        _learn_from(error)
        raise
    _count("answered", began)
    _note_answer()


def _learn_from(error: PlatformError) -> None:
    if isinstance(error, RateLimited):
        _pause(timedelta(seconds=error.retry_after) if error.retry_after else DEFAULT_PAUSE)
    elif isinstance(error, PlatformUnavailable):
        _note_failure()
    else:
        _note_answer()


def _count(outcome: str, began: float) -> None:
    counts.add("platform_calls", outcome)
    counts.add("platform_call_seconds", outcome, time.monotonic() - began)


def take_turn() -> None:
    """Wait for the next moment that the ceiling allows: ahead of every single HTTP call.

    Raises: RateLimited when that would take too long.
    """
    rate = settings.REALTO_MAX_CALLS_PER_SECOND
    if not rate:
        return
    with transaction.atomic():
        health, now = _locked(), timezone.now()
        moment = max(now, health.next_call_at or now)
        if moment - now > PATIENCE:
            raise RateLimited(retry_after=(moment - now).total_seconds())
        PlatformHealth.objects.filter(pk=ONLY).update(next_call_at=moment + timedelta(seconds=1 / rate))
    time.sleep(max(0.0, (moment - timezone.now()).total_seconds()))


def _check_health() -> None:
    health, now = PlatformHealth.objects.filter(pk=ONLY).first(), timezone.now()
    if health is None:
        return
    if health.away_since:
        _take_probe(now)
    elif health.next_call_at and health.next_call_at - now > PATIENCE:
        raise NotNow(health.next_call_at + _spread(), is_away=False)


def _take_probe(now: datetime) -> None:
    """Let one call through per interval: who moves `next_probe_at` on is the one."""
    away = PlatformHealth.objects.filter(pk=ONLY, away_since__isnull=False)
    if not away.filter(next_probe_at__lte=now).update(next_probe_at=now + PROBE_INTERVAL):
        raise NotNow(now + PROBE_INTERVAL + _spread(), is_away=True)


def _locked() -> PlatformHealth:
    health = PlatformHealth.objects.select_for_update().filter(pk=ONLY).first()
    return health or PlatformHealth.objects.get_or_create(pk=ONLY)[0]


def _note_failure() -> None:
    with transaction.atomic():
        health = _locked()
        health.failures += 1
        if health.failures >= FAILURES_TO_OPEN and not health.away_since:
            health.away_since = timezone.now()
            health.next_probe_at = health.away_since + PROBE_INTERVAL
        health.save(update_fields=["failures", "away_since", "next_probe_at"])


def _note_answer() -> None:
    """Close the circuit. Nothing is written on a day without trouble."""
    troubled = PlatformHealth.objects.filter(pk=ONLY, failures__gt=0)
    troubled.update(failures=0, away_since=None, next_probe_at=None)


def _pause(wait: timedelta) -> None:
    until = timezone.now() + wait
    PlatformHealth.objects.get_or_create(pk=ONLY)
    PlatformHealth.objects.filter(pk=ONLY).exclude(next_call_at__gt=until).update(next_call_at=until)


def bring_back() -> int:
    """Forget moments that are further away than any that we are asked to wait for: a clock was wrong."""
    now = timezone.now()
    call = PlatformHealth.objects.filter(next_call_at__gt=now + LONGEST_PAUSE).update(next_call_at=None)
    return call + PlatformHealth.objects.filter(next_probe_at__gt=now + 2 * PROBE_INTERVAL).update(next_probe_at=now)


def _spread() -> timedelta:
    return timedelta(seconds=random.random() * SPREAD_SECONDS)  # noqa: S311  spreads load, guards nothing
