"""What the portal remembers. The rows are the truth; queued tasks only wake workers to look at them."""

from .brand import Brand, Logo
from .bulk import BulkJob
from .catalogue import ActionText, CatalogueChange, HelpText
from .consent import Consent, ConsentText
from .event import Disclosure, Event
from .fault import Fault
from .invitation import Invitation
from .mail import AccessLink, Holder, Mail
from .request import OnboardingRequest, Transaction, new_reference, new_support_code
from .search import SearchKey, find_addressed, find_requests
from .tally import AnswerTally
from .upkeep import CatalogueSnapshot, Demand, PlannedNote, PlannedOffer, PlatformHealth, Wish
from .webhook import WebhookAttempt, WebhookDelivery, announce

__all__ = [
    "AccessLink",
    "ActionText",
    "AnswerTally",
    "Brand",
    "BulkJob",
    "CatalogueChange",
    "CatalogueSnapshot",
    "Consent",
    "ConsentText",
    "Demand",
    "Disclosure",
    "Event",
    "Fault",
    "HelpText",
    "Holder",
    "Invitation",
    "Logo",
    "Mail",
    "OnboardingRequest",
    "PlannedNote",
    "PlannedOffer",
    "PlatformHealth",
    "SearchKey",
    "Transaction",
    "WebhookAttempt",
    "WebhookDelivery",
    "Wish",
    "announce",
    "find_addressed",
    "find_requests",
    "new_reference",
    "new_support_code",
]
