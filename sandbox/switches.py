"""What people do to connected entities by hand: on the sandbox's pages, in the admin, and in tests."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from sandbox.models import SandboxRequest, SandboxSilence


def revoke(row: SandboxRequest, now: datetime) -> None:
    """Let the customer end access at the manufacturer's: the entity may not be read any more."""
    SandboxRequest.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now)


def quieten(row: SandboxRequest, now: datetime) -> None:
    """Let no more readings of an entity come."""
    if not SandboxSilence.objects.filter(request=row, until=None).exists():
        SandboxSilence.objects.create(request=row, since=now)


def wake(row: SandboxRequest, now: datetime) -> None:
    """Let readings come again that `quieten` stopped."""
    SandboxSilence.objects.filter(request=row, until=None).update(until=now)


def quieten_maker(type_: str, manufacturer: str, now: datetime) -> None:
    """Let no more readings come of a whole maker."""
    if not silences_of(type_, manufacturer).exists():
        SandboxSilence.objects.create(type=type_, manufacturer=manufacturer, since=now)


def wake_maker(type_: str, manufacturer: str, now: datetime) -> None:
    """Let readings come again that `quieten_maker` stopped."""
    silences_of(type_, manufacturer).update(until=now)


def silences_of(type_: str, manufacturer: str) -> QuerySet[SandboxSilence]:
    return SandboxSilence.objects.filter(request=None, until=None, type=type_, manufacturer=manufacturer)
