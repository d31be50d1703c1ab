"""What the mails say that ask people to renew: before something ends by itself, and when the words have changed."""

from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding.lib.moments import full_day
from onboarding.request.ending import ComingEnd, Ends

from .letter import Letter, device_of
from .models import Mail

# The last mail before an end, and the one that reminds of new words.
LAST_STEP, SECOND_ASK = 7, 2


def expiring(mail: Mail, url: str) -> Letter:
    """Say what ends when, and what happens then unless its owner does something."""
    request = mail.request
    assert request, "it is about a request"  # noqa: S101
    end = request.coming_end or ComingEnd(request.consent_ends_at or timezone.now(), Ends.CONSENT)
    names = {"device": device_of(request), "manufacturer": request.manufacturer, "date": full_day(end.at)}
    return Letter(
        subject=_("Keep it connected after %(date)s? %(device)s") % names,
        paragraphs=[what_ends(end, request.manufacturer), what_follows(), _how(end) % names],
        button=_("Keep it connected"),
        url=url,
        closing=_("This is the last reminder.") if mail.step == LAST_STEP else "",
    )


def what_ends(end: ComingEnd, manufacturer: str) -> str:
    """Say in a sentence what ends, and when."""
    sentences = {
        Ends.CONSENT: _("Your consent ends on %(date)s."),
        Ends.MANDATE: _("Your permission at %(manufacturer)s ends on %(date)s."),
        Ends.BOTH: _("Your consent, and your permission at %(manufacturer)s, end on %(date)s or soon after."),
    }
    return sentences[end.of] % {"manufacturer": manufacturer, "date": full_day(end.at)}


def what_follows() -> str:
    """Say what happens on that day to who does nothing."""
    return _("If you do nothing, your device is disconnected that day, and nothing new is read.")


def _how(end: ComingEnd) -> str:
    if end.of == Ends.CONSENT:
        return _("To keep it connected, read what you agreed to once more and agree again. It takes a minute.")
    if end.of == Ends.MANDATE:
        return _("To keep it connected, allow it at %(manufacturer)s once more. What you told us is filled in for you.")
    return _(
        "To keep it connected, read what you agreed to once more, agree again, and allow it at %(manufacturer)s. "
        "What you told us is filled in for you."
    )


def asked_again(mail: Mail, url: str) -> Letter:
    """Ask to read new words, and to agree to them or to stop."""
    assert mail.request, "it is about a request"  # noqa: S101
    names = {"device": device_of(mail.request)}
    subject = _("A reminder: please read and agree again: %(device)s") if mail.step == SECOND_ASK else ""
    return Letter(
        subject=(subject or _("Please read and agree again: %(device)s")) % names,
        paragraphs=[
            _("The text that you agreed to has changed. Please read the new one, and say whether you still agree."),
            _("If you do not, you can stop the connection on the same page."),
        ],
        button=_("Read the new text"),
        url=url,
        closing=_("This is the only reminder.") if mail.step == SECOND_ASK else "",
    )
