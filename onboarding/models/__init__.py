"""What the portal remembers. The rows are the truth; queued tasks only wake workers to look at them."""

from .access import AccessLink, Holder
from .brand import Brand, Logo
from .bulk import BulkJob
from .catalogue import CatalogueChange, CatalogueSnapshot
from .codes import new_reference, new_support_code
from .consent import Consent, ConsentText
from .event import Disclosure, Event
from .fault import Fault
from .health import PlatformHealth
from .help import ActionText, HelpText
from .invitation import Invitation
from .limits import RateLimitCount, RateLimitTally
from .mail import Mail
from .report import CspReport
from .request import OnboardingRequest, Transaction
from .search import SearchKey, find_addressed, find_requests
from .staff import StaffSignIn
from .tally import AnswerTally
from .webhook import WebhookAttempt, WebhookDelivery
from .wish import Demand, PlannedNote, PlannedOffer, Wish

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
    "CspReport",
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
    "RateLimitCount",
    "RateLimitTally",
    "SearchKey",
    "StaffSignIn",
    "Transaction",
    "WebhookAttempt",
    "WebhookDelivery",
    "Wish",
    "find_addressed",
    "find_requests",
    "new_reference",
    "new_support_code",
]
