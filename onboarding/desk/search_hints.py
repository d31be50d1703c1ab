"""What to say when a search finds nothing, or more than one request: how a paste was read, and what would help."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from onboarding.lib.typed import MOST_WORDS
from onboarding.request.codes import SUPPORT_LENGTH
from onboarding.request.models import OnboardingRequest
from onboarding.request.search_index import find_requests
from onboarding.request.search_keys import LAST, key_of

VIN, EAN, UUID = 17, 18, 32  # letters and digits of each
NEARLY = 2
# More that belong to one word tell nobody apart.
MOST_APART = 20


def hint_for(term: str, found: int) -> str:
    """Say what a colleague could ask or try next."""
    if found > 1:
        return _why_many(key_of(term))
    return _why_none(term, key_of(term))


def _why_many(key: str) -> str:
    if "@" in key:
        return _("All of them have this e-mail address. Ask which device it is about.")
    if len(key) == LAST:
        return _("Several numbers end like this. Ask for the whole number, or for the support code.")
    return _("Several requests have this number: somebody tried again, or two people have one device.")


def _why_none(term: str, key: str) -> str:
    if "@" in key:
        return _(
            "Nobody wrote this e-mail address. Spell it out with the customer, or ask to which address our mails come."
        )
    if len(term.split()) > MOST_WORDS:
        return _("That is a long text. Paste the code, the address or the number alone.")
    if len(key) < LAST:
        return _("Fewer than six characters find nothing. Ask for the whole number, or for its last six characters.")
    return _near_miss(key) or _("Only whole codes, addresses and numbers are found, or their last six characters.")


def _near_miss(key: str) -> str:
    """Say what a number nearly is, by how long it is."""
    counted = {"count": len(key)}
    if len(key) == SUPPORT_LENGTH - 1:
        return _("A support code has 8 letters and digits, and this has 7. One may be missing.")
    if key.isdigit() and 0 < abs(len(key) - EAN) <= NEARLY:
        return _("An EAN has 18 digits, and this has %(count)d. Compare it with the bill.") % counted
    if not key.isdigit() and 0 < abs(len(key) - VIN) <= NEARLY:
        return _("A VIN has 17 letters and digits, and this has %(count)d. Compare it with the car's papers.") % counted
    if len(key) == UUID:
        return _("This is an id of the platform's or of ours, and no request has it. It may belong to something else.")
    return ""


def found_apart(rows: QuerySet[OnboardingRequest], term: str) -> list[tuple[str, int]]:
    """Count what each word of a paste finds by itself, where they find nothing together."""
    words = list(dict.fromkeys(term.split()))
    if not 1 < len(words) <= MOST_WORDS:
        return []
    counted = ((word, find_requests(rows, word)[:MOST_APART].count()) for word in words)
    return [(word, count) for word, count in counted if count]
