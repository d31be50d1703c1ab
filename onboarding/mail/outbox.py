"""Mails: queued in the transaction of what they tell, sent by workers, each once.

A mail whose news is no longer true when its turn comes is not sent. One that the address's server refuses for good is
not tried again; anything else is, for three days.
"""

import logging
import random
import smtplib
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.tasks import task
from django.utils import timezone

from onboarding.catalogue.wish_models import Wish
from onboarding.consent.models import Consent
from onboarding.jobs.lease import RELEASED
from onboarding.lib import counts, faults, log_context
from onboarding.lib.addresses import key_of
from onboarding.request import schedule
from onboarding.request.events import Event
from onboarding.request.lifecycle import Actor, State
from onboarding.request.models import OnboardingRequest

from .content import post
from .links import link_in
from .mailboxes import is_enough, mailbox_of, wait_until
from .models import Mail
from .still_true import RENEWALS, is_quiet, why_not_renew

logger = logging.getLogger(__name__)

Kind = Mail.Kind
# Reminders, counted from when it became the customer's turn; then we are quiet.
LADDER = (timedelta(hours=1), timedelta(hours=24), timedelta(hours=72), timedelta(days=7))
# Somebody who watches the page needs no mail about what it shows.
GRACE = timedelta(minutes=1)
LEASE = timedelta(minutes=2)  # twice `smtp.DEADLINE_SECONDS`, so that nobody else begins while one is at it
KEEP_TRYING, REST = timedelta(days=3), timedelta(hours=2)
UNHURRIED = (Kind.INVITATION, Kind.QUIET, Kind.EXPIRING, Kind.ASKED_AGAIN, Kind.AVAILABLE)
MOST_WORDS = Mail._meta.get_field("trouble").max_length


def queue_mail(
    request: OnboardingRequest,
    kind: Mail.Kind,
    *,
    occasion: object,
    due_at: datetime | None = None,
    step: int = 0,
    record: Consent | None = None,
) -> None:
    """Queue a mail about an occasion, once, in the caller's transaction; nothing while no address is known."""
    if not request.has_address:
        return
    queue(
        f"{request.pk}:{kind}:{occasion}:{step}",
        due_at,
        request=request,
        record=record,
        kind=kind,
        occasion=str(occasion),
        step=step,
        to=request.contact_email,
        language=request.language,
    )


def queue(key: str, due_at: datetime | None, **content: object) -> None:
    """Store a mail, unless there is one with its key; due at once unless told when."""
    more = {"due_at": due_at or timezone.now(), "mailbox": mailbox_of(str(content["to"]))}
    Mail.objects.get_or_create(key=key, defaults=content | more)


def needs_customer(request: OnboardingRequest) -> bool:
    """Tell whether it waits for its customer. What went wrong waits for nobody: they may try again, and need not."""
    return request.actor == Actor.CUSTOMER and not request.withdrawn_at and not request.is_final


def start_reminding(request: OnboardingRequest) -> None:
    """Say that it is the customer's turn, unless they see it, and remind them later. A turn is known by its version."""
    turn, now = request.version, timezone.now()
    if request.state != State.DRAFT:
        queue_mail(request, Kind.NEEDS_YOU, occasion=turn, due_at=now + GRACE)
    queue_mail(request, Kind.REMINDER, occasion=turn, due_at=now + LADDER[0], step=1)


def claim() -> str:
    """Lease the mail that has been due for longest; return its token, "" when there is none.

    What nobody sits there waiting for comes last: a file, a campaign or a manufacturer's trouble makes many at once.
    """
    due = Mail.due(timezone.now()).order_by("due_at")
    return Mail.claim(due.exclude(kind__in=UNHURRIED), holds=LEASE) or Mail.claim(due, holds=LEASE)


@task
def send_mail(token: str) -> None:
    """Send the mail that was claimed with a token, if it is still true. Harmless to repeat.

    Raises: OperationalError, InterfaceError when the database is away; nothing else, whatever goes wrong.
    """
    ours = Mail.begin(token, holds=LEASE)
    with faults.contained("send_mail", partial(_set_aside, ours)):
        if mail := ours.select_related("request", "wish", "record").first():
            log_context.note(mail.request.spoken_support_code if mail.request else "")
            _send(mail)


def _send(mail: Mail) -> None:
    if later := wait_until(mail, timezone.now()):
        _close(mail, due_at=later)
        return
    try:
        reason, link = _why_not(mail), None
        later = None if reason else _wait_for_maker(mail)
        has_link = mail.request and mail.kind != Kind.ERASED  # for which there will be no page that a link could open
        if has_link and not (reason or later):
            link = link_in(mail)
            reason = "" if link else "address changed"
        if not (reason or later):
            post(mail, link)
    except Exception as problem:  # noqa: BLE001  whatever it is, it is noted, shown at the desk, and tried again later
        _note_trouble(mail, problem)
    else:
        _conclude(mail, reason, later)


def _conclude(mail: Mail, reason: str, later: datetime | None) -> None:
    if later:
        _close(mail, due_at=later)
    elif reason:
        _drop(mail, reason)
    else:
        _note_sent(mail)


def _set_aside(ours: QuerySet[Mail], problem: Exception) -> None:
    """Let a mail rest whose row itself is broken, and say so at the desk."""
    rest = {"due_at": timezone.now() + REST, "trouble": type(problem).__name__[:MOST_WORDS]}
    ours.filter(sent_at=None, due_at__isnull=False).update(**RELEASED | rest)


def _why_not(mail: Mail) -> str:
    """Say why a mail need not be sent any more; nothing, when it should be."""
    request = mail.request
    if not key_of(mail.to):
        return "no address"
    if mail.kind in {Kind.INVITATION, Kind.NEEDS_YOU, Kind.REMINDER} and (
        request is None or not needs_customer(request)
    ):
        return "no longer their turn"
    if request and mail.kind in RENEWALS and (reason := why_not_renew(mail, request)):
        return reason
    if mail.kind == Kind.QUIET and (request is None or not is_quiet(request)):
        return "no longer so"
    if request and mail.kind == Kind.NEEDS_YOU and request.seen_at and timezone.now() - request.seen_at < GRACE:
        return "they are looking at it"
    if is_enough(mail, timezone.now()):
        return "too many mails"
    return ""


def _wait_for_maker(mail: Mail) -> datetime | None:
    """Return when to look again at a mail about a silence that is the manufacturer's by now; None when it is not."""
    device = mail.request.known_device if mail.request and mail.kind == Kind.QUIET else None
    return timezone.now() + REST if device and device.is_maker_silent else None


def _note_sent(mail: Mail) -> None:
    """Write down that it went out, even when what follows from that cannot be: nobody gets it twice."""
    sent = {"sent_at": timezone.now(), "trouble": ""}
    counts.add("mails", "sent")
    try:
        with transaction.atomic():
            if _close(mail, **sent):
                _follow_up(mail)
    except Exception:
        _close(mail, **sent)
        raise


def _follow_up(mail: Mail) -> None:
    if mail.request:
        Event.record(mail.request, Event.Actor.WORKER, "mail-sent", kind=mail.kind, step=mail.step or None)
        _queue_next_reminder(mail, mail.request)
    if mail.wish:
        Wish.objects.filter(pk=mail.wish.pk).update(announced_at=timezone.now())


def _queue_next_reminder(mail: Mail, request: OnboardingRequest) -> None:
    if mail.kind != Kind.REMINDER or mail.step >= len(LADDER):
        return
    due_at = timezone.now() + LADDER[mail.step] - LADDER[mail.step - 1]
    queue_mail(request, Kind.REMINDER, occasion=mail.occasion, due_at=due_at, step=mail.step + 1)


@transaction.atomic
def _drop(mail: Mail, reason: str) -> None:
    counts.add("mails", "not needed")
    if _end(mail, ended=reason) and mail.request:
        Event.record(mail.request, Event.Actor.WORKER, "mail-dropped", kind=mail.kind, reason=reason)


def _end(mail: Mail, **outcome: object) -> bool:
    """Note that a mail will not go out, if it is still ours. A wish that it told of is over, until it is made again."""
    is_ours = _close(mail, **outcome)
    if is_ours and mail.wish:
        Wish.objects.filter(pk=mail.wish.pk).update(announced_at=timezone.now())
    return is_ours


@transaction.atomic
def _note_trouble(mail: Mail, problem: Exception) -> None:
    """Try again later, unless the server said no for good or it has been long enough."""
    code = getattr(problem, "smtp_code", "") or getattr(problem, "errno", "") or ""
    words = f"{type(problem).__name__}: {code}"[:MOST_WORDS]
    expected = isinstance(problem, smtplib.SMTPException | OSError)
    logger.warning("Mail %s could not be sent: %s", mail.pk, words, exc_info=None if expected else problem)
    if _is_final(problem) or timezone.now() - mail.queued_at > KEEP_TRYING + LADDER[-1]:
        counts.add("mails", "refused")
        outcome = {"ended": "refused", "trouble": words, "failures": mail.failures + 1}
        if _end(mail, **outcome) and mail.request:
            Event.record(mail.request, Event.Actor.WORKER, "mail-refused", kind=mail.kind)
        return
    counts.add("mails", "failed")
    failures = mail.failures + 1
    wait = schedule.MAILS.after(failures, chance=random.random())  # noqa: S311  spreads load, guards nothing
    _close(mail, due_at=timezone.now() + wait, failures=failures, trouble=words)


def _is_final(problem: Exception) -> bool:
    """Tell whether this one mail is refused for good. A refused sender is ours to put right, for all mails."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _words in problem.recipients.values())
    return isinstance(problem, smtplib.SMTPDataError) and problem.smtp_code >= 500


@transaction.atomic
def _close(mail: Mail, **changes: object) -> bool:
    """Write the outcome if the mail is still ours, and let it go.

    The request's row is locked first, as by everybody who changes both: or two would wait for each other.
    """
    if mail.request_id:
        OnboardingRequest.objects.select_for_update().only("pk").get(pk=mail.request_id)
    return mail.write(**{"due_at": None} | changes)
