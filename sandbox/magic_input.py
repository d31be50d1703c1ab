"""What a row of the table of magic inputs can say. Pure; the table itself is in `magic`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.lives import FLOWING

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

RETRY_AFTER_SECONDS = 3


class Answer(StrEnum):
    """What a POST is answered with."""

    CREATED = "created"
    REJECTED = "rejected"
    PROBLEM = "problem"
    EXPIRED = "expired"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    RATE_LIMITED = "rate-limited"
    BROKEN = "broken"
    BAD_GATEWAY = "bad-gateway"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class MagicInput:
    """One row of the table. Seconds are real seconds; `only_first` limits the trouble to so many POSTs.

    `keeps_entity`: the device has the same entity whenever it is onboarded. `flows_anew`: its life is the plain one
    when it is onboarded while it is connected already.
    """

    ending: str
    title: StrPromise
    description: StrPromise
    answer: Answer = Answer.CREATED
    is_accepted: bool = True
    delay: float = 0.0
    effect_delay: float = 0.0
    only_first: int = 0
    behaviour: str = ""
    life: str = FLOWING
    keeps_entity: bool = False
    flows_anew: bool = False

    @property
    def vin(self) -> str:
        return f"WA1DMAFE0D000{self.ending}"

    @property
    def ean(self) -> str:
        """Build 18 digits with a valid GS1 check digit that end with the four of this row."""
        for filler in range(10):
            digits = f"541448820000{filler:02d}{self.ending}"
            if check_digit(digits[:-1]) == digits[-1]:
                return digits
        raise AssertionError("Ten fillers reach every check digit.")

    @property
    def reference(self) -> str:
        return f"P100000{self.ending}"

    @property
    def code(self) -> str:
        return f"12{self.ending}"

    @property
    def uuid(self) -> str:
        return f"00000000-0000-4000-8000-00000000{self.ending}"


def check_digit(digits: str) -> str:
    """Compute the GS1 check digit that follows `digits`."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)
