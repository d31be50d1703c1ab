"""What the platform would decide about a request, as pure functions of the time that has passed.

Nothing moves a request forward: its status, transactions, action and errors are derived from its behaviour,
its age, and the answer on the consent page. Ages and steps are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

PENDING, IN_PROGRESS, DONE = "Pending", "InProgress", "Done"
SUCCEEDED, FAILED, CANCELED = "Succeeded", "Failed", "Canceled"

TRANSACTIONS = ("CreateEntity", "CreatePermissions", "Connect")
ACTION_APPEARS_AFTER = 1
OFFBOARDING_TAKES = 2
LINK_SECONDS = 60.0
AT_ONCE = 1_000_000
NEVER = 1_000_000_000


class Consent(StrEnum):
    """What was answered on the manufacturer's page."""

    NONE = ""
    ALLOWED = "allowed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a request goes on, told as differences from the plain way. Counts are steps.

    `link_seconds` is how long a consent link is handed out until a fresh one takes its place; 0 is for ever.
    `keeps_action`: the action stays in the answer while the request goes on. `is_bare`: answers say as little as the
    guide's example.
    """

    action: str = ""
    approves_after: int = NEVER
    hears_answer: bool = True
    transactions: tuple[str, ...] | None = TRANSACTIONS
    fails_at: str = ""
    canceled_after: int = NEVER
    stays_at: str = ""
    link_seconds: float = 0.0
    keeps_action: bool = False
    is_bare: bool = False


BEHAVIOURS: dict[str, Behaviour] = {
    "direct": Behaviour(),
    "bare": Behaviour(is_bare=True),
    "redirect": Behaviour(action="Redirect"),
    "consent": Behaviour(action="Consent", approves_after=3),
    "slow-consent": Behaviour(action="Consent", approves_after=5),
    "redirect-unheard": Behaviour(action="Redirect", hears_answer=False),
    "redirect-expiring": Behaviour(action="Redirect", link_seconds=LINK_SECONDS),
    "redirect-kept": Behaviour(action="Redirect", approves_after=3, keeps_action=True),
    "unknown-status": Behaviour(stays_at="OnHold"),
    "unknown-transaction": Behaviour(transactions=("CreateEntity", "VerifyOwnership", "CreatePermissions", "Connect")),
    "unknown-action": Behaviour(action="Telephone", approves_after=5),
    "no-transactions": Behaviour(transactions=None),
    "failing": Behaviour(fails_at="Connect"),
    "canceled": Behaviour(canceled_after=2),
}
# Words that no documentation lists, for the transaction that it does not list either.
UNKNOWN_WORDS = {("VerifyOwnership", IN_PROGRESS): "Queued", ("VerifyOwnership", DONE): "Waived"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a request: its age, the consent page's answer, and the age of that answer."""

    age: float
    consent: Consent = Consent.NONE
    consent_age: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """What the platform says about a request now; `action` is the type of the action, or empty."""

    status: str
    transactions: tuple[tuple[str, str], ...] | None
    action: str = ""
    errors: tuple[tuple[str, str], ...] = ()


def find_behaviour(name: str) -> Behaviour:
    """Find a behaviour; what nobody has heard of goes the plain way."""
    return BEHAVIOURS.get(name, Behaviour())


def progress(behaviour: Behaviour, facts: Facts, step: float) -> Progress:
    """Say where a request stands; `step` is the length of one transition."""
    if behaviour.action and behaviour.hears_answer and facts.consent is Consent.DENIED:
        return denied(behaviour)
    work = steps_of_work(behaviour, facts, step)
    if work is None:
        is_shown = steps_in(facts.age, step) >= ACTION_APPEARS_AFTER
        return Progress(PENDING, transactions_at(behaviour, 0), behaviour.action if is_shown else "")
    if work >= behaviour.canceled_after:
        return canceled(Progress(CANCELED, transactions_at(behaviour, behaviour.canceled_after)))
    if behaviour.stays_at and work:
        return Progress(behaviour.stays_at, transactions_at(behaviour, 1))
    return working(behaviour, work)


def steps_in(seconds: float, step: float) -> int:
    """Count the transitions that fit; steps without length make everything happen at once."""
    if step <= 0:
        return AT_ONCE
    return max(0, int(seconds // step))


def steps_of_work(behaviour: Behaviour, facts: Facts, step: float) -> int | None:
    """Count the steps since nobody had to act any more; None while somebody must."""
    if not behaviour.action:
        return steps_in(facts.age, step)
    since = [steps_in(facts.age, step) - behaviour.approves_after]
    if behaviour.hears_answer and facts.consent is Consent.ALLOWED:
        since.append(steps_in(facts.consent_age, step))
    # Whoever comes back from the manufacturer finds the first transaction under way.
    return max(since) + 1 if max(since) >= 0 else None


def steps_to_success(behaviour: Behaviour) -> int:
    """Count the steps from when nobody has to act any more to success."""
    names = TRANSACTIONS if behaviour.transactions is None else behaviour.transactions
    return len(names) if behaviour.action else len(names) + 1


def transactions_at(behaviour: Behaviour, work: int) -> tuple[tuple[str, str], ...] | None:
    """List the transactions after `work` steps: the n-th starts with step n and is done one step later."""
    if behaviour.transactions is None:
        return None
    statuses = []
    has_failed = False
    for number, name in enumerate(behaviour.transactions, start=1):
        word = PENDING if work < number or has_failed else IN_PROGRESS if work == number else DONE
        if word == DONE and name == behaviour.fails_at:
            word, has_failed = FAILED, True
        statuses.append((name, UNKNOWN_WORDS.get((name, word), word)))
    return tuple(statuses)


def working(behaviour: Behaviour, work: int) -> Progress:
    """Say how far a request is that nothing holds up."""
    names = TRANSACTIONS if behaviour.transactions is None else behaviour.transactions
    transactions = transactions_at(behaviour, work)
    if behaviour.fails_at and work > names.index(behaviour.fails_at) + 1:
        error = ("DeviceNotReachable", "The manufacturer could not reach the device.")
        return Progress(FAILED, transactions, errors=(error,))
    status = SUCCEEDED if work > len(names) else IN_PROGRESS if work else PENDING
    return Progress(status, transactions, behaviour.action if behaviour.keeps_action and status == IN_PROGRESS else "")


def denied(behaviour: Behaviour) -> Progress:
    """Say what a request becomes when the customer does not allow access."""
    names = behaviour.transactions or ()
    words = {"CreateEntity": DONE, "CreatePermissions": FAILED}
    error = ("ConsentDenied", "The customer did not allow access at the manufacturer.")
    return Progress(FAILED, tuple((name, words.get(name, PENDING)) for name in names), errors=(error,))


def canceled(before: Progress) -> Progress:
    """Turn what a request was into what it is once it is canceled."""
    transactions = before.transactions
    if transactions is not None:
        transactions = tuple((name, word if word == DONE else CANCELED) for name, word in transactions)
    return replace(before, status=CANCELED, transactions=transactions, action="")


def link_window(behaviour: Behaviour, age: float) -> int | None:
    """Count the consent links that came before the one handed out at `age`; None when the first is for ever."""
    return int(age // behaviour.link_seconds) if behaviour.link_seconds else None


def offboarding_status(age: float, step: float) -> str:
    """Say where an offboarding stands."""
    return SUCCEEDED if steps_in(age, step) >= OFFBOARDING_TAKES else PENDING
