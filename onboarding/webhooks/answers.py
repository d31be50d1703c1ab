"""What comes back of a call to an endpoint."""

from dataclasses import dataclass

GONE = 410


@dataclass(slots=True)
class Answer:
    """What came back, as far as it came; `trouble` names what broke it off."""

    status: int | None = None
    retry_after: str = ""
    text: str = ""
    trouble: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The endpoint wants to hear nothing any more."""
        return self.status == GONE
