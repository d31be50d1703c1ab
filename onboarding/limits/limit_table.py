"""What may be done how often, as data: by name, for one address, for one subject, and for everybody together.

A subject is what an attempt is about: a request, a name, a mailbox. Many honest people share an address (a call centre,
a mobile network), so an address gets many times what one person needs. What everybody together may do is far above a
company's busiest day and ends soon: it is there so that a thousand machines fill no disk, not to count customers.
A window begins with its first use, and using it up does not prolong it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from limits import RateLimitItem, parse_many

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# From the narrowest to the widest. A wider one does not count what a narrower one refuses: otherwise a single machine
# could use up what is meant for everybody. Nor does a longer window what a shorter one of the same scope refuses:
# otherwise a burst of a second would lock an address for a day.
SCOPES = ("pair", "address", "network", "subject", "overall")
# A line with a /48 has 65,536 networks of a household: together they get this many times what one gets.
NETWORK_TIMES = 3


@dataclass(frozen=True)
class Limit:
    """How often, in the notation of the library `limits`; several are separated by semicolons, empty is no limit.

    `title`: what staff read. `pair`: for one subject from one address, or one network of IPv6.
    """

    title: "StrOrPromise" = ""
    address: str = ""
    subject: str = ""
    overall: str = ""
    pair: str = ""

    @cached_property
    def items(self) -> tuple[tuple[str, RateLimitItem], ...]:
        """The scopes that are limited, each with its rules: the narrowest first, of one scope the shortest."""
        return tuple((scope, item) for scope in SCOPES for item in self.rules_of(scope))

    def rules_of(self, scope: str) -> list[RateLimitItem]:
        """List the rules of one scope, the shortest first; those of a network follow from those of an address."""
        if scope == "network":
            return [type(item)(NETWORK_TIMES * item.amount, item.multiples) for item in self.rules_of("address")]
        text = getattr(self, scope)
        return sorted(parse_many(text), key=RateLimitItem.get_expiry) if text else []


LIMITS: dict[str, Limit] = {
    # --- The way through: what is about one request counts that request.
    # Pressing Start, here or on the page of a company's link; the latter makes a row.
    "begin": Limit(_("the Start button"), address="100 per 10 minutes; 5000 per day", overall="3000 per 10 minutes"),
    # The first answer, which makes a row.
    "start": Limit(_("first answers"), address="100 per 10 minutes; 5000 per day", overall="3000 per 10 minutes"),
    "answer": Limit(
        _("answers"), address="600 per 10 minutes", subject="60 per 10 minutes", overall="30000 per 10 minutes"
    ),
    "identify": Limit(
        _("identifiers"), address="300 per 10 minutes", subject="40 per 10 minutes", overall="15000 per 10 minutes"
    ),
    "agree": Limit(
        _("consents"), address="300 per 10 minutes", subject="60 per 10 minutes", overall="6000 per 10 minutes"
    ),
    # Stopping, starting again, connecting again, agreeing again, switching links off, being told in the browser.
    "change": Limit(
        _("changes of a request"),
        address="120 per 10 minutes",
        subject="20 per 10 minutes",
        overall="6000 per 10 minutes",
    ),
    # --- Other devices
    # A form that mails a link. What one mailbox gets is limited where mails are queued (`mailboxes.py`).
    "mail-link": Limit(
        _("asking for a link by mail"),
        address="100 per 10 minutes; 5000 per day",
        subject="10 per 10 minutes",
        overall="3000 per 10 minutes",
    ),
    "open-link": Limit(_("links from mails"), address="60 per 10 minutes", overall="6000 per 10 minutes"),
    "show-code": Limit(
        _("showing a code"), address="60 per 10 minutes", subject="10 per 10 minutes", overall="3000 per 10 minutes"
    ),
    # Only wrong codes count. There are 23^8: with a hundred open at any time, so many tries find one in fifteen years.
    "code": Limit(_("wrong codes"), address="20 per 10 minutes; 1000 per day", overall="1000 per 10 minutes"),
    # --- Else
    # Of manufacturers, also while somebody types.
    "search": Limit(_("searches"), address="1200 per 10 minutes", overall="60000 per 10 minutes"),
    "wish": Limit(
        _("wishes"),
        address="20 per 10 minutes; 1000 per day",
        subject="10 per 10 minutes",
        overall="2000 per 10 minutes",
    ),
    # A copy has receipts as PDF in it, which take a moment each.
    "own-data": Limit(_("copies and erasures of own data"), address="20 per 10 minutes", overall="600 per 10 minutes"),
    "language": Limit(_("choosing a language"), address="120 per 10 minutes", overall="20000 per 10 minutes"),
    "leave": Limit(_("leaving"), address="60 per 10 minutes", overall="6000 per 10 minutes"),
    # --- Staff. Only what fails counts: a name from one address, a name from anywhere, an address with any name.
    "sign-in": Limit(
        _("sign-ins at the desk"),
        pair="5 per 5 minutes; 20 per hour",
        address="30 per 10 minutes; 300 per day",
        subject="50 per hour",
        overall="1000 per 10 minutes",
    ),
}


def title_of(name: str) -> str:
    """Name what is limited, for staff; a limit that is gone by its own name."""
    return str(LIMITS[name].title) if name in LIMITS else name
