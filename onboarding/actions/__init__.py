"""The verbs of the portal. Views and tasks call one of these; database transactions live here.

Customers: `start`, `answer`, `give_consent`, `renew_consent`, `withdraw`, `start_again`, `saw_status`, `came_back`,
`wish_for`.
Workers: `advance` (send or follow one request), `look_for_many`, `follow_many`, `wake_due_requests`,
`refresh_catalogue`, `end_expired_consents`.
Staff: `resume_work`, `withdraw`, `publish` (a consent text), `erase_identifiers`, `note_export`.
"""

from .catalogue import refresh_catalogue, wake_catalogue_refresh
from .consents import Act, erase_identifiers, note_export, publish
from .draft import StaleDraft, answer, give_consent, renew_consent, start, start_again, wish_for
from .following import came_back, resume_work, saw_status
from .withdrawal import end_expired_consents, withdraw
from .work import advance, follow_many, look_for_many, wake_due_requests

__all__ = [
    "Act",
    "StaleDraft",
    "advance",
    "answer",
    "came_back",
    "end_expired_consents",
    "erase_identifiers",
    "follow_many",
    "give_consent",
    "look_for_many",
    "note_export",
    "publish",
    "refresh_catalogue",
    "renew_consent",
    "resume_work",
    "saw_status",
    "start",
    "start_again",
    "wake_catalogue_refresh",
    "wake_due_requests",
    "wish_for",
    "withdraw",
]
