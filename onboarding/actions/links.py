"""Making links that let another browser hold a request."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from onboarding.addresses import key_of
from onboarding.models import AccessLink, Mail, OnboardingRequest

Kind = AccessLink.Kind
LASTS = {Kind.EMAIL: timedelta(days=30), Kind.PHONE: timedelta(minutes=10), Kind.INVITE: timedelta(days=14)}


def make_link(request: OnboardingRequest, kind: AccessLink.Kind, *, address: str = "") -> AccessLink:
    """Make a link to be shown, that opens a request for whoever holds it, until it expires or is revoked.

    `address`: the one to which the link was mailed by which the browser came that shows this one, as compared.
    """
    return _seal(AccessLink(request=request, kind=kind, address=address))


@transaction.atomic
def link_in(mail: Mail) -> AccessLink | None:
    """Give the link that a mail carries: one, however often delivery is tried.

    It is made while the request's row is locked, and only as long as the mail goes to the address on file: None when
    that is another one by now, or the mail was called off.
    """
    row = OnboardingRequest.objects.select_for_update().get(mails=mail)
    to = Mail.objects.values_list("to", flat=True).get(pk=mail.pk)  # emptied, or another, when the address was left
    if not key_of(to) or {key_of(to)} != {key_of(row.contact_email), key_of(mail.to)}:
        return None
    made = AccessLink.objects.filter(mail=mail).first()
    if made and made.is_whole and not made.revoked_at and not made.has_expired():
        return made
    kind = Kind.INVITE if mail.kind == Mail.Kind.INVITATION else Kind.EMAIL
    link = made or AccessLink(request=row, kind=kind, mail=mail)
    link.address = key_of(to)  # the mail may go to another than the one for which it was first made
    return _seal(link)


def is_held_by(row: OnboardingRequest, browser: str) -> bool:
    """Tell whether a browser began a request, or was let in and not let go of since."""
    return bool(browser) and (row.browser == browser or row.holders.filter(browser=browser).exists())


def _seal(link: AccessLink) -> AccessLink:
    link.created_at = timezone.now()
    link.expires_at, link.revoked_at = link.created_at + LASTS[Kind(link.kind)], None
    link.seal()
    link.save()
    return link
