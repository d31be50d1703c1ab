"""The links that mails carry."""

from django.db import transaction

from onboarding.access.links import seal
from onboarding.access.models import AccessLink
from onboarding.lib.addresses import key_of
from onboarding.request.contact import address_hash
from onboarding.request.models import OnboardingRequest

from .models import Mail

Kind = AccessLink.Kind


@transaction.atomic
def link_in(mail: Mail) -> AccessLink | None:
    """Give the link that a mail carries: one, however often delivery is tried.

    It is made while the request's row is locked, and only as long as the mail goes to the address on file: None when
    that is another one by now, or the mail was called off.
    """
    row = OnboardingRequest.objects.select_for_update().get(mails=mail)
    to = Mail.objects.get(pk=mail.pk).to  # emptied, or another, when the address was left
    if not key_of(to) or {key_of(to)} != {key_of(row.contact_email), key_of(mail.to)}:
        return None
    made = AccessLink.objects.filter(mail=mail).first()
    if made and made.is_whole and not made.revoked_at and not made.has_expired():
        return made
    kind = Kind.INVITE if mail.kind == Mail.Kind.INVITATION else Kind.EMAIL
    link = made or AccessLink(request=row, kind=kind, mail=mail)
    link.address = address_hash(to)  # the mail may go to another than the one for which it was first made
    return seal(link)
