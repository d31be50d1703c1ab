"""The box about inviting on the page of a request."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from onboarding.access.models import AccessLink
from onboarding.desk.invite import ASSIST, REVEAL, where_it_stopped
from onboarding.desk.offers import offered
from onboarding.desk.timeline_sentences import why_unsent
from onboarding.intake.invitation_models import Invitation
from onboarding.mail.models import Mail
from onboarding.request.masking import masked
from onboarding.request.models import OnboardingRequest

register = template.Library()
register.filter(why_unsent)


@register.inclusion_tag("admin/onboarding/_invitation.html", takes_context=True)
def invitation(context: Context) -> dict[str, Any]:
    """Tell who invited the customer, and whether they came; and let who may invite them."""
    row, user = context["original"], context["user"]
    may_assist = row.is_editable and user.has_perm(f"onboarding.{ASSIST}")
    found = Invitation.objects.filter(request=row).first()
    told = _told(row) if found else {}
    return told | {
        "row": row,
        "invitation": found,
        "is_shown": bool(found) or may_assist,
        "may_assist": may_assist,
        "may_reveal": user.has_perm(f"onboarding.{REVEAL}"),
    }


def _told(row: OnboardingRequest) -> dict[str, Any]:
    link = row.links.filter(kind=AccessLink.Kind.INVITE).first()
    return {
        "recipient": masked(row, "contact_email") or "–",
        "where": where_it_stopped(row, offered()),
        "link": link,
        "is_good": link is not None and link.revoked_at is None and not link.has_expired(timezone.now()),
        "mail": row.mails.filter(kind=Mail.Kind.INVITATION).first(),
    }
