"""Inviting a customer: staff prepare a draft, give out its link, and make it void again.

A draft that staff prepared belongs to no browser; the customer's holds it from the button press on that its link asks
for. Agreeing stays with the customer. Nobody is reminded before they came: what was not opened is for staff to see.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict

from django.db import IntegrityError, transaction
from django.utils import timezone

from onboarding.access.links import make_link
from onboarding.access.models import AccessLink
from onboarding.catalogue.catalogue import Catalogue
from onboarding.mail.mailboxes import MOST_LINKS_BY_STAFF, has_room
from onboarding.mail.models import Mail
from onboarding.mail.outbox import needs_customer, queue_mail, start_reminding
from onboarding.request.audit import sign
from onboarding.request.events import Event
from onboarding.request.lifecycle import State, check_editable
from onboarding.request.models import OnboardingRequest

from .draft import answer
from .entry_links import Origin
from .invitation_models import Invitation

STAFF = Event.Actor.STAFF


@transaction.atomic
def prepare(
    answers: Mapping[str, str],
    origin: Origin,
    *,
    by: str,
    key: str,
    language: str,
    catalogue: Catalogue,
    confirmed: Mapping[str, str] | None = None,
) -> tuple[OnboardingRequest, bool]:
    """Prepare a draft for a customer with validated answers, or give back the one that was prepared under this key.

    `by`: the colleague. `confirmed`: unusual values that they stand by. Returns the draft, and whether it is new.
    """
    if prepared := _prepared(key):
        return prepared, False
    try:
        with transaction.atomic():
            request = OnboardingRequest.objects.create(browser="", language=language, **asdict(origin))
            Invitation.objects.create(request=request, key=key, by=by)
    except IntegrityError:  # the same page was sent twice, and the other one was faster
        if prepared := _prepared(key):
            return prepared, False
        raise
    Event.record(request, STAFF, "prepared", by=by)
    if answers:
        answer(request, answers, catalogue=catalogue, confirmed=confirmed, by=by)
    return request, True


def _prepared(key: str) -> OnboardingRequest | None:
    found = Invitation.objects.select_related("request").filter(key=key).first()
    return found.request if found else None


@transaction.atomic
def mail_invitation(request: OnboardingRequest, *, by: str) -> bool:
    """Mail the customer a link to their request.

    False when no address is known, such a mail waits already, or that mailbox has got as many links as one gets within
    an hour.

    Raises: IllegalMove when there is nothing for the customer to answer.
    """
    row = _invited(request, by)
    invitations = row.mails.filter(kind=Mail.Kind.INVITATION)
    is_waiting = invitations.exclude(due_at=None).exclude(to="").exists()  # one that was called off holds up none
    if is_waiting or not row.has_address or not has_room(row.contact_email, MOST_LINKS_BY_STAFF):
        return False
    queue_mail(row, Mail.Kind.INVITATION, occasion=invitations.count())
    Event.record(row, STAFF, "invitation-sent", by=by)
    return True


@transaction.atomic
def show_invitation(request: OnboardingRequest, *, by: str) -> AccessLink:
    """Give the link to a customer's request, to pass on; noted like any look at a masked value, for it opens them all.

    Raises: IllegalMove when there is nothing for the customer to answer.
    """
    row = _invited(request, by)
    usable = row.links.filter(kind=AccessLink.Kind.INVITE, address="", revoked_at=None, expires_at__gt=timezone.now())
    Event.record(row, STAFF, "revealed", by=by, field="link")
    return next((link for link in usable if link.is_whole), None) or make_link(row, AccessLink.Kind.INVITE)


@transaction.atomic
def void_invitation(request: OnboardingRequest, *, by: str, reason: str) -> None:
    """Make every link of a request void, and shut out who came by one; the browser that began it stays.

    What waits is not mailed any more: it would bring a new link. Nor does what was mailed for another device open this
    one; and a draft forgets its address, or whoever has it would be let in by the next link that they are mailed.
    Raises: IllegalMove when there is nothing for the customer to answer.
    """
    row, now = OnboardingRequest.objects.select_for_update().get(pk=request.pk), timezone.now()
    check_editable(State(row.state))
    row.links.filter(revoked_at=None).update(revoked_at=now)
    row.holders.all().delete()
    row.mails.filter(sent_at=None).exclude(kind=Mail.Kind.RECEIPT).update(to="")
    row.links_void_at = now
    if row.state == State.DRAFT:
        row.contact_email = ""
        row.version += 1  # who read the row before must not write to it
    row.save(update_fields=["links_void_at", "contact_email", "version"])
    Invitation.objects.filter(request=row).update(opened_at=None)  # who came is out, and the customer still to come
    sign(row, "invitation-voided", by=by, reason=reason)


def note_opened(request: OnboardingRequest) -> None:
    """Note that an invited customer came, the first time; from then on they are reminded. Needs a transaction."""
    first = Invitation.objects.filter(request=request, opened_at=None)
    if first.update(opened_at=timezone.now()) and request.has_address and needs_customer(request):
        start_reminding(request)


def _invited(request: OnboardingRequest, by: str) -> OnboardingRequest:
    """Lock a request that the customer can go on with, and note that they were invited to it."""
    row = OnboardingRequest.objects.select_for_update().get(pk=request.pk)
    check_editable(State(row.state))
    Invitation.objects.get_or_create(request=row, defaults={"key": secrets.token_hex(16), "by": by})
    return row
