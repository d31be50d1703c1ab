"""Whom people are asked for where the platform has a manufacturer: a car has a brand, a meter a grid operator. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .help_words import AttributeHelp

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MANUFACTURER = "manufacturer"


def _brand(question: StrOrPromise) -> AttributeHelp:
    return AttributeHelp(
        pgettext_lazy("of a device", "Brand"),
        question=question,
        missing=_("Choose the brand, or say that yours is not listed."),
    )


_OPERATOR = AttributeHelp(
    _("Grid operator"),
    question=_("Who is your grid operator?"),
    missing=_("Choose your grid operator, or say that yours is not listed."),
    hint=_("It is on your bill for electricity or gas. If a dongle reads your meter, choose who made the dongle."),
)
_READER = AttributeHelp(
    _("Maker of the reader"),
    question=_("Who made the reader on your meter?"),
    missing=_("Choose who made the reader, or say that yours is not listed."),
    hint=_("The name is on the reader itself: the small device that was added to your meter."),
)

MAKERS = {
    ("", "", MANUFACTURER): _brand(_("Which brand is your device?")),
    ("EV", "", MANUFACTURER): _brand(_("Which brand is your car?")),
    ("PV", "", MANUFACTURER): _brand(_("Which brand is your inverter?")),
    ("SmartMeter", "", MANUFACTURER): _OPERATOR,
    ("RetrofitMeter", "", MANUFACTURER): _READER,
    ("Battery", "", MANUFACTURER): _brand(_("Which brand is your home battery?")),
    ("ChargePole", "", MANUFACTURER): _brand(_("Which brand is your charging point?")),
    ("HeatPump", "", MANUFACTURER): _brand(_("Which brand is your heat pump?")),
    ("Boiler", "", MANUFACTURER): _brand(_("Which brand is your boiler?")),
}
