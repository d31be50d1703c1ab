"""What a colleague does for one request. Each locks the row and signs on the timeline, in one transaction.

An operation returns False, and writes nothing, when there is nothing (any more) that it could do. None calls the
platform: they make a request due, and a worker claims it as always, by its lease, the circuit breaker and the ceiling.
"""

import secrets

from django.db import transaction
from django.utils import timezone

from onboarding.consent.records import IDENTIFYING
from onboarding.delivery.tracking import PROVED_BY_WAITING, resume_work
from onboarding.devices.models import Device
from onboarding.intake.contact import move_address
from onboarding.intake.invitation_models import Invitation
from onboarding.lib.masks import mask
from onboarding.lib.sealed_fields import is_filled
from onboarding.mail.mailboxes import MOST_LINKS_BY_STAFF, has_room
from onboarding.mail.models import Mail
from onboarding.mail.outbox import LADDER, needs_customer, queue_mail, start_reminding
from onboarding.notifications.rules import MAILS, notifying
from onboarding.request import lifecycle
from onboarding.request.audit import sign
from onboarding.request.events import Event
from onboarding.request.lifecycle import State
from onboarding.request.masking import masked, scrub
from onboarding.request.models import OnboardingRequest

Kind = Mail.Kind
# Where work waits for its next turn. One that is being sent has its worker.
WAITING = lifecycle.OPEN - {State.SENDING}
# Stopped, and certainly not at the platform: it was looked for and is not there, or is not known there any more.
NOT_THERE = {(State.QUEUED, "unanswered"), (State.FOLLOWING, "forgotten")}
AGAIN = "again-"


def can_check(row: OnboardingRequest) -> bool:
    """Tell whether a worker would look at it later, and looking now can settle something.

    Before an unanswered attempt has settled, not finding it proves nothing; nor does asking twice in a moment whether
    what the platform did not know is gone.
    """
    now = timezone.now()
    is_settling = row.state == State.UNKNOWN and row.settles_at is not None and row.settles_at > now
    is_waiting = State(row.state) in WAITING and row.due_at is not None and row.due_at > now
    return is_waiting and not is_settling and row.trouble not in PROVED_BY_WAITING


def can_resume(row: OnboardingRequest) -> bool:
    """Tell whether work stopped or waits, with something that the platform may not have yet."""
    return row.is_with_staff or (State(row.state) in lifecycle.UNSENT and can_check(row))


def can_mark_handled(row: OnboardingRequest) -> bool:
    """Tell whether a flag can go without hiding anything: the workers go on anyway, or nothing is at the platform."""
    return bool(row.needs_staff) and (not row.is_with_staff or (row.state, row.needs_staff) in NOT_THERE)


@transaction.atomic
def resume(request: OnboardingRequest, *, by: str, reason: str = "") -> bool:
    """Let workers go on with what stopped; what waits to be sent, or looked for, has its turn now.

    Never sends what may have arrived: a worker looks for that first, as always.
    """
    row = _lock(request)
    if row.is_with_staff:
        return resume_work(row, by=by, reason=reason)
    return can_resume(row) and _hurry(row, by=by, reason=reason)


@transaction.atomic
def check_now(request: OnboardingRequest, *, by: str, reason: str = "") -> bool:
    """Have a request looked at now that a worker would look at later."""
    row = _lock(request)
    return can_check(row) and _hurry(row, by=by, reason=reason)


def can_look(row: OnboardingRequest) -> bool:
    """Tell whether a worker would look at its connected device later."""
    return Device.objects.filter(request=row, due_at__gt=timezone.now()).exists()


@transaction.atomic
def look_now(request: OnboardingRequest, *, by: str, reason: str = "") -> bool:
    """Have a connected device looked at now that a worker would look at later."""
    row, now = _lock(request), timezone.now()
    is_later = Device.objects.filter(request=row, due_at__gt=now).update(due_at=now)
    if is_later:
        sign(row, "hurried", by=by, reason=reason)
    return bool(is_later)


def _hurry(row: OnboardingRequest, *, by: str, reason: str) -> bool:
    now = timezone.now()
    row.due_at = row.attended_at = now
    row.save(update_fields=["due_at", "attended_at"])
    sign(row, "hurried", by=by, reason=reason)
    return True


def mail_to_repeat(row: OnboardingRequest) -> Mail | None:
    """Return the last mail that went out and is still true. A link is not repeated, but made anew."""
    sent = row.mails.filter(sent_at__isnull=False).exclude(kind=Kind.LINK).select_related("record")
    return next((mail for mail in sent.order_by("-sent_at", "-pk") if _is_true(mail, row)), None)


@transaction.atomic
def resend_mail(request: OnboardingRequest, *, by: str, what: str = "link", reason: str = "") -> bool:
    """Mail a fresh link, or the `last` mail once more.

    Returns False without an address, while the same was sent again and is on its way, and while that mailbox has got
    as many links as one gets within an hour.
    """
    row = _lock(request)
    last = mail_to_repeat(row) if what == "last" else None
    if not row.has_address or (what == "last" and last is None):
        return False
    kind = Kind(last.kind) if last else Kind.LINK
    if row.mails.filter(kind=kind, occasion__startswith=AGAIN, due_at__isnull=False).exclude(to="").exists():
        return False
    if kind == Kind.LINK and not has_room(row.contact_email, MOST_LINKS_BY_STAFF):
        return False
    step = len(LADDER) if kind == Kind.REMINDER else 0  # so that no other follows it
    occasion = f"{AGAIN}{secrets.token_hex(4)}"
    queue_mail(row, kind, occasion=occasion, step=step, record=last.record if last else None)
    sign(row, "mail-sent-again", by=by, reason=reason, kind=kind)
    return True


@transaction.atomic
def reassign_email(request: OnboardingRequest, *, contact_email: str, by: str, reason: str) -> bool:
    """Write to another address from now on. What was mailed to the one before opens nothing any more."""
    row = _lock(request)
    before = masked(row, "contact_email")
    if not contact_email or is_erased(row) or not move_address(row, contact_email):
        return False
    sign(row, "email-changed", by=by, reason=reason, before=before, after=mask(contact_email))
    if needs_customer(row) and not _is_awaited(row):
        start_reminding(row)
    return True


def _is_awaited(row: OnboardingRequest) -> bool:
    """Tell whether its customer was invited, and has not been here yet."""
    return not row.browser and Invitation.objects.filter(request=row, opened_at=None).exists()


@transaction.atomic
def mark_handled(request: OnboardingRequest, *, by: str, reason: str) -> bool:
    """Take a request off the desk that a colleague dealt with otherwise.

    One that workers go on with, or that is over, only loses its flag. One that stopped, and that the platform
    certainly does not have, is canceled: nothing runs, and its customer is told so.
    """
    row = _lock(request)
    if not can_mark_handled(row):
        return False
    with notifying(row):
        if row.is_with_staff:
            words = scrub(reason, row)
            row.move_to(State.CANCELED, Event.Actor.STAFF, "closed", now=timezone.now(), by=by, reason=words)
            row.trouble, row.failures = "", 0
        else:
            row.version += 1
            row.turn_since = timezone.now()  # whoever could not act meanwhile has all of their time from now on
            sign(row, "handled", by=by, reason=reason)
        row.needs_staff = ""
        row.save()
    return True


@transaction.atomic
def add_note(request: OnboardingRequest, *, note: str, by: str) -> bool:
    sign(_lock(request), "noted", by=by, note=note)
    return True


def _is_true(mail: Mail, row: OnboardingRequest) -> bool:
    """Tell whether a mail, written anew, would still tell its reader where they stand."""
    if mail.kind == Kind.RECEIPT:
        return mail.record is not None
    if mail.kind in {Kind.NEEDS_YOU, Kind.REMINDER}:
        return needs_customer(row)
    return mail.kind == MAILS.get(State(row.state))


def is_erased(row: OnboardingRequest) -> bool:
    """Tell whether identifiers were erased: what is over has none any more."""
    return lifecycle.is_over(State(row.state)) and not any(
        is_filled(row, name) for name in ("attributes", *IDENTIFYING)
    )


def _lock(request: OnboardingRequest) -> OnboardingRequest:
    return OnboardingRequest.objects.select_for_update().get(pk=request.pk)
