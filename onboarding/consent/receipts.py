"""Receipts: what a consent record says, in the words of its holder. The page, the PDF and the mail show the same."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from onboarding.catalogue.help_texts import help_for, type_help
from onboarding.lib.moments import full_day
from onboarding.lib.sealed_fields import readable
from onboarding.request.models import OnboardingRequest

from .document import Document
from .models import Consent
from .texts import agreed_to, controller


@dataclass(frozen=True)
class Receipt:
    """Everything on a receipt, ready in the active language; the words are in the language of the consent."""

    title: str
    sentence: str
    facts: list[tuple[str, str]]
    words_title: str
    words: Document
    language: str
    words_language: str
    proof: list[tuple[str, str]]

    @property
    def file_name(self) -> str:
        return f"receipt-{self.proof[0][1]}.pdf"


def receipt_for(record: Consent) -> Receipt:
    """Tell a record as a receipt."""
    title, sentence = _telling(record)
    return Receipt(
        title=title,
        sentence=sentence,
        facts=_facts(record),
        words_title=_("What you agreed to") if record.is_standing else _("What you had agreed to"),
        words=agreed_to(record),
        language=get_language() or record.language,
        words_language=record.language,
        proof=[
            (_("Receipt"), str(record.record_id)),
            (_("Text version"), f"{record.version} ({record.language})"),
            (_("Fingerprint of the words (SHA-256)"), record.sha256),
            (_("Fingerprint of the record (SHA-256)"), record.record_sha256),
        ],
    )


def title_of(record: Consent) -> str:
    return _telling(record)[0]


def labelled(answered: Consent | OnboardingRequest) -> list[tuple[str, str]]:
    """List what a device is found by, each with the label that the customer knows; nothing, if it does not open."""
    kind, maker = answered.type, answered.manufacturer
    answers = readable(answered, "attributes", {})
    return [(str(help_for(kind, maker, name).label), value) for name, value in answers.items() if value]


def moment(record: Consent) -> str:
    """Say when, on the clocks of the portal's own time zone, e.g. "23 November 2026, 14:05"."""
    return date_format(timezone.localtime(record.at), "DATETIME_FORMAT")


def _telling(record: Consent) -> tuple[str, str]:
    match record.kind:
        case Consent.Kind.WITHDRAWN:
            return _("Your consent is taken back"), _(
                "It ended at the moment below. The platform is told to disconnect the device."
            )
        case Consent.Kind.EXPIRED:
            return _("Your consent has ended"), _("Its time was over. The platform is told to disconnect the device.")
        case Consent.Kind.ELSEWHERE:
            return _("Your consent has ended"), _(
                "The connection was ended at %(manufacturer)s, so we ended it here, too. There is nothing to do."
            ) % {"manufacturer": record.manufacturer}
        case Consent.Kind.TIMED_OUT:
            return _("Your consent has ended"), _(
                "The connection was not allowed at %(manufacturer)s within 30 days, so nothing was connected."
            ) % {"manufacturer": record.manufacturer}
        case Consent.Kind.REPLACED:
            return _("Your consent goes on"), _("It holds for the new connection of the same device.")
        case Consent.Kind.CONTINUED:
            return _("Your consent goes on"), _("You agreed before, to the same words. They hold for this connection.")
        case Consent.Kind.RENEWED:
            return _("You agreed again"), _("This is your receipt. Keep it if you like; we keep it too.")
        case _:
            return _("You agreed"), _("This is your receipt. Keep it if you like; we keep it too.")


def _facts(record: Consent) -> list[tuple[str, str]]:
    device = f"{type_help(record.type).name}, {record.manufacturer}"
    facts = [(_("Device"), device), *labelled(record), (_("When"), moment(record))]
    if record.expires_at:
        facts.append((_("Ends on"), full_day(record.expires_at)))
    facts.append((_("For whom"), record.controller or controller()))
    if record.controller_contact:
        facts.append((_("Questions"), record.controller_contact))
    if record.act:
        facts.append((_("How"), record.act))
    if record.channel == Consent.Channel.ASSISTED:
        facts.append((_("On your behalf"), _("Done by staff, because you asked for it")))
    facts.append((_("Support code"), record.request.spoken_support_code))
    return facts
