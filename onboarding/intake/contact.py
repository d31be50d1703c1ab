"""The address that a customer is written to: a link to it, and another one in its place."""

import secrets

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from onboarding.access.links import is_held_by
from onboarding.access.models import AccessLink
from onboarding.jobs.lease import RELEASED
from onboarding.mail.mailboxes import has_room, mailbox_of
from onboarding.mail.models import Mail
from onboarding.mail.outbox import needs_customer, queue_mail, start_reminding
from onboarding.notifications.rules import MAILS
from onboarding.request.contact import address_hash
from onboarding.request.lifecycle import State
from onboarding.request.models import OnboardingRequest

Kind = Mail.Kind


@transaction.atomic
def send_link(request: OnboardingRequest, contact_email: str = "", *, browser: str = "") -> None:
    """Mail a link to come back: to the address given now by a `browser`, which is kept, else to the one on file.

    No link is mailed, and nobody is told, while that mailbox has got as many as one gets within an hour; it hears of
    what comes then all the same. Does nothing for a browser that was let go of meanwhile.
    """
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    if browser and not is_held_by(row, browser):
        return
    is_new = bool(contact_email) and move_address(row, contact_email, but=browser)
    if row.has_address and has_room(row.contact_email):
        queue_mail(row, Kind.LINK, occasion=secrets.token_hex(4))
    if is_new and needs_customer(row):
        start_reminding(row)


def move_address(row: OnboardingRequest, contact_email: str, *, but: str = "") -> bool:
    """Write to another address from now on. False for the one on file, however it is written. Needs the row's lock."""
    if address_hash(contact_email) == row.contact_key:
        return False
    leave_address(row, contact_email, but=but)
    row.contact_email = contact_email
    row.version += 1  # who read the row before must not write to the old one
    row.save(update_fields=["contact_email", "version"])
    return True


def leave_address(row: OnboardingRequest, contact_email: str, *, but: str = "") -> None:
    """Forget the address on file because another one takes its place: it may have been mistyped. Needs the row's lock.

    What was mailed there opens nothing any more, what waits is not sent there, and the browsers that came by a link
    from there are let go of, all `but` the one that asks: that one belongs to the new address from now on, and goes
    with it, but has not proved to be there. The receipt and the outcome, if they did not go out, go to the new one.
    """
    if row.has_address:
        mailed = row.links.filter(kind__in=(AccessLink.Kind.EMAIL, AccessLink.Kind.INVITE), revoked_at=None)
        mailed.update(revoked_at=timezone.now())
        came = row.holders.exclude(address="")
        came.exclude(browser=but).delete()
        came.update(address=address_hash(contact_email), is_proved=False)
        _redirect(row, contact_email)


def _redirect(row: OnboardingRequest, contact_email: str) -> None:
    """Let what was not sent stay true: receipts and the present outcome go elsewhere, everything else is called off.

    A worker that has one in hand loses it, so that it has its turn once more.
    """
    now, unsent = timezone.now(), row.mails.filter(sent_at=None)
    true = Q(kind=Kind.RECEIPT) | Q(kind=MAILS.get(State(row.state), ""))
    goes_on = unsent.filter(true, Q(due_at__isnull=False) | Q(ended="refused"))
    unsent.exclude(pk__in=goes_on.values_list("pk", flat=True)).update(to="")
    anew = {"failures": 0, "ended": "", "trouble": "", "queued_at": now, "due_at": now}
    goes_on.update(**RELEASED | anew | {"to": contact_email, "mailbox": mailbox_of(contact_email)})
