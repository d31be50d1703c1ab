"""What the devices of one type and manufacturer teach: what is usual for them, and when it is not about one. Pure.

A manufacturer is silent when more than half of its devices that sent data fell quiet, or were not found, within a
short time, when not one of them sent any for days although we looked, or when most of all are not found. It is over
when a good share flows again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from onboarding.request.lifecycle import SILENT, Health

from .judgement import DAY, MOST_TIMES, usual_silence

# Devices that are known for so long tell what is usual; fewer than so many tell nothing.
KNOWN_FOR, FEWEST_KNOWN = 30 * DAY, 20
# What one in fifty exceeds, and that much more again; never shorter than a look or two take.
OF_FIFTY, TIMES, SHORTEST = 49, 1.5, 2 * DAY
FEWEST_FIRST = 10
# So many make a manufacturer's trouble.
FEWEST_SILENT = 5
# Within so long they fell quiet; with so long without any data from any of them. All were looked at since.
SHORT_TIME, NOTHING_FOR, LOOKED_WITHIN = 3 * DAY, 3 * DAY, 2 * DAY
# Who is still quiet after so long, when others are not, does not wait for a manufacturer.
LONGEST_OUTAGE = 30 * DAY


@dataclass(frozen=True)
class Sample:
    """What is known of one device that is connected."""

    health: Health
    health_since: datetime
    connected_at: datetime
    looked_at: datetime | None = None
    first_data_at: datetime | None = None
    last_data_at: datetime | None = None
    longest_silence: int = 0

    @property
    def is_troubled(self) -> bool:
        return self.health in SILENT


def silence_of(samples: Sequence[Sample], type: str, now: datetime) -> int | None:
    """Say in seconds how long these may be silent; None when too few are known for long enough."""
    longest = [
        one.longest_silence
        for one in samples
        if one.health == Health.FLOWING and one.first_data_at and now - one.first_data_at >= KNOWN_FOR
    ]
    if len(longest) < FEWEST_KNOWN:
        return None
    usual = timedelta(seconds=quantiles(longest, n=50, method="inclusive")[OF_FIFTY - 1]) * TIMES
    return int(min(max(usual, SHORTEST), usual_silence(type) * MOST_TIMES).total_seconds())


def first_data_of(samples: Sequence[Sample]) -> int | None:
    """Say in seconds after which three in four sent their first data; None when too few did."""
    waits = [(one.first_data_at - one.connected_at).total_seconds() for one in samples if one.first_data_at]
    if len(waits) < FEWEST_FIRST:
        return None
    return int(max(0.0, quantiles(waits, n=4, method="inclusive")[2]))


def silent_since(
    samples: Sequence[Sample], before: datetime | None, now: datetime, *, are_most_gone: bool = False
) -> datetime | None:
    """Say since when the manufacturer is silent; None when it is not. `before`: what was said the last time."""
    flowed = [one for one in samples if one.first_data_at]
    if before is None:
        is_silent = are_most_gone or _are_many_troubled(flowed, now) or _is_nothing_sent(flowed, now)
        return now if is_silent else None
    return None if not are_most_gone and _is_over(flowed, before, now) else before


def are_most_gone(gone: int, everyone: int) -> bool:
    """Tell whether most are not found, also of those that never sent data: it is not about one of them either."""
    return gone >= FEWEST_SILENT and 2 * gone > everyone


def _are_many_troubled(flowed: Sequence[Sample], now: datetime) -> bool:
    troubled = [one for one in flowed if one.is_troubled and now - one.health_since <= SHORT_TIME]
    return len(troubled) >= FEWEST_SILENT and 2 * len(troubled) > len(flowed)


def _is_nothing_sent(flowed: Sequence[Sample], now: datetime) -> bool:
    """Tell whether not one sent data, by looks that were made since: one that nobody looks at any more tells nothing.

    Those that fell quiet long ago are left out: they say nothing of today.
    """
    lately = [one for one in flowed if not (one.is_troubled and now - one.health_since > SHORT_TIME)]
    if len(lately) < FEWEST_SILENT:
        return False
    return all(
        one.last_data_at
        and now - one.last_data_at > NOTHING_FOR
        and one.looked_at
        and now - one.looked_at <= LOOKED_WITHIN
        for one in lately
    )


def _is_over(flowed: Sequence[Sample], before: datetime, now: datetime) -> bool:
    fresh = sum(one.last_data_at is not None and one.last_data_at > max(before, now - NOTHING_FOR) for one in flowed)
    well = sum(not one.is_troubled for one in flowed)
    if len(flowed) < FEWEST_SILENT or (fresh and now - before > LONGEST_OUTAGE):
        return True
    return 4 * fresh >= len(flowed) and 2 * well >= len(flowed)
