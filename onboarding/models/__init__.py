"""What the portal remembers. The rows are the truth; queued tasks only wake workers to look at them."""

from .consent import Consent, ConsentText
from .event import Event
from .request import OnboardingRequest, Transaction, new_reference, new_support_code
from .upkeep import CatalogueSnapshot, PlatformHealth, Wish

__all__ = [
    "CatalogueSnapshot",
    "Consent",
    "ConsentText",
    "Event",
    "OnboardingRequest",
    "PlatformHealth",
    "Transaction",
    "Wish",
    "new_reference",
    "new_support_code",
]
