"""Somebody holds a lock and does not let go: a frozen worker, a colleague at a console."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from onboarding.delivery import lease
from onboarding.models import OnboardingRequest
from tests.onboarding.support.test_bulk import make

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def elsewhere(lock: Callable[[], object]) -> Iterator[None]:
    """Hold what is locked in a session of its own meanwhile."""
    is_locked, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic():
                lock()
                is_locked.set()
                is_over.wait(20)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_locked.wait(10)
        yield
    finally:
        is_over.set()
        holder.join()


@pytest.mark.parametrize("state", ["unknown", "following"])
def test_on_those_who_come_first_does_not_hold_up_the_others(state: str) -> None:
    keys, now = make(14), timezone.now()
    locked = OnboardingRequest.objects.filter(pk__in=keys[:12])
    locked.update(state=state, due_at=now - timedelta(hours=2))
    OnboardingRequest.objects.filter(pk__in=keys[12:]).update(state="queued", due_at=now - timedelta(hours=1))
    with elsewhere(lambda: list(locked.select_for_update())):
        tokens = [lease.claim() for _claim in range(3)]
    claimed = OnboardingRequest.objects.exclude(lease="").order_by("pk")
    assert [(row.pk, row.lease) for row in claimed] == list(zip(keys[12:], tokens[:2], strict=True))
    assert tokens[2] == ""


def test_is_not_waited_for_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("10s",)
