"""Requests for one and the same connection: the one that stands, those that it took the place of, and the next try.

A reconnection follows the request whose device it connects anew. At most one is under way at a time, because beginning
one locks the family. Who locks several rows of a family locks the newest first: so does a worker, which holds the new
one when it ends the one before.
"""

from collections.abc import Collection
from contextlib import suppress

from django.db import transaction
from django.db.models import QuerySet

from .lifecycle import FINAL, WITHDRAWABLE, State
from .models import OnboardingRequest

OVER = tuple(state.value for state in (*FINAL, State.WITHDRAWING))


class _Grew(Exception):
    """Another request of the same device was begun meanwhile."""


def family_of(key: int) -> set[int]:
    """Return the keys of all requests that one was connected anew by, or that it connects anew, and its own."""
    found, added = {key}, {key}
    while added:
        reconnecting = OnboardingRequest.objects.filter(is_reconnection=True).order_by()
        before = reconnecting.filter(pk__in=added, retry_of__isnull=False).values_list("retry_of_id", flat=True)
        after = reconnecting.filter(retry_of__in=added).values_list("pk", flat=True)
        added = {*before, *after} - found
        found |= added
    return found


def lock_family(key: int) -> list[OnboardingRequest]:
    """Lock all of a family, the newest first, and return them as they are then. Needs a transaction.

    When another one was begun while this waited, all are let go of and locked anew: nobody waits for a newer one while
    they hold an older one.
    """
    while True:
        with suppress(_Grew), transaction.atomic():
            rows = locked(family_of(key))
            if family_of(key) - {row.pk for row in rows}:
                raise _Grew
            return rows


def locked(keys: Collection[int]) -> list[OnboardingRequest]:
    """Lock these requests, the newest first, and return them as they are then. Needs a transaction."""
    return list(OnboardingRequest.objects.select_for_update().filter(pk__in=keys).order_by("-pk"))


def reconnections_of(request: OnboardingRequest) -> QuerySet[OnboardingRequest]:
    return OnboardingRequest.objects.filter(retry_of=request.pk, is_reconnection=True)


def under_way(request: OnboardingRequest) -> OnboardingRequest | None:
    """Return the request that connects the device of this one anew just now, if one does."""
    return reconnections_of(request).filter(withdrawn_at=None).exclude(state__in=OVER).first()


def present(request: OnboardingRequest) -> OnboardingRequest:
    """Return the request that took the place of this one, or of the one that did; itself while none has."""
    seen = {request.pk}
    while request.ended_as == "replaced":
        newer = reconnections_of(request).order_by("-pk").first()
        if newer is None or newer.pk in seen:
            break
        seen.add(newer.pk)
        request = newer
    return request


def was_connected(request: OnboardingRequest) -> bool:
    """Tell whether a request whose consent is over had come to be connected before that."""
    ended, over = request.finished_at, request.withdrawn_at
    return ended is not None and over is not None and ended < over


def alive(request: OnboardingRequest) -> OnboardingRequest | None:
    """Return another request of the same device that is connected, or may come to be, if one is: the newest of them."""
    others = OnboardingRequest.objects.filter(pk__in=family_of(request.pk) - {request.pk})
    return others.filter(state__in=WITHDRAWABLE, withdrawn_at=None).order_by("-pk").first()


def was_switched_off(new: OnboardingRequest) -> bool:
    """Tell whether its links were made void since it was begun: who holds the one before does not get in again."""
    return new.links_void_at is not None and new.links_void_at > new.created_at
