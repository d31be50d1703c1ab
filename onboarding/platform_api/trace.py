"""What was said in one call: for whoever keeps a record of it. Pure."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Trace:
    """One call and what came back, never with a token. Holds what customers typed: mask it before it is kept.

    In our words, whichever generation of the API was called; only what was no good answer is as it came.
    """

    method: str
    path: str = field(repr=False)
    sent: object = field(default=None, repr=False)
    status: int | None = None
    answer: object = field(default=None, repr=False)
    request_id: str = ""
    milliseconds: int = 0

    def about(self, answer: object) -> "Trace":
        """Return it with a part of the answer only: what a list says about others is not for this one's record."""
        return replace(self, answer=answer)


@dataclass(frozen=True, slots=True)
class Reply:
    """The JSON of a good answer, and how it came; nothing is told of the call that fetches a token."""

    content: object
    trace: Trace | None = None
