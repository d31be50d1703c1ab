"""Somebody holds a lock and does not let go: a frozen worker, a colleague at a console."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from onboarding.delivery import lease
from onboarding.models import Campaign, OnboardingRequest, WebhookDelivery
from onboarding.webhooks import pausing
from onboarding.webhooks.announcements import announce
from tests.onboarding.support.test_bulk import make
from tests.onboarding.support.test_campaigns import asked_for, connected, new_text
from tests.onboarding.support.test_campaigns import make as make_campaign
from tests.racing import at_once
from tests.receiver import endpoint

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


def test_on_an_endpoint_does_not_hold_up_those_who_have_something_to_tell_it() -> None:
    row, request = endpoint(), OnboardingRequest.objects.create(browser="b")
    with elsewhere(lambda: pausing.locked(row)), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '500ms'")
        announce(request, WebhookDelivery.Kind.CREATED, now=timezone.now())
    assert WebhookDelivery.objects.count() == 1


def test_on_a_device_that_is_connected_anew_lets_a_campaign_find_both_requests() -> None:
    old, new = connected(2)
    new_text()
    is_locked = threading.Event()

    def lock_both() -> None:
        with transaction.atomic():
            OnboardingRequest.objects.select_for_update().get(pk=new.pk)
            is_locked.set()
            time.sleep(0.5)
            OnboardingRequest.objects.select_for_update().get(pk=old.pk)

    def gather() -> Campaign:
        assert is_locked.wait(10)
        return make_campaign()

    _locked, campaign = at_once([lock_both, gather])
    assert campaign
    assert (campaign.stage, asked_for(campaign)) == ("ready", [old.pk, new.pk])


def test_is_not_waited_for_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("10s",)
