"""How the connected devices of each type and manufacturer are, measured from our own rows now and then.

Each measuring reads by an index no more than a bounded number of devices of one kind, however many there are.
"""

import logging
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from onboarding.lib import faults
from onboarding.request.lifecycle import Health

from . import learning
from .judgement import Usual, usual_silence
from .learning import Sample
from .models import Device, MakerHealth

logger = logging.getLogger(__name__)

MEASURED_EVERY = timedelta(hours=1)
# In one go; those that are left come next.
MOST_MAKERS = 50
# So many of one kind are counted, and so many tell what is usual.
MOST_COUNTED, MOST_SAMPLED, NEWEST = 1_000_000, 1000, 200
FLOWED = (Health.FLOWING, Health.QUIET, Health.GONE)
CONNECTED = (Health.WAITING, *FLOWED)
COLUMNS = [field.name for field in fields(Sample)]


def silent_makers() -> list[MakerHealth]:
    """Return those of which so many devices are quiet at once that it is the manufacturer's trouble."""
    return list(MakerHealth.objects.filter(silent_since__isnull=False).order_by("silent_since"))


def usual_of(type: str, manufacturer: str) -> Usual:
    """Say what is usual for a type and manufacturer: learnt, else by what is shipped for the type."""
    row = MakerHealth.objects.filter(type=type, manufacturer=manufacturer).first()
    learnt = row and row.usual_silence_seconds
    silence = timedelta(seconds=learnt) if learnt else usual_silence(type)
    return Usual(silence, is_maker_silent=row is not None and row.is_silent)


def measure_makers() -> int:
    """Measure those that were not for an hour, some at a time. Returns how many."""
    old = MakerHealth.objects.filter(measured_at__lte=timezone.now() - MEASURED_EVERY).order_by("measured_at")
    measured = 0
    for row in list(old[:MOST_MAKERS]):
        with faults.contained("measure_makers"):
            measured += measure(row)
    return measured


def measure(row: MakerHealth) -> bool:
    """Measure one manufacturer's devices of one type. Returns False when another worker did just now."""
    now = timezone.now()
    mine = MakerHealth.objects.filter(pk=row.pk, measured_at=row.measured_at)
    if not mine.update(measured_at=now):
        return False
    devices = Device.objects.filter(type=row.type, manufacturer=row.manufacturer)
    counts = {health: _count(devices.filter(health=health.value)) for health in CONNECTED}
    samples = _sampled(devices, counts)
    are_most_gone = learning.are_most_gone(counts[Health.GONE], sum(counts.values()))
    silent_since = learning.silent_since(samples, row.silent_since, now, are_most_gone=are_most_gone)
    MakerHealth.objects.filter(pk=row.pk).update(
        devices=sum(counts.values()),
        flowing=counts[Health.FLOWING],
        quiet=counts[Health.QUIET],
        gone=counts[Health.GONE],
        usual_silence_seconds=learning.silence_of(samples, row.type, now),
        first_data_seconds=learning.first_data_of(_newest(devices)),
        silent_since=silent_since,
    )
    _tell(row, silent_since)
    return True


def _count(devices: QuerySet[Device]) -> int:
    return devices.values("pk")[:MOST_COUNTED].count()


def _sampled(devices: QuerySet[Device], counts: Mapping[Health, int]) -> list[Sample]:
    """Return some of those that sent data once, of each health in proportion, those known for longest first."""
    everyone = sum(counts[health] for health in FLOWED)
    found: list[Sample] = []
    for health in FLOWED:
        wanted = -(-counts[health] * min(MOST_SAMPLED, everyone) // (everyone or 1))
        found += _read(devices.filter(health=health.value).order_by("pk")[:wanted])
    return found


def _newest(devices: QuerySet[Device]) -> list[Sample]:
    return _read(devices.filter(health=Health.FLOWING.value).order_by("-pk")[:NEWEST])


def _read(rows: QuerySet[Device]) -> list[Sample]:
    return [Sample(**{**told, "health": Health(told["health"])}) for told in rows.values(*COLUMNS)]


def _tell(row: MakerHealth, silent_since: datetime | None) -> None:
    """Say once that a manufacturer fell silent, and that it is over."""
    if (silent_since is None) != (row.silent_since is None):
        logger.warning("%s: %s", row, "silent for all" if silent_since else "data flows again")
