"""What looking at connected devices costs the platform: calls for each device and day, by the real scheduler.

`python -m benchmarks.devices` simulates 10^3 to 10^6 devices: when each is looked at and what is concluded is
asked of the portal's own `schedule` and `judgement`; what the devices do is played by chance, always the same way.
Nothing is saved by the platform's list here; a page in vain for each claim is counted instead.
"""

import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from onboarding.devices import judgement, schedule
from onboarding.devices.judgement import Happening, Others, Record, Sight, Usual, usual_silence
from onboarding.devices.schedule import FIRST_LOOK, MANY
from onboarding.request.lifecycle import Health

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# (devices, days that are simulated)
SIZES = ((1_000, 90), (10_000, 90), (100_000, 30), (1_000_000, 5))
# Older ones are looked at for so long before anything counts, at most.
WARM_UP = 10 * DAY
# Of a hundred devices: what they are, and how long their data is apart, on average.
KINDS = (
    (45, "SmartMeter", HOUR),
    (15, "SmartMeter", DAY),
    (15, "PV", HOUR),
    (20, "EV", 2 * DAY),
    (5, "HeatPump", 6 * HOUR),
)
# So many in a hundred never send data; so many a year fall silent for ever, for a while, or are ended elsewhere.
NEVER, DEAD, AWAY, ENDED = 2, 6, 30, 4
# So many of those there are in the end are connected in a year: the others are older.
NEW = 40
# So many looks in a hundred meet trouble, at three calls each, or a slip.
TROUBLE, SLIPS = 1.0, 0.5


@dataclass
class Result:
    """What was asked of the platform, and what people heard."""

    devices: int
    days: float
    calls: float = 0.0
    lived: float = 0.0  # days of devices that were connected
    looks: int = 0
    told: Counter[str] = field(default_factory=Counter)
    by_health: Counter[str] = field(default_factory=Counter)
    for_nothing: int = 0  # mails about devices that were well

    @property
    def calls_a_day(self) -> float:
        """Return the calls for each device and day."""
        return self.calls / self.lived


class Simulated:
    """A device, and what the platform has of it at any moment."""

    def __init__(self, chance: random.Random, end: datetime, *, tells: bool, new: float) -> None:
        self.chance, self.tells = chance, tells
        drawn = chance.uniform(0, 100)
        for share, self.type, self.apart in KINDS:
            drawn -= share
            if drawn < 0:
                break
        is_new, age = chance.uniform(0, 100) < new, chance.random()
        self.connected_at = BEGIN + (end - BEGIN) * age if is_new else BEGIN - 400 * DAY * age
        self.never = chance.uniform(0, 100) < NEVER
        self.dead_at = self._by_chance(DEAD)
        self.ended_at = self._by_chance(ENDED)
        self.away_at = self._by_chance(AWAY)
        self.back_at = self.away_at + chance.uniform(1, 25) * DAY
        self.next_at = self.connected_at + chance.expovariate(1 / 8) * HOUR
        self.last_at: datetime | None = None

    def _by_chance(self, a_year: float) -> datetime:
        return self.connected_at + self.chance.expovariate(a_year / 100 / 365) * DAY

    def seen_at(self, now: datetime) -> datetime | None:
        """Return when it sent data last by now."""
        if self.never:
            return None
        if now - self.next_at > 40 * self.apart:
            self.next_at = now - 40 * self.apart
        while self.next_at <= now:
            is_sent = self.next_at < self.dead_at and not self.away_at <= self.next_at < self.back_at
            self.last_at = self.next_at if is_sent else self.last_at
            spread = self.chance.expovariate(1) if self.type == "EV" else 1.0
            self.next_at += max(self.apart * spread, timedelta(minutes=15))
        return self.last_at

    def is_well(self, now: datetime) -> bool:
        return now < self.dead_at and not self.away_at <= now < self.back_at


def simulate(count: int, days: float, *, telling: float = 0.5, new: float | None = None, seed: int = 1) -> Result:
    """Look at so many devices for so many days.

    `telling`: the share of which the platform says when it saw them; `new`: so many in a hundred are connected
    meanwhile.
    """
    chance, result = random.Random(seed), Result(count, days)
    end, share = BEGIN + days * DAY, NEW * days / 365 if new is None else new
    for _device in range(count):
        device = Simulated(chance, end, tells=chance.random() < telling, new=share)
        _live(device, end, result)
    return result


def _live(device: Simulated, end: datetime, result: Result) -> None:
    """Look at one from when it was connected, or from a while ago, and count from the beginning on."""
    record = Record(Health.WAITING, device.connected_at, device.connected_at)
    now, failures = device.connected_at + FIRST_LOOK, 0
    now = max(now, BEGIN - WARM_UP * device.chance.random()) if device.connected_at < BEGIN - 2 * WARM_UP else now
    if now > device.connected_at + FIRST_LOOK:  # how it was before is not simulated
        seen_at = device.seen_at(now)
        record, _told = judgement.seen(record, Sight(seen_at), Usual(usual_silence(device.type)), now)
    while now < end:
        is_counted = now >= BEGIN
        calls, record, told, failures = _look(device, record, now, failures)
        if is_counted:
            result.calls += calls + 1 / MANY
            result.looks += 1
            result.told.update(told)
            result.for_nothing += Happening.TELL_QUIET in told and device.is_well(now)
        if Happening.ENDED_ELSEWHERE in told:
            break
        now += _wait(device, record, now, failures)
    else:
        now = end
    result.lived += max(timedelta(0), now - max(BEGIN, device.connected_at)) / DAY
    result.by_health[record.health] += 1


def _wait(device: Simulated, record: Record, now: datetime, failures: int) -> timedelta:
    if failures:
        return schedule.TROUBLE.after(failures, chance=device.chance.random())
    return schedule.wait_after(record, now, chance=device.chance.random())


def _look(
    device: Simulated, record: Record, now: datetime, failures: int
) -> tuple[int, Record, tuple[Happening, ...], int]:
    """Make one look. Returns how many calls that took, and what came of it."""
    usual = Usual(usual_silence(device.type))
    drawn = device.chance.uniform(0, 100)
    if drawn < TROUBLE:
        return 3, record, (), failures + 1
    if now >= device.ended_at or drawn < TROUBLE + SLIPS:
        return 1, *judgement.missed(record, Others.SEEN, usual, now), 0
    seen_at = device.seen_at(now)
    calls = 1 if device.tells and seen_at else 2
    return calls, *judgement.seen(record, Sight(seen_at), usual, now), 0


def main() -> None:
    """Print a line for each size (or those that are asked for), and for the worst mix: a platform that says of none
    when it saw it."""
    wanted = list(map(int, sys.argv[1:])) or [count for count, _days in SIZES]
    print("devices  days  telling  calls/device/day  calls/s  quiet mails/device/year  of these for nothing  took")
    for count, days in SIZES:
        for telling in (1.0, 0.5, 0.0) if count < 100_000 else (0.0,):
            if count not in wanted:
                continue
            began, result = time.monotonic(), simulate(count, days, telling=telling)
            mails = result.told[Happening.TELL_QUIET]
            print(
                f"{count:>7}  {days:>4}  {telling:>7.0%}  {result.calls_a_day:>16.2f}"
                f"  {result.calls_a_day * count / 86_400:>7.3f}  {mails / result.lived * 365:>23.3f}"
                f"  {result.for_nothing / max(1, mails):>20.1%}  {time.monotonic() - began:>3.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
