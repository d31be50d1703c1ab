"""The numbers by which grids know a meter, by country: EAN, PRM, MaLo, MeLo, MPAN, POD and CUPS. Pure.

Sources: GS1 (EAN), Enedis (PRM), BDEW (MaLo, MeLo; Austria's have the form of MeLo), Ofgem (MPAN), ARERA (POD),
Spain's ministry (CUPS). Where a number has a check digit it is its own; PRM, MeLo and POD have none that is public.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MPAN_WEIGHTS = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
MPAN_LENGTH = 13
CUPS_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
CUPS_DIGITS = slice(2, 18)


@dataclass(frozen=True)
class Kind:
    """One kind of number: what it is called, its `form` when compact, and whether one of that form `is_right`."""

    called: str | Promise
    form: str
    is_right: Callable[[str], bool]


def is_gs1(digits: str) -> bool:
    """Tell whether the last digit is the check digit of GS1, modulo 10."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


def _is_malo(digits: str) -> bool:
    """Odd places count once, even ones twice; the last digit makes the sum a multiple of ten."""
    sums = sum(int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(digits[:-1]))
    return (sums + int(digits[-1])) % 10 == 0


def _is_mpan(digits: str) -> bool:
    core = digits[-MPAN_LENGTH:]
    sums = sum(int(digit) * weight for digit, weight in zip(core, MPAN_WEIGHTS, strict=False))
    return sums % 11 % 10 == int(core[-1])


def _is_cups(number: str) -> bool:
    first, second = divmod(int(number[CUPS_DIGITS]) % 529, 23)
    return number[18:20] == CUPS_LETTERS[first] + CUPS_LETTERS[second]


def _unchecked(_number: str) -> bool:
    return True


EAN = Kind("EAN", r"[0-9]{8}|[0-9]{12,14}|[0-9]{18}", is_gs1)
ELSEWHERE = (
    Kind(_("a PRM, as meters in France have"), r"[0-9]{14}", _unchecked),
    Kind(_("a MaLo, as meters in Germany have"), r"[0-9]{11}", _is_malo),
    Kind(_("a MeLo, as meters in Germany and Austria have"), r"(?:DE|AT)[0-9]{11}[A-Z0-9]{20}", _unchecked),
    Kind(_("an MPAN, as meters in the United Kingdom have"), r"[0-9]{13}|[0-9]{21}", _is_mpan),
    Kind(_("a POD, as meters in Italy have"), r"IT[0-9]{3}[EG][A-Z0-9]{8}[A-Z0-9]?", _unchecked),
    Kind(_("a CUPS, as meters in Spain have"), r"ES[0-9]{16}[A-Z]{2}(?:[0-9][A-Z])?", _is_cups),
)
ANY_FORM = "|".join(f"(?:{kind.form})" for kind in (EAN, *ELSEWHERE))


def kind_of(number: str) -> tuple[Kind | None, bool]:
    """Return which kind of number this is, and whether it is right: an EAN that fits first, then what fits elsewhere.

    Of a number that fits nowhere, the kind is the first that has its form.
    """
    kinds = [kind for kind in (EAN, *ELSEWHERE) if re.fullmatch(kind.form, number)]
    right = next((kind for kind in kinds if kind.is_right(number)), None)
    return right or next(iter(kinds), None), right is not None
