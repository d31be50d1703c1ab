"""What the portal remembers. The rows are the truth."""

from .access.models import AccessLink, Holder
from .branding.models import Brand, Logo
from .catalogue.help_models import ActionText, HelpText
from .catalogue.models import CatalogueChange, CatalogueSnapshot
from .catalogue.wish_models import Demand, PlannedNote, PlannedOffer, Wish
from .consent.models import Consent, ConsentText
from .delivery.models import StrayOnboarding
from .desk.models import SavedView
from .devices.models import Device, MakerHealth
from .gateway.models import PlatformHealth
from .intake.invitation_models import Invitation
from .jobs.lease import RELEASED, Lease, LeaseLost, is_free
from .jobs.models import Heartbeat
from .lib.count_models import WorkCount
from .lib.fault_models import Fault
from .limits.models import RateLimitCount, RateLimitTally
from .mail.models import Mail
from .portal.models import CspReport
from .privacy.models import Erasure, Tombstone
from .push.models import PushSubscription
from .request.codes import new_reference, new_support_code
from .request.events import Disclosure, Event
from .request.models import OnboardingRequest, Transaction
from .request.search_index import SearchKey, find_addressed, find_requests
from .request.tally_models import AnswerTally
from .retention.models import Departure
from .staff.models import StaffSignIn
from .support.bulk_models import BulkJob
from .support.campaign_models import Campaign, CampaignMember
from .support.invitation_file_models import InvitationFile, InvitationRow
from .webhooks.endpoint_models import WebhookEndpoint
from .webhooks.models import WebhookAttempt, WebhookDelivery

__all__ = [
    "RELEASED",
    "AccessLink",
    "ActionText",
    "AnswerTally",
    "Brand",
    "BulkJob",
    "Campaign",
    "CampaignMember",
    "CatalogueChange",
    "CatalogueSnapshot",
    "Consent",
    "ConsentText",
    "CspReport",
    "Demand",
    "Departure",
    "Device",
    "Disclosure",
    "Erasure",
    "Event",
    "Fault",
    "Heartbeat",
    "HelpText",
    "Holder",
    "Invitation",
    "InvitationFile",
    "InvitationRow",
    "Lease",
    "LeaseLost",
    "Logo",
    "Mail",
    "MakerHealth",
    "OnboardingRequest",
    "PlannedNote",
    "PlannedOffer",
    "PlatformHealth",
    "PushSubscription",
    "RateLimitCount",
    "RateLimitTally",
    "SavedView",
    "SearchKey",
    "StaffSignIn",
    "StrayOnboarding",
    "Tombstone",
    "Transaction",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Wish",
    "WorkCount",
    "find_addressed",
    "find_requests",
    "is_free",
    "new_reference",
    "new_support_code",
]
