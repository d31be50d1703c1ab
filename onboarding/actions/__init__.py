"""The verbs of the portal. Views and tasks call one of these; database transactions live here.

Customers: `start`, `start_with`, `find_unfinished`, `start_from_link`, `answer`, `tally`, `give_consent`,
`renew_consent`, `withdraw`, `start_again`, `repair`, `saw_status`, `came_back`, `wish_for`, `speak`; from another
browser: `send_link`, `phone_link`, `phone_links`, `find_link`, `find_code`, `join`, `came_by_mail`, `revoke_links`,
`leave`.
Workers: `advance` (send or follow one request), `look_for_many`, `follow_many`, `wake_due_requests`,
`refresh_catalogue`, `wishes_come_true`, `end_expired_consents`, `wake_due_mails`, `send_mail`, `deliver` (a webhook),
`wake_due_deliveries`, `prune_deliveries`, `prune_reports`, `wake_measurement`, `measure_manufacturers`, `run_bulk`,
`wake_bulk_jobs`; how long any of that can take (`longest_task`), and what took longer (`note_lost_threads`).
Browsers, by themselves: `count_reports`.
Staff, before consent: `prepare` (a draft for a customer), `mail_invitation`, `show_invitation`, `void_invitation`, and
`answer` and `give_consent` for a customer on the phone.
Staff, for one request: `try_again`, `check_now`, `resend_mail`, `reassign_email`, `mark_handled`, `add_note`,
`withdraw`, `erase_identifiers`, `reveal` (a masked value), `note_export`, and what says whether they can: `can_check`,
`can_mark_handled`, `can_try_again`, `is_erased`, `mail_to_repeat`; for many: `start_bulk`.
Staff, else: `publish` (a consent text), `send_again` (a webhook), `change_brand`, `keep_picture`,
`pause_manufacturer`, `resume_manufacturer`, `wake_catalogue_refresh`.
"""

from .access import came_by_mail, find_code, find_link, join, leave, phone_link, phone_links, revoke_links
from .brand import change_brand, keep_picture
from .bulk import MOST_IN_BULK, run_bulk, start_bulk, wake_bulk_jobs
from .care import (
    add_note,
    can_check,
    can_mark_handled,
    can_try_again,
    check_now,
    is_erased,
    mail_to_repeat,
    mark_handled,
    reassign_email,
    resend_mail,
    try_again,
)
from .catalogue import refresh_catalogue, wake_catalogue_refresh
from .consents import Act, erase_identifiers, publish
from .contact import send_link
from .disclosures import note_export, reveal
from .draft import StaleDraft, answer, give_consent, renew_consent, repair, start, start_again, wish_for
from .entry import find_unfinished, start_from_link, start_with
from .following import came_back, resume_work, saw_status
from .invitations import mail_invitation, prepare, show_invitation, void_invitation
from .language import speak
from .mails import send_mail, wake_due_mails
from .offers import measure_manufacturers, pause_manufacturer, resume_manufacturer, wake_measurement
from .reports import count_reports, prune_reports
from .tally import tally
from .upstream import note_lost_threads
from .webhooks import deliver, prune_deliveries, send_again, wake_due_deliveries
from .wishes import wishes_come_true
from .withdraw import end_expired_consents, withdraw
from .work import advance, follow_many, longest_task, look_for_many, wake_due_requests

__all__ = [
    "MOST_IN_BULK",
    "Act",
    "StaleDraft",
    "add_note",
    "advance",
    "answer",
    "came_back",
    "came_by_mail",
    "can_check",
    "can_mark_handled",
    "can_try_again",
    "change_brand",
    "check_now",
    "count_reports",
    "deliver",
    "end_expired_consents",
    "erase_identifiers",
    "find_code",
    "find_link",
    "find_unfinished",
    "follow_many",
    "give_consent",
    "is_erased",
    "join",
    "keep_picture",
    "leave",
    "longest_task",
    "look_for_many",
    "mail_invitation",
    "mail_to_repeat",
    "mark_handled",
    "measure_manufacturers",
    "note_export",
    "note_lost_threads",
    "pause_manufacturer",
    "phone_link",
    "phone_links",
    "prepare",
    "prune_deliveries",
    "prune_reports",
    "publish",
    "reassign_email",
    "refresh_catalogue",
    "renew_consent",
    "repair",
    "resend_mail",
    "resume_manufacturer",
    "resume_work",
    "reveal",
    "revoke_links",
    "run_bulk",
    "saw_status",
    "send_again",
    "send_link",
    "send_mail",
    "show_invitation",
    "speak",
    "start",
    "start_again",
    "start_bulk",
    "start_from_link",
    "start_with",
    "tally",
    "try_again",
    "void_invitation",
    "wake_bulk_jobs",
    "wake_catalogue_refresh",
    "wake_due_deliveries",
    "wake_due_mails",
    "wake_due_requests",
    "wake_measurement",
    "wish_for",
    "wishes_come_true",
    "withdraw",
]
