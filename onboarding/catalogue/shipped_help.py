"""What we know about types and attributes: plain names, help texts, drawings, and who needs what.

Pure. Names are the platform's own (`vin`, `properties.flow`); an unknown one gets a plain label derived from
it, so that nothing the platform adds can break a page. Drawings and icons are files in `static/img/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from onboarding.lib.folding import searchable

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Drawing:
    """A drawing 360 px wide and `height` px high; `places` says what its numbers 1, 2, ... point at.

    `file`: in `static/img/`; `url`: of a picture that is none of the portal's files.
    """

    file: str
    height: int
    places: tuple[StrOrPromise, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class AttributeHelp:
    """How to ask for one attribute; `max_length` is for the input, with room for spaces and dashes.

    `where` stands below the drawing and its numbered places, or alone. `scan`: for what is printed as a code that a
    camera can read, a pattern, for JavaScript, that such a code has to have; its first group is the value.
    """

    label: StrOrPromise
    hint: StrOrPromise = ""
    example: str = ""
    where: StrOrPromise = ""
    drawing: Drawing | None = None
    input_mode: str = "text"
    autocomplete: str = "off"
    autocapitalize: str = "none"
    spellcheck: bool = False
    max_length: int = 200
    choices: tuple[tuple[str, StrOrPromise], ...] = ()
    scan: str = ""


@dataclass(frozen=True)
class TypeHelp:
    """How to speak of one type: its name, one line about it, and its icon."""

    name: StrOrPromise
    line: StrOrPromise = ""
    icon: str = "other"


def help_for(type: str, manufacturer: str, name: str) -> AttributeHelp:
    """Return the most specific help: of type, manufacturer and name; of type and name; of the name."""
    kind = type.strip()
    for key in ((kind, _maker(manufacturer), name), (kind, "", name), ("", "", name)):
        if key in _HELP:
            return _HELP[key]
    return AttributeHelp(plain_name(name))


def written(type: str, manufacturer: str, name: str, value: str) -> str:
    """Write a value as the customer chose or typed it."""
    return str(dict(help_for(type, manufacturer, name).choices).get(value, value))


def type_help(type: str) -> TypeHelp:
    """Return how to speak of a type; an unknown one keeps its own name, in plain writing."""
    return TYPE_HELP.get(type.strip()) or TypeHelp(plain_name(type))


def default_attributes(type: str, manufacturer: str) -> tuple[tuple[str, bool], ...]:
    """Return (name, is required) of what to ask when the types endpoint gives no list at all."""
    kind = type.strip()
    by_type = _NEEDED_BY_TYPE.get(kind, (("reference", False),))
    return _NEEDED.get((kind, _maker(manufacturer)), by_type)


def plain_name(name: str) -> str:
    """Write a name of the platform's in plain words: "properties.gridOperatorId" is "Grid operator id"."""
    last = name.rstrip(".").rpartition(".")[2]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", last)
    words = re.sub(r"[\W_]+", " ", spaced).split()
    text = " ".join(word if len(word) > 1 and word.isupper() else word.lower() for word in words)
    return text[:1].upper() + text[1:]


def same_maker(one: str, other: str) -> bool:
    """Tell whether two names are of one manufacturer: "re.alto P1 dongle" and "re.alto" are."""
    return _maker(one) == _maker(other)


def _maker(manufacturer: str) -> str:
    """Fold a maker's name into a key: "re.alto P1 dongle" and "re.alto" are the same."""
    return searchable(manufacturer).removesuffix("dongle").removesuffix("p1")


# Not the address of a page, which such codes often are.
_ANY_CODE = r"^\s*(?!https?:|www\.)(\S(?:.{0,98}\S)?)\s*$"
# Some begin with an I, which no VIN has; a code of GS1 says 8018 before the number of a metering point.
_VIN_CODE = r"(?:^|[^A-Z0-9]|I)([A-HJ-NPR-Z0-9]{17})(?![A-Z0-9])"
_EAN_CODE = r"(?:^|[^0-9]|8018)([0-9]{18})(?![0-9])"
_PAIRING_CODE = r"(?:^|[^0-9])([0-9]{6})(?![0-9])"

_VIN = AttributeHelp(
    label=_("Vehicle identification number (VIN)"),
    hint=_("17 letters and digits. Spaces, dashes and small letters are fine."),
    example="WA1DMAFE0D0000000",
    where=_("The car's app often shows it too, among the details of the car."),
    drawing=Drawing(
        "find-vin.svg",
        292,
        (
            _("Behind the windscreen, at the bottom on the driver's side"),
            _("On a sticker in the frame of the driver's door"),
            _("On the registration certificate, next to the letter E"),
        ),
    ),
    autocapitalize="characters",
    max_length=40,
    scan=_VIN_CODE,
)
_EAN = AttributeHelp(
    label=_("EAN code of your connection"),
    hint=_("18 digits. Spaces and dashes are fine."),
    example="541448820000000008",
    where=_("Electricity and gas each have their own: take the one of the meter that you want to connect."),
    drawing=Drawing(
        "find-ean.svg",
        308,
        (
            _("On your bill for electricity or gas"),
            _("On the display of a digital meter: press its button until 18 digits appear"),
            _("On the website of your grid operator, when you are signed in"),
        ),
    ),
    input_mode="numeric",
    max_length=40,
    scan=_EAN_CODE,
)
_CODE = AttributeHelp(
    label=_("Code of your device"),
    hint=_("Capital and small letters count. Spaces are fine."),
    where=_("On the sticker of the device, on its box, or in the letter or app that came with it."),
    drawing=Drawing("find-code.svg", 220),
    max_length=100,
    scan=_ANY_CODE,
)
_DONGLE_CODE = replace(
    _CODE,
    label=_("Code of your dongle"),
    where=_("Printed on the sticker of the dongle, the small device that is plugged into your meter."),
)
_REFERENCE = AttributeHelp(
    label=_("Reference of your device"),
    hint=_("The number or name under which the manufacturer knows your device."),
    where=_("On the type plate of the device, in the manufacturer's app, or on your invoice."),
    drawing=Drawing("find-reference.svg", 212),
    scan=_ANY_CODE,
)
_SERIAL = replace(
    _REFERENCE,
    label=_("Serial number"),
    hint=_("Often marked S/N. Type it as it is printed."),
    where=_("On the type plate or sticker of the device, or in the manufacturer's app."),
)
_EMAIL = AttributeHelp(
    label=_("E-mail address of your account"),
    hint=_("The one with which you sign in at the manufacturer."),
    example="name@example.org",
    where=_("In the manufacturer's app or portal, under your profile or settings."),
    input_mode="email",
    autocomplete="email",
    max_length=320,
)

# (type, manufacturer as `_maker` writes it, name); an empty text stands for any.
_HELP: dict[tuple[str, str, str], AttributeHelp] = {
    ("", "", "vin"): _VIN,
    ("", "", "ean"): _EAN,
    ("SmartMeter", "fluvius", "ean"): replace(
        _EAN,
        where=_(
            "Electricity and gas each have their own: take the one of the meter that you want to connect. The website "
            "is Mijn Fluvius, where the meter must already be linked to your account."
        ),
    ),
    ("", "", "code"): _CODE,
    ("RetrofitMeter", "realto", "code"): _DONGLE_CODE,
    ("SmartMeter", "realto", "code"): _DONGLE_CODE,
    ("RetrofitMeter", "xenn", "code"): replace(
        _CODE,
        label=_("Pairing code"),
        hint=_("6 digits. Spaces are fine."),
        example="123456",
        where=_("On the sticker of the reader, or on the card that came with it."),
        input_mode="numeric",
        max_length=20,
        scan=_PAIRING_CODE,
    ),
    ("", "", "reference"): _REFERENCE,
    ("Battery", "", "reference"): _SERIAL,
    ("Boiler", "", "reference"): _SERIAL,
    ("ChargePole", "", "reference"): _SERIAL,
    ("HeatPump", "", "reference"): _SERIAL,
    ("PV", "sma", "reference"): replace(
        _REFERENCE,
        label=_("Plant id"),
        hint=_("The number of your plant in the SMA portal."),
        where=_(
            "Sign in to the SMA portal in a browser and open your plant. The id is part of the address in "
            "the bar at the top of the browser; the page itself does not show it."
        ),
        scan="",
    ),
    ("RetrofitMeter", "xenn", "reference"): replace(
        _REFERENCE,
        label=_("Serial number"),
        hint=_("The letter P and digits. Spaces at the ends are fine."),
        example="P1000000000",
        where=_("On the sticker of the reader that was added to your meter for gas or electricity."),
        autocapitalize="characters",
    ),
    ("", "", "email"): _EMAIL,
    ("PV", "sma", "email"): replace(
        _EMAIL,
        label=_("E-mail address of the plant's owner"),
        hint=_("SMA sends a message to this address and asks for approval."),
        where=_("In the SMA portal, with the plant's owner. It is the address that the owner signs in with."),
    ),
    ("", "", "uuid"): AttributeHelp(
        label=_("Device identifier"),
        hint=_("Type it as you see it there, with dashes if it has any."),
        where=_("In the manufacturer's app or portal, in the details or settings of your device."),
    ),
    ("", "", "model"): AttributeHelp(
        label=_("Model"),
        hint=_("As the manufacturer calls it."),
        where=_("On the type plate of the device, in its manual, or on your invoice."),
        autocapitalize="words",
    ),
    ("", "", "track"): AttributeHelp(
        label=_("What the manufacturer calls “track”"),
        hint=_("A short text that you were given for your device. Enter it as it was written."),
        where=_(
            "In a message from the manufacturer, your installer or your energy company. If you have none, ask them."
        ),
    ),
    ("SmartMeter", "fluvius", "properties.flow"): AttributeHelp(
        label=_("Do you use this meter privately or for a business?"),
        hint=_("Choose what your contract with the energy company says."),
        choices=(("B2C", _("Privately")), ("B2B", _("For a business"))),
    ),
}

Needed = tuple[tuple[str, bool], ...]
_NEEDED_BY_TYPE: dict[str, Needed] = {"EV": (("vin", True),), "SmartMeter": (("ean", True),)}
_NEEDED: dict[tuple[str, str], Needed] = {
    ("PV", "huawei"): (),
    ("PV", "sma"): (("reference", True), ("email", True)),
    ("SmartMeter", "fluvius"): (("ean", True), ("properties.flow", True)),
    ("RetrofitMeter", "xenn"): (("reference", True), ("code", True)),
    ("RetrofitMeter", "realto"): (("code", True),),
    ("SmartMeter", "realto"): (("code", True),),
}

# In the order in which people are asked: what most have first.
TYPE_HELP = {
    "EV": TypeHelp(_("Electric car"), _("Fully electric or hybrid."), "ev"),
    "PV": TypeHelp(_("Solar panels"), _("The panels on your roof and their inverter."), "pv"),
    "SmartMeter": TypeHelp(
        _("Smart meter"), _("The digital meter of your grid operator, for electricity or gas."), "smartmeter"
    ),
    "RetrofitMeter": TypeHelp(
        _("Meter with a reader"), _("A meter, often for gas, to which a small reader was added."), "retrofitmeter"
    ),
    "Battery": TypeHelp(_("Home battery"), _("Stores your own electricity for later."), "battery"),
    "ChargePole": TypeHelp(_("Charging point"), _("Charges your car at home or at work."), "chargepole"),
    "HeatPump": TypeHelp(_("Heat pump"), _("Heats or cools your home with electricity."), "heatpump"),
    "Boiler": TypeHelp(_("Boiler"), _("Heats your water with electricity."), "boiler"),
}
