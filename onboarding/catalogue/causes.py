"""Why a connection failed, as far as the platform's words tell. Pure.

Its codes and messages are an open set: a cause is known by what they mention, most telling first; what mentions nothing
that we know is `OTHER`. Codes go before messages, which are written for people and may mention anything.
"""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum


class Cause(StrEnum):
    """The values are also what staff's own words for a cause are found by, see `help_models.ActionText`."""

    DENIED = "failed-denied"  # somebody said no
    EXPIRED = "failed-expired"  # nobody said yes in time
    TAKEN = "failed-taken"  # connected already, by somebody
    UNSUPPORTED = "failed-unsupported"  # this model, or what its owner pays for, cannot
    ACCOUNT = "failed-account"  # signing in at the manufacturer's did not work
    UNREACHABLE = "failed-unreachable"  # the device does not answer
    UNKNOWN = "failed-unknown"  # the manufacturer does not know such a device
    AWAY = "failed-away"  # the manufacturer's own service did not work
    OTHER = "failed-other"


# Letters alone, without spaces: "DeviceNotReachable", "device_not_reachable" and "Device not reachable" are the same.
# So "in use" is within "main user" too.
MENTIONS: dict[Cause, tuple[str, ...]] = {
    Cause.DENIED: ("denied", "declined", "notallow", "notapproved", "notgranted", "rejectedbyuser"),
    Cause.EXPIRED: ("expired", "consenttimeout", "actiontimeout", "notintime", "notcompletedintime"),
    Cause.TAKEN: ("already", "duplicate", "inuse(?!r)", "connectedelsewhere"),
    Cause.UNSUPPORTED: ("notsupport", "unsupported", "incompatible", "notcompatible", "noteligible", "subscription"),
    Cause.ACCOUNT: (
        *("accountnotfound", "accountlocked", "accountblocked", "accountnotlinked", "credential", "password"),
        *("loginfailed", "signinfailed", "mainuser", "primaryuser"),
    ),
    Cause.UNREACHABLE: ("notreach", "unreachable", "offline", "notonline", "notrespond", "asleep"),
    Cause.UNKNOWN: ("notfound", "unknown", "nosuch", "notexist", "mismatch", "notmatch", "notinaccount", "notowned"),
    Cause.AWAY: ("unavailable", "timeout", "timedout", "internalerror", "servererror", "maintenance"),
}
PATTERNS = {cause: re.compile("|".join(mentions)) for cause, mentions in MENTIONS.items()}
# That something is wrong, and nobody says what: no device is unknown there.
UNSAID = re.compile("^unknown$|unknown(error|exception|failure|fault|problem|issue|reason|cause|status|state)")
# What helps is to look at the answers once more.
ABOUT_ANSWERS = frozenset({Cause.UNKNOWN})
# The same again would fail again: somebody has to help first.
NEED_HELP = frozenset({Cause.TAKEN, Cause.UNSUPPORTED})


def cause_of(errors: Sequence[Mapping[str, str]]) -> Cause:
    """Say why a request failed, by the platform's errors."""
    for name in ("code", "message"):
        said = [_letters(error.get(name, "")) for error in errors]
        for cause, pattern in PATTERNS.items():
            if any(map(pattern.search, said)):
                return cause
    return Cause.OTHER


def _letters(words: str) -> str:
    return UNSAID.sub("", "".join(filter(str.isalpha, words.casefold())))
