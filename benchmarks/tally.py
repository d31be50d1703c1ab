"""What a load brought: how long answers took, and what went wrong."""

import time
from collections import Counter
from dataclasses import dataclass, field

from .http_client import Answer, Failed


@dataclass
class Tally:
    """Seconds that each answer took, how often each status came, and what went wrong how often."""

    waits: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)

    def note(self, wanted_at: float, answer: Answer, *expected: int) -> None:
        """Count an answer to what a browser wanted to ask at a moment, whenever it could."""
        self.waits.append(time.monotonic() - wanted_at)
        self.statuses[answer.status] += 1
        if answer.status not in expected:
            self.errors[f"status {answer.status}"] += 1

    def note_failure(self, problem: Failed) -> None:
        self.errors[str(problem)] += 1

    def ms(self, share: float) -> float:
        """Return the milliseconds within which this share of answers came."""
        ordered = sorted(self.waits)
        return ordered[int(len(ordered) * share)] * 1000 if ordered else float("inf")

    def __str__(self) -> str:
        times = ", ".join(f"p{share} {self.ms(share / 100):.0f} ms" for share in (50, 95, 99))
        errors = ", ".join(f"{name} {count} times" for name, count in self.errors.items())
        return f"{times}, {self.errors.total()} errors{': ' if errors else ''}{errors}"
