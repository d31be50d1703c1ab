"""Identifiers that people type: normalise, validate, hint.

Pure: no models, no outside calls. A wrong length or character never passes, and the message says what to
do. What is less certain (a check digit, another maker's VIN, a likely typing mistake) is a question, asked
once and never a wall: the platform's own examples do not all pass their check digits.
"""

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from vininfo import Vin

from onboarding.lib import addresses
from onboarding.lib.folding import ascii_upper
from onboarding.lib.patterns import is_met

from .makers import car_makers_in, may_be_the_same
from .shipped_help import plain_name

VIN_LENGTH = 17
EAN_LENGTHS = frozenset({8, 12, 13, 14, 18})
METERING_POINT_LENGTH = 18
MAX_TEXT = 200
# So many words of a bill are looked behind.
MOST_WORDS = 8

# What bills, apps and keyboards write for a dash; what nobody sees (Unicode's Default_Ignorable_Code_Point, and the
# empty cell of Braille); what stands around a value that was copied with its sentence.
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
AROUND = "\"'`()[]{}<> \u00ab\u00b4\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a"

# Whole sentences: in many languages a name cannot be put into one that was written for another.
_MISSING = {
    "vin": gettext_lazy("Enter the VIN."),
    "ean": gettext_lazy("Enter the EAN."),
    "code": gettext_lazy("Enter the code."),
    "reference": gettext_lazy("Enter the reference."),
    "email": gettext_lazy("Enter the e-mail address."),
    "uuid": gettext_lazy("Enter the device identifier."),
}


class InvalidIdentifier(ValueError):
    """This cannot be right; `message` tells the customer what to do, in their language, `code` counts the kind."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.message, self.code = message, code


@dataclass(frozen=True)
class Checked:
    """A value that may be kept; `warning` is a question to ask once, `maker` whom the VIN speaks of."""

    value: str
    warning: str = ""
    maker: str = ""


def check(name: str, value: str, *, manufacturer: str = "", pattern: str = "") -> Checked:
    """Check the attribute that the platform calls `name`; unknown names are text of at most 200 characters.

    `pattern`, the platform's, must match the whole normalised value, as far as `is_met` can tell.
    Raises: InvalidIdentifier.
    """
    key = name.lower()
    if not _clean(value):
        raise InvalidIdentifier(_missing(name), "empty")
    is_vin, usual = key == "vin", _check_read_off if pattern else _check_text
    checked = check_vin(value, manufacturer=manufacturer) if is_vin else _CHECKS.get(key, usual)(value)
    _refuse_empty(checked.value, name)
    if not is_met(pattern, checked.value):
        message = _("This does not have the form that we expect. Please compare it once more.")
        raise InvalidIdentifier(message, "form")
    return checked


def check_vin(value: str, *, manufacturer: str = "") -> Checked:
    """Check a vehicle identification number: 17 letters and digits without I, O and Q (ISO 3779).

    The check digit is a North American rule that European VINs do not follow, so it is not looked at.
    Raises: InvalidIdentifier.
    """
    vin = re.sub(rf"^(?:VIN|I)?:?(?=.{{{VIN_LENGTH}}}$)", "", _number_in(value, rf"[A-Z0-9]{{{VIN_LENGTH}}}"))
    _refuse_empty(vin, "vin")
    _refuse_others(vin, "[A-Z0-9]", _("A VIN has only A to Z and digits. Please correct: %(characters)s"))
    if len(vin) != VIN_LENGTH:
        raise InvalidIdentifier(_vin_length_message(len(vin)), "length")
    corrected = vin.translate(str.maketrans("IOQ", "100"))
    if corrected != vin:
        message = _("A VIN never contains I, O or Q. Did you mean %(vin)s?")
        raise InvalidIdentifier(message % {"vin": corrected}, "lookalikes")
    maker = _other_maker(vin, manufacturer)
    return Checked(vin, _maker_warning(maker, manufacturer) if maker else "", maker)


def check_ean(value: str) -> Checked:
    """Check an EAN: 18 digits for a metering point of electricity or gas, else 8, 12, 13 or 14 (GS1).

    A check digit (GS1, modulo 10) that does not fit asks to compare once more.
    Raises: InvalidIdentifier.
    """
    ean = re.sub(r"^EAN(?:CODE|NUMBER|NUMMER|NR|NO)?[:#]*", "", _number_in(value, "[0-9]{8,18}"))
    _refuse_empty(ean, "ean")
    _refuse_others(ean, "[0-9]", _("An EAN has only digits. Please correct: %(characters)s"))
    if len(ean) not in EAN_LENGTHS:
        raise InvalidIdentifier(_ean_length_message(len(ean)), "length")
    if _has_gs1_check_digit(ean):
        return Checked(ean)
    return Checked(ean, _("Please compare once more with your bill: is this right?"))


def check_email(value: str) -> Checked:
    """Check an e-mail address; a likely mistake in its domain is a question.
    Raises: InvalidIdentifier.
    """
    try:
        email = addresses.canonical(value)
    except addresses.InvalidAddress as problem:
        raise InvalidIdentifier(problem.message, problem.code) from None
    local, _at, domain = email.rpartition("@")
    likely = next((right for right, wrong in _MISTYPED_DOMAINS.items() if domain in wrong.split()), "")
    if not likely:
        return Checked(email)
    return Checked(email, _("Did you mean %(email)s?") % {"email": f"{local}@{likely}"})


def check_code(value: str) -> Checked:
    """Check a code that only the device's owner knows: spaces and what stands around it go, case and dashes stay.
    Raises: InvalidIdentifier.
    """
    code = "".join(_read_off(value).split())
    _refuse_empty(code, "code")
    return Checked(_refuse_long(code))


def _check_text(value: str) -> Checked:
    return Checked(_refuse_long(_clean(value)))


def _check_read_off(value: str) -> Checked:
    return Checked(_refuse_long(_read_off(value)))


_CHECKS = {
    "ean": check_ean,
    "code": check_code,
    "reference": _check_read_off,
    "email": check_email,
    "uuid": _check_read_off,
}


def _clean(value: str) -> str:
    """Trim; write digits as 0-9, dashes as "-", a run of spaces as one; drop control characters and what is unseen."""
    seen = DASHES.sub("-", UNSEEN.sub("", unicodedata.normalize("NFC", value)))
    text = (str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)
    return " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C").split())


def _read_off(value: str) -> str:
    """Clean what was read off a device or a bill: letters as they are usually written, without what stands around."""
    text = unicodedata.normalize("NFKC", _clean(value))
    return text.strip(AROUND).rstrip(".,;").strip(AROUND)


def _number_in(value: str, form: str) -> str:
    """Find a number of this form behind the words that it was copied with, compact; else all of what was typed.

    Words have no digits. What a bar code has around it, asterisks and an I, is no part of a number.
    """
    text = _read_off(value).strip("*")
    words = re.split(r"[\s:#]+", text)
    for start, word in enumerate(words[:MOST_WORDS]):
        rest = _compact(" ".join(words[start:]))
        if re.fullmatch(form, rest):
            return rest
        if any(c.isdecimal() for c in word):
            break
    return _compact(text)


def _compact(value: str) -> str:
    """Drop the spaces, dashes and dots between groups, and write ASCII letters in capitals."""
    text = unicodedata.normalize("NFKC", _clean(value))
    return ascii_upper("".join(c for c in text if c not in " .\N{MINUS SIGN}" and unicodedata.category(c) != "Pd"))


def _missing(name: str) -> str:
    known = _MISSING.get(name.lower())
    return str(known) if known else _("Please fill in: %(name)s.") % {"name": plain_name(name)}


def _refuse_empty(value: str, name: str) -> None:
    if not value:
        raise InvalidIdentifier(_missing(name), "empty")


def _refuse_others(value: str, allowed: str, message: str) -> None:
    others = list(dict.fromkeys(c for c in value if not re.fullmatch(allowed, c)))
    if others:
        raise InvalidIdentifier(message % {"characters": " ".join(others[:5])}, "characters")


def _refuse_long(value: str) -> str:
    if len(value) > MAX_TEXT:
        message = _("This has %(count)d characters; %(limit)d is the most we can keep. Please shorten it.")
        raise InvalidIdentifier(message % {"count": len(value), "limit": MAX_TEXT}, "length")
    return value


def _vin_length_message(count: int) -> str:
    has = ngettext("This has %(n)d character; a VIN has 17.", "This has %(n)d characters; a VIN has 17.", count)
    wrong = abs(VIN_LENGTH - count)
    missing = ngettext("Please check for %(n)d missing character.", "Please check for %(n)d missing characters.", wrong)
    what = missing if count < VIN_LENGTH else _extra(wrong)
    return f"{has % {'n': count}} {what % {'n': wrong}}"


def _ean_length_message(count: int) -> str:
    wrong = abs(METERING_POINT_LENGTH - count)
    if count > METERING_POINT_LENGTH:
        has = _("This has %(n)d digits; an EAN for electricity or gas has 18 digits.") % {"n": count}
        return f"{has} {_extra(wrong) % {'n': wrong}}"
    if count < min(EAN_LENGTHS):
        has = ngettext(
            "This is too short: an EAN for electricity or gas has 18 digits; %(missing)d is missing.",
            "This is too short: an EAN for electricity or gas has 18 digits; %(missing)d are missing.",
            wrong,
        )
    else:
        has = ngettext(
            "This has %(n)d digits; an EAN for electricity or gas has 18 digits; %(missing)d is missing.",
            "This has %(n)d digits; an EAN for electricity or gas has 18 digits; %(missing)d are missing.",
            wrong,
        )
    compare = _("Please compare once more with your bill.")
    return f"{has % {'n': count, 'missing': wrong}} {compare}"


def _extra(count: int) -> str:
    return ngettext("Please check for %(n)d extra character.", "Please check for %(n)d extra characters.", count)


def _has_gs1_check_digit(digits: str) -> bool:
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


_MISTYPED_DOMAINS = {
    "gmail.com": "gmial.com gmai.com gamil.com gmal.com gmil.com gnail.com gmail.co gmail.con gmail.cm",
    "hotmail.com": "hotmial.com hotmai.com hotmil.com homtail.com hotmal.com hotmail.co hotmail.con",
    "outlook.com": "outlok.com outloo.com outlock.com outlook.co outlook.con",
    "yahoo.com": "yaho.com yahooo.com yhaoo.com yahoo.con",
    "icloud.com": "iclod.com icoud.com icluod.com icloud.con",
}

# Where the library's table is too coarse; an empty name: makers share the code, so it hints at nothing.
_CODES = {"JMY": "Mitsubishi", "KMH": "Hyundai", "UU1": "Dacia", "LE4": "", "LFV": "", "LSV": "", "WV0": ""}


def _other_maker(vin: str, manufacturer: str) -> str:
    """Name the maker that the VIN's first three characters belong to, if it cannot be the chosen one."""
    number = Vin(vin)
    if number.manufacturer_is_small or number.wmi.isdigit():
        return ""
    meant = car_makers_in(_CODES.get(number.wmi, number.manufacturer))
    chosen = car_makers_in(manufacturer)
    return meant[0] if meant and chosen and not may_be_the_same(meant, chosen) else ""


def _maker_warning(maker: str, manufacturer: str) -> str:
    message = _("This looks like a VIN of %(maker)s, and you chose %(chosen)s. Is it right?")
    return message % {"maker": maker, "chosen": manufacturer.strip()}
