"""What the mails say, and posting them: the same words as text and as HTML, in the reader's language."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from onboarding.access.models import AccessLink
from onboarding.branding import brand, senders
from onboarding.catalogue.help_texts import action_guidance, type_help
from onboarding.consent.models import Consent
from onboarding.consent.receipt_pdf import receipt_pdf
from onboarding.consent.receipts import receipt_for
from onboarding.consent.texts import controller
from onboarding.lib.languages import PARAMETER
from onboarding.request.lifecycle import WENT_WRONG
from onboarding.request.models import OnboardingRequest
from onboarding.status.texts import tell
from onboarding.status.view import kept_words

from . import renewal, silence
from .letter import Letter, device_of
from .models import Mail

AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def post(mail: Mail, link: AccessLink | None) -> None:
    """Send a mail now.

    Raises: whatever is wrong with the words, the address, the library or the mail server.
    """
    message(mail, link_url(link) if link else start_url(mail)).send(using="default")


def message(mail: Mail, url: str) -> EmailMultiAlternatives:
    """Write a mail as text and HTML."""
    with translation.override(mail.language):
        letter = letter_for(mail, url)
        look = brand.current()
        context = {"letter": letter, "brand": look, "language": mail.language}
        built = EmailMultiAlternatives(
            subject=senders.on_one_line(letter.subject),
            body=render_to_string("mail/letter.txt", context),
            from_email=look.sender,
            to=[mail.to],
            headers=AUTOMATIC | {"Message-ID": f"<mail-{mail.pk}@{_domain()}>"},
        )
        built.attach_alternative(render_to_string("mail/letter.html", context), "text/html")
    for attachment in letter.attachments:
        built.attach(*attachment)
    return built


def _domain() -> str:
    """Return the right side of message ids. A sender that cannot be sent from is refused at start."""
    return senders.sendable(f"mail@{settings.MAIL_DOMAIN}").rpartition("@")[2]


def link_url(link: AccessLink) -> str:
    return f"{settings.PUBLIC_URL}{reverse('onboarding:continue', args=[link.token])}"


def start_url(mail: Mail) -> str:
    """Where a mail about a wish leads: to the step after what it says already, in the language of the mail."""
    known = {"type": mail.wish.type, "manufacturer": mail.wish.manufacturer} if mail.wish and mail.wish.type else {}
    path = reverse("onboarding:begin", query={**known, PARAMETER: mail.language})
    return f"{settings.PUBLIC_URL}{path}"


def letter_for(mail: Mail, url: str) -> Letter:
    """Say what a mail says, in the active language."""
    if mail.wish:
        return _available(mail, url)
    if mail.kind == Mail.Kind.ENDPOINT_PAUSED:
        return _endpoint_paused(mail)
    assert mail.request, "every other mail is about a request"  # noqa: S101
    kind = Mail.Kind(mail.kind)
    return _OF_MAILS[kind](mail, url) if kind in _OF_MAILS else _LETTERS[kind](mail.request, url)


def _device_line(request: OnboardingRequest) -> str:
    return f"{device_of(request).removesuffix('.')}."


def _telling(request: OnboardingRequest) -> tuple[str, str]:
    names = {"manufacturer": request.manufacturer, "device": str(type_help(request.type).name)}
    if request.has_action:  # without what only the page can promise
        guidance = action_guidance(request.action_type, request.type, request.manufacturer)
        return str(guidance.headline) % names, str(guidance.sentence) % names
    headline, sentence, _icon = tell(request)
    return headline % names, sentence % names


def _link(request: OnboardingRequest, url: str) -> Letter:
    return Letter(
        subject=_("Your link: %(device)s") % {"device": device_of(request)},
        paragraphs=[
            _("You asked for a link to continue connecting your device, on any phone or computer."),
            _("It works for thirty days. Whoever has it can continue in your place, so keep it to yourself."),
        ],
        button=_("Continue"),
        url=url,
        closing=_("You did not ask for this? Then somebody mistyped their address. You can ignore this mail."),
    )


def _invitation(request: OnboardingRequest, url: str) -> Letter:
    return Letter(
        subject=_("Your invitation: %(device)s") % {"device": device_of(request)},
        paragraphs=[
            _("%(company)s invites you to connect your device. What is known already is filled in for you.")
            % {"company": controller()},
            _("You check it and answer the rest. Nothing is connected until you have read what it means and agreed."),
            _("The link works for fourteen days. Whoever has it can continue in your place, so keep it to yourself."),
        ],
        button=_("Start"),
        url=url,
        closing=_("You do not expect this? Then you can ignore this mail: nothing happens without you."),
    )


def _needs_you(request: OnboardingRequest, url: str) -> Letter:
    headline, sentence = _telling(request)
    return Letter(subject=headline, paragraphs=[_device_line(request), sentence], button=_("See what to do"), url=url)


def _reminder(request: OnboardingRequest, url: str) -> Letter:
    if request.state == "draft":
        return Letter(
            subject=_("Not finished yet: %(device)s") % {"device": device_of(request)},
            paragraphs=[
                _("You began to connect your device and did not finish. Everything you entered is kept."),
                _("If you no longer want to, you need do nothing: nothing is connected without your consent."),
            ],
            button=_("Continue where you stopped"),
            url=url,
        )
    headline, sentence = _telling(request)
    subject = _("Still waiting for you: %(headline)s") % {"headline": headline}
    return Letter(subject=subject, paragraphs=[_device_line(request), sentence], button=_("See what to do"), url=url)


def _connected(request: OnboardingRequest, url: str) -> Letter:
    return Letter(
        subject=_("Connected: %(device)s") % {"device": device_of(request)},
        paragraphs=[
            _("Your device is connected. There is nothing more for you to do."),
            _("You can see your consent, your receipts and how to stop at any time."),
        ],
        button=_("See my device"),
        url=url,
    )


def _outcome(request: OnboardingRequest, url: str) -> Letter:
    headline, sentence = _telling(request)
    subject = _("%(headline)s: %(device)s") % {"headline": headline, "device": device_of(request)}
    if request.state not in WENT_WRONG:
        button = _("Connect it again") if request.ended_as == "timed-out" else _("See my device")
        return Letter(subject, [sentence], button=button, url=url)
    closing = _("If you ask for help, have your support code at hand: %(code)s.")
    return Letter(
        subject,
        paragraphs=[*filter(None, (sentence, kept_words(request)))],
        button=_("See what you can do"),
        url=url,
        closing=closing % {"code": request.spoken_support_code},
    )


def _erased(request: OnboardingRequest, _url: str) -> Letter:
    return Letter(
        subject=_("Erased: %(device)s") % {"device": device_of(request)},
        paragraphs=[
            _("As you asked, we erase what we hold about this device and you. With this mail your address goes, too."),
            _(
                "What stays is the proof of what was agreed to and taken back: the words, the times and fingerprints, "
                "with nothing in it that tells whose it was."
            ),
        ],
        closing=_("This is the last mail about it. Nothing can be opened any more by links from earlier mails."),
    )


def _receipt(mail: Mail, url: str) -> Letter:
    assert mail.request, "a receipt is for a request"  # noqa: S101
    assert mail.record, "a receipt is of a record"  # noqa: S101
    receipt = receipt_for(mail.record)
    is_over = mail.record.kind == Consent.Kind.EXPIRED
    attachment = (receipt.file_name, receipt_pdf(receipt, look=brand.current()), "application/pdf")
    return Letter(
        subject=_("Receipt: %(title)s") % {"title": receipt.title},
        paragraphs=[
            *(_device_line(mail.request), receipt.sentence, _("The receipt is attached.")),
            *([_("You can connect it again whenever you like. Your answers are kept.")] if is_over else []),
        ],
        button=_("See my device"),
        url=url,
        attachments=[attachment],
    )


def _available(mail: Mail, url: str) -> Letter:
    assert mail.wish, "it is about a wish"  # noqa: S101
    return Letter(
        subject=_("%(manufacturer)s can be connected now") % {"manufacturer": mail.wish.manufacturer},
        paragraphs=[
            _("You asked us to tell you. Now it is possible: it takes about five minutes."),
            _("This is the only mail about it, and your address is used for nothing else."),
        ],
        button=_("Connect it"),
        url=url,
    )


def _endpoint_paused(mail: Mail) -> Letter:
    return Letter(
        subject=_("Webhooks are paused: %(endpoint)s") % {"endpoint": mail.occasion},
        paragraphs=[
            _("The receiver of our webhooks took nothing for three days, or answered that it is gone."),
            _("Nothing is lost: what it is to be told waits for thirty days. Once it works again, have them go on."),
        ],
        button=_("See the webhook endpoints"),
        url=f"{settings.PUBLIC_URL}{reverse('admin:onboarding_webhookendpoint_changelist')}",
        closing=_("You get this mail because your address is the contact for this endpoint."),
    )


def _quiet(request: OnboardingRequest, url: str) -> Letter:
    return Letter(
        subject=_("%(headline)s: %(device)s") % {"headline": silence.headline(request), "device": device_of(request)},
        paragraphs=[silence.seen(request), silence.usual_help(request)],
        button=_("Connect it again"),
        url=url,
        closing=silence.no_worry(),
    )


_LETTERS = {
    Mail.Kind.LINK: _link,
    Mail.Kind.INVITATION: _invitation,
    Mail.Kind.NEEDS_YOU: _needs_you,
    Mail.Kind.REMINDER: _reminder,
    Mail.Kind.CONNECTED: _connected,
    Mail.Kind.FAILED: _outcome,
    Mail.Kind.WITHDRAWN: _outcome,
    Mail.Kind.ERASED: _erased,
    Mail.Kind.QUIET: _quiet,
}
# Those that say more than what becomes of a request.
_OF_MAILS = {
    Mail.Kind.RECEIPT: _receipt,
    Mail.Kind.EXPIRING: renewal.expiring,
    Mail.Kind.ASKED_AGAIN: renewal.asked_again,
}
