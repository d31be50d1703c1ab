"""Who a mail can come from: an address that every mail server takes, and a name on one line."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

# Control characters, and what else begins a line.
BREAKS = frozenset({"Cc", "Zl", "Zp", "Cs"})
# email-validator refuses what the internet cannot reach, such as `localhost`; a company's own mail server may.
ANYWHERE = ".example.org"


def sendable(address: str) -> str:
    """Return an address as mail servers take it: ASCII, its domain by IDNA 2008.

    Raises: ValueError when nothing can be sent from it.
    """
    try:
        found = validate_email(
            address + ANYWHERE, check_deliverability=False, allow_smtputf8=False, allow_empty_local=False
        )
    except EmailNotValidError as problem:
        raise ValueError(str(problem)) from problem
    return str(found.ascii_email).removesuffix(ANYWHERE)


def is_one_line(text: str) -> bool:
    return not any(unicodedata.category(letter) in BREAKS for letter in text)


def on_one_line(text: str) -> str:
    """Write a text as a header can carry it."""
    return " ".join("".join(letter if is_one_line(letter) else " " for letter in text).split())


def check_sender(value: str) -> None:
    """Raises: ValidationError when no mail can be sent from this address."""
    try:
        sendable(value)
    except ValueError as problem:
        words = _("Mails cannot be sent from this address. Use letters a to z, digits and dots before the @.")
        raise ValidationError(words, code="sender") from problem


def check_one_line(value: str) -> None:
    """Raises: ValidationError for line breaks and other characters that control."""
    if not is_one_line(value):
        raise ValidationError(_("Write this on one line, without special characters."), code="one-line")
