"""The table of magic inputs: identifiers whose last four characters decide what happens.

Any device of any maker can so be made to fail, to hang or to answer strangely, without a switch or a mock.
Pure; the page at `/sandbox/` shows this table.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sandbox.magic_input import Answer, MagicInput
from sandbox.magic_lives import LIFE_INPUTS

SLOW_SECONDS = 2.0
HANG_SECONDS = 30.0
LATE_EFFECT_SECONDS = 5.0

MAGIC_INPUTS: tuple[MagicInput, ...] = (
    MagicInput(
        "0400",
        _("Rejected identifier"),
        _("Answers 400 and names the field."),
        answer=Answer.REJECTED,
        is_accepted=False,
    ),
    MagicInput(
        "0401",
        _("Token expired"),
        _("Answers 401 to the first POST, then accepts."),
        answer=Answer.EXPIRED,
        is_accepted=False,
        only_first=1,
    ),
    MagicInput(
        "0403",
        _("Not allowed"),
        _("Answers 403: this client may not onboard."),
        answer=Answer.FORBIDDEN,
        is_accepted=False,
    ),
    MagicInput(
        "0409",
        _("Already onboarded"),
        _("Answers 409 and names the field."),
        answer=Answer.CONFLICT,
        is_accepted=False,
    ),
    MagicInput("0410", _("Slow"), _("Accepts after two seconds."), delay=SLOW_SECONDS),
    MagicInput(
        "0411",
        _("Very slow, accepts nothing"),
        _("Hangs for 30 seconds without effect, twice; then accepts."),
        answer=Answer.BAD_GATEWAY,
        is_accepted=False,
        delay=HANG_SECONDS,
        only_first=2,
    ),
    MagicInput(
        "0422",
        _("Rejected in another format"),
        _("Answers 400 as problem+json with errors by field."),
        answer=Answer.PROBLEM,
        is_accepted=False,
    ),
    MagicInput(
        "0429",
        _("Too many requests"),
        _("Answers 429 with Retry-After: 3 to the first two POSTs, then accepts."),
        answer=Answer.RATE_LIMITED,
        is_accepted=False,
        only_first=2,
    ),
    MagicInput(
        "0500",
        _("Breaks before accepting"),
        _("Answers 500 to the first two POSTs, which have no effect; then accepts."),
        answer=Answer.BROKEN,
        is_accepted=False,
        only_first=2,
    ),
    MagicInput(
        "0502",
        _("Breaks after accepting"),
        _("Accepts, but a proxy answers 502 with an HTML page."),
        answer=Answer.BAD_GATEWAY,
    ),
    MagicInput(
        "0503",
        _("Unreadable answer"),
        _("Accepts, but the body of the 201 is not JSON."),
        answer=Answer.UNREADABLE,
    ),
    MagicInput(
        "0504",
        _("Time-out after accepting"),
        _("Accepts, but the answer takes 30 seconds."),
        delay=HANG_SECONDS,
    ),
    MagicInput(
        "0505",
        _("Late effect"),
        _("Answers 502; the request comes into being five seconds later."),
        answer=Answer.BAD_GATEWAY,
        effect_delay=LATE_EFFECT_SECONDS,
    ),
    MagicInput(
        "0600",
        _("Unknown status"),
        _("Goes to the status OnHold, which nobody documented, and stays."),
        behaviour="unknown-status",
    ),
    MagicInput(
        "0601",
        _("Unknown transaction"),
        _("Has a fourth transaction with statuses of its own, and succeeds."),
        behaviour="unknown-transaction",
    ),
    MagicInput(
        "0602",
        _("Unknown action"),
        _("Asks for the action Telephone; goes on after five steps or the page's answer."),
        behaviour="unknown-action",
    ),
    MagicInput(
        "0603",
        _("No list of transactions"),
        _("Leaves out the transactions; the status speaks alone."),
        behaviour="no-transactions",
    ),
    MagicInput(
        "0604",
        _("As in the guide"),
        _("Answers like the guide's example: an empty model, no time of creation, no action."),
        behaviour="bare",
    ),
    MagicInput(
        "0700",
        _("A transaction fails"),
        _("Connect fails, and the request with it: DeviceNotReachable."),
        behaviour="failing",
    ),
    MagicInput(
        "0701",
        _("Canceled by the platform"),
        _("Is canceled after two steps."),
        behaviour="canceled",
    ),
    MagicInput(
        "0800",
        _("Redirect"),
        _("Waits for an answer on the manufacturer's page."),
        behaviour="redirect",
    ),
    MagicInput(
        "0801",
        _("Consent elsewhere"),
        _("Waits for approval elsewhere, which comes by itself after five steps."),
        behaviour="slow-consent",
    ),
    MagicInput(
        "0802",
        _("Redirect without end"),
        _("Waits for the manufacturer's page for ever; what is answered there is never heard."),
        behaviour="redirect-unheard",
    ),
    MagicInput(
        "0806",
        _("Action that stays"),
        _("The action is done by itself, and stays in the answers while the request goes on."),
        behaviour="redirect-kept",
    ),
    MagicInput("0803", _("No action"), _("Succeeds without anybody doing anything."), behaviour="direct"),
    MagicInput(
        "0804",
        _("Redirect by a link that expires"),
        _(
            "Waits for an answer on the manufacturer's page. Its link changes every 60 seconds; "
            "the one before still opens, older ones have expired. Reading the request brings the newest."
        ),
        behaviour="redirect-expiring",
    ),
    *LIFE_INPUTS,
)
BY_ENDING = {row.ending: row for row in MAGIC_INPUTS}


def find_magic(identifier: str) -> MagicInput | None:
    """Find the row that the last four characters name."""
    return BY_ENDING.get(identifier[-4:])
