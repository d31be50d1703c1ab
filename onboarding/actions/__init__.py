"""The verbs of the portal. Views and tasks call one of these; database transactions live here.

Customers: `start`, `answer`, `give_consent`, `start_again`, `saw_status`, `wish_for`.
Workers: `advance` (send or follow one request), `wake_due_requests`, `refresh_catalogue`.
"""

from .catalogue import refresh_catalogue, wake_catalogue_refresh
from .draft import StaleDraft, answer, give_consent, start, start_again, wish_for
from .following import saw_status
from .work import advance, wake_due_requests

__all__ = [
    "StaleDraft",
    "advance",
    "answer",
    "give_consent",
    "refresh_catalogue",
    "saw_status",
    "start",
    "start_again",
    "wake_catalogue_refresh",
    "wake_due_requests",
    "wish_for",
]
