"""Identifiers that people type: normalise, validate, hint.

Pure: no models, no outside calls. A wrong length or character never passes, and the message says what to
do. What is less certain (a check digit, another maker's VIN, a likely typing mistake) is a question, asked
once and never a wall: the platform's own examples do not all pass their check digits.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from vininfo import Vin

from onboarding.lib import addresses, typed
from onboarding.lib.patterns import is_met

from .mail_providers import likely_domain
from .makers import car_makers_in, may_be_the_same
from .metering_points import ANY_FORM, EAN, kind_of
from .shipped_help import missing_words, plain_name

VIN_LENGTH = 17
METERING_POINT_LENGTH, SHORTEST_EAN = 18, 8
MAX_TEXT = 200
# What is longer is not even read: no value with all that can stand around it is.
MOST_TYPED = 2000
# By which a pattern is known to ask for the 18 digits of a metering point.
USUAL_EAN = "541448820000000008"


class InvalidIdentifier(ValueError):
    """This cannot be right; `message` tells the customer what to do, in their language, `code` counts the kind.

    `suggestion`: what was probably meant.
    """

    def __init__(self, message: str, code: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.suggestion = message, code, suggestion


@dataclass(frozen=True)
class Checked:
    """A value that may be kept; `warning` is a question to ask once, `maker` whom the VIN speaks of.

    `suggestion`: what was probably meant instead.
    """

    value: str
    warning: str = ""
    maker: str = ""
    suggestion: str = ""


def check(name: str, value: str, *, manufacturer: str = "", pattern: str = "") -> Checked:
    """Check the attribute that the platform calls `name`; unknown names are text of at most 200 characters.

    `pattern`, the platform's, must match the whole normalised value, as far as `is_met` can tell.
    Raises: InvalidIdentifier.
    """
    key = name.lower()
    if len(value) > MOST_TYPED:
        _refuse_long(value)
    if not typed.clean(value):
        raise InvalidIdentifier(_missing(name), "empty")
    match key:
        case "vin":
            checked = check_vin(value, manufacturer=manufacturer)
        case "ean":
            checked = check_ean(value, pattern=pattern)
        case _:
            checked = _CHECKS.get(key, _check_read_off if pattern else _check_text)(value)
    _refuse_empty(checked.value, name)
    if not is_met(pattern, checked.value):
        _refuse_form(checked, pattern)
    return checked


def check_vin(value: str, *, manufacturer: str = "") -> Checked:
    """Check a vehicle identification number: 17 letters and digits without I, O and Q (ISO 3779).

    The check digit is a North American rule that European VINs do not follow, so it is not looked at.
    Raises: InvalidIdentifier.
    """
    vin = re.sub(rf"^(?:VIN|I)?:?(?=.{{{VIN_LENGTH}}}$)", "", typed.number_in(value, rf"[A-Z0-9]{{{VIN_LENGTH}}}"))
    _refuse_empty(vin, "vin")
    latin = typed.as_latin_capitals(vin)
    _refuse_others(latin, "[A-Z0-9]", _("A VIN has only A to Z and digits. Please correct: %(characters)s"))
    if len(vin) != VIN_LENGTH:
        raise InvalidIdentifier(_vin_length_message(len(vin)), "length")
    _refuse_lookalikes(vin, latin)
    maker = _other_maker(vin, manufacturer)
    return Checked(vin, _maker_warning(maker, manufacturer) if maker else "", maker)


def check_ean(value: str, *, pattern: str = "") -> Checked:
    """Check an EAN: 18 digits for a metering point of electricity or gas, else 8, 12, 13 or 14 (GS1).

    A check digit (GS1, modulo 10) that does not fit asks whether one is mistyped; the number of a meter in another
    country asks whether it is meant. The platform's `pattern` knows better which numbers it takes.
    Raises: InvalidIdentifier.
    """
    number = re.sub(r"^EAN(?:CODE|NUMBER|NUMMER|NR|NO)?[:#]*", "", typed.number_in(value, ANY_FORM))
    _refuse_empty(number, "ean")
    kind, is_right = kind_of(number)
    if pattern and not is_met(pattern, number):
        if is_met(pattern, USUAL_EAN) and not re.fullmatch("[0-9]{18}", number):
            _refuse_ean(number)
        return Checked(typed.read_off(value))
    if kind is EAN and not is_right:
        return Checked(number, _("The last digit does not fit the others: one digit is probably mistyped."))
    if kind is EAN or pattern:
        return Checked(number)
    if kind is None:
        _refuse_ean(number)
    if is_right:
        return Checked(number, _("This looks like %(kind)s. Is it right?") % {"kind": kind.called})
    message = _("This looks like %(kind)s, but with a mistake in it. Please compare it once more: is it right?")
    return Checked(number, message % {"kind": kind.called})


def check_email(value: str) -> Checked:
    """Check an e-mail address; a likely mistake in its domain is a question.
    Raises: InvalidIdentifier.
    """
    try:
        email = addresses.canonical(value)
    except addresses.InvalidAddress as problem:
        raise InvalidIdentifier(problem.message, problem.code) from None
    local, _at, domain = email.rpartition("@")
    if not (likely := likely_domain(domain) or _latin_domain(domain)):
        return Checked(email)
    meant = f"{local}@{likely}"
    return Checked(email, _("Did you mean %(email)s?") % {"email": meant}, suggestion=meant)


def _latin_domain(domain: str) -> str:
    """Write a domain in the Latin letters that all of its letters look like; nothing for any other."""
    with suppress(UnicodeError):
        shown = domain.encode().decode("idna")
        latin = typed.as_latin(shown)
        return latin if latin != shown and latin.isascii() else ""
    return ""


def check_code(value: str) -> Checked:
    """Check a code that only the device's owner knows: spaces and what stands around it go, case and dashes stay.
    Raises: InvalidIdentifier.
    """
    code = typed.clean("".join(typed.read_off(value).split()))
    _refuse_empty(code, "code")
    return _asked_about_alphabets(_refuse_long(code))


def _check_text(value: str) -> Checked:
    return Checked(_refuse_long(typed.clean(value)))


def _check_read_off(value: str) -> Checked:
    return _asked_about_alphabets(_refuse_long(typed.read_off(value)))


def _asked_about_alphabets(value: str) -> Checked:
    """Ask whether letters of two alphabets are meant, or such as look like those of a number: Latin ones."""
    latin = typed.as_latin(value)
    if latin != value and typed.alphabets_in(latin) == {"LATIN"}:
        message = _("Some of these letters are of another alphabet and only look the same. Did you mean %(value)s?")
        return Checked(value, message % {"value": latin}, suggestion=latin)
    if len(typed.alphabets_in(value)) > 1:
        return Checked(value, _("This has letters of more than one alphabet. Is it right?"))
    return Checked(value)


_CHECKS = {
    "code": check_code,
    "reference": _check_read_off,
    "email": check_email,
    "uuid": _check_read_off,
}


def _missing(name: str) -> str:
    return missing_words(name.lower()) or _("Please fill in: %(name)s.") % {"name": plain_name(name)}


def _refuse_empty(value: str, name: str) -> None:
    if not value:
        raise InvalidIdentifier(_missing(name), "empty")


def _refuse_form(checked: Checked, pattern: str) -> NoReturn:
    if checked.suggestion and is_met(pattern, checked.suggestion):
        raise InvalidIdentifier(checked.warning, "lookalikes", checked.suggestion)
    message = _("This does not have the form that we expect. Please compare it once more.")
    raise InvalidIdentifier(message, "form")


def _refuse_others(value: str, allowed: str, message: str) -> None:
    others = list(dict.fromkeys(c for c in value if not re.fullmatch(allowed, c)))
    if others:
        raise InvalidIdentifier(message % {"characters": " ".join(others[:5])}, "characters")


def _refuse_ean(number: str) -> NoReturn:
    _refuse_others(number, "[0-9]", _("An EAN has only digits. Please correct: %(characters)s"))
    raise InvalidIdentifier(_ean_length_message(len(number)), "length")


def _refuse_lookalikes(vin: str, latin: str) -> None:
    meant = latin.translate(str.maketrans("IOQ", "100"))
    if latin != vin:
        message = _("Some of these letters are of another alphabet and only look the same. Did you mean %(value)s?")
        raise InvalidIdentifier(message % {"value": meant}, "lookalikes", meant)
    if meant != vin:
        message = _("A VIN never contains I, O or Q. Did you mean %(vin)s?")
        raise InvalidIdentifier(message % {"vin": meant}, "lookalikes", meant)


def _refuse_long(value: str) -> str:
    if len(value) > MAX_TEXT:
        message = _("This has %(count)d characters; %(limit)d is the most we can keep. Please shorten it.")
        raise InvalidIdentifier(message % {"count": len(value), "limit": MAX_TEXT}, "length")
    return value


def _vin_length_message(count: int) -> str:
    has = ngettext("This has %(n)d character; a VIN has 17.", "This has %(n)d characters; a VIN has 17.", count)
    wrong = abs(VIN_LENGTH - count)
    missing = ngettext("%(n)d character is missing.", "%(n)d characters are missing.", wrong)
    what = missing if count < VIN_LENGTH else _extra(wrong)
    return f"{has % {'n': count}} {what % {'n': wrong}}"


def _ean_length_message(count: int) -> str:
    wrong = abs(METERING_POINT_LENGTH - count)
    if count > METERING_POINT_LENGTH:
        has = _("This has %(n)d digits; an EAN for electricity or gas has 18 digits.") % {"n": count}
        return f"{has} {_extra(wrong) % {'n': wrong}}"
    if count < SHORTEST_EAN:
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
    return ngettext("%(n)d character is too many.", "%(n)d characters are too many.", count)


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
