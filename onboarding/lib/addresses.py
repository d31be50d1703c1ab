"""E-mail addresses: one form in which they are stored and mailed to, and one by which they are compared. Pure.

The stored form is ASCII: the part before the @ as typed, the domain by IDNA 2008 in small letters. Two addresses are
the same when their keys are. No letter beyond ASCII is ever taken for one of ASCII, as `upper`, `lower` and `iexact`
do with the dotless i, the long s and the Kelvin sign, and each in another way on each database.
"""

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress

from django.utils.translation import gettext as _
from email_validator import EmailNotValidError, validate_email

# As the columns are, and RFC 5321.
LONGEST_ADDRESS = 254
MOST_NAMED = 5


class InvalidAddress(ValueError):
    """This cannot be an address; `message` tells what to do, in the reader's language, `code` counts the kind."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message, self.code = message, code


def canonical(typed: str) -> str:
    """Return an e-mail address as it is stored.

    Raises: InvalidAddress.
    """
    address = _trimmed(typed)
    if not address:
        raise InvalidAddress(_("Enter the e-mail address."), "empty")
    if len(address) > LONGEST_ADDRESS:
        message = _("This has %(count)d characters; %(limit)d is the most we can keep. Please shorten it.")
        raise InvalidAddress(message % {"count": len(address), "limit": LONGEST_ADDRESS}, "length")
    _refuse_lookalikes(address)
    with suppress(EmailNotValidError):
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True).ascii_email
        if found:
            return found
    raise InvalidAddress(_("Enter a complete e-mail address, like name@example.org."), "form")


def key_of(address: str) -> str:
    """Fold a stored address into the form for comparing; nothing for what is not all ASCII, and equals no other."""
    return address.lower() if address.isascii() else ""


def find_key(typed: str) -> str:
    """Fold a typed address into the form for comparing; nothing for what is none."""
    with suppress(InvalidAddress):
        return key_of(canonical("".join(c for c in typed if c.isprintable() and not c.isspace())))
    return ""


def _trimmed(typed: str) -> str:
    """Take off what is copied along: what nobody sees at both ends, words and quotes, what a link or a list adds."""
    text = typed.strip()
    text = text.strip("".join(c for c in (*text[:9], *text[-9:]) if unicodedata.category(c)[0] in "CZ"))
    if link := re.fullmatch(r"mailto:([^?]*)(?:\?.*)?", text, re.IGNORECASE):
        text = link[1]
    text = text.rstrip(" ,;.")
    if named := re.fullmatch(
        r"[^<>@]*<([^<>]*)>|[^<>@]*:\s+(\S*)|[\"'\[(\u2018\u201c\u201e](.*)[\"'\])\u2018-\u201d]", text
    ):
        text = next(filter(None, named.groups()), "")
    return text.strip().rstrip(" ,;.")


def _refuse_lookalikes(address: str) -> None:
    local, _at, domain = address.rpartition("@")
    if wrong := _named(c for c in local if not c.isascii()):
        message = _(
            "The part before the @ may only have letters from A to Z without accents, digits, and signs like . - _ +. "
            "Please correct: %(characters)s"
        )
        raise InvalidAddress(message % {"characters": wrong}, "characters")
    if wrong := _named(c for c in domain if not c.isascii() and _turns_into_ascii(c)):
        message = _("The part after the @ has letters that only look like others. Please correct: %(characters)s")
        raise InvalidAddress(message % {"characters": wrong}, "characters")


def _turns_into_ascii(character: str) -> bool:
    """Tell whether a name server would be asked for another letter. IDNA 2008 has a sharp s of its own."""
    folded = unicodedata.normalize("NFKC", character).casefold()
    return character != "ß" and any(c.isascii() for c in folded)


def _named(characters: Iterable[str]) -> str:
    """List the first few for a sentence, those that show nothing by their number."""
    shown = (c if c.isprintable() else f"U+{ord(c):04X}" for c in characters)
    return " ".join(list(dict.fromkeys(shown))[:MOST_NAMED])
