"""The life of an onboarding request: its states, the allowed moves, who must act, and what is final.

Pure: no database, no clock, no settings. Everything that asks "is this finished?" or "whose turn is it?" asks here.
`state` is our word for where our row stands; `status` is the platform's word and an open set.
"""

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"  # the customer is answering
    QUEUED = "queued"  # consent given; a worker will send it
    SENDING = "sending"  # an attempt is under way; committed before the call leaves
    UNKNOWN = "unknown"  # an attempt ended without an answer: look before sending again
    FOLLOWING = "following"  # the platform has it; we read its progress
    REJECTED = "rejected"  # the platform refused an answer; the customer can correct it
    CONNECTED = "connected"
    FAILED = "failed"
    CANCELED = "canceled"
    WITHDRAWING = "withdrawing"  # consent was taken back; the platform is being told
    WITHDRAWN = "withdrawn"  # and nothing is connected any more


class Actor(StrEnum):
    CUSTOMER = "customer"
    MANUFACTURER = "manufacturer"
    US = "us"
    NOBODY = "nobody"


class Health(StrEnum):
    """How a connected device has been since, by what the platform has of it."""

    WAITING = "waiting"  # connected, no data yet
    FLOWING = "flowing"
    QUIET = "quiet"  # silent for longer than it usually is
    GONE = "gone"  # the platform does not find it, or does not let us see it: not believed yet
    ENDED = "ended"  # not connected any more


# Connected, and no data comes.
SILENT = frozenset({Health.QUIET, Health.GONE})


class Progress(StrEnum):
    """How far one transaction is, whatever word the platform uses for it."""

    PENDING = "pending"
    ACTIVE = "active"
    UNKNOWN = "unknown"
    DONE = "done"
    FAILED = "failed"


class IllegalMove(RuntimeError):
    """A state change that the lifecycle does not know: a mistake of ours."""


# From a state to those that may follow, and why they do.
MOVES: dict[State, dict[State, str]] = {
    State.DRAFT: {State.QUEUED: "consent"},
    State.QUEUED: {
        State.SENDING: "attempt begins, committed first",
        State.UNKNOWN: "a backup was restored: it may have been sent since",
        State.FOLLOWING: "an attempt was answered after all",
        State.WITHDRAWN: "consent taken back",
        State.CANCELED: "closed by staff, certainly not there",
    },
    State.SENDING: {
        State.QUEUED: "certainly without effect",
        State.UNKNOWN: "no answer, or the worker died",
        State.FOLLOWING: "accepted",
        State.REJECTED: "an answer was refused",
        State.FAILED: "refused for good",
    },
    State.UNKNOWN: {State.QUEUED: "certainly not there", State.FOLLOWING: "found at the platform"},
    State.FOLLOWING: {
        State.CONNECTED: "the platform says so",
        State.FAILED: "the platform says so",
        State.CANCELED: "the platform says so, or forgot it and staff closed it",
        State.WITHDRAWING: "consent taken back",
    },
    State.REJECTED: {State.QUEUED: "corrected, and agreed to again", State.WITHDRAWN: "consent taken back"},
    State.CONNECTED: {State.WITHDRAWING: "consent taken back"},
    State.WITHDRAWING: {State.WITHDRAWN: "the platform let it go"},
    State.FAILED: {},
    State.CANCELED: {State.FOLLOWING: "an attempt was answered after all"},
    State.WITHDRAWN: {State.WITHDRAWING: "an attempt was answered after all"},
}

EDITABLE = frozenset({State.DRAFT, State.REJECTED})
UNSENT = frozenset({State.QUEUED, State.SENDING, State.UNKNOWN})
# An outcome: nothing happens any more unless the customer wants it.
FINAL = frozenset({State.CONNECTED, State.FAILED, State.CANCELED, State.WITHDRAWN})
# Where it went wrong: the customer may try again, and need not.
WENT_WRONG = frozenset({State.FAILED, State.CANCELED})
# What workers look after: everything between consent and the outcome, and the way out.
OPEN = UNSENT | {State.FOLLOWING, State.WITHDRAWING}
# Where a request goes when consent is taken back. While a call is out, or may have arrived, that has to be cleared up
# first.
WITHDRAWAL = {
    State.QUEUED: State.WITHDRAWN,
    State.REJECTED: State.WITHDRAWN,
    State.FOLLOWING: State.WITHDRAWING,
    State.CONNECTED: State.WITHDRAWING,
}
WITHDRAWABLE = frozenset(WITHDRAWAL) | UNSENT

_OUTCOMES = {
    "succeeded": State.CONNECTED,
    "done": State.CONNECTED,
    "completed": State.CONNECTED,
    "failed": State.FAILED,
    "canceled": State.CANCELED,
    "cancelled": State.CANCELED,
}
_PROGRESS = {
    "pending": Progress.PENDING,
    "inprogress": Progress.ACTIVE,
    "done": Progress.DONE,
    "succeeded": Progress.DONE,
    "completed": Progress.DONE,
    "failed": Progress.FAILED,
    "canceled": Progress.FAILED,
    "cancelled": Progress.FAILED,
}
_ADVANCE = list(Progress)


def check_move(current: State, target: State) -> None:
    """Allow a change of state.

    Raises: IllegalMove.
    """
    if target not in MOVES[current]:
        raise IllegalMove(f"{current} does not lead to {target}")


def is_final(state: State) -> bool:
    return state in FINAL


def is_editable(state: State) -> bool:
    return state in EDITABLE


def check_editable(state: State) -> None:
    """Allow the customer to answer and to agree: only before a request is queued, or after an answer was refused.

    Raises: IllegalMove.
    """
    if not is_editable(state):
        raise IllegalMove(f"{state} is not the customer's to change")


def check_withdrawable(state: State) -> None:
    """Allow consent to be taken back: whenever something runs, or may come to run.

    Raises: IllegalMove.
    """
    if state not in WITHDRAWABLE:
        raise IllegalMove(f"in {state} nothing runs that could be stopped")


def check_over(state: State) -> None:
    """Allow what may only happen when a request is over, and nothing of it runs.

    Raises: IllegalMove.
    """
    if not is_over(state):
        raise IllegalMove(f"{state} is not over")


def is_over(state: State) -> bool:
    """Tell whether nothing runs any more that could be stopped."""
    return state in FINAL - WITHDRAWABLE


def outcome(status: str) -> State:
    """Say which state the platform's word for a request means; an unknown word is never success: we keep following."""
    return _OUTCOMES.get(status.casefold(), State.FOLLOWING)


def may_wait_for_somebody(status: str) -> bool:
    """Tell whether an action in an answer may still be outstanding: a request that goes on has had its."""
    return status.casefold() != "inprogress"


def progress(status: str) -> Progress:
    """Say how far a transaction is by the platform's word for it."""
    return _PROGRESS.get(status.casefold(), Progress.UNKNOWN)


def is_step_back(current: str, reported: str) -> bool:
    """Tell whether a newly reported transaction status would undo progress already shown."""
    return _ADVANCE.index(progress(reported)) < _ADVANCE.index(progress(current))


def is_with_staff(state: State, reason: str, goes_on_at: datetime | None) -> bool:
    """Tell whether workers stopped and wait for a colleague; `queues.WITH_STAFF` is the same for the database.

    `reason`: why a colleague is to look at it, if one is. `goes_on_at`: when workers go on by themselves, if they do.
    """
    return bool(reason) and goes_on_at is None and state in OPEN


def who_acts(state: State, *, has_action: bool = False, needs_staff: bool = False) -> Actor:
    """Say whose turn it is.

    What went wrong is the customer's, who may try again. `has_action`: the platform names something that somebody must
    do. `needs_staff`: workers gave it to a colleague.
    """
    if state in WENT_WRONG:
        return Actor.CUSTOMER
    if is_final(state):
        return Actor.NOBODY
    if needs_staff:
        return Actor.US
    if is_editable(state) or (state == State.FOLLOWING and has_action):
        return Actor.CUSTOMER
    return Actor.MANUFACTURER if state == State.FOLLOWING else Actor.US


def who_cares(health: Health, *, is_maker_silent: bool = False) -> Actor:
    """Say who must act for a connected device. `is_maker_silent`: many of its manufacturer are quiet at once."""
    match health:
        case Health.QUIET:
            return Actor.MANUFACTURER if is_maker_silent else Actor.CUSTOMER
        case Health.GONE:
            return Actor.US
        case Health.WAITING:
            return Actor.MANUFACTURER
        case _:
            return Actor.NOBODY


def diagram() -> str:
    """Draw the states and moves as a Mermaid state diagram; `docs/lifecycle.md` holds it."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    lines += [f"    {current} --> {target}: {why}" for current, moves in MOVES.items() for target, why in moves.items()]
    lines += [f"    {state} --> [*]" for state in State if is_final(state)]
    return "\n".join(lines) + "\n"
